"""Jobs that wait share a transaction, and each of them succeeds or fails as if it were alone."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, insert
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.storage.database import Database, file_url
from open_llm_vtuber.storage.jobs import TOGETHER, reason
from open_llm_vtuber.storage.sql_store import FILE
from open_llm_vtuber.storage.tables import meta


def run(work: Coroutine[Any, Any, None]) -> None:
    async def main() -> None:
        async with asyncio.timeout(30):
            await work

    asyncio.run(main())


def inserting(word: str) -> Callable[[AsyncConnection], Awaitable[object]]:
    return lambda connection: connection.execute(insert(meta).values(name=word, value=""))


@pytest.mark.parametrize(
    ("told", "says"),
    [
        (sqlite3.OperationalError("database or disk is full"), "the disk is full"),
        (sqlite3.OperationalError("attempt to write a readonly database"), "may not be written to"),
        (sqlite3.OperationalError("near 'secret': syntax error"), "it reports OperationalError"),
    ],
)
def test_why_it_failed_is_said_in_words_of_our_own(told: Exception, says: str) -> None:
    assert says in reason(OperationalError("INSERT a secret", None, told))
    assert "secret" not in reason(OperationalError("INSERT a secret", None, told))


def test_of_jobs_that_waited_together_one_that_fails_is_undone_alone(tmp_path: Path) -> None:
    """Also where the others, in the same transaction, come before and behind it."""

    async def fails(connection: AsyncConnection) -> None:
        await inserting("half")(connection)
        raise EngineError("no", engine="store", retryable=False)

    async def main() -> None:
        async with Database(file_url(tmp_path / FILE)) as database:
            jobs = [inserting("a"), inserting("b"), fails, inserting("a"), inserting("c")]
            results = await asyncio.gather(*map(database.do, jobs), return_exceptions=True)
        assert [isinstance(each, EngineError) for each in results] == [False, False, True, True, False]
        assert _names(tmp_path) == {"a", "b", "c", "schema"}

    run(main())


def test_jobs_that_waited_are_synced_together_and_none_is_said_to_be_done_before(tmp_path: Path) -> None:
    seen: list[set[str]] = []

    async def main() -> None:
        async with Database(file_url(tmp_path / FILE)) as database:
            commits = 0

            def committed(_: object) -> None:
                nonlocal commits
                commits += 1

            async def insert_and_look(word: str) -> None:
                await database.do(inserting(word))
                seen.append(_names(tmp_path) - {"schema"})

            event.listen(Engine, "commit", committed)
            try:
                await asyncio.gather(*(insert_and_look(str(number)) for number in range(2 * TOGETHER)))
            finally:
                event.remove(Engine, "commit", committed)
            assert commits <= 3, "the first may go alone, the others have waited"

    run(main())
    assert all(str(number) in names for number, names in enumerate(seen))


def test_where_a_job_takes_the_transaction_along_nothing_of_it_is_said_to_be_done(tmp_path: Path) -> None:
    """As a full disk does."""

    async def takes_all_along(connection: AsyncConnection) -> None:
        await connection.exec_driver_sql("ROLLBACK")
        raise sqlite3.OperationalError("database or disk is full")

    async def main() -> None:
        async with Database(file_url(tmp_path / FILE)) as database:
            jobs = [inserting("a"), inserting("b"), takes_all_along, inserting("c")]
            results = await asyncio.gather(*map(database.do, jobs), return_exceptions=True)
            kept = {
                word for word, each in zip("ab?c", results, strict=True) if not isinstance(each, Exception)
            }
            assert _names(tmp_path) == {*kept, "schema"}
            assert isinstance(results[2], EngineError)
            await database.do(inserting("d"))
        assert "d" in _names(tmp_path)

    run(main())


def _names(folder: Path) -> set[str]:
    with closing(sqlite3.connect(folder / FILE)) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM meta")}
