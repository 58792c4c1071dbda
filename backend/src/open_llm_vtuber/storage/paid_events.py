"""Events that somebody paid for, in a database, until they are acknowledged."""

import json
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import get_args

from sqlalchemy import RowMapping, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from open_llm_vtuber.event_kinds import EventKind
from open_llm_vtuber.stimulus import ChannelEvent
from open_llm_vtuber.storage.database import Database, insert_new
from open_llm_vtuber.storage.tables import paid_events as table

KEPT_FOR = timedelta(days=7)
"""How long it is known that an event was acknowledged: longer than any platform repeats one."""
MOST_WAITING = 20_000
"""Events of one show that are read back after a restart, the latest ones."""
AT_ONCE = 500
PRUNE_EVERY = 1_000
_KINDS = frozenset(get_args(EventKind))


class SqlPaidEvents:
    """Keeps the `PaidEvents` port."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._taken = 0

    async def take_in(self, show: str, event: ChannelEvent) -> bool:
        """Keep it; return False if it was taken in before."""
        row = {
            "show": show,
            "event": event.id,
            "platform": event.platform,
            "channel": event.channel,
            "kind": event.kind,
            "username": event.username,
            "display_name": event.display_name,
            "amount": event.amount,
            "message": event.message,
            "data": json.dumps(dict(event.data)),
            "at": event.timestamp,
            "acknowledged": False,
        }
        is_time = self._taken % PRUNE_EVERY == 0
        self._taken += 1

        async def job(connection: AsyncConnection) -> bool:
            if is_time:
                old = table.c.at < datetime.now(UTC) - KEPT_FOR
                await connection.execute(delete(table).where(table.c.acknowledged, old))
            return await insert_new(connection, table, row, is_sqlite=self._database.is_sqlite)

        return await self._database.do(job)

    async def acknowledged(self, show: str, ids: Collection[str]) -> None:
        """Note that they need nothing more; of whom they came is forgotten."""
        wanted = list(ids)

        async def job(connection: AsyncConnection) -> None:
            for start in range(0, len(wanted), AT_ONCE):
                theirs = table.c.event.in_(wanted[start : start + AT_ONCE])
                statement = update(table).where(table.c.show == show, theirs)
                await connection.execute(
                    statement.values(
                        acknowledged=True, username="", display_name="", message="", data="{}", amount=None
                    )
                )

        if wanted:
            await self._database.do(job)

    async def waiting(self, show: str) -> Sequence[ChannelEvent]:
        """Return those that were never acknowledged, oldest first."""
        query = (
            select(table)
            .where(table.c.show == show, table.c.acknowledged.is_(False))
            .order_by(table.c.id.desc())
            .limit(MOST_WAITING)
        )

        async def job(connection: AsyncConnection) -> list[ChannelEvent]:
            rows = (await connection.execute(query)).mappings()
            return [_event(row) for row in rows if row["kind"] in _KINDS][::-1]

        return await self._database.do(job, reads=True)

    async def forget_viewer(self, show: str, username: str) -> None:
        """Forget who somebody was and what they wrote; the event itself stays."""

        async def job(connection: AsyncConnection) -> None:
            theirs = update(table).where(table.c.show == show, table.c.username == username)
            await connection.execute(theirs.values(username="", display_name="", message="", data="{}"))

        await self._database.do(job)
        await self._database.settle()


def _event(row: RowMapping) -> ChannelEvent:
    return ChannelEvent(
        id=row["event"],
        platform=row["platform"],
        channel=row["channel"],
        kind=row["kind"],
        username=row["username"],
        display_name=row["display_name"],
        amount=row["amount"],
        message=row["message"],
        data=json.loads(row["data"]),
        timestamp=row["at"],
    )
