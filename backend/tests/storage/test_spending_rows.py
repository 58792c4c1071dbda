"""What was spent is kept for two months, and read back as it was."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from open_llm_vtuber.stimulus import Payer, Spending
from open_llm_vtuber.storage.spending_rows import KEPT_FOR
from open_llm_vtuber.storage.sql_store import sql_store

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def spent(at: datetime, cost: float | None = 0.25) -> Spending:
    return Spending(
        at=at,
        provider="openai",
        model="m\0",
        payer=Payer(show="main", viewer="änna"),
        prompt_tokens=1,
        answer_tokens=2,
        cost=cost,
        is_estimate=True,
    )


def test_it_is_read_back_oldest_first_and_what_is_too_old_is_forgotten(tmp_path: Path) -> None:
    async def main() -> None:
        ancient = NOON - KEPT_FOR - timedelta(seconds=1)
        async with sql_store("", tmp_path) as store:
            for each in (spent(NOON), spent(NOON - timedelta(hours=1), None), spent(ancient)):
                await store.note_spending(each)
            found = await store.spendings(NOON - timedelta(hours=2))
            assert [each.at for each in found] == [NOON - timedelta(hours=1), NOON]
            assert [each.cost for each in found] == [None, 0.25]
            assert found[1].model == "m", "what no database can hold is left out"
            assert found[1].payer == Payer(show="main", viewer="änna")
            assert len(await store.spendings(ancient - timedelta(days=1))) == 3
            await store.spendings(NOON)
            assert len(await store.spendings(ancient - timedelta(days=1))) == 2

    asyncio.run(main())
