"""What a database is to do: alone, or together with what waits as well; and why it could not, in a few words."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from itertools import groupby
from typing import Generic, Protocol, TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from open_llm_vtuber.errors import EngineError, VTuberError

TOGETHER = 10
"""Jobs that had to wait and share a transaction: one sync of the disk for them. With more, the first would wait for the last."""
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


class Work(Protocol):
    """A job that waits, whatever its result is."""

    is_alone: bool

    async def run(self, connection: AsyncConnection) -> None:
        """Do it; nothing is committed yet."""
        ...

    def committed(self) -> None:
        """Hand over the result, unless it has failed already."""
        ...

    def undone(self, error: BaseException) -> None:
        """Let it fail: nothing of it is stored."""
        ...

    def drop(self) -> None:
        """Let it fail, if it is not done: the database is closed."""
        ...


class Doing(Generic[Result]):
    """A job and where its result goes, once that is committed."""

    def __init__(self, job: Job[Result], went: Callable[[str], None], *, is_alone: bool) -> None:
        """`went` is told how it went: why it failed, or ""."""
        self.done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self.done.add_done_callback(_looked_at)
        self.is_alone = is_alone
        self._job = job
        self._went = went
        self._results: list[Result] = []

    async def run(self, connection: AsyncConnection) -> None:
        """Do it; nothing is committed yet."""
        self._results.append(await self._job(connection))

    def committed(self) -> None:
        """Hand over the result, unless it has failed already."""
        if self._results:
            self._went("")
            if not self.done.done():
                self.done.set_result(self._results[0])

    def undone(self, error: BaseException) -> None:
        """Let it fail: nothing of it is stored."""
        self._results.clear()
        if isinstance(error, VTuberError):
            self._fail(error)
            return
        failure = unavailable(reason(error))
        failure.__cause__ = error
        self._went(str(failure))
        self._fail(failure)

    def drop(self) -> None:
        """Let it fail, if it is not done: the database is closed."""
        self._fail(unavailable("it was closed"))

    def _fail(self, error: VTuberError) -> None:
        if not self.done.done():
            self.done.set_exception(error)


async def do_all(works: Sequence[Work], engine: AsyncEngine, failures: tuple[type[Exception], ...]) -> None:
    """Do them in their order."""
    for is_alone, some in groupby(works, key=lambda work: work.is_alone):
        group = list(some)
        if is_alone or len(group) == 1:
            for work in group:
                await _commit([work], engine, _do_alone, failures)
        else:
            await _commit(group, engine, partial(_do_together, failures=failures), failures)


async def _commit(
    works: Sequence[Work],
    engine: AsyncEngine,
    work_off: Callable[[Sequence[Work], AsyncConnection], Awaitable[None]],
    failures: tuple[type[Exception], ...],
) -> None:
    try:
        async with engine.begin() as connection:
            await work_off(works, connection)
    except failures as error:
        for work in works:
            work.undone(error)
    else:
        for work in works:
            work.committed()


async def _do_alone(works: Sequence[Work], connection: AsyncConnection) -> None:
    await works[0].run(connection)


async def _do_together(
    works: Sequence[Work], connection: AsyncConnection, *, failures: tuple[type[Exception], ...]
) -> None:
    """Do them in one transaction of SQLite's, each within a savepoint. Raises what takes the others along."""
    # Python's driver would begin one with the first statement that writes: the savepoint would be the transaction.
    await connection.exec_driver_sql("BEGIN")
    raw = await connection.get_raw_connection()
    for work in works:
        try:
            async with connection.begin_nested():
                await work.run(connection)
        except failures as error:
            # A full disk undoes the whole transaction, and what was done before is gone, too.
            if raw.driver_connection is None or not raw.driver_connection.in_transaction:
                raise
            work.undone(error)


def _looked_at(done: asyncio.Future[Result]) -> None:
    """Take note of an error although nobody may wait for it any more: asyncio would complain."""
    if not done.cancelled():
        done.exception()


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
