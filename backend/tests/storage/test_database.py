"""Opening, closing and failing: one sentence for the operator, and nothing cut in two."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from open_llm_vtuber.errors import ConfigError, EngineError
from open_llm_vtuber.storage import database as module
from open_llm_vtuber.storage.database import Database, file_url, server_url
from open_llm_vtuber.storage.sql_store import FILE, sql_store
from open_llm_vtuber.storage.tables import meta
from postgres_server import PASSWORD, PostgresServer


def run(work: Coroutine[Any, Any, None]) -> None:
    async def main() -> None:
        async with asyncio.timeout(30):
            await work

    asyncio.run(main())


def inserting(word: str) -> Callable[[AsyncConnection], Awaitable[object]]:
    return lambda connection: connection.execute(insert(meta).values(name=word, value=""))


def refusal(storage_url: str, folder: Path) -> str:
    async def main() -> None:
        async with sql_store(storage_url, folder):
            pass

    with pytest.raises(ConfigError) as raised:
        asyncio.run(main())
    assert "\n" not in str(raised.value)
    assert PASSWORD not in str(raised.value)
    return str(raised.value)


def test_a_data_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file is in the way")
    assert "data folder" in refusal("", tmp_path / "data")


def test_a_file_that_cannot_be_opened_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    assert "cannot be opened" in refusal("", tmp_path)


def test_a_file_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"my diary " * 1000)
    assert "holds something else" in refusal("", tmp_path)
    assert (tmp_path / FILE).read_bytes() == b"my diary " * 1000


def test_a_store_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    run(_opened_and_closed(tmp_path))
    with closing(sqlite3.connect(tmp_path / FILE)) as connection, connection:
        connection.execute("UPDATE meta SET value = '99'")
    assert "99" in refusal("", tmp_path)


async def _opened_and_closed(folder: Path) -> None:
    async with sql_store("", folder):
        pass


@pytest.mark.parametrize(
    "url", ["rubbish", "mysql://a:a made-up secret@host/x", "sqlite:///x", "postgresql+psycopg2://x/y", "://"]
)
def test_an_address_that_is_none_of_ours_is_one_sentence(url: str, tmp_path: Path) -> None:
    assert "storage_url" in refusal(url, tmp_path)


def test_a_server_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    url = f"postgresql://olv:{PASSWORD.replace(' ', '%20')}@127.0.0.1:1/olv"
    assert "cannot be reached" in refusal(url, tmp_path)


def test_a_wrong_password_is_one_sentence(tmp_path: Path, postgres: PostgresServer) -> None:
    assert "password is wrong" in refusal(postgres.url(password="other"), tmp_path)


def test_a_database_that_the_server_does_not_have_is_one_sentence(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    assert "no such database" in refusal(postgres.url("nowhere"), tmp_path)


def test_the_short_spelling_of_a_server_is_understood() -> None:
    assert server_url("postgresql://u@h/d").drivername == "postgresql+asyncpg"


def test_a_failing_job_costs_itself_and_is_undone(tmp_path: Path) -> None:
    async def fails(connection: AsyncConnection) -> None:
        await connection.execute(text("INSERT INTO meta VALUES ('half', 'done')"))
        await connection.execute(text("INSERT INTO meta VALUES ('half', 'again')"))

    async def count(connection: AsyncConnection) -> int:
        return int(await connection.scalar(text("SELECT count(*) FROM meta")) or 0)

    async def main() -> None:
        await _opened_and_closed(tmp_path)
        async with Database(file_url(tmp_path / FILE)) as database:
            with pytest.raises(EngineError, match="cannot be used just now"):
                await database.do(fails)
            assert await database.do(count) == 1

    run(main())


def test_a_job_is_done_although_its_caller_was_cut(tmp_path: Path) -> None:
    async def main() -> None:
        async with Database(file_url(tmp_path / FILE)) as database:
            callers = [asyncio.create_task(database.do(inserting(word))) for word in ("a", "b", "c")]
            await asyncio.sleep(0)
            for caller in callers:
                caller.cancel()
            await asyncio.wait(callers)
        with closing(sqlite3.connect(tmp_path / FILE)) as connection:
            assert connection.execute("SELECT count(*) FROM meta").fetchone() == (1 + 3,)

    run(main())


def test_a_bug_in_a_job_ends_the_program_loudly_and_lets_nobody_wait(tmp_path: Path) -> None:
    async def buggy(_: AsyncConnection) -> None:
        raise ZeroDivisionError

    async def main() -> None:
        async with Database(file_url(tmp_path / FILE)) as database:
            await asyncio.gather(database.do(buggy), database.do(buggy), return_exceptions=True)
            await asyncio.sleep(60)

    with pytest.raises(ExceptionGroup):
        run(main())


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    async def main() -> None:
        async with sql_store("", tmp_path) as store:
            pass
        with pytest.raises(EngineError, match="closed"):
            await store.first_sight("main", "m1")

    run(main())


def test_the_loop_goes_on_while_another_program_keeps_the_file_locked(tmp_path: Path) -> None:
    async def main() -> None:
        async with sql_store("", tmp_path) as store:
            with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                writing = asyncio.create_task(store.first_sight("main", "m1"))
                loop, longest = asyncio.get_running_loop(), 0.0
                for _ in range(30):
                    began = loop.time()
                    await asyncio.sleep(0.01)
                    longest = max(longest, loop.time() - began)
                assert not writing.done()
                other.execute("ROLLBACK")
                assert await writing
                assert longest < 0.3

    run(main())


def test_what_was_written_is_on_the_disk_before_it_is_said_to_be(tmp_path: Path) -> None:
    """Durable also when the power fails: the journal is synced with every commit."""

    async def pragma(connection: AsyncConnection) -> tuple[str, int, int]:
        names = ("journal_mode", "synchronous", "foreign_keys")
        mode, synchronous, keys = [await connection.scalar(text(f"PRAGMA {name}")) for name in names]
        return str(mode), int(synchronous), int(keys)

    async def main() -> None:
        async with Database(file_url(tmp_path / FILE)) as database:
            full = 2
            assert await database.do(pragma) == ("wal", full, 1)

    run(main())


def test_a_store_of_the_first_format_keeps_its_lines_and_learns_the_new_ones(tmp_path: Path) -> None:
    file = tmp_path / "live.sqlite3"
    with closing(sqlite3.connect(file)) as old:
        old.executescript(
            """
            CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
            INSERT INTO meta VALUES ('schema', '1');
            CREATE TABLE histories (id INTEGER PRIMARY KEY, owner TEXT NOT NULL, uid TEXT NOT NULL, UNIQUE(owner, uid));
            CREATE TABLE lines (id INTEGER PRIMARY KEY, history INTEGER NOT NULL, role TEXT NOT NULL, name TEXT NOT NULL,
                avatar TEXT NOT NULL, content TEXT NOT NULL, timestamp DATETIME NOT NULL, interrupted BOOLEAN NOT NULL);
            CREATE TABLE sightings (id INTEGER PRIMARY KEY, show TEXT NOT NULL, message TEXT NOT NULL,
                at DATETIME NOT NULL, UNIQUE(show, message));
            INSERT INTO histories VALUES (1, 'a', '2026-01-01_00-00-00_00112233445566778899aabbccddeeff');
            INSERT INTO lines VALUES (1, 1, 'human', 'Ana', '', 'hello', '2026-01-01 00:00:00.000000', 0);
            """
        )
        old.commit()

    async def main() -> None:
        for _ in range(2):
            async with sql_store("", tmp_path) as store:
                ((uid, line),) = await store.histories("a")
                assert (line.content, line.message_id, line.username) == ("hello", "", "")
                assert await store.viewers.find("c", "ana") is None
                await store.append("a", uid, replace(line, message_id="m1"))
                assert await store.erase_lines("a", message_ids=["m1"]) == 1

    asyncio.run(main())


def test_nobody_waits_for_a_database_that_does_not_answer_and_what_it_was_given_is_done_when_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "OVERDUE", 0.05)

    async def main() -> None:
        answers = asyncio.Event()

        async def hanging(_: AsyncConnection) -> str:
            await answers.wait()
            return "done"

        async def note(connection: AsyncConnection) -> None:
            await connection.execute(insert(meta).values(name="later", value="kept"))

        async with Database(file_url(tmp_path / FILE)) as database:
            for job in (hanging, note):
                with pytest.raises(EngineError, match="does not answer"):
                    await database.do(job)
            assert "does not answer" in database.trouble
            monkeypatch.setattr(module, "OVERDUE", 30.0)
            answers.set()
            async with asyncio.timeout(10):
                while database.trouble:  # noqa: ASYNC110  nobody tells
                    await asyncio.sleep(0.01)
            query = text("SELECT value FROM meta WHERE name = 'later'")
            assert await database.do(lambda connection: connection.scalar(query)) == "kept"

    run(main())
