"""Anthropic's models, through its own SDK: streamed messages, with tools."""

import asyncio
import importlib
from collections.abc import AsyncGenerator, Awaitable, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar, cast

from pydantic import Field, SecretStr

from open_llm_vtuber.accounts import (
    CONNECT_LIMIT,
    MALFORMED,
    Account,
    ApiKey,
    BaseUrl,
    failure,
    host_of,
    is_loopback,
    own_fault,
    refusal,
    too_slow,
    unconnected,
    unreadable,
    wordless,
)
from open_llm_vtuber.engines import EngineOptions
from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.llm import anthropic_prompt
from open_llm_vtuber.llm.retries import retried
from open_llm_vtuber.llm.tool_calls import ToolCallPart, ToolCallParts
from open_llm_vtuber.stimulus import FinishReason, PromptMessage, TextAbilities, TextOptions, TextReport
from open_llm_vtuber.tool_use import ToolCall
from open_llm_vtuber.units import Seconds

if TYPE_CHECKING:
    import anthropic
    from anthropic.types import RawMessageStreamEvent

T = TypeVar("T")

ENGINE = "anthropic_llm"
ADDRESS = "https://api.anthropic.com"
MAX_TOKENS = 2048
"""The API wants a limit, which holds for thoughts and words together; a spoken reply is far below this one."""
_LEAST_THOUGHT: Sequence[Mapping[str, str] | None] = ({"type": "disabled"}, {"type": "between_tools"}, None)
"""How to ask for an answer at once. Each model knows one or the other, some neither (Anthropic's guide to thinking)."""
_REASONS: Mapping[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool-calls",
    "refusal": "refusal",
}


class AnthropicLLM:
    """A language model at Anthropic, or at whatever speaks its way. Entering sends nothing."""

    class Options(EngineOptions):
        """Which model, in whose name, and how it is asked."""

        base_url: BaseUrl = ADDRESS
        """Without /v1: the SDK adds it."""
        model: str = Field(min_length=1)
        llm_api_key: ApiKey = SecretStr("not-needed")
        key_setting: str = "llm_api_key"
        address_setting: str = "base_url"
        """What errors call those two."""
        max_tokens: int = Field(MAX_TOKENS, ge=1)
        timeout_s: Seconds = Field(30.0, gt=0)
        """Seconds until the first word, repeated requests included."""
        token_timeout_s: Seconds = Field(15.0, gt=0)
        """Seconds between two pieces of the answer."""
        max_retries: int = Field(2, ge=0, le=10)
        """How often a request is repeated whose answer has not begun."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self.abilities = TextAbilities(emotion_tags=True, prompt_tokens=3000, tools=True, model=options.model)
        self._account = Account(
            engine=ENGINE,
            base_url=options.base_url,
            api_key=options.llm_api_key,
            key_setting=options.key_setting,
            address_setting=options.address_setting,
            where=f"The language model at {host_of(options.base_url)}",
            timeout=options.timeout_s,
        )
        self._client: anthropic.AsyncAnthropic | None = None
        self._ways = _LEAST_THOUGHT
        """Those that may still be the model's; one, once it is known."""

    async def __aenter__(self) -> Self:
        """Make the client. Raises ConfigError when the SDK is missing."""
        try:
            # About a second of work, the first time: not on the loop.
            await asyncio.to_thread(importlib.import_module, "anthropic")
        except ImportError as error:
            msg = f"{ENGINE} needs the package 'anthropic': pip install 'open-llm-vtuber[anthropic]'."
            raise ConfigError(msg) from error
        self._client = await asyncio.to_thread(_client, self._account)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def stream(
        self, messages: Sequence[PromptMessage], options: TextOptions
    ) -> AsyncGenerator[str | ToolCall, None]:
        """Yield the answer piece by piece; closing the iterator hangs up. Raises EngineError."""
        first_by = asyncio.get_running_loop().time() + self._options.timeout_s
        answer = retried(
            lambda: self._answer(messages, options, first_by),
            most=self._options.max_retries,
            first_by=first_by,
        )
        async with aclosing(answer) as pieces:
            async for piece in pieces:
                yield piece

    async def _answer(
        self, messages: Sequence[PromptMessage], options: TextOptions, deadline: Seconds
    ) -> AsyncGenerator[str | ToolCall, None]:
        """Ask once."""
        clock = asyncio.get_running_loop()
        stream = await self._within(deadline, self._open(messages, options), begun=False)
        reading = _Reading()
        async with stream:
            while not reading.is_over:
                event = await self._within(deadline, anext(stream, None), begun=reading.has_begun)
                if event is None:
                    break
                with _explained(self._account, begun=reading.has_begun):
                    text = reading.take(event)
                if text:
                    yield text
                if text or event.type == "content_block_delta":
                    # Only now: while the taker held the piece, the provider was not the one to wait for.
                    deadline = clock.time() + self._options.token_timeout_s
        self._see_that_it_is_whole(reading, stream.response.headers.get("content-type", ""))
        if options.report:
            options.report(reading.report(self._options.model))
        for call in reading.calls.whole():
            yield call

    async def _open(
        self, messages: Sequence[PromptMessage], options: TextOptions
    ) -> "anthropic.AsyncStream[RawMessageStreamEvent]":
        """Send the request and return the answer as it begins."""
        if self._client is None:
            raise failure(self._account, f"{ENGINE} is not started.", retryable=False)
        import anthropic

        # A temperature is never sent: since the API's version of October 2026 every request with one is refused.
        fields: dict[str, object] = {
            "model": self._options.model,
            "max_tokens": options.max_tokens or self._options.max_tokens,
            "messages": anthropic_prompt.conversation(messages),
        }
        if system := anthropic_prompt.system_of(messages):
            fields["system"] = system
        if options.tools:
            fields["tools"] = anthropic_prompt.offered(options.tools)
        for way in self._ways:
            thinking = {"thinking": way} if way else {}
            try:
                answer = await self._client.messages.create(**fields, **thinking, stream=True)  # type: ignore[call-overload]  # all by name
            except anthropic.BadRequestError:
                if way == self._ways[-1]:
                    raise
            else:
                self._ways = (way,)
                return cast("anthropic.AsyncStream[RawMessageStreamEvent]", answer)
        raise AssertionError("there is a last way")

    async def _within(self, deadline: Seconds, answer: Awaitable[T], *, begun: bool) -> T:
        """Await something of the SDK's until `deadline` (the loop's clock). Raises only EngineError."""
        with _explained(self._account, begun=begun):
            async with asyncio.timeout_at(deadline):
                return await answer

    def _see_that_it_is_whole(self, reading: "_Reading", content_type: str) -> None:
        """Raise EngineError for an answer without a word, or without the end that every whole one has."""
        if not reading.has_begun and reading.reason == "refusal":
            msg = f"{self._account.where} declines to answer this."
            raise failure(self._account, msg, retryable=False)
        if not reading.has_begun:
            raise wordless(self._account, content_type, "it ends without /v1")
        if not reading.is_over:
            raise unconnected(self._account, begun=True)


class _Reading:
    """What the events of one answer have come to."""

    def __init__(self) -> None:
        self.calls = ToolCallParts()
        self.is_over = False
        self.reason = ""
        self._has_text = False
        self._prompt_tokens: int | None = None
        self._answer_tokens: int | None = None

    @property
    def has_begun(self) -> bool:
        """Whether anything of use has come."""
        return self._has_text or bool(self.calls)

    def take(self, event: "RawMessageStreamEvent") -> str:
        """Take in an event and return the text in it. Raises TypeError or AttributeError for a strange one."""
        match event.type:
            case "message_start":
                self._count(event.message.usage)
            case "content_block_start" if event.content_block.type == "tool_use":
                block = event.content_block
                part = ToolCallPart(
                    index=event.index, id=_text(block.id), name=_text(block.name), arguments=""
                )
                self.calls.feed([part])
            case "content_block_delta" if event.delta.type == "input_json_delta":
                arguments = _text(event.delta.partial_json)
                self.calls.feed([ToolCallPart(index=event.index, id="", name="", arguments=arguments)])
            case "content_block_delta" if event.delta.type == "text_delta":
                self._has_text = self._has_text or bool(event.delta.text)
                return _text(event.delta.text)
            case "message_delta":
                self.reason = event.delta.stop_reason or self.reason
                self._count(event.usage)
            case "message_stop":
                self.is_over = True
            case _:  # thoughts, signatures, and kinds of events that are still to be invented
                pass
        return ""

    def report(self, model: str) -> TextReport:
        """Return what it came to."""
        return TextReport(
            model=model,
            finish_reason=_REASONS.get(self.reason, "other"),
            prompt_tokens=self._prompt_tokens,
            answer_tokens=self._answer_tokens,
        )

    def _count(self, usage: object) -> None:
        """Take over the tokens that an event reports: those of the prompt come first, those of the answer rise."""
        read = [
            getattr(usage, name, None)
            for name in ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
        ]
        if isinstance(read[0], int):
            self._prompt_tokens = sum(tokens for tokens in read if isinstance(tokens, int))
        written = getattr(usage, "output_tokens", None)
        if isinstance(written, int):
            self._answer_tokens = written


def _text(value: object) -> str:
    if not isinstance(value, str):  # the SDK does not validate what it reads
        raise TypeError
    return value


def _client(account: Account) -> "anthropic.AsyncAnthropic":
    """Build the client: reads certificates, and imports the parts of the SDK that it otherwise puts off."""
    import anthropic
    import httpx2  # it comes with the SDK and is as slow

    client = anthropic.AsyncAnthropic(
        base_url=account.base_url,
        api_key=account.api_key.get_secret_value(),
        max_retries=0,  # retries.py repeats: it knows how long a show can wait
        timeout=httpx2.Timeout(account.timeout, connect=min(CONNECT_LIMIT, account.timeout)),
        # A proxy in the environment is for the outside world: it cannot reach this machine's loopback.
        http_client=anthropic.DefaultAsyncHttpxClient(trust_env=not is_loopback(account.base_url)),
    )
    _ = client.messages
    return client


@contextmanager
def _explained(account: Account, *, begun: bool) -> Iterator[None]:
    """Turn what the SDK raises into an EngineError.

    Always `from None`: a provider's own words can hold parts of the key, and a chained error ends in a log.
    """
    import anthropic
    import httpx2

    try:
        yield
    except anthropic.APIStatusError as error:
        raise refusal(account, error.status_code, error.response.headers) from None
    except (anthropic.APITimeoutError, httpx2.TimeoutException, TimeoutError):
        raise too_slow(account, begun=begun) from None
    except (anthropic.APIConnectionError, httpx2.RequestError):
        raise unconnected(account, begun=begun) from None
    except anthropic.AnthropicError:
        raise own_fault(account) from None
    except MALFORMED:
        raise unreadable(account) from None
