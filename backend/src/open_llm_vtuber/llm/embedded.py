"""The language model that comes along: small, English, on the CPU. It proves the pipeline, no more.

What is often said in a chat is answered with written lines (`small_talk.py`), the rest by the model.
"""

import asyncio
import re
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from types import TracebackType
from typing import Self

from pydantic import Field

from open_llm_vtuber.accounts import Account
from open_llm_vtuber.engines import EngineOptions
from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.llm.chat_completions import ChatCompletions, ChatLimits, ChatRequest
from open_llm_vtuber.llm.embedded_process import ENGINE, ModelProcess
from open_llm_vtuber.llm.small_talk import SmallTalk, readable, spoken_by
from open_llm_vtuber.stimulus import PromptMessage, TextAbilities, TextOptions
from open_llm_vtuber.units import Seconds

_LIMITS = ChatLimits(first=30.0, between=15.0)
_GRAMMAR = r"""
root ::= sentence (" " sentence)?
sentence ::= start words ("," words)? [.!?]
words ::= (" " word){1,13}
start ::= [A-Z] [a-z]{0,11} short? ","?
word ::= [A-Za-z] [a-z]{0,12} short? | [0-9]{1,4}
short ::= "'" ("s" | "m" | "d" | "t" | "re" | "ll" | "ve")
"""
"""One or two whole sentences of plain words: nothing that a voice cannot say or that looks like markup.

The limits are wide: a sentence that meets one ends badly, since then the model lengthens its last word.
"""

_OVERUSED = {
    " assistant": -6,
    " assist": -6,
    " chatbot": -6,
    " bot": -6,
    " virtual": -4,
    " official": -4,
    " unable": -4,
    " confusion": -5,
    " loss": -3,
    " sorry": -2,
    " glad": -2,
}
"""Word → how much less likely it becomes: what an assistant says and a character should not."""

_SAMPLING = {
    "grammar": _GRAMMAR,
    "cache_prompt": True,
    "top_k": 40,
    "min_p": 0.1,
    # Against "I'm sorry, I'm sorry": repeated runs of words are held back, single words are not.
    "dry_multiplier": 0.8,
    "dry_allowed_length": 2,
    "dry_penalty_last_n": 64,
    "logit_bias": [[word, bias] for word, bias in _OVERUSED.items()],
}
_WORDS = re.compile(r"\S+\s*")
_WRITTEN_TOKENS = 20
"""A written line is about as long; who wants less gets it from the model."""
_SELF = "The embedded language model"
_STARTS_AT_MOST = 3
_STARTS_WITHIN: Seconds = 60.0
_DEATH_SHOWS_WITHIN: Seconds = 0.5


class EmbeddedLLM:
    """SmolLM2-135M in a process of its own.

    When that process dies, the running stream fails (retryable) and the next one starts it again: at most
    three times within a minute, after which streams fail at once until the minute is over.
    """

    abilities = TextAbilities(
        emotion_tags=False, prompt_tokens=700, is_demo=True, model="SmolLM2-135M-Instruct"
    )

    class Options(EngineOptions):
        """How it talks."""

        temperature: float = Field(0.6, ge=0, le=2)
        max_tokens: int = Field(64, ge=1, le=256)
        """Tokens of an answer; one that is cut ends within a sentence."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._small_talk = SmallTalk()
        self._starting = asyncio.Lock()
        self._restarts: deque[Seconds] = deque(maxlen=_STARTS_AT_MOST)
        self._child: ModelProcess | None = None
        self._chat: ChatCompletions | None = None

    async def __aenter__(self) -> Self:
        await self._start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        async with self._starting:
            await self._stop()

    @property
    def pid(self) -> int | None:
        """The process id of the model's process; None when there is none."""
        return self._child.pid if self._child else None

    async def stream(
        self, messages: Sequence[PromptMessage], options: TextOptions
    ) -> AsyncGenerator[str, None]:
        """Yield the answer piece by piece; closing the iterator stops the generation. Raises EngineError."""
        child, chat = await self._ready()
        said = next((message.content for message in reversed(messages) if message.role == "user"), "")
        if (options.max_tokens or self._options.max_tokens) >= _WRITTEN_TOKENS and (
            line := self._small_talk.answer(said)
        ):
            for word in _WORDS.findall(line):
                yield word
                await asyncio.sleep(0)  # as from a model: whoever reads may stop in between
            return
        try:
            async with aclosing(chat.stream(self._request(messages, options))) as pieces:
                async for piece in pieces:
                    if isinstance(piece, str):  # it is never offered a tool
                        yield piece
        except EngineError as error:
            if await child.has_died(patience=_DEATH_SHOWS_WITHIN):
                msg = "The embedded language model stopped unexpectedly; the next line starts it again."
                raise EngineError(msg, engine=ENGINE, retryable=True) from error
            raise

    def _request(self, messages: Sequence[PromptMessage], options: TextOptions) -> ChatRequest:
        """Return the request: who one is and what was said last, without the author's name.

        So small a model takes a name for its own, and what it has said itself it says again and again.
        """
        system = [message for message in messages if message.role == "system"]
        said = [message for message in messages if message.role == "user"][-1:]
        prompt = [*system, *(replace(message, content=_without_author(message.content)) for message in said)]
        return ChatRequest(
            messages=prompt,
            temperature=self._options.temperature if options.temperature is None else options.temperature,
            max_tokens=min(options.max_tokens or self._options.max_tokens, self._options.max_tokens),
            extra=_SAMPLING,
        )

    async def _ready(self) -> tuple[ModelProcess, ChatCompletions]:
        """Return the child and the way to talk to it, after a restart if it has died. Raises EngineError."""
        async with self._starting:
            if self._child is None or self._chat is None:
                msg = "The embedded language model is not running."
                raise EngineError(msg, engine=ENGINE, retryable=False)
            if await self._child.has_died():
                self._count_restart()
                await self._start()
            return self._child, self._chat

    def _count_restart(self) -> None:
        """Note a restart. Raises EngineError when there were too many lately."""
        now = asyncio.get_running_loop().time()
        if len(self._restarts) == _STARTS_AT_MOST and now - self._restarts[0] < _STARTS_WITHIN:
            wait = _STARTS_WITHIN - (now - self._restarts[0])
            msg = f"The embedded language model keeps stopping; it is tried again in {wait:.0f} seconds."
            raise EngineError(msg, engine=ENGINE, retryable=True)
        self._restarts.append(now)

    async def _start(self) -> None:
        """Start a child in place of the one before, if any. Raises EngineError or ConfigError."""
        child = await ModelProcess.start()
        account = Account(
            engine=ENGINE,
            base_url=f"{child.address}/v1",
            api_key=child.key,
            key_setting="the key",
            where=_SELF,
            timeout=_LIMITS.first,
            max_retries=0,
            keep_alive=False,  # a new connection to ourselves costs nothing
        )
        chat = ChatCompletions(account, "local", _LIMITS)
        try:
            await chat.start()
            await _warm_up(chat)
            await self._stop()
        except BaseException:
            await chat.stop()
            await child.stop()
            raise
        self._child, self._chat = child, chat

    async def _stop(self) -> None:
        """Stop the child and the connections to it."""
        child, chat = self._child, self._chat
        self._child = self._chat = None
        if chat is not None:
            await chat.stop()
        if child is not None:
            await child.stop()


def _without_author(line: str) -> str:
    """Return what somebody said in plain words; a line that is nobody's is left as it is."""
    _, said = spoken_by(line)
    return line if said == line else readable(said) or said


async def _warm_up(chat: ChatCompletions) -> None:
    """Have one word said, so that the first line of a show is as fast as the others. Raises EngineError."""
    hello = ChatRequest(messages=[PromptMessage(role="user", content="Hello!")], max_tokens=1)
    async with aclosing(chat.stream(hello)) as pieces:
        async for _ in pieces:
            pass
