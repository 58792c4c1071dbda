"""An ear that always hears the same: for rehearsals and tests. Needs nothing but numpy."""

import asyncio
from types import TracebackType
from typing import Self

from pydantic import Field

from open_llm_vtuber.asr.pcm import is_audible
from open_llm_vtuber.engines import EngineOptions
from open_llm_vtuber.units import Milliseconds


class ScriptedASR:
    """Hears `text` in everything that is not silent."""

    class Options(EngineOptions):
        """What it hears, and how long it takes."""

        text: str = "Hello, can you hear me?"
        takes_ms: Milliseconds = Field(Milliseconds(0), ge=0, le=60_000)

    def __init__(self, options: Options) -> None:
        self._options = options

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        return

    async def transcribe(self, utterance: bytes) -> str:
        """Return the text, or "" for silence."""
        await asyncio.sleep(self._options.takes_ms / 1000)
        return self._options.text if is_audible(utterance) else ""
