"""One loudness for every voice, measured as broadcasters do (ITU-R BS.1770), sentence by sentence. Pure."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from open_llm_vtuber.units import Hertz

Samples = NDArray[np.floating[Any]]
"""Between -1 and 1. Single precision: the transforms take half the time, and 16 bits have far less."""

TARGET = -16.0
"""LUFS that a sentence is brought to."""
CEILING = 10 ** (-1 / 20)
"""No sample is louder: -1 dBFS."""
FLOOR = -50.0
"""What is quieter (in LUFS) is silence or noise and stays as it is."""
MOST_GAIN = 20.0
"""Decibels. A voice that needs more is broken, and its noise would come up with it."""

_CLOSE = 0.3
_PASSES = 4
"""The limiter takes some loudness with the peaks; so often it is given back."""
_FULL = 32768.0
_OFFSET = -0.691
_ABSOLUTE_GATE = -70.0
_RELATIVE_GATE = -10.0
_BLOCK = 0.4
_STEP = 0.1
_TAIL = 0.2
"""Seconds of silence that the filters ring into."""
_SPREAD = 4
"""Milliseconds over which the limiter's gain moves."""
# BS.1770's two filters, given as what they are rather than as coefficients for 48 kHz, so that any rate works:
# the head's high shelf and the high-pass, each (frequency, Q), and the shelf's gain in decibels.
_SHELF = (1681.974450955533, 0.7071752369554196, 3.999843853973347)
_HIGH_PASS = (38.13547087602444, 0.5003270373238773)


def levelled(pcm: bytes, rate: Hertz) -> bytes:
    """Return a sentence's pcm at the target loudness, no sample above the ceiling."""
    samples: Samples = np.frombuffer(pcm, "<i2") / np.float32(_FULL)
    level = loudness(samples, rate)
    sound: Samples = samples
    gain = 0.0
    for _ in range(_PASSES if level >= FLOOR else 0):
        gain = min(gain + TARGET - level, MOST_GAIN)
        louder = samples * np.float32(10 ** (gain / 20))
        sound = _limited(louder, rate)
        if sound is louder or gain == MOST_GAIN:  # nothing was taken from it
            break
        level = loudness(sound, rate)
        if abs(TARGET - level) < _CLOSE:
            break
    whole: NDArray[np.int16] = np.trunc(_limited(sound, rate) * _FULL).astype(
        "<i2"
    )  # never up: the ceiling holds
    return whole.tobytes()


def loudness(samples: Samples, rate: Hertz) -> float:
    """Return the integrated loudness in LUFS, -inf for silence. Shorter than a block (0.4 s), it is one block."""
    power = _weighted(samples, rate) ** 2
    if not len(power):
        return -np.inf
    blocks = _means(power, round(_BLOCK * rate), round(_STEP * rate))
    loud = blocks[_lufs(blocks) > _ABSOLUTE_GATE]
    if not len(loud):
        return -np.inf
    gate = float(_lufs(loud.mean())) + _RELATIVE_GATE
    return float(_lufs(loud[_lufs(loud) > gate].mean()))


def resampled(pcm: bytes, rate: Hertz, wanted: Hertz) -> bytes:
    """Return pcm at another rate: its spectrum is cut or widened, so that nothing folds back."""
    if rate == wanted:
        return pcm
    samples = np.frombuffer(pcm, "<i2")
    count = round(len(samples) * wanted / rate)
    if not count:
        return b""
    sound = np.fft.irfft(np.fft.rfft(samples)[: count // 2 + 1], count) * (count / len(samples))
    return np.clip(np.rint(sound), -_FULL, _FULL - 1).astype("<i2").tobytes()


def _weighted(samples: Samples, rate: Hertz) -> Samples:
    """Return the samples through BS.1770's filters, in the frequency domain: numpy has no recursive filter."""
    length = 1 << (len(samples) + round(_TAIL * rate)).bit_length()
    return np.fft.irfft(np.fft.rfft(samples, length) * _weights(length, rate), length)[: len(samples)]


@lru_cache(maxsize=4)  # sentences are of a few lengths, and this is half of the work
def _weights(length: int, rate: Hertz) -> NDArray[np.complex64]:
    turns = np.exp(-2j * np.pi * np.arange(length // 2 + 1) / length)
    return (_shelf(turns, rate) * _high_pass(turns, rate)).astype(np.complex64)


def _shelf(turns: NDArray[np.complex128], rate: Hertz) -> NDArray[np.complex128]:
    frequency, quality, gain = _SHELF
    k, high = np.tan(np.pi * frequency / rate), 10 ** (gain / 20)
    middle = high**0.4996667741545416
    above = (high + middle * k / quality + k * k, 2 * (k * k - high), high - middle * k / quality + k * k)
    return _ratio(turns, above, (1 + k / quality + k * k, 2 * (k * k - 1), 1 - k / quality + k * k))


def _high_pass(turns: NDArray[np.complex128], rate: Hertz) -> NDArray[np.complex128]:
    frequency, quality = _HIGH_PASS
    k = np.tan(np.pi * frequency / rate)
    whole = 1 + k / quality + k * k
    return _ratio(turns, (whole, -2 * whole, whole), (whole, 2 * (k * k - 1), 1 - k / quality + k * k))


def _ratio(
    turns: NDArray[np.complex128], above: tuple[float, float, float], below: tuple[float, float, float]
) -> NDArray[np.complex128]:
    """Return a filter's answer at these points of the unit circle."""
    return np.polyval(above[::-1], turns) / np.polyval(below[::-1], turns)


def _means(power: Samples, block: int, step: int) -> NDArray[np.float64]:
    """Return the mean of each block."""
    if len(power) <= block:
        return np.array([power.mean()], np.float64)
    sums = np.concatenate(([0.0], np.cumsum(power, dtype=np.float64)))
    starts = np.arange(0, len(power) - block + 1, step)
    return (sums[starts + block] - sums[starts]) / block


def _lufs(power: NDArray[np.float64] | np.float64) -> NDArray[np.float64]:
    return _OFFSET + 10 * np.log10(np.maximum(power, 1e-12))


def _limited(samples: Samples, rate: Hertz) -> Samples:
    """Return the samples with no peak above the ceiling: around a peak all is turned down, nothing is bent.

    The gain of a millisecond is the mean of what its neighbours can bear, who have asked theirs; so it is low
    enough wherever the line between two milliseconds crosses a peak.
    """
    loud = np.abs(samples)
    if not len(loud) or loud.max() <= CEILING:
        return samples
    hop = max(1, rate // 1000)
    peaks = np.maximum.reduceat(loud, np.arange(0, len(loud), hop))
    bearable = np.minimum(1.0, CEILING / np.maximum(peaks, 1e-9))
    reach = _SPREAD + 1
    padded = np.pad(bearable, reach + _SPREAD, constant_values=1.0)
    least = sliding_window_view(padded, 2 * reach + 1).min(axis=-1)
    smooth = sliding_window_view(least, 2 * _SPREAD + 1).mean(axis=-1)
    middles = np.arange(len(smooth)) * hop + hop / 2
    limited: Samples = samples * np.interp(np.arange(len(samples)), middles, smooth).astype(np.float32)
    return limited
