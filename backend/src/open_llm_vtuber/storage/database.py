"""A database and the one worker that talks to it, so that no caller blocks the loop or cuts a write in two."""

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, closing, suppress
from pathlib import Path
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar

from sqlalchemy import URL, Connection, Insert, Table, event, insert, inspect, make_url, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from open_llm_vtuber.errors import ConfigError, EngineError, VTuberError
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
_REASONS = {
    "disk is full": "the disk is full",
    "readonly database": "it may not be written to",
    "unable to open": "the file cannot be opened",
    "not a database": "the file holds something else",
    "malformed": "the file is damaged",
    "is locked": "another program keeps it locked",
    "disk I/O": "the disk reports an error",
    "InvalidPassword": "the user or the password is wrong",
    "InvalidAuthorization": "the user or the password is wrong",
    "InvalidCatalogName": "there is no such database on that server",
    "InsufficientPrivilege": "the user may not do that there",
    "TooManyConnections": "the server has no connection left",
}

Result = TypeVar("Result")
Job = Callable[[AsyncConnection], Awaitable[Result]]


class Database:
    """Does one job after the other, each in a transaction of its own.

    A job that was handed over is done whatever becomes of the caller: a line of a turn that is cut is stored.
    """

    def __init__(self, url: URL) -> None:
        self._url = url
        self._failures = _failures(url)
        self._waiting: asyncio.Queue[_Work] = asyncio.Queue(maxsize=WAITING_JOBS)
        self._stack = AsyncExitStack()
        self._worker: asyncio.Task[None] | None = None
        self.trouble = ""
        """Why the last job failed, in one sentence; "" since one has succeeded."""
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

    async def do(self, job: Job[Result]) -> Result:
        """Do it and return its result, committed. Raises what the job raises, and EngineError.

        A job that is overdue raises as well, and is done if the database comes back to itself.
        """
        work = _Doing(job, self._failures, self._went)
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

        await self.do(job)

    async def _work(self, engine: AsyncEngine) -> None:
        try:
            while True:
                work = await self._waiting.get()
                try:
                    await work.run(engine)
                finally:
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

    def _went(self, trouble: str) -> None:
        self.trouble, self._is_stuck = trouble, False

    @property
    def _name(self) -> str:
        return f"The store {self._url.database}" if self.is_sqlite else "The database of storage_url"


class _Work(Protocol):
    async def run(self, engine: AsyncEngine) -> None: ...
    def drop(self) -> None: ...


class _Doing(Generic[Result]):
    """A job and where its result goes."""

    def __init__(
        self, job: Job[Result], failures: tuple[type[Exception], ...], went: Callable[[str], None]
    ) -> None:
        """`went` is told how it went: why it failed, or ""."""
        self.done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self.done.add_done_callback(_looked_at)
        self._job = job
        self._failures = failures
        self._went = went

    async def run(self, engine: AsyncEngine) -> None:
        try:
            async with engine.begin() as connection:
                result = await self._job(connection)
        except VTuberError as error:
            self._fail(error)
        except self._failures as error:
            failure = unavailable(reason(error))
            failure.__cause__ = error
            self._went(str(failure))
            self._fail(failure)
        except BaseException:
            self.drop()
            raise
        else:
            self._went("")
            if not self.done.done():
                self.done.set_result(result)

    def drop(self) -> None:
        self._fail(unavailable("it was closed"))

    def _fail(self, error: VTuberError) -> None:
        if not self.done.done():
            self.done.set_exception(error)


def _looked_at(done: asyncio.Future[Result]) -> None:
    """Take note of an error although nobody may wait for it any more: asyncio would complain."""
    if not done.cancelled():
        done.exception()


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


def reason(error: BaseException) -> str:
    """Return in a few words why a database failed; never its own text, which may name users and statements."""
    inner = error.orig if isinstance(error, DBAPIError) and error.orig else error
    told = f"{type(inner).__name__} {type(inner.__cause__).__name__} {inner}"
    for sign, words in _REASONS.items():
        if sign in told:
            return words
    if isinstance(inner, OSError):
        return "the server cannot be reached"
    return f"it reports {type(inner).__name__}"


def unavailable(why: str) -> EngineError:
    """Return the error that says so."""
    return EngineError(f"The store cannot be used just now: {why}.", engine="store", retryable=True)


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
