"""What is remembered of viewers, in a database."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Table, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from open_llm_vtuber.remembered import Exchange, Fact, Sighting, Viewer
from open_llm_vtuber.storage.database import Database, insert_new
from open_llm_vtuber.storage.tables import exchanges, facts, viewers

MOST_EXCHANGES = 5
MOST_FACTS = 8
"""Kept of each viewer, the last ones."""
AT_ONCE = 500


class SqlViewers:
    """Keeps the `ViewerBook` port."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, channel: str, username: str) -> Viewer | None:
        """Return what is known of a viewer."""

        async def job(connection: AsyncConnection) -> Viewer | None:
            query = select(viewers).where(viewers.c.channel == channel, viewers.c.username == username)
            row = (await connection.execute(query)).mappings().first()
            if row is None:
                return None
            number = row["id"]
            asked = select(exchanges).where(exchanges.c.viewer == number).order_by(exchanges.c.id)
            told = select(facts).where(facts.c.viewer == number).order_by(facts.c.id)
            return Viewer(
                username=row["username"],
                display_name=row["display_name"],
                first_seen=row["first_seen"],
                last_seen=row["last_seen"],
                messages=row["messages"],
                exchanges=[
                    Exchange(
                        message_id=each["message"],
                        asked=each["asked"],
                        answered=each["answered"],
                        at=each["at"],
                    )
                    for each in (await connection.execute(asked)).mappings()
                ],
                facts=[
                    Fact(text=each["text"], message_id=each["message"], at=each["at"])
                    for each in (await connection.execute(told)).mappings()
                ],
            )

        return await self._database.do(job, reads=True)

    async def saw(self, channel: str, sightings: Sequence[Sighting]) -> None:
        """Note who wrote how often."""

        async def job(connection: AsyncConnection) -> None:
            for each in sightings:
                await self._saw(connection, channel, each)

        if sightings:
            await self._database.do(job)

    async def keep(self, channel: str, username: str, exchange: Exchange, told: Sequence[Fact]) -> None:
        """Keep what was said; of each only the last ones stay."""

        async def job(connection: AsyncConnection) -> None:
            number = await _number(connection, channel, username)
            if number is None:
                seen = Sighting(username=username, display_name=username, at=exchange.at)
                await self._saw(connection, channel, seen)
                number = await _number(connection, channel, username)
            row = {
                "viewer": number,
                "message": exchange.message_id,
                "asked": exchange.asked,
                "answered": exchange.answered,
                "at": exchange.at,
            }
            await connection.execute(insert(exchanges).values(row))
            for fact in told:
                row = {"viewer": number, "message": fact.message_id, "text": fact.text, "at": fact.at}
                await connection.execute(insert(facts).values(row))
            await _keep_last(connection, exchanges, number, MOST_EXCHANGES)
            await _keep_last(connection, facts, number, MOST_FACTS)

        await self._database.do(job)

    async def retract(self, channel: str, message_ids: Collection[str]) -> None:
        """Forget what these messages said, and what was answered."""
        wanted: list[str] = list(message_ids)
        theirs = select(viewers.c.id).where(viewers.c.channel == channel)

        async def job(connection: AsyncConnection) -> int:
            gone = 0
            for start in range(0, len(wanted), AT_ONCE):
                part = wanted[start : start + AT_ONCE]
                for table in (exchanges, facts):
                    concerned = table.c.viewer.in_(theirs) & table.c.message.in_(part)
                    gone += (await connection.execute(delete(table).where(concerned))).rowcount
            return gone

        erased = await self._database.do(job) if wanted else 0
        if erased:
            await self._database.settle()

    async def forget(self, channel: str, username: str, *, everything: bool = True) -> None:
        """Forget a viewer; without `everything` only his words."""

        async def job(connection: AsyncConnection) -> None:
            number = await _number(connection, channel, username)
            if number is None:
                return
            for table in (exchanges, facts):
                await connection.execute(delete(table).where(table.c.viewer == number))
            if everything:
                await connection.execute(delete(viewers).where(viewers.c.id == number))

        await self._database.do(job)
        await self._database.settle()

    async def forget_older_than(self, moment: datetime) -> None:
        """Forget every viewer who was not here since then."""

        async def job(connection: AsyncConnection) -> None:
            await connection.execute(delete(viewers).where(viewers.c.last_seen < moment))

        await self._database.do(job)

    async def _saw(self, connection: AsyncConnection, channel: str, seen: Sighting) -> None:
        row = {
            "channel": channel,
            "username": seen.username,
            "display_name": seen.display_name,
            "first_seen": seen.at,
            "last_seen": seen.at,
            "messages": seen.messages,
        }
        if await insert_new(connection, viewers, row, is_sqlite=self._database.is_sqlite):
            return
        theirs = update(viewers).where(viewers.c.channel == channel, viewers.c.username == seen.username)
        values = {"display_name": seen.display_name, "last_seen": seen.at}
        await connection.execute(theirs.values({**values, "messages": viewers.c.messages + seen.messages}))


async def _number(connection: AsyncConnection, channel: str, username: str) -> int | None:
    theirs = select(viewers.c.id).where(viewers.c.channel == channel, viewers.c.username == username)
    number: int | None = await connection.scalar(theirs)
    return number


async def _keep_last(connection: AsyncConnection, table: Table, viewer: int | None, most: int) -> None:
    last = (
        select(table.c.id).where(table.c.viewer == viewer).order_by(table.c.id.desc()).limit(most).subquery()
    )
    kept = select(func.min(last.c.id)).scalar_subquery()
    await connection.execute(delete(table).where(table.c.viewer == viewer, table.c.id < kept))
