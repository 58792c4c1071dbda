"""The store that outlives the process: an SQLite file in the data folder, or a PostgreSQL server."""

from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import ColumnElement, RowMapping, Table, bindparam, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from open_llm_vtuber.errors import ConfigError, EngineError
from open_llm_vtuber.stimulus import HistoryLine, Spending
from open_llm_vtuber.storage import spending_rows
from open_llm_vtuber.storage.database import Database, file_url, insert_new, server_url
from open_llm_vtuber.storage.history_uid import is_history_uid, new_history_uid, no_such_history
from open_llm_vtuber.storage.paid_events import SqlPaidEvents
from open_llm_vtuber.storage.sightings import SightingsFile
from open_llm_vtuber.storage.tables import histories, imports, lines, notes, sightings
from open_llm_vtuber.storage.viewers import SqlViewers

FILE = "live.sqlite3"
BEGUN_HISTORIES = 10_000
"""Conversations that were begun and have no line yet; the oldest are forgotten first. They are not on the disk."""
MOST_LISTED = 1_000
MOST_LINES = 5_000
"""Lines of one history that are returned, the latest ones; all are kept."""
SEEN_FOR = timedelta(hours=24)
SEEN_MOST = 50_000
"""Chat message ids kept for each show, and for how long."""
PRUNE_EVERY = 1_000
MOST_IN_A_STATEMENT = 500
_LINE = (
    *(lines.c.role, lines.c.name, lines.c.avatar, lines.c.content, lines.c.timestamp, lines.c.interrupted),
    *(lines.c.message.label("message_id"), lines.c.username),
)
_COLUMNS = ("role", "name", "avatar", "content", "timestamp", "interrupted", "message", "username")
_APPEND = insert(lines).from_select(
    ["history", *_COLUMNS],
    select(histories.c.id, *(bindparam(f"its_{name}", type_=lines.c[name].type) for name in _COLUMNS)).where(
        histories.c.owner == bindparam("its_owner"), histories.c.uid == bindparam("its_history")
    ),
)
"""A line of a history that is there: one trip to the database instead of two."""


class SqlStore:
    """Keeps the `Store` port in a database. What a call returned from is on the disk."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._begun: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._sightings = 0
        self._ids = SightingsFile(database.url) if database.is_sqlite else None
        self._viewers = SqlViewers(database)
        self._paid = SqlPaidEvents(database)

    async def __aenter__(self) -> Self:
        """Open it. Raises ConfigError."""
        await self._database.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        if self._ids:
            await self._ids.close()
        await self._database.__aexit__(kind, error, trace)

    @property
    def trouble(self) -> str:
        """Why the store cannot be used just now; "" while it can."""
        return self._database.trouble or (self._ids.trouble if self._ids else "")

    @property
    def viewers(self) -> SqlViewers:
        """What is remembered of viewers."""
        return self._viewers

    @property
    def paid(self) -> SqlPaidEvents:
        """What somebody paid for and is not acknowledged."""
        return self._paid

    async def first_sight(self, show: str, message_id: str) -> bool:
        """Return True once for each (show, message id), False until it is forgotten."""

        async def note(connection: AsyncConnection) -> bool:
            row = {"show": show, "message": message_id, "at": datetime.now(UTC)}
            return await self._insert(connection, sightings, row)

        async def prune(connection: AsyncConnection) -> None:
            await _forget_old_sightings(connection, show)

        is_new = await (self._ids.note(show, message_id) if self._ids else self._database.do(note))
        is_time = self._sightings % PRUNE_EVERY == 0
        self._sightings += 1
        if is_time:
            with suppress(EngineError):  # housekeeping: what is new stays so, and the next round comes
                await self._database.do(prune)
        return is_new

    async def create_history(self, owner: str) -> str:
        """Begin an empty history and return its uid. Its first line brings it to the disk."""
        uid = new_history_uid()
        self._begun[owner, uid] = None
        if len(self._begun) > BEGUN_HISTORIES:
            self._begun.popitem(last=False)
        return uid

    async def append(self, owner: str, history: str, line: HistoryLine) -> None:
        """Store a line. Raises ProtocolError `not-found` for a history that this owner does not have."""
        if not is_history_uid(history):
            raise no_such_history()

        async def job(connection: AsyncConnection) -> None:
            if (owner, history) in self._begun:
                await self._insert(connection, histories, {"owner": owner, "uid": history})
            row = {f"its_{name}": value for name, value in _row(None, line).items()}
            stored = await connection.execute(_APPEND, {**row, "its_owner": owner, "its_history": history})
            if not stored.rowcount:
                raise no_such_history()

        await self._database.do(job)
        self._begun.pop((owner, history), None)

    async def histories(self, owner: str) -> Sequence[tuple[str, HistoryLine]]:
        """Return uid and latest line of the owner's histories that hold any, newest first."""
        theirs = lines.alias()
        latest = select(func.max(theirs.c.id)).where(theirs.c.history == histories.c.id).scalar_subquery()
        query = (
            select(histories.c.uid, *_LINE)
            .select_from(histories)
            .join(lines, lines.c.id == latest)
            .where(histories.c.owner == owner)
            .order_by(lines.c.timestamp.desc(), lines.c.id.desc())
            .limit(MOST_LISTED)
        )

        async def job(connection: AsyncConnection) -> list[tuple[str, HistoryLine]]:
            rows = (await connection.execute(query)).mappings()
            return [(row[histories.c.uid], _line(row)) for row in rows]

        return await self._database.do(job, reads=True)

    async def lines(self, owner: str, history: str) -> Sequence[HistoryLine]:
        """Return its lines, oldest first. Raises ProtocolError `not-found`."""

        async def job(connection: AsyncConnection) -> list[HistoryLine]:
            number = await _number(connection, owner, history)
            if number is None and (owner, history) not in self._begun:
                raise no_such_history()
            query = (
                select(*_LINE).where(lines.c.history == number).order_by(lines.c.id.desc()).limit(MOST_LINES)
            )
            return [_line(row) for row in (await connection.execute(query)).mappings()][::-1]

        return await self._database.do(job, reads=True)

    async def delete_history(self, owner: str, history: str) -> None:
        """Delete it with all its lines. Raises ProtocolError `not-found`."""

        async def job(connection: AsyncConnection) -> None:
            was_begun = (owner, history) in self._begun
            self._begun.pop((owner, history), None)
            theirs = delete(histories).where(histories.c.owner == owner, histories.c.uid == history)
            if not (await connection.execute(theirs)).rowcount and not was_begun:
                raise no_such_history()

        await self._database.do(job)

    async def move_history(self, owner: str, history: str, to: str) -> None:
        """Give it to another owner. Raises ProtocolError `not-found`."""

        async def job(connection: AsyncConnection) -> None:
            theirs = update(histories).where(histories.c.owner == owner, histories.c.uid == history)
            if not (await connection.execute(theirs.values(owner=to))).rowcount:
                raise no_such_history()

        await self._database.do(job)

    async def import_history(self, owner: str, history: str, told: Sequence[HistoryLine]) -> bool:
        """Take in a whole history under its own uid; return False if that was done before, also if deleted since."""
        if not is_history_uid(history):
            raise no_such_history()

        async def job(connection: AsyncConnection) -> bool:
            row = {"owner": owner, "uid": history}
            if not await self._insert(connection, imports, row):
                return False
            number = await connection.scalar(insert(histories).values(row).returning(histories.c.id))
            await connection.execute(insert(lines), [_row(number, line) for line in told])
            return True

        return await self._database.do(job)

    async def erase_lines(
        self, owners: str, *, message_ids: Collection[str] = (), username: str | None = None
    ) -> int:
        """Delete the lines of these messages, or of a viewer, and of their answers; return how many."""
        theirs = select(histories.c.id).where(histories.c.owner.startswith(owners, autoescape=True))
        concerned: list[ColumnElement[bool]] = [
            lines.c.message.in_(part) for part in _parts([each for each in message_ids if each])
        ]
        if username:
            concerned.append(lines.c.username == username)

        async def job(connection: AsyncConnection) -> int:
            gone = 0
            for each in concerned:
                done = await connection.execute(delete(lines).where(lines.c.history.in_(theirs), each))
                gone += done.rowcount
            return gone

        erased = await self._database.do(job) if concerned else 0
        if erased:
            await self._database.settle()
        return erased

    async def note(self, show: str, name: str, text: str) -> None:
        """Keep a text under a name, in place of the one before."""

        async def job(connection: AsyncConnection) -> None:
            await connection.execute(delete(notes).where(notes.c.show == show, notes.c.name == name))
            await connection.execute(insert(notes).values(show=show, name=name, text=text))

        await self._database.do(job)

    async def noted(self, show: str, name: str) -> str | None:
        """Return what was noted under that name."""

        async def job(connection: AsyncConnection) -> str | None:
            query = select(notes.c.text).where(notes.c.show == show, notes.c.name == name)
            found: str | None = await connection.scalar(query)
            return found

        return await self._database.do(job, reads=True)

    async def note_spending(self, spending: Spending) -> None:
        """Keep what a request came to."""
        await self._database.do(lambda connection: spending_rows.insert_row(connection, spending))

    async def spendings(self, since: datetime) -> Sequence[Spending]:
        """Return what was kept since then, oldest first."""
        return await self._database.do(
            lambda connection: spending_rows.rows_since(connection, since), reads=True
        )

    async def _insert(self, connection: AsyncConnection, table: Table, row: Mapping[str, object]) -> bool:
        """Insert unless it is there already; return whether it was not."""
        return await insert_new(connection, table, row, is_sqlite=self._database.is_sqlite)


def sql_store(storage_url: str, data_dir: Path) -> SqlStore:
    """Return the store that the settings name: a server, or a file in the data folder. Raises ConfigError."""
    if storage_url:
        return SqlStore(Database(server_url(storage_url)))
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"The data folder {data_dir} cannot be used: {error.strerror}.") from error
    return SqlStore(Database(file_url(data_dir / FILE)))


async def _number(connection: AsyncConnection, owner: str, history: str) -> int | None:
    if not is_history_uid(history):
        return None
    theirs = select(histories.c.id).where(histories.c.owner == owner, histories.c.uid == history)
    number: int | None = await connection.scalar(theirs)
    return number


async def _forget_old_sightings(connection: AsyncConnection, show: str) -> None:
    too_many = (
        select(sightings.c.id)
        .where(sightings.c.show == show)
        .order_by(sightings.c.id.desc())
        .offset(SEEN_MOST)
        .limit(1)
        .scalar_subquery()
    )
    await connection.execute(delete(sightings).where(sightings.c.show == show, sightings.c.id <= too_many))
    await connection.execute(delete(sightings).where(sightings.c.at < datetime.now(UTC) - SEEN_FOR))


def _parts(ids: Sequence[str]) -> Sequence[Sequence[str]]:
    """Return the ids in pieces that a statement can hold."""
    return [ids[start : start + MOST_IN_A_STATEMENT] for start in range(0, len(ids), MOST_IN_A_STATEMENT)]


def _row(history: int | None, line: HistoryLine) -> dict[str, object]:
    return {
        "history": history,
        "role": line.role,
        "name": line.name,
        "avatar": line.avatar,
        "content": line.content,
        "timestamp": line.timestamp,
        "interrupted": line.interrupted,
        "message": line.message_id,
        "username": line.username,
    }


def _line(row: RowMapping) -> HistoryLine:
    return HistoryLine(**{column.name: row[column.name] for column in _LINE})
