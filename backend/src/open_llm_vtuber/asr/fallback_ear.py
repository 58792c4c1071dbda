"""The ear that a server gets: the first of a chain that can hear the utterance."""

from collections.abc import Mapping
from types import TracebackType
from typing import Self

from open_llm_vtuber.fallback import Fallback, OnChange
from open_llm_vtuber.ports import SpeechRecognizer


class FallbackEar:
    """Several ears by name, which whoever made them has started and will stop."""

    def __init__(self, ears: Mapping[str, SpeechRecognizer], on_change: OnChange) -> None:
        self._ears = Fallback(ears, on_change)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        return None

    async def transcribe(self, utterance: bytes) -> str:
        """Return what was said, "" for nothing. Raises the last ear's EngineError when none can hear."""
        return await self._ears.first_answer(lambda ear: ear.transcribe(utterance))
