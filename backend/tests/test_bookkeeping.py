"""The books outlive the process, and a store that fails costs the record and not the show."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from open_llm_vtuber.bookkeeping import WAITING, Bookkeeping
from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.protocol.parts import Spend
from open_llm_vtuber.spending import Budget, Refusal, Reservation
from open_llm_vtuber.stimulus import Payer, Spending
from open_llm_vtuber.storage.memory_store import MemoryStore
from open_llm_vtuber.storage.sql_store import sql_store
from virtual_time import run_virtual

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
ANNA = Payer(show="main", viewer="anna")


def spent(cost: float | None = 0.5, at: datetime = NOON) -> Spending:
    return Spending(
        at=at,
        provider="openai",
        model="gpt-5.4-nano",
        payer=ANNA,
        prompt_tokens=120,
        answer_tokens=30,
        cost=cost,
        is_estimate=cost is None,
    )


def pay(books: Bookkeeping, spending: Spending) -> None:
    reservation = books.reserve(spending.payer, spending.cost or 0.0)
    assert isinstance(reservation, Reservation)
    books.settle(reservation, spending)


class BrokenStore(MemoryStore):
    """Cannot be used."""

    async def note_spending(self, spending: Spending) -> None:
        del spending
        raise EngineError("The disk is full.", engine="store", retryable=True)

    async def spendings(self, since: datetime) -> Sequence[Spending]:
        del since
        raise EngineError("The disk is full.", engine="store", retryable=True)


def test_what_was_spent_is_known_after_a_restart(tmp_path: Path) -> None:
    first, second = spent(), spent(None, NOON + timedelta(seconds=2))

    async def main() -> None:
        async with sql_store("", tmp_path) as store, Bookkeeping(Budget(), store, lambda: NOON) as books:
            pay(books, first)
            pay(books, second)
        async with sql_store("", tmp_path) as store:
            assert list(await store.spendings(NOON)) == [first, second]
            assert list(await store.spendings(NOON + timedelta(seconds=1))) == [second]
            async with Bookkeeping(Budget(per_hour=0.6), store, lambda: NOON) as books:
                assert isinstance(books.reserve(ANNA, 0.2), Refusal)

    asyncio.run(main())


def test_a_store_that_fails_is_told_once_and_costs_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> float:
        async with Bookkeeping(Budget(), BrokenStore(), lambda: NOON) as books:
            for _ in range(3):
                pay(books, spent())
                await asyncio.sleep(1)
            return books.ledger.stream.total.cost

    assert run_virtual(main()) == 1.5
    assert sum("not stored" in record.message for record in caplog.records) == 1


def test_more_than_the_store_can_take_is_counted_but_not_stored() -> None:
    async def main() -> tuple[int, int]:
        store = MemoryStore()
        async with Bookkeeping(Budget(), store, lambda: NOON) as books:
            for _ in range(WAITING + 5):
                pay(books, spent())
            requests = books.ledger.stream.total.requests
        return requests, len(await store.spendings(NOON))

    assert run_virtual(main()) == (WAITING + 5, WAITING)


def test_each_step_down_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)

    async def main() -> None:
        async with Bookkeeping(Budget(per_hour=1.0), MemoryStore(), lambda: NOON) as books:
            for _ in range(8):
                pay(books, spent(0.125))

    run_virtual(main())
    told = [record.message for record in caplog.records if "budget:" in record.message]
    assert told == [
        "budget: only smaller models are asked from now on (full → small)",
        "budget: nobody is asked any more that costs something (small → spent)",
    ]


def test_a_limit_that_refuses_before_it_is_spent_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)

    async def main() -> None:
        async with Bookkeeping(Budget(per_hour=1.0), MemoryStore(), lambda: NOON) as books:
            pay(books, spent(0.6))
            for _ in range(3):
                assert isinstance(books.reserve(ANNA, 0.5), Refusal)
            smaller = books.reserve(ANNA, 0.1)
            assert isinstance(smaller, Reservation)
            books.release(smaller)
            assert isinstance(books.reserve(ANNA, 0.5), Refusal)

    run_virtual(main())
    told = [record.message for record in caplog.records if "budget:" in record.message]
    assert (
        told
        == ["budget: The budget is used up: per_hour is 1 USD. Less costly models are asked, or none."] * 2
    )


def test_a_viewers_own_limit_is_no_news_for_the_operator(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with Bookkeeping(Budget(per_viewer_hour=0.1), MemoryStore(), lambda: NOON) as books:
            assert isinstance(books.reserve(ANNA, 0.5), Refusal)

    run_virtual(main())
    assert not [record for record in caplog.records if "budget:" in record.message]


def test_an_operator_sees_what_was_spent_and_what_may_be() -> None:
    async def main() -> Spend:
        async with Bookkeeping(Budget(per_hour=1.0), MemoryStore(), lambda: NOON) as books:
            pay(books, spent(0.25))
            pay(books, spent(None))
            return books.shown()

    shown = run_virtual(main())
    assert (shown.stream, shown.hour, shown.per_hour, shown.per_stream) == (0.25, 0.25, 1.0, None)
    assert (shown.step, shown.unpriced, shown.currency) == ("full", 1, "USD")
    assert [(each.model, each.requests, each.cost) for each in shown.models] == [("gpt-5.4-nano", 2, 0.25)]
