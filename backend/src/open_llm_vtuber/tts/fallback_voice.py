"""The voice that a show gets: the first of a chain that can speak the sentence, always at one loudness and rate."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from types import TracebackType
from typing import Self

from open_llm_vtuber.fallback import Fallback, OnChange
from open_llm_vtuber.ports import SpeechSynthesizer
from open_llm_vtuber.tts.finishing import Finishing
from open_llm_vtuber.units import Hertz


class FallbackVoice:
    """Several voices by name, which whoever made them has started and will stop. Its rate is the first one's.

    A sentence is spoken whole by one voice: a voice that breaks in the middle of it is heard with none of it.
    """

    def __init__(self, voices: Mapping[str, SpeechSynthesizer], on_change: OnChange) -> None:
        self.voices = voices
        self._chain = Fallback(voices, on_change)
        self._finishing = Finishing()
        self.sample_rate: Hertz = next(iter(voices.values())).sample_rate

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        return None

    async def synthesize(self, text: str) -> AsyncGenerator[bytes, None]:
        """Yield the sentence in one piece. Raises the last voice's EngineError when none can speak."""
        if pcm := await self._chain.first_answer(lambda voice: self._spoken(voice, text)):
            yield pcm

    async def _spoken(self, voice: SpeechSynthesizer, text: str) -> bytes:
        async with aclosing(voice.synthesize(text)) as chunks:
            pcm = b"".join([chunk async for chunk in chunks])
        return pcm and await self._finishing.finished(pcm, voice.sample_rate, self.sample_rate)
