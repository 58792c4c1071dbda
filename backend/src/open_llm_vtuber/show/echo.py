"""Pure: is what a microphone brings her own voice, from the speakers? Time is passed in.

The server has the sound that it lets play. A piece of the microphone's sound is echo when most of its energy follows
from that sound by a linear path, whatever the room, the speaker's loudness and the delay: first the delay is found by
a cross-correlation whose spectrum is whitened (Knapp and Carter, 1976), then the coherence at that delay says how much
is explained (as double-talk detectors of echo cancellers do it). Somebody who speaks while she does is not explained.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from open_llm_vtuber.show.sound import RATE, SAMPLE_BYTES
from open_llm_vtuber.units import Hertz, Seconds

Samples = NDArray[np.float64]

JUDGED_AT = Hertz(8_000)
"""Speech has nearly all of its energy below 4 kHz, and half the rate is a third of the work."""
BLOCK = 1_600
"""Samples of 0.1 s that are echo or not as a whole."""
AROUND = 3_200
"""Samples on both sides of a block that are looked at with it: 0.5 s are enough to be sure."""
LATEST: Seconds = 2.0
"""How much later than planned her voice may come back: the page, the speaker, the microphone, the way here."""
EARLIEST: Seconds = 0.3
"""How much earlier: a page reports that a sentence began after it did."""
KEPT: Seconds = 4.0
"""For how long it is known what she has said."""
QUIET = 40.0
"""16-bit samples that are less than that on average are nothing, whoever made them."""
EXPLAINED = 0.5
"""From this share of the energy on it is echo. Speech of somebody else reaches 0.3, a reverberating room 0.5."""
SHARP = 8.0
"""How far the delay stands out in the correlation, in standard deviations."""
SEGMENT = 256
LOWEST, HIGHEST = Hertz(150), Hertz(3_600)
JUMP: Seconds = 0.5
"""A microphone whose sound comes so much sooner or later than it should has paused, or sends what it has kept."""


@dataclass(slots=True)
class _Sentence:
    key: tuple[str, int]
    samples: NDArray[np.int16]
    rate: Hertz
    begins: Seconds

    @property
    def ends(self) -> Seconds:
        return self.begins + len(self.samples) / self.rate


class Played:
    """What she says, on a time line. `key` is a turn's id and the sentence's place in it."""

    def __init__(self) -> None:
        self._sentences: deque[_Sentence] = deque()

    def add(self, key: tuple[str, int], pcm: bytes, rate: Hertz, *, at: Seconds) -> None:
        """Put a sentence on the line, 16-bit little-endian mono; `at` is when it is planned to begin."""
        self._forget(at)
        samples = np.frombuffer(pcm, "<i2")
        self._sentences.append(_Sentence(key, samples, rate, at))

    def begins(self, key: tuple[str, int], now: Seconds) -> None:
        """Note that a page begins to play that sentence: it, and those behind it, are that much later."""
        found = next((each for each in self._sentences if each.key == key), None)
        if found is None:
            return
        late = now - found.begins
        for each in self._sentences:
            if each.begins >= found.begins and each is not found:
                each.begins += late
        found.begins = now

    def is_audible(self, begin: Seconds, end: Seconds) -> bool:
        """Return whether anything of it falls into that time."""
        return any(each.begins < end and each.ends > begin for each in self._sentences)

    def between(self, begin: Seconds, end: Seconds) -> Samples:
        """Return what plays in that time, at 8 kHz: silence where nothing does."""
        line = np.zeros(round((end - begin) * JUDGED_AT))
        times = begin + np.arange(len(line)) / JUDGED_AT
        for each in self._sentences:
            if each.begins < end and each.ends > begin:
                first = max(0, round((begin - each.begins) * each.rate) - each.rate // 10)
                last = round((end - each.begins) * each.rate) + each.rate // 10
                part = _smoothed(each.samples[first:last].astype(np.float64), each.rate)
                places = each.begins + (first + np.arange(len(part))) / each.rate
                line += np.interp(times, places, part, left=0.0, right=0.0)
        return line

    def _forget(self, now: Seconds) -> None:
        while self._sentences and self._sentences[0].ends < now - KEPT:
            self._sentences.popleft()


class EchoGate:
    """Puts silence in the place of her own voice in one microphone's sound, 16-bit mono at 16 kHz.

    While nothing of hers can be heard, everything passes at once; else it is held back for as long as judging takes,
    0.3 s. Nothing is added and nothing is lost.
    """

    def __init__(self, played: Played) -> None:
        self._played = played
        self._before = b""
        """What was judged last, as it came: a block is looked at with what surrounds it."""
        self._held = b""
        self._end: Seconds = 0.0
        """When the last sample that came was heard, by the clock of the show."""
        self.blanked: Seconds = 0.0
        """How much of it was echo."""

    def filtered(self, sound: bytes, now: Seconds) -> bytes:
        """Take the next piece, of which the end has just come, and return what can be said of it and its forerunners."""
        passed = b""
        end = self._end + _length(sound)
        if abs(end - now) > JUMP:
            passed, self._before, end = self.rest(), b"", now
        self._end = end
        self._held += sound
        begin = end - _length(self._held)
        if not self._played.is_audible(begin - LATEST - _seconds(AROUND), end + EARLIEST):
            return passed + self.rest()
        while len(self._held) >= (BLOCK + AROUND) * SAMPLE_BYTES:
            passed += self._judged()
        return passed

    def rest(self) -> bytes:
        """Return what is held back: nothing follows that it could be judged with."""
        passed, self._held = self._held, b""
        self._remember(passed)
        return passed

    def _judged(self) -> bytes:
        begin = self._end - _length(self._held)
        block = self._held[: BLOCK * SAMPLE_BYTES]
        window = self._before + self._held[: (BLOCK + AROUND) * SAMPLE_BYTES]
        begin -= _length(self._before)
        end = begin + _length(window)
        self._held = self._held[len(block) :]
        self._remember(block)
        played = self._played.between(begin - LATEST, end + EARLIEST)
        if is_echo(_at_8_khz(window), played):
            self.blanked += _length(block)
            return bytes(len(block))
        return block

    def _remember(self, sound: bytes) -> None:
        self._before = (self._before + sound)[-AROUND * SAMPLE_BYTES :]


def is_echo(heard: Samples, played: Samples) -> bool:
    """Return whether most of what was heard is what was played, at whatever delay. Both at 8 kHz, `played` the longer.

    >>> hiss = np.random.default_rng(1).normal(0, 1000, 12_000)
    >>> is_echo(0.1 * hiss[4_000:8_000], hiss), is_echo(hiss[4_000:8_000], hiss[8_000:][::-1].repeat(2))
    (True, False)
    """
    if np.sqrt((heard**2).mean()) < QUIET or np.sqrt((played**2).mean()) < 1.0:
        return False
    delay, sharpness = _delay(heard, played)
    return sharpness > SHARP and _explained(heard, played[delay : delay + len(heard)]) > EXPLAINED


def _delay(heard: Samples, played: Samples) -> tuple[int, float]:
    """Return at which place of what was played it begins, and how clearly."""
    size = 1 << (len(heard) + len(played) - 1).bit_length()
    cross = np.conj(np.fft.rfft(heard, size)) * np.fft.rfft(played, size)
    strength = np.abs(cross)
    white = np.where(_is_speech(size), cross / (strength + 1e-3 * strength.mean() + 1e-9), 0)
    likeness = np.abs(np.fft.irfft(white, size)[: len(played) - len(heard) + 1])
    best = int(likeness.argmax())
    return best, float(likeness[best] / (np.sqrt((likeness**2).mean()) + 1e-12))


def _explained(heard: Samples, played: Samples) -> float:
    """Return which share of the energy is coherent with what was played."""
    ours, theirs = _spectra(heard), _spectra(played)
    power = (np.abs(ours) ** 2).mean(axis=0)
    cross = np.abs((np.conj(theirs) * ours).mean(axis=0)) ** 2
    coherence = cross / (power * (np.abs(theirs) ** 2).mean(axis=0) + 1e-9)
    band = _is_speech(SEGMENT)
    return float((coherence * power)[band].sum() / (power[band].sum() + 1e-9))


def _spectra(samples: Samples) -> NDArray[np.complex128]:
    """Return the spectra of overlapping segments."""
    segments = np.lib.stride_tricks.sliding_window_view(samples, SEGMENT)[:: SEGMENT // 2]
    return np.fft.rfft(segments * np.hanning(SEGMENT), axis=1)


def _is_speech(size: int) -> NDArray[np.bool_]:
    frequencies = np.fft.rfftfreq(size, 1 / JUDGED_AT)
    return (frequencies > LOWEST) & (frequencies < HIGHEST)


def _smoothed(samples: Samples, rate: Hertz) -> Samples:
    """Return them without most of what the lower rate cannot carry."""
    width = max(1, round(rate / JUDGED_AT))
    smoothed: Samples = np.convolve(samples, np.full(width, 1 / width), "same") if len(samples) else samples
    return smoothed


def _at_8_khz(sound: bytes) -> Samples:
    samples: Samples = np.frombuffer(sound, "<i2").astype(np.float64)
    halved: Samples = samples[: len(samples) // 2 * 2].reshape(-1, 2).mean(axis=1)
    return halved


def _length(sound: bytes) -> Seconds:
    return len(sound) / (SAMPLE_BYTES * RATE)


def _seconds(samples: int) -> Seconds:
    return samples / RATE
