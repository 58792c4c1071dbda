"""A remote model within its limits of requests and money."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime

import pytest

from open_llm_vtuber.bookkeeping import Bookkeeping
from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.llm.held import Held
from open_llm_vtuber.llm.metered import PATIENCE, USUAL_ANSWER, Metered, Patience, Tariff
from open_llm_vtuber.llm.rate_limit import RateLimit
from open_llm_vtuber.prices import Price
from open_llm_vtuber.spending import Budget
from open_llm_vtuber.stimulus import Payer, PromptMessage, TextOptions, TextReport
from open_llm_vtuber.storage.memory_store import MemoryStore
from scripted_brain import Brain
from virtual_time import run_virtual

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
PROMPT = (PromptMessage(role="user", content="Hi!" * 10),)
DOLLARS = Price(input=10_000, output=10_000)
"""A cent for a token, so that tests can count."""
ANNA = Payer(show="main", viewer="anna")


class Shop:
    """One metered model, its books, and what it is asked."""

    def __init__(self, brain: Brain, books: Bookkeeping, model: Metered) -> None:
        self.brain = brain
        self.books = books
        self.model = model

    async def say(self, options: TextOptions | None = None) -> str:
        pieces = self.model.stream(PROMPT, options or TextOptions(payer=ANNA))
        return "".join([str(piece) async for piece in pieces])

    async def held(self) -> Held:
        with pytest.raises(Held) as held:
            await self.say()
        return held.value


@asynccontextmanager
async def shop(
    brain: Brain,
    *,
    budget: Budget | None = None,
    price: Price | None = DOLLARS,
    gives_way: bool = False,
    requests: int = 100,
    retries: int = 0,
) -> AsyncIterator[Shop]:
    tariff = Tariff(provider="openai", model="m", price=price, gives_way=gives_way)
    async with Bookkeeping(budget or Budget(), MemoryStore(), lambda: NOON) as books:
        limit = RateLimit(requests=requests)
        model = Metered(brain, tariff, limit, books, Patience(retries=retries))
        async with model:
            yield Shop(brain, books, model)


def test_what_the_provider_counts_is_what_is_put_down() -> None:
    async def main() -> None:
        told: list[TextReport] = []
        brain = Brain("Hello.", report=TextReport(model="m", prompt_tokens=7, answer_tokens=2))
        async with shop(brain) as it:
            assert await it.say(TextOptions(payer=ANNA, report=told.append)) == "Hello."
            total = it.books.ledger.stream.by_model["openai", "m"]
            assert (total.prompt_tokens, total.answer_tokens, total.estimates) == (7, 2, 0)
            assert total.cost == pytest.approx(0.09)
            assert it.books.ledger.hour(NOON, "anna").requests == 1
            assert told == [brain.report]

    run_virtual(main())


def test_without_a_count_the_characters_are_counted_and_that_is_said() -> None:
    async def main() -> None:
        async with shop(Brain("x" * 9)) as it:
            await it.say()
            total = it.books.ledger.stream.total
            assert (total.prompt_tokens, total.answer_tokens, total.estimates) == (14, 3, 1)

    run_virtual(main())


def test_an_answer_that_is_cut_is_paid_as_far_as_it_came() -> None:
    async def main() -> None:
        async with shop(Brain("abc", "def", "ghi")) as it:
            async with aclosing(it.model.stream(PROMPT, TextOptions())) as pieces:
                await anext(pieces)
            assert it.books.ledger.stream.total.answer_tokens == 1

    run_virtual(main())


def test_a_refusal_costs_nothing_and_frees_what_was_put_aside() -> None:
    async def main() -> None:
        brain = Brain(breaks_at=0)
        async with shop(brain, budget=Budget(per_hour=4)) as it:
            for _ in range(3):
                with pytest.raises(EngineError, match="broke"):
                    await it.say()
            assert it.books.ledger.stream.total.requests == 0
            brain.breaks_at, brain.pieces = None, ("Hello.",)
            assert await it.say() == "Hello."

    run_virtual(main())


def test_a_request_that_the_budget_cannot_hold_is_not_sent() -> None:
    async def main() -> None:
        async with shop(Brain("Hello."), budget=Budget(per_hour=USUAL_ANSWER / 100)) as it:
            held = await it.held()
            assert held.cause == "budget"
            assert not held.retryable, "nobody knows when there will be money again"
            assert "per_hour is 3 USD" in str(held)
            assert it.brain.asked == []
            assert await it.say(TextOptions(max_tokens=10)) == "Hello."

    run_virtual(main())


def test_many_at_once_never_pass_the_budget() -> None:
    async def main() -> None:
        report = TextReport(model="m", prompt_tokens=14, answer_tokens=USUAL_ANSWER)
        async with shop(Brain("Hello.", report=report), budget=Budget(per_hour=10)) as it:
            answers = await asyncio.gather(*(it.say() for _ in range(20)), return_exceptions=True)
            assert answers.count("Hello.") == 3
            assert it.books.ledger.hour(NOON).cost <= 10

    run_virtual(main())


def test_one_that_gives_way_is_not_asked_when_money_gets_short() -> None:
    async def main() -> None:
        report = TextReport(model="m", prompt_tokens=0, answer_tokens=85)
        async with shop(Brain("Hello.", report=report), budget=Budget(per_hour=1), gives_way=True) as it:
            assert await it.say(TextOptions(max_tokens=80)) == "Hello."
            assert (await it.held()).cause == "budget"

    run_virtual(main())


def test_what_has_no_price_is_counted_and_not_held_back() -> None:
    async def main() -> None:
        async with shop(Brain("Hello."), budget=Budget(per_hour=0), price=None) as it:
            assert await it.say() == "Hello."
            assert it.books.ledger.stream.total.unpriced == 1

    run_virtual(main())


def test_a_full_minute_is_waited_for_only_if_that_is_short() -> None:
    async def main() -> None:
        async with shop(Brain("Hello."), requests=1) as it:
            await it.say()
            held = await it.held()
            assert held.cause == "rate"
            assert held.retry_after == pytest.approx(60, abs=0.1)
            assert held.retryable
            await asyncio.sleep(60 - PATIENCE)
            assert await it.say() == "Hello."

    run_virtual(main())


def test_each_repetition_is_a_request_of_the_minute() -> None:
    async def main() -> None:
        async with shop(Brain(breaks_at=0), requests=2, retries=5) as it:
            held = await it.held()
            assert held.cause == "rate"
            assert len(it.brain.asked) == 2

    run_virtual(main())


def test_a_pause_that_the_provider_asks_for_holds_for_the_next_requests_too() -> None:
    async def main() -> None:
        brain = Brain(breaks_at=0)
        brain.error = EngineError("Later.", engine="e", retryable=True, retry_after=30)
        async with shop(brain) as it:
            with pytest.raises(EngineError, match="Later"):
                await it.say()
            assert (await it.held()).retry_after == pytest.approx(30)
            assert len(brain.asked) == 1

    run_virtual(main())
