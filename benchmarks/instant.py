"""Engines that take no time, so that what is left is the backend's own.

`python -m benchmarks.instant run …` is the program itself with these engines in its tables.
"""

import asyncio
import random
import re
from array import array
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self
from unittest import mock

from open_llm_vtuber import app, cli
from open_llm_vtuber.engines import EngineOptions, EngineTable
from open_llm_vtuber.ports import LanguageModel, SpeechSynthesizer
from open_llm_vtuber.stimulus import PromptMessage, TextAbilities, TextOptions
from open_llm_vtuber.tts.pcm import RATE, SAMPLE_BYTES, encode
from open_llm_vtuber.units import Hertz, Seconds

REPLY = (
    "[joy] Hello there and welcome back, I was just about to tell chat what happened yesterday. "
    "[surprise] You would not believe how long that last boss took! "
    "[smirk] But in the end we got it, so tonight it is the final level."
)
FIRST_SENTENCE = "Hello there and welcome back,"
"""What is spoken first of it: the program begins at the first clause."""
MS_A_CHARACTER = 65
"""As fast as people speak, so that a sentence has as many bytes as a real voice's."""

_PIECES = re.findall(r"\s*\S+", REPLY)
_BYTES_A_CHARACTER = RATE * MS_A_CHARACTER // 1000 * SAMPLE_BYTES
_random = random.Random(1)
_SOUND = encode(array("h", (_random.randrange(-9000, 9000) for _ in range(RATE * 10))))


class _Engine:
    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        pass


class InstantLLM(_Engine):
    """Says the same three sentences at once, word by word."""

    abilities = TextAbilities(emotion_tags=True, prompt_tokens=2000)

    class Options(EngineOptions):
        """How instant it is."""

        thinks_s: Seconds = 0.0
        """Long: the character is busy for as long as something else is measured."""
        sentences: int = 0
        """So many of equal length instead of the reply."""

    def __init__(self, options: Options) -> None:
        self._options = options

    async def stream(
        self, messages: Sequence[PromptMessage], options: TextOptions
    ) -> AsyncGenerator[str, None]:
        """Yield the words."""
        del messages, options
        if self._options.thinks_s:
            await asyncio.sleep(self._options.thinks_s)
        for piece in sentences(self._options.sentences) if self._options.sentences else _PIECES:
            yield piece


class InstantVoice(_Engine):
    """Gives a sentence as many samples as a voice would, from a store of noise."""

    sample_rate: Hertz = RATE

    class Options(EngineOptions):
        """Nothing to set."""

    def __init__(self, options: Options) -> None:
        del options

    async def synthesize(self, text: str) -> AsyncGenerator[bytes, None]:
        """Yield the sound in one chunk."""
        yield sound_of(text)


def sentences(count: int) -> Sequence[str]:
    """Return sentences whose cues have some 100 kB each."""
    return [f"Here is sentence number {number:02}. " for number in range(count)]


def sound_of(text: str) -> bytes:
    """Return the samples that the instant voice has for a text."""
    return _SOUND[: len(text) * _BYTES_A_CHARACTER]


def instant_character(thinks_s: Seconds = 0.0, sentences: int = 0) -> dict[str, Any]:
    """Return a `character_config` of these engines."""
    return {
        "agent_config": {
            "agent_settings": {"basic_memory_agent": {"llm_provider": "instant_llm"}},
            "llm_configs": {"instant_llm": {"thinks_s": thinks_s, "sentences": sentences}},
        },
        "tts_config": {"tts_model": "instant_tts", "fallback": []},
    }


@contextmanager
def instant_engines() -> Iterator[None]:
    """Let the program's tables hold these engines, and no others."""
    minds: EngineTable[LanguageModel] = EngineTable("LLM", {"instant_llm": "benchmarks.instant:InstantLLM"})
    voices: EngineTable[SpeechSynthesizer] = EngineTable(
        "voice", {"instant_tts": "benchmarks.instant:InstantVoice"}
    )
    with mock.patch.object(app, "LLM_ENGINES", minds), mock.patch.object(app, "TTS_ENGINES", voices):
        yield


if __name__ == "__main__":
    with instant_engines():
        cli.main()
