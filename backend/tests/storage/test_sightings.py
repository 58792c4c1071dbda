"""Ids of chat messages in a file: quick, and still there when the process is not."""

import asyncio
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.stimulus import HistoryLine
from open_llm_vtuber.storage import sightings as module
from open_llm_vtuber.storage.sql_store import FILE, sql_store


def ids_in(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / FILE)) as other:
        return [row[0] for row in other.execute("SELECT message FROM sightings ORDER BY id")]


def test_an_id_is_in_the_file_before_it_is_said_to_be_new(tmp_path: Path) -> None:
    async def main() -> None:
        async with sql_store("", tmp_path) as store:
            for number in range(20):
                assert await store.first_sight("main", str(number))
                assert ids_in(tmp_path)[-1] == str(number)

    asyncio.run(main())


def test_an_id_is_known_after_a_restart(tmp_path: Path) -> None:
    async def main(expected: bool) -> None:
        async with sql_store("", tmp_path) as store:
            told = await asyncio.gather(*(store.first_sight("main", str(number)) for number in range(50)))
            assert told == [expected] * 50

    asyncio.run(main(expected=True))
    asyncio.run(main(expected=False))


def test_ids_and_lines_that_are_written_at_once_do_not_lock_each_other_out(tmp_path: Path) -> None:
    line = HistoryLine(role="human", name="Human", content="Hi", timestamp=datetime.now(UTC))

    async def main() -> None:
        async with sql_store("", tmp_path) as store:
            history = await store.create_history("me")
            await asyncio.gather(
                *(store.first_sight("main", str(number)) for number in range(100)),
                *(store.append("me", history, line) for _ in range(100)),
            )
            assert len(await store.lines("me", history)) == 100
            assert len(ids_in(tmp_path)) == 100

    asyncio.run(main())


def test_too_many_that_wait_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAITING_JOBS", 3)

    async def main() -> None:
        async with sql_store("", tmp_path) as store:
            told = await asyncio.gather(
                *(store.first_sight("main", str(number)) for number in range(5)), return_exceptions=True
            )
            assert sum(each is True for each in told) == 3
            assert all(isinstance(each, EngineError) and each.retryable for each in told if each is not True)

    asyncio.run(main())


def test_a_disk_that_fails_is_told_in_a_few_words(tmp_path: Path) -> None:
    async def main() -> None:
        async with sql_store("", tmp_path) as store:
            with closing(sqlite3.connect(tmp_path / FILE)) as other:
                other.execute("DROP TABLE sightings")
            with pytest.raises(EngineError, match=r"^The store cannot be used just now: it reports \w+\.$"):
                await store.first_sight("main", "m1")

    asyncio.run(main())


def test_a_file_that_hangs_is_waited_for_once_and_used_again_when_it_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "OVERDUE", 0.05)
    answers = threading.Event()
    insert = module.SightingsFile._insert

    def hanging(file: module.SightingsFile, show: str, message: str) -> bool:
        answers.wait(30)
        return insert(file, show, message)

    async def main() -> None:
        async with sql_store("", tmp_path) as store:
            monkeypatch.setattr(module.SightingsFile, "_insert", hanging)
            with pytest.raises(EngineError, match="does not answer"):
                await store.first_sight("main", "1")
            monkeypatch.setattr(module, "OVERDUE", 30.0)
            with pytest.raises(EngineError, match="does not answer"):
                await store.first_sight("main", "2")  # at once
            assert "does not answer" in store.trouble
            answers.set()
            async with asyncio.timeout(10):
                while store.trouble:  # noqa: ASYNC110  nobody tells
                    await asyncio.sleep(0.01)
            assert await store.first_sight("main", "2")
            assert ids_in(tmp_path) == ["1", "2"]

    asyncio.run(main())
