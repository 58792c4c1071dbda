"""Any language model that is served the OpenAI way: OpenAI, Ollama, LM Studio, vLLM, llama.cpp and others."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import Self

from pydantic import Field, SecretStr

from open_llm_vtuber.accounts import Account, ApiKey, BaseUrl, host_of
from open_llm_vtuber.engines import EngineOptions
from open_llm_vtuber.llm.chat_completions import ChatCompletions, ChatLimits, ChatRequest
from open_llm_vtuber.llm.retries import retried
from open_llm_vtuber.stimulus import PromptMessage, TextAbilities, TextOptions
from open_llm_vtuber.tool_use import ToolCall
from open_llm_vtuber.units import Seconds

ENGINE = "openai_compatible_llm"


class OpenAICompatibleLLM:
    """A language model behind an address. Entering sends nothing: a provider may start later than we do."""

    class Options(EngineOptions):
        """Where the model is and how it is asked."""

        base_url: BaseUrl
        model: str = Field(min_length=1)
        llm_api_key: ApiKey = SecretStr("not-needed")
        key_setting: str = "llm_api_key"
        address_setting: str = "base_url"
        """What errors call those two."""
        organization_id: str | None = None
        project_id: str | None = None
        temperature: float | None = Field(0.8, ge=0, le=2)
        """None leaves it to the provider: some models take no other than their own."""
        timeout_s: Seconds = Field(30.0, gt=0)
        """Seconds until the first word, repeated requests included."""
        token_timeout_s: Seconds = Field(15.0, gt=0)
        """Seconds between two pieces of the answer."""
        max_retries: int = Field(2, ge=0, le=10)
        """How often a request is repeated whose answer has not begun."""
        reports_usage: bool = False
        """Knows how to be asked for the tokens that it counts; some servers refuse the question."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self.abilities = TextAbilities(emotion_tags=True, prompt_tokens=3000, tools=True, model=options.model)
        account = Account(
            engine=ENGINE,
            base_url=options.base_url,
            api_key=options.llm_api_key,
            key_setting=options.key_setting,
            address_setting=options.address_setting,
            where=f"The language model at {host_of(options.base_url)}",
            organization=options.organization_id or None,
            project=options.project_id or None,
            timeout=options.timeout_s,
            max_retries=0,
        )
        limits = ChatLimits(first=options.timeout_s, between=options.token_timeout_s)
        self._chat = ChatCompletions(account, options.model, limits)

    async def __aenter__(self) -> Self:
        await self._chat.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        await self._chat.stop()

    async def stream(
        self, messages: Sequence[PromptMessage], options: TextOptions
    ) -> AsyncGenerator[str | ToolCall, None]:
        """Yield the answer piece by piece; closing the iterator hangs up. Raises EngineError."""
        first_by = asyncio.get_running_loop().time() + self._options.timeout_s
        request = ChatRequest(
            messages=messages,
            temperature=self._options.temperature if options.temperature is None else options.temperature,
            max_tokens=options.max_tokens,
            tools=options.tools,
            report=options.report,
            first_by=first_by,
            extra={"stream_options": {"include_usage": True}} if self._options.reports_usage else {},
        )
        answer = retried(
            lambda: self._chat.stream(request), most=self._options.max_retries, first_by=first_by
        )
        async with aclosing(answer) as pieces:
            async for piece in pieces:
                yield piece
