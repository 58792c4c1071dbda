"""A language model for tests: says its pieces, breaks where it is told to, and keeps what it was asked."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from types import TracebackType
from typing import Self

from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.stimulus import PromptMessage, TextAbilities, TextOptions, TextReport
from open_llm_vtuber.tool_use import ToolCall


class Brain:
    """Says its pieces; breaks before the one at `breaks_at`."""

    def __init__(
        self,
        *pieces: str | ToolCall,
        breaks_at: int | None = None,
        is_demo: bool = False,
        tools: bool = False,
        report: TextReport | None = None,
    ) -> None:
        self.abilities = TextAbilities(emotion_tags=True, prompt_tokens=1000, is_demo=is_demo, tools=tools)
        self.pieces = pieces
        self.breaks_at = breaks_at
        self.report = report
        self.error: EngineError = EngineError("It broke.", engine="e", retryable=True)
        self.asked: list[Sequence[PromptMessage]] = []
        self.options: list[TextOptions] = []
        self.is_running = False

    async def __aenter__(self) -> Self:
        self.is_running = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.is_running = False

    async def stream(
        self, messages: Sequence[PromptMessage], options: TextOptions
    ) -> AsyncGenerator[str | ToolCall, None]:
        self.asked.append(messages)
        self.options.append(options)
        for index, piece in enumerate(self.pieces):
            await asyncio.sleep(0.01)
            if index == self.breaks_at:
                raise self.error
            yield piece
        if self.breaks_at is not None and self.breaks_at >= len(self.pieces):
            raise self.error
        if self.report and options.report:
            options.report(self.report)
