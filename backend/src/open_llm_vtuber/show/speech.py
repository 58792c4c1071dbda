"""Pure: a sentence's samples as the wire carries them, with the loudness that moves the mouth."""

import base64
import struct
from dataclasses import dataclass, field

import numpy as np

from open_llm_vtuber.units import Hertz, Milliseconds, Seconds

SLICE = Milliseconds(20)
_BYTES_A_SAMPLE = 2


@dataclass(frozen=True, slots=True)
class Speech:
    """One spoken sentence: a whole WAV file in base64, loudness (0-1, loudest slice 1) for each 20 ms."""

    wav_base64: str
    volumes: tuple[float, ...]
    length: Seconds
    pcm: bytes = field(repr=False)
    """The same sound as it came: 16-bit little-endian mono."""
    rate: Hertz


def speech(pcm: bytes, rate: Hertz) -> Speech:
    """Wrap 16-bit little-endian mono samples."""
    return Speech(
        base64.b64encode(wav(pcm, rate)).decode("ascii"),
        _volumes(pcm, rate),
        len(pcm) / (_BYTES_A_SAMPLE * rate),
        pcm,
        rate,
    )


def wav(pcm: bytes, rate: Hertz) -> bytes:
    """Return the samples as a whole WAV file."""
    return _wav_header(len(pcm), rate) + pcm


def _wav_header(data_bytes: int, rate: Hertz) -> bytes:
    # Existing clients read the sizes for their lip-sync, so they must be true (no streaming header).
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", 36 + data_bytes, b"WAVE"),
        *(b"fmt ", 16, 1, 1, rate, rate * _BYTES_A_SAMPLE, _BYTES_A_SAMPLE, 8 * _BYTES_A_SAMPLE),
        *(b"data", data_bytes),
    )


def _volumes(pcm: bytes, rate: Hertz) -> tuple[float, ...]:
    samples = np.frombuffer(pcm, "<i2").astype(np.float64)
    hop = rate * SLICE // 1000
    starts = np.arange(0, len(samples), hop)
    if not len(starts):
        return ()
    lengths = np.diff(np.append(starts, len(samples)))
    loudness = np.sqrt(np.add.reduceat(samples**2, starts) / lengths)
    loudest = loudness.max()
    return tuple(np.round(loudness / loudest, 3).tolist()) if loudest else (0.0,) * len(starts)
