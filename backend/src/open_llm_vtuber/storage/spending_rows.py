"""What remote language models cost, as rows of a table."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import RowMapping, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from open_llm_vtuber.stimulus import Payer, Spending
from open_llm_vtuber.storage.tables import spendings

KEPT_FOR = timedelta(days=62)
"""Two months: long enough to compare with a provider's bill."""


async def insert_row(connection: AsyncConnection, spending: Spending) -> None:
    """Keep one."""
    row = {
        "at": spending.at,
        "provider": spending.provider,
        "model": spending.model,
        "show": spending.payer.show,
        "viewer": spending.payer.viewer,
        "prompt_tokens": spending.prompt_tokens,
        "answer_tokens": spending.answer_tokens,
        "cost": spending.cost,
        "is_estimate": spending.is_estimate,
    }
    await connection.execute(insert(spendings).values(row))


async def rows_since(connection: AsyncConnection, since: datetime) -> Sequence[Spending]:
    """Return those since then, oldest first; this is also when those that are too old are forgotten."""
    await connection.execute(delete(spendings).where(spendings.c.at < since - KEPT_FOR))
    query = select(spendings).where(spendings.c.at >= since).order_by(spendings.c.at, spendings.c.id)
    return [_spending(row) for row in (await connection.execute(query)).mappings()]


def _spending(row: RowMapping) -> Spending:
    return Spending(
        at=row[spendings.c.at],
        provider=row[spendings.c.provider],
        model=row[spendings.c.model],
        payer=Payer(show=row[spendings.c.show], viewer=row[spendings.c.viewer]),
        prompt_tokens=row[spendings.c.prompt_tokens],
        answer_tokens=row[spendings.c.answer_tokens],
        cost=row[spendings.c.cost],
        is_estimate=row[spendings.c.is_estimate],
    )
