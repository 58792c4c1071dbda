"""A voice that hums: one hump of sound for each syllable-long piece of a word. Needs nothing but Python."""

import asyncio
import math
import re
from array import array
from collections.abc import AsyncGenerator
from types import TracebackType
from typing import Self

from pydantic import Field

from open_llm_vtuber.engines import EngineOptions
from open_llm_vtuber.tts.pcm import RATE, SAMPLE_BYTES, encode, speakable
from open_llm_vtuber.units import Hertz, Milliseconds

_PITCHES = (220.0, 247.0, 262.0, 294.0)
_OVERTONES = ((1, 0.6), (2, 0.25), (3, 0.15))
_LOUDNESS = 0.35
_SYLLABLE = 3
"""Letters to one opening of the mouth."""
_SHORTEST: Milliseconds = Milliseconds(200)
_PARTS = re.compile(r"\w+|\W+")


class ToneTTS:
    """Hums a text. Its length follows the text's; between words and syllables it is silent."""

    sample_rate: Hertz = RATE

    class Options(EngineOptions):
        """How it hums."""

        ms_per_character: Milliseconds = Field(Milliseconds(60), ge=5, le=500)

    def __init__(self, options: Options) -> None:
        self._samples_per_character = RATE * options.ms_per_character // 1000
        self._hums: dict[tuple[int, int], bytes] = {}

    async def __aenter__(self) -> Self:
        # Some hundred milliseconds of arithmetic at worst: once, and not on the loop.
        self._hums = await asyncio.to_thread(self._compose)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self._hums = {}

    async def synthesize(self, text: str) -> AsyncGenerator[bytes, None]:
        """Yield the hum of each word and the silence of each gap; nothing for a text without letters."""
        if not speakable(text):
            return
        length = 0
        for part in _PARTS.findall(text.strip()):
            sound = self._hum(part) if speakable(part) else self._silence(len(part))
            length += len(sound)
            yield sound
            await asyncio.sleep(0)  # a long text must not keep the loop to itself
        missing = RATE * _SHORTEST // 1000 * SAMPLE_BYTES - length
        if missing > 0:
            yield bytes(missing)

    def _hum(self, word: str) -> bytes:
        """Return a word's sound; each syllable's pitch follows its letters."""
        syllables = [word[start : start + _SYLLABLE] for start in range(0, len(word), _SYLLABLE)]
        return b"".join(
            self._hums[sum(map(ord, syllable)) % len(_PITCHES), len(syllable)] for syllable in syllables
        )

    def _silence(self, characters: int) -> bytes:
        """Return the gap that is as long as so many characters."""
        return bytes(characters * self._samples_per_character * SAMPLE_BYTES)

    def _compose(self) -> dict[tuple[int, int], bytes]:
        """Return the sound of every pitch and syllable length: a sentence is then only put together."""
        return {
            (index, letters): _hump(pitch, letters * self._samples_per_character)
            for index, pitch in enumerate(_PITCHES)
            for letters in range(1, _SYLLABLE + 1)
        }


def _hump(pitch: float, length: int) -> bytes:
    """Return `length` samples of a tone that swells and fades: it begins and ends in silence."""
    samples = array("h")
    for position in range(length):
        swell = math.sin(math.pi * position / length) ** 2
        turn = 2 * math.pi * pitch * position / RATE
        wave = sum(share * math.sin(turn * factor) for factor, share in _OVERTONES)
        samples.append(int(32767 * _LOUDNESS * swell * wave))
    return encode(samples)
