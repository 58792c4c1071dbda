"""What every ear agrees on: 16-bit little-endian mono at 16 kHz, and when there is something to listen to at all."""

import wave
from io import BytesIO

import numpy as np

from open_llm_vtuber.units import Hertz, Seconds

RATE = Hertz(16_000)
SAMPLE_BYTES = 2

_FRAME = RATE // 50
_AUDIBLE = 100
"""RMS of 20 ms that may hold speech: about -50 dB. Whispering into a bad microphone is louder."""
_SHORTEST = 5
"""Frames; a tenth of a second is no word."""


def is_audible(sound: bytes) -> bool:
    """Return whether some of it is loud enough for long enough to be speech."""
    samples = np.frombuffer(sound[: len(sound) - len(sound) % SAMPLE_BYTES], "<i2")
    frames = samples[: len(samples) - len(samples) % _FRAME].reshape(-1, _FRAME).astype(np.float32)
    return int((np.sqrt((frames**2).mean(axis=1)) > _AUDIBLE).sum()) >= _SHORTEST


def duration(sound: bytes) -> Seconds:
    """Return how long it is."""
    return len(sound) / (SAMPLE_BYTES * RATE)


def as_wav(sound: bytes) -> bytes:
    """Return it as a WAV file."""
    file = BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(SAMPLE_BYTES)
        wav.setframerate(RATE)
        wav.writeframes(sound)
    return file.getvalue()
