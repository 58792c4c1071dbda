"""Streaming chat completions: one way to ask a provider, for every engine that speaks that protocol."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.llm.tool_calls import ToolCallPart, ToolCallParts, offered, parts_of, written
from open_llm_vtuber.openai_sdk import Account, connect, failure, is_event_stream, within
from open_llm_vtuber.stimulus import PromptMessage
from open_llm_vtuber.tool_use import Tool, ToolCall
from open_llm_vtuber.units import Seconds

if TYPE_CHECKING:
    from openai import AsyncOpenAI, AsyncStream
    from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam

_FAREWELL: Seconds = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """What is asked; None leaves it to the provider."""

    messages: Sequence[PromptMessage]
    temperature: float | None = None
    max_tokens: int | None = None
    tools: Sequence[Tool] = ()
    extra: Mapping[str, object] = field(default_factory=dict)
    """Fields outside the protocol that this provider knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatLimits:
    """How long to wait for the first text, and then for each next one."""

    first: Seconds
    between: Seconds


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
        deadline = clock.time() + self._limits.first
        stream = await within(self._account, deadline, self._open(request), begun=False)
        spoken = finished = False
        calls = ToolCallParts()
        async with stream:
            while not finished:
                chunk = await within(self._account, deadline, _next(stream), begun=spoken or bool(calls))
                if chunk is None:
                    break
                text, parts, finished = chunk
                calls.feed(parts)
                if text:
                    spoken = True
                    yield text
                if text or parts:
                    # Only now: while the taker held the piece, the provider was not the one to wait for.
                    deadline = clock.time() + self._limits.between
            if finished:
                await self._finish(stream)
        # Some servers end their stream without a finish_reason. One that is cut off does not come to its end at all.
        if not spoken and not calls:
            raise self._wordless(stream.response.headers.get("content-type", ""))
        for call in calls.whole():
            yield call

    async def _finish(self, stream: "AsyncStream[ChatCompletionChunk]") -> None:
        """Read the little that follows the last text: only then can the connection serve the next request."""
        deadline = asyncio.get_running_loop().time() + _FAREWELL
        with suppress(EngineError):
            while await within(self._account, deadline, _next(stream), begun=True) is not None:
                pass

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

    def _wordless(self, content_type: str) -> EngineError:
        """Return the error for an answer that ended without a word."""
        where = self._account.where
        if not is_event_stream(content_type):
            msg = f"{where} does not answer like a language model: check base_url (it often ends in /v1)."
            return failure(self._account, msg, retryable=False)
        return failure(self._account, f"{where} answered without a single word.", retryable=True)


async def _next(stream: "AsyncStream[ChatCompletionChunk]") -> tuple[str, list[ToolCallPart], bool] | None:
    """Return the next chunk's text, its parts of tool calls and whether it is the last; None when the stream is over."""
    chunk = await anext(stream, None)
    if chunk is None:
        return None
    if not chunk.choices:  # usage, or a keep-alive
        return "", [], False
    choice = chunk.choices[0]
    text = choice.delta.content or ""
    if not isinstance(text, str):  # the SDK does not validate what it reads
        raise TypeError
    return text, parts_of(choice.delta.tool_calls or ()), choice.finish_reason is not None
