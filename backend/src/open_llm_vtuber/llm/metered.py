"""A remote language model with its limits: so many requests a minute, so much money, and the pauses it asks for."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from open_llm_vtuber.bookkeeping import Bookkeeping
from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.llm.held import Cause, Held
from open_llm_vtuber.llm.rate_limit import RateLimit
from open_llm_vtuber.llm.retries import retried
from open_llm_vtuber.llm.tokens import CHARACTERS_A_TOKEN, prompt_tokens
from open_llm_vtuber.ports import LanguageModel
from open_llm_vtuber.prices import Price
from open_llm_vtuber.spending import Refusal, Reservation
from open_llm_vtuber.stimulus import (
    Payer,
    PromptMessage,
    Spending,
    TextAbilities,
    TextOptions,
    TextReport,
)
from open_llm_vtuber.tool_use import ToolCall
from open_llm_vtuber.units import Seconds

PATIENCE: Seconds = 2.0
"""So long a request waits for room in the minute; when it takes longer, somebody else is asked."""
USUAL_ANSWER = 300
"""Tokens that are put aside for an answer whose length is left to the provider."""
NOBODY = Payer(show="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """How a model is counted."""

    provider: str
    model: str
    price: Price | None
    """None is not known: tokens are counted, and no budget holds it back."""
    gives_way: bool = False
    """Is not asked any more when money gets short: its chain has a model that costs less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How often a request is repeated whose answer has not begun, and how long its first word may take with that."""

    retries: int = 2
    first_word: Seconds = 30.0


class Metered:
    """Asks a model within its limits; what holds a request back is `Held`, which no provider is to blame for."""

    def __init__(  # its parts and nothing else
        self,
        llm: LanguageModel,
        tariff: Tariff,
        limit: RateLimit,
        books: Bookkeeping,
        patience: Patience | None = None,
    ) -> None:
        self.abilities: TextAbilities = llm.abilities
        self.tariff = tariff
        self._llm = llm
        self._limit = limit
        self._books = books
        self._patience = patience or Patience()

    async def __aenter__(self) -> Self:
        await self._llm.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        await self._llm.__aexit__(kind, error, trace)

    async def stream(
        self, messages: Sequence[PromptMessage], options: TextOptions
    ) -> AsyncGenerator[str | ToolCall, None]:
        """Yield the answer piece by piece. Raises EngineError, Held before anything was asked."""
        request = _Request(self.tariff, options, prompt_tokens(messages, options.tools))
        reservation = self._reserve(request)
        answer = retried(
            lambda: self._once(messages, request),
            most=self._patience.retries,
            first_by=_clock() + self._patience.first_word,
        )
        try:
            async with aclosing(answer) as pieces:
                async for piece in pieces:
                    request.take(piece)
                    yield piece
        except EngineError:
            request.has_failed = True
            raise
        finally:
            self._settle(request, reservation)

    async def _once(
        self, messages: Sequence[PromptMessage], request: "_Request"
    ) -> AsyncGenerator[str | ToolCall, None]:
        """Ask once, when there is room in the minute."""
        await self._wait_for_room(request)
        try:
            async with aclosing(self._llm.stream(messages, request.options)) as pieces:
                async for piece in pieces:
                    yield piece
        except EngineError as error:
            if error.retry_after:
                self._limit.hold(_clock(), error.retry_after)
            raise

    def _reserve(self, request: "_Request") -> Reservation:
        """Put the money aside. Raises Held."""
        price, payer = self.tariff.price, request.payer
        if self.tariff.gives_way and self._books.step(payer) == "small":
            raise self._held("Money gets short: smaller models go first.", "budget", None)
        amount = price.of(request.prompt_tokens, request.expected) if price else 0.0
        granted = self._books.reserve(payer, amount)
        if isinstance(granted, Refusal):
            raise self._held(granted.sentence, "budget", granted.retry_after)
        return granted

    async def _wait_for_room(self, request: "_Request") -> None:
        """Wait for room in the minute, if that is a matter of moments. Raises Held."""
        give_up = _clock() + PATIENCE
        while wait := self._limit.take(_clock(), request.counted):
            if _clock() + wait > give_up:
                msg = f"{self.tariff.provider} may be asked nothing for now; again in {wait:.0f} seconds."
                raise self._held(msg, "rate", wait)
            await asyncio.sleep(wait)
        request.was_sent = True

    def _settle(self, request: "_Request", reservation: Reservation) -> None:
        """Count what it came to: nothing where nothing was asked, or where it was refused without a word."""
        if not request.was_sent or (request.has_failed and not request.characters):
            self._books.release(reservation)
            return
        spending = request.spending(self._books)
        self._limit.correct(request.counted, spending.prompt_tokens + spending.answer_tokens)
        self._books.settle(reservation, spending)

    def _held(self, sentence: str, cause: Cause, retry_after: Seconds | None) -> Held:
        return Held(sentence, engine=self.tariff.provider, cause=cause, retry_after=retry_after)


class _Request:
    """What one request is expected to come to, and what it has come to."""

    def __init__(self, tariff: Tariff, options: TextOptions, prompt: int) -> None:
        self.prompt_tokens = prompt
        self.expected = options.max_tokens or USUAL_ANSWER
        self.payer = options.payer or NOBODY
        self.was_sent = self.has_failed = False
        self.characters = 0
        self.options = replace(options, report=self._ended)
        self._tariff = tariff
        self._tell = options.report
        self._report: TextReport | None = None

    @property
    def counted(self) -> int:
        """Tokens that it is counted with before anybody knows better."""
        return self.prompt_tokens + self.expected

    def take(self, piece: str | ToolCall) -> None:
        """Take in a piece of the answer."""
        self.characters += len(piece if isinstance(piece, str) else piece.name + piece.arguments)

    def spending(self, books: Bookkeeping) -> Spending:
        """Return what it came to: as the provider counts, or else as we do."""
        told = self._report
        prompt = told.prompt_tokens if told else None
        answer = told.answer_tokens if told else None
        is_estimate = prompt is None or answer is None
        prompt = self.prompt_tokens if prompt is None else prompt
        answer = -(-self.characters // CHARACTERS_A_TOKEN) if answer is None else answer
        return Spending(
            at=books.now,
            provider=self._tariff.provider,
            model=self._tariff.model,
            payer=self.payer,
            prompt_tokens=prompt,
            answer_tokens=answer,
            cost=self._tariff.price.of(prompt, answer) if self._tariff.price else None,
            is_estimate=is_estimate,
        )

    def _ended(self, report: TextReport) -> None:
        self._report = report
        if self._tell:
            self._tell(report)


def _clock() -> Seconds:
    return asyncio.get_running_loop().time()
