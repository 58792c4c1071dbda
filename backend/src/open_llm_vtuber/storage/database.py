"""A database and the one worker that talks to it, so that no caller blocks the loop or cuts a write in two."""

import asyncio
import sqlite3
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack, closing, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import URL, Connection, Insert, Table, event, insert, inspect, make_url, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from open_llm_vtuber.errors import ConfigError, VTuberError
from open_llm_vtuber.storage.jobs import TOGETHER, Doing, Job, Result, Work, do_all, reason, unavailable
from open_llm_vtuber.storage.tables import SCHEMA_VERSION, lines, meta, metadata
from open_llm_vtuber.units import Seconds

WAITING_JOBS = 1_000
BUSY_MS = 5_000
"""How long to wait for another process that writes into the same file."""
CONNECTING: Seconds = 10.0
ANSWERING: Seconds = 20.0
"""How long a database server may take for one statement."""
OVERDUE: Seconds = 10.0
"""After so long nobody waits for a job any more: it is still done if the database ever answers again."""
CLOSING: Seconds = 1.5
"""How long what is waiting may take to be written when the store closes."""
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    f"busy_timeout={BUSY_MS}",
    "foreign_keys=ON",
    "secure_delete=ON",  # what is deleted is overwritten: a viewer may want to be forgotten
)


class Database:
    """Does one job after the other; those that had to wait share a transaction, and none is done before it is committed.

    A job that fails is undone alone. A job that was handed over is done whatever becomes of the caller: a line of a turn that is cut is stored.
    """

    def __init__(self, url: URL) -> None:
        self._url = url
        self._failures = _failures(url)
        self._waiting: asyncio.Queue[Work] = asyncio.Queue(maxsize=WAITING_JOBS)
        self._stack = AsyncExitStack()
        self._worker: asyncio.Task[None] | None = None
        self.trouble = ""
        """Why the last job failed, in one sentence; "" since one has succeeded that writes."""
        self._is_stuck = False
        """A job is overdue. What comes meanwhile waits its turn, and nobody waits with it."""

    async def __aenter__(self) -> Self:
        """Open it and see that the tables are there. Raises ConfigError."""
        async with AsyncExitStack() as stack:
            engine = _engine(self._url)
            stack.push_async_callback(engine.dispose)
            try:
                if self.is_sqlite:
                    await asyncio.to_thread(_look_into, self._url.database or "")
                async with engine.begin() as connection:
                    await connection.run_sync(_prepare)
            except self._failures as error:
                raise ConfigError(f"{self._name} cannot be used: {reason(error)}.") from error
            group = await stack.enter_async_context(asyncio.TaskGroup())
            self._worker = group.create_task(self._work(engine), name="database")
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSING):
                await self._waiting.join()
        if self._worker:
            self._worker.cancel()
        if kind is not None and issubclass(kind, asyncio.CancelledError):
            await self._stack.__aexit__(kind, error, trace)
        else:  # an error of whoever entered goes on as it is, not wrapped into a group
            await self._stack.aclose()

    @property
    def url(self) -> URL:
        """Where it is."""
        return self._url

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file of our own."""
        return self._url.get_backend_name() == "sqlite"

    async def do(self, job: Job[Result], *, alone: bool = False, reads: bool = False) -> Result:
        """Do it and return its result, committed. Raises what the job raises, and EngineError.

        A job that ends transactions itself is done `alone`. One that is overdue raises as well, and is done if the
        database comes back to itself. One that only `reads` says nothing about whether the next can write: a full disk
        is still read.
        """
        is_alone = alone or not self.is_sqlite
        work = Doing(job, lambda trouble: self._went(trouble, reads=reads), is_alone=is_alone)
        if self._worker is None or self._worker.done():
            raise unavailable("it is closed")
        try:
            self._waiting.put_nowait(work)
        except asyncio.QueueFull:
            raise unavailable("too much is waiting for it") from None
        return await self._result_of(work.done)

    async def settle(self) -> None:
        """Bring what was deleted out of the log into the file, so that nothing of it can be read any more."""
        if not self.is_sqlite:
            return

        async def job(connection: AsyncConnection) -> None:
            raw = await connection.get_raw_connection()
            driver = raw.driver_connection
            if driver is not None:
                await driver.commit()  # a checkpoint does nothing inside a transaction
                await driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")

        await self.do(job, alone=True)

    async def _work(self, engine: AsyncEngine) -> None:
        try:
            while True:
                works = [await self._waiting.get()]
                while len(works) < TOGETHER and not self._waiting.empty():
                    works.append(self._waiting.get_nowait())
                try:
                    await do_all(works, engine, (VTuberError, *self._failures))
                finally:
                    for work in works:
                        work.drop()  # nothing, where it is done
                        self._waiting.task_done()
        finally:
            while not self._waiting.empty():
                self._waiting.get_nowait().drop()
                self._waiting.task_done()

    async def _result_of(self, done: asyncio.Future[Result]) -> Result:
        # By the machine's clock: that of a rehearsal goes on faster than a disk works.
        due = time.monotonic() + OVERDUE
        while not done.done() and not self._is_stuck and (left := due - time.monotonic()) > 0:
            await asyncio.wait((done,), timeout=left)
        if done.done():
            return done.result()
        self._is_stuck = True
        failure = unavailable("it does not answer")
        self.trouble = str(failure)
        raise failure

    def _went(self, trouble: str, *, reads: bool) -> None:
        if trouble or self._is_stuck or not reads:
            self.trouble = trouble
        self._is_stuck = False

    @property
    def _name(self) -> str:
        return f"The store {self._url.database}" if self.is_sqlite else "The database of storage_url"


async def insert_new(
    connection: AsyncConnection, table: Table, row: Mapping[str, object], *, is_sqlite: bool
) -> bool:
    """Insert unless it is there already; return whether it was not."""
    statement: Insert
    if is_sqlite:
        statement = sqlite.insert(table).values(row).on_conflict_do_nothing()
    else:
        statement = postgresql.insert(table).values(row).on_conflict_do_nothing()
    return bool((await connection.execute(statement)).rowcount)


def file_url(file: Path) -> URL:
    """Return the address of an SQLite file."""
    return URL.create("sqlite+aiosqlite", database=str(file))


def server_url(text: str) -> URL:
    """Return the address of a PostgreSQL server. Raises ConfigError; the text may hold a password."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        url = None
    if url is None or url.drivername not in ("postgresql", "postgresql+asyncpg"):
        raise ConfigError(
            "storage_url must look like postgresql+asyncpg://user:password@host/database "
            "(without it, an SQLite file in data_dir is used)."
        )
    return url.set(drivername="postgresql+asyncpg")


def _failures(url: URL) -> tuple[type[Exception], ...]:
    known: tuple[type[Exception], ...] = (SQLAlchemyError, sqlite3.Error, OSError)
    if url.get_backend_name() != "postgresql":
        return known
    try:
        import asyncpg
    except ImportError:
        raise ConfigError(
            "storage_url needs the package asyncpg: pip install 'open-llm-vtuber[postgres]'."
        ) from None
    return (*known, asyncpg.PostgresError, asyncpg.InterfaceError)


def _engine(url: URL) -> AsyncEngine:
    if url.get_backend_name() == "postgresql":
        limits = {"timeout": CONNECTING, "command_timeout": ANSWERING}
        return create_async_engine(url, connect_args=limits, pool_pre_ping=True, hide_parameters=True)
    # Each job ends its own transaction, so nothing is left to roll back: one trip to the thread less.
    engine = create_async_engine(url, hide_parameters=True, pool_reset_on_return=None)
    event.listen(engine.sync_engine, "connect", set_up_sqlite)
    return engine


def _look_into(file: str) -> None:
    """Fail where the file cannot be opened: aiosqlite fails too, but its thread may complain after the program's end."""
    with closing(sqlite3.connect(file, timeout=BUSY_MS / 1000)) as connection:
        connection.execute("PRAGMA schema_version")


def set_up_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Set a new connection up."""
    cursor = connection.cursor()
    try:
        for pragma in _PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
    except BaseException:  # it would keep its thread
        connection.close()
        raise


def _prepare(connection: Connection) -> None:
    """Make the tables where there are none; leave alone what a newer program made."""
    found = None
    if inspect(connection).has_table(meta.name):
        found = connection.scalar(select(meta.c.value).where(meta.c.name == "schema"))
    if found in (None, str(SCHEMA_VERSION)):
        metadata.create_all(connection)  # those that are missing: an older program may have made the others
    if found is None:
        connection.execute(insert(meta).values(name="schema", value=str(SCHEMA_VERSION)))
        return
    if found == "1":
        _to_second_format(connection)
    elif found != str(SCHEMA_VERSION):
        raise ConfigError(
            f"The store has format {found} and this program knows {SCHEMA_VERSION}: a newer version wrote it. "
            "Use that version, or another data_dir."
        )


def _to_second_format(connection: Connection) -> None:
    """Let lines say which message they are, and add the tables that came with it."""
    for column in (lines.c.message, lines.c.username):
        connection.exec_driver_sql(f"ALTER TABLE lines ADD COLUMN {column.name} TEXT NOT NULL DEFAULT ''")
    for index in lines.indexes:
        index.create(connection, checkfirst=True)
    metadata.create_all(connection)
    connection.execute(update(meta).where(meta.c.name == "schema").values(value=str(SCHEMA_VERSION)))
