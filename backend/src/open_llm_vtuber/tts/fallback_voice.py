"""The voice that a show gets: the first of a chain that can speak the sentence, always at one loudness and rate."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from open_llm_vtuber.fallback import Fallback, OnChange
from open_llm_vtuber.ports import SpeechSynthesizer
from open_llm_vtuber.tts.loudness import levelled, resampled
from open_llm_vtuber.units import Hertz


@dataclass(frozen=True, slots=True)
class _Sound:
    """A whole sentence."""

    pcm: bytes
    rate: Hertz


class FallbackVoice:
    """Several voices by name, which whoever made them has started and will stop. Its rate is the first one's.

    A sentence is spoken whole by one voice: a voice that breaks in the middle of it is heard with none of it.
    """

    def __init__(self, voices: Mapping[str, SpeechSynthesizer], on_change: OnChange) -> None:
        self.voices = voices
        self._chain = Fallback(voices, on_change)
        self.sample_rate: Hertz = next(iter(voices.values())).sample_rate

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        return None

    async def synthesize(self, text: str) -> AsyncGenerator[bytes, None]:
        """Yield the sentence in one piece. Raises the last voice's EngineError when none can speak."""
        sound = await self._chain.first_answer(lambda voice: _spoken(voice, text))
        if sound.pcm:
            yield await asyncio.to_thread(self._finished, sound)

    def _finished(self, sound: _Sound) -> bytes:
        return levelled(resampled(sound.pcm, sound.rate, self.sample_rate), self.sample_rate)


async def _spoken(voice: SpeechSynthesizer, text: str) -> _Sound:
    async with aclosing(voice.synthesize(text)) as chunks:
        return _Sound(b"".join([chunk async for chunk in chunks]), voice.sample_rate)
