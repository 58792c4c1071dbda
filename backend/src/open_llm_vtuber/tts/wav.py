"""WAV as servers send it: sizes that are wrong because the sound was streamed, and any rate or channels."""

import struct
import sys
from array import array
from dataclasses import dataclass

from open_llm_vtuber.tts.pcm import RATE, SAMPLE_BYTES, encode
from open_llm_vtuber.units import Hertz

_RIFF_HEADER = 12
_CHUNK_HEADER = 8
_FORMAT = struct.Struct("<HHIIHH")
_PCM = 1
_EXTENSIBLE = 0xFFFE
_BITS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """How the samples lie in the data."""

    channels: int
    rate: int


def read_wav(data: bytes) -> bytes:
    """Return a WAV file's sound as the pcm that voices give. Raises ValueError when it is none of ours."""
    samples, rate = _samples(data)
    return encode(_resample(samples, rate))


def wav_sound(data: bytes) -> tuple[bytes, Hertz]:
    """Return a WAV file's sound as mono pcm at its own rate, and that rate. Raises ValueError as above."""
    samples, rate = _samples(data)
    return encode(samples), Hertz(rate)


def _samples(data: bytes) -> tuple["array[int]", int]:
    """Return the sound, its channels mixed, and its rate."""
    layout, start, size = _find_sound(data)
    frame = SAMPLE_BYTES * layout.channels
    # A streamed file's sizes are 0 or the largest number there is: then the sound is all that came.
    end = min(start + size, len(data)) if size else len(data)
    samples = array("h")
    samples.frombytes(data[start : start + (end - start) // frame * frame])
    if sys.byteorder == "big":
        samples.byteswap()
    return _mono(samples, layout.channels), layout.rate


def _find_sound(data: bytes) -> tuple[_Layout, int, int]:
    """Return the layout, and where the samples start and how many bytes they say they are."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        msg = "no WAV header"
        raise ValueError(msg)
    layout = None
    position = _RIFF_HEADER
    while position + _CHUNK_HEADER <= len(data):
        name = data[position : position + 4]
        size = int.from_bytes(data[position + 4 : position + 8], "little")
        position += _CHUNK_HEADER
        if name == b"fmt ":
            layout = _layout(data[position : position + size])
        elif name == b"data" and layout is not None:
            return layout, position, size
        position += size + size % 2
    msg = "no sound in the WAV"
    raise ValueError(msg)


def _layout(chunk: bytes) -> _Layout:
    """Read the format. Raises ValueError when it is not 16-bit PCM."""
    if len(chunk) < _FORMAT.size:
        msg = "a format that is too short"
        raise ValueError(msg)
    kind, channels, rate, _, _, bits = _FORMAT.unpack_from(chunk)
    if kind == _EXTENSIBLE and len(chunk) >= 26:  # noqa: PLR2004 - the real kind stands 24 bytes in
        kind = int.from_bytes(chunk[24:26], "little")
    if kind != _PCM or bits != _BITS or not 1 <= channels <= 8 or not 4000 <= rate <= 192_000:  # noqa: PLR2004
        msg = "not 16-bit PCM"
        raise ValueError(msg)
    return _Layout(channels=channels, rate=rate)


def _mono(samples: "array[int]", channels: int) -> "array[int]":
    """Return the mean of the channels."""
    if channels == 1:
        return samples
    sides = [samples[side::channels] for side in range(channels)]
    return array("h", (sum(frame) // channels for frame in zip(*sides, strict=True)))


def _resample(samples: "array[int]", rate: int) -> "array[int]":
    """Return the samples at our rate, by straight lines between neighbours: good enough for speech."""
    if rate == RATE or not samples:
        return samples
    step, last = rate / RATE, len(samples) - 1
    result = array("h")
    for index in range(round(len(samples) / step)):
        place = index * step
        left = min(int(place), last)
        here, following = samples[left], samples[min(left + 1, last)]
        result.append(int(here + (following - here) * (place - left)) if left < last else here)
    return result
