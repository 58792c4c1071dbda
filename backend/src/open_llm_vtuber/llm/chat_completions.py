"""Streaming chat completions: one way to ask a provider, for every engine that speaks that protocol."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from open_llm_vtuber.accounts import Account, failure, wordless
from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.llm.tool_calls import ToolCallPart, ToolCallParts, offered, parts_of, written
from open_llm_vtuber.openai_sdk import connect, within
from open_llm_vtuber.stimulus import FinishReason, PromptMessage, TextReport
from open_llm_vtuber.tool_use import Tool, ToolCall
from open_llm_vtuber.units import Seconds

if TYPE_CHECKING:
    from openai import AsyncOpenAI, AsyncStream
    from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam

_FAREWELL: Seconds = 0.2
_REASONS: Mapping[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool-calls",
    "content_filter": "refusal",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """What is asked; None leaves it to the provider."""

    messages: Sequence[PromptMessage]
    temperature: float | None = None
    max_tokens: int | None = None
    tools: Sequence[Tool] = ()
    report: Callable[[TextReport], None] | None = None
    """Told once, when the answer has ended by itself."""
    first_by: Seconds | None = None
    """Until when (the loop's clock) the first word must have come; None counts the limit from now."""
    extra: Mapping[str, object] = field(default_factory=dict)
    """Fields outside the protocol that this provider knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatLimits:
    """How long to wait for the first text, and then for each next one."""

    first: Seconds
    between: Seconds


@dataclass(slots=True)
class _Read:
    """One chunk, or what many have come to."""

    text: str = ""
    parts: Sequence[ToolCallPart] = ()
    reason: str = ""
    """Why the answer has ended; "" while it goes on."""
    prompt_tokens: int | None = None
    answer_tokens: int | None = None

    def count(self, usage: object) -> None:
        """Take over the tokens that a chunk reports, if it does."""
        prompt, answer = getattr(usage, "prompt_tokens", None), getattr(usage, "completion_tokens", None)
        if isinstance(prompt, int) and isinstance(answer, int):
            self.prompt_tokens, self.answer_tokens = prompt, answer


class ChatCompletions:
    """A provider's chat completions. An async context manager; entering sends nothing."""

    def __init__(self, account: Account, model: str, limits: ChatLimits) -> None:
        self._account = account
        self._model = model
        self._limits = limits
        self._client: AsyncOpenAI | None = None

    async def start(self) -> None:
        """Make the client. Raises ConfigError when the SDK is missing."""
        self._client = await connect(self._account)

    async def stop(self) -> None:
        """Close every connection; running streams end with an EngineError."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def stream(self, request: ChatRequest) -> AsyncGenerator[str | ToolCall, None]:
        """Yield the answer's text as it comes, then its tool calls; closing hangs up, which stops the generation.

        An answer without either is an EngineError like every other failure: there is nothing to say.
        """
        clock = asyncio.get_running_loop()
        deadline = clock.time() + self._limits.first if request.first_by is None else request.first_by
        stream = await within(self._account, deadline, self._open(request), begun=False)
        spoken, whole, calls = False, _Read(), ToolCallParts()
        async with stream:
            while not whole.reason:
                chunk = await within(
                    self._account, deadline, _next(stream, whole), begun=spoken or bool(calls)
                )
                if chunk is None:
                    break
                calls.feed(chunk.parts)
                whole.reason = chunk.reason
                if chunk.text:
                    spoken = True
                    yield chunk.text
                if chunk.text or chunk.parts:
                    # Only now: while the taker held the piece, the provider was not the one to wait for.
                    deadline = clock.time() + self._limits.between
            if whole.reason:
                await self._finish(stream, whole)
        # Some servers end their stream without a finish_reason. One that is cut off does not come to its end at all.
        if not spoken and not calls:
            raise wordless(
                self._account, stream.response.headers.get("content-type", ""), "it often ends in /v1"
            )
        if request.report:
            request.report(self._report(whole))
        for call in calls.whole():
            yield call

    async def _finish(self, stream: "AsyncStream[ChatCompletionChunk]", whole: _Read) -> None:
        """Read the little that follows the last text: only then can the connection serve the next request."""
        deadline = asyncio.get_running_loop().time() + _FAREWELL
        with suppress(EngineError):
            while await within(self._account, deadline, _next(stream, whole), begun=True) is not None:
                pass

    def _report(self, whole: _Read) -> TextReport:
        return TextReport(
            model=self._model,
            finish_reason=_REASONS.get(whole.reason or "stop", "other"),
            prompt_tokens=whole.prompt_tokens,
            answer_tokens=whole.answer_tokens,
        )

    async def _open(self, request: ChatRequest) -> "AsyncStream[ChatCompletionChunk]":
        """Send the request and return the answer as it begins."""
        if self._client is None:
            raise failure(self._account, f"{self._account.engine} is not started.", retryable=False)
        messages = [written(message) for message in request.messages]
        return await self._client.chat.completions.create(
            model=self._model,
            messages=cast("list[ChatCompletionMessageParam]", messages),
            stream=True,
            extra_body=self._fields(request),
        )

    def _fields(self, request: ChatRequest) -> dict[str, object]:
        """Return the request's optional fields: those that are left to the provider are not sent at all."""
        # Newer models of OpenAI's own know only the new name; compatible servers mostly only the old one.
        limit = "max_completion_tokens" if "api.openai.com" in self._account.base_url else "max_tokens"
        fields: dict[str, object] = {
            "temperature": request.temperature,
            limit: request.max_tokens,
            **request.extra,
        }
        if request.tools:
            fields["tools"] = offered(request.tools)
        return {name: value for name, value in fields.items() if value is not None}


async def _next(stream: "AsyncStream[ChatCompletionChunk]", whole: _Read) -> _Read | None:
    """Return what the next chunk holds, None when the stream is over; `whole` gets the tokens that it reports."""
    chunk = await anext(stream, None)
    if chunk is None:
        return None
    whole.count(chunk.usage)
    if not chunk.choices:  # usage, or a keep-alive
        return _Read()
    choice = chunk.choices[0]
    text: object = choice.delta.content or ""
    reason: object = choice.finish_reason
    if not isinstance(text, str) or not isinstance(
        reason, str | None
    ):  # the SDK does not validate what it reads
        raise TypeError
    # Some write "" where others leave it out.
    return _Read(text, parts_of(choice.delta.tool_calls or ()), reason or "")
