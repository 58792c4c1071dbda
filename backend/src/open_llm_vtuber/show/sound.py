"""Pure: microphone sound as it comes → the one form that all ears take, 16-bit little-endian mono at 16 kHz."""

import wave
from collections.abc import Sequence
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from open_llm_vtuber.units import Hertz, Seconds

RATE = Hertz(16_000)
SAMPLE_BYTES = 2
LOUDEST = np.float32(32_767)
BEYOND_FLOATS = 1.5
"""Samples are between -1 and 1. A microphone may exceed that a little; from here on somebody sent 16-bit numbers."""
SMALLEST_WAV = 44
LONGEST_WAV: Seconds = 600.0
RATES = range(4_000, 192_001)


class NotSound(ValueError):
    """It is no WAV that we can read; the text says what is wrong with it."""


def pcm(samples: Sequence[float]) -> bytes:
    """Return samples as they stand in a message; those sent as 16-bit numbers are recognised."""
    given = np.nan_to_num(np.asarray(samples, np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    return _encoded(given / LOUDEST if _is_16_bit(given) else given)


def length(sound: bytes | bytearray) -> Seconds:
    """Return how long it is."""
    return len(sound) / (SAMPLE_BYTES * RATE)


def read_wav(data: bytes) -> bytes:
    """Return the sound of a 16-bit WAV file of any rate, its channels mixed. Raises NotSound."""
    if len(data) < SMALLEST_WAV:
        raise NotSound("Invalid WAV file: File too small")
    try:
        with wave.open(BytesIO(data)) as file:
            channels, rate = file.getnchannels(), file.getframerate()
            if file.getsampwidth() != SAMPLE_BYTES or rate not in RATES:
                raise NotSound("Invalid WAV file: 16-bit PCM at 4 to 192 kHz is needed")
            frames = file.readframes(round(LONGEST_WAV * rate) + 1)
    except (wave.Error, EOFError, RuntimeError) as error:  # the last for a chunk that is larger than its file
        raise NotSound("Invalid WAV file: 16-bit PCM is needed") from error
    if len(frames) % SAMPLE_BYTES:
        raise NotSound("Invalid audio data: Buffer size must be even")
    samples = _mono(frames, channels)
    if not len(samples):
        raise NotSound("Empty audio data")
    if len(samples) > LONGEST_WAV * rate:
        raise NotSound(f"The recording is longer than {LONGEST_WAV / 60:.0f} minutes")
    return _encoded(_at_our_rate(samples, rate))


def _is_16_bit(samples: NDArray[np.float32]) -> bool:
    loudest = np.abs(samples).max(initial=0.0)
    # Silence as 16-bit numbers never gets loud, but it is all whole numbers.
    return bool(loudest > BEYOND_FLOATS or (samples == np.round(samples)).all())


def _mono(frames: bytes, channels: int) -> NDArray[np.float32]:
    whole = len(frames) - len(frames) % (SAMPLE_BYTES * channels)
    mixed: NDArray[np.float32] = (
        np.frombuffer(frames[:whole], "<i2").reshape(-1, channels).mean(1, np.float32)
    )
    return mixed / LOUDEST


def _at_our_rate(samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """Return them resampled: what the new rate cannot carry is left out of the spectrum."""
    if rate == RATE:
        return samples
    wanted = max(1, round(len(samples) * RATE / rate))
    spectrum = np.fft.rfft(samples)[: wanted // 2 + 1]
    return (np.fft.irfft(spectrum, wanted) * (wanted / len(samples))).astype(np.float32)


def _encoded(samples: NDArray[np.float32]) -> bytes:
    return np.clip(np.round(samples * LOUDEST), -LOUDEST, LOUDEST).astype("<i2").tobytes()
