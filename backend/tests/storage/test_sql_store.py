"""The store that outlives the process."""

import asyncio
import random
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.stimulus import HistoryLine
from open_llm_vtuber.storage import sql_store as module
from open_llm_vtuber.storage.sql_store import sql_store

WRITER = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from open_llm_vtuber.stimulus import HistoryLine
from open_llm_vtuber.storage.sql_store import sql_store

async def main():
    async with sql_store("", Path(sys.argv[1])) as store:
        uid = await store.create_history("me")
        for number in range(1_000_000):
            line = HistoryLine(role="human", name="H", content=str(number), timestamp=datetime.now(UTC))
            await store.append("me", uid, line)
            print(uid, number, flush=True)

asyncio.run(main())
"""


def line(text: str, when: datetime | None = None) -> HistoryLine:
    return HistoryLine(role="human", name="Human", content=text, timestamp=when or datetime.now(UTC))


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    async def main() -> None:
        async with sql_store("", tmp_path) as store:
            uid = await store.create_history("me")
            await store.append("me", uid, line("hello"))
            assert await store.first_sight("main", "m1")
        async with sql_store("", tmp_path) as store:
            assert [each.content for each in await store.lines("me", uid)] == ["hello"]
            assert not await store.first_sight("main", "m1")

    asyncio.run(main())


def acknowledged_until_killed(folder: Path, after_s: float) -> list[tuple[str, int]]:
    """Let a process append lines, kill it, and return what it said was stored."""
    child = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder)], stdout=subprocess.PIPE, text=True, bufsize=1
    )
    assert child.stdout
    said = [child.stdout.readline()]
    try:
        child.wait(after_s)
    except subprocess.TimeoutExpired:
        child.kill()
    said += child.stdout.read().splitlines(keepends=True)
    child.stdout.close()
    assert child.wait(10) == -signal.SIGKILL
    whole = [each.split() for each in said if each.endswith("\n")]
    return [(uid, int(number)) for uid, number in whole]


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_no_line_that_was_said_to_be_stored_is_lost_by_a_kill_at_any_moment(tmp_path: Path) -> None:
    chance = random.Random(7)
    stored: dict[str, int] = {}
    for _ in range(20):
        stored |= dict(acknowledged_until_killed(tmp_path, chance.uniform(0.0, 0.3)))

    async def main() -> None:
        async with sql_store("", tmp_path) as store:
            for uid, last in stored.items():
                found = [int(each.content) for each in await store.lines("me", uid)]
                assert found in (list(range(last + 1)), list(range(last + 2))), "whole, in order, none twice"

    asyncio.run(main())
    assert len(stored) == 20


def test_ids_are_forgotten_when_there_are_too_many_or_when_they_are_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SEEN_MOST", 5)
    monkeypatch.setattr(module, "PRUNE_EVERY", 1)

    async def main() -> None:
        async with sql_store("", tmp_path) as store:
            for number in range(10):
                await store.first_sight("main", str(number))
            assert not await store.first_sight("main", "9")
            assert await store.first_sight("main", "0")
            assert await store.first_sight("other", "o")
            monkeypatch.setattr(module, "SEEN_FOR", timedelta(0))
            await store.first_sight("other", "p")
            assert await store.first_sight("main", "9")

    asyncio.run(main())


def test_a_clean_up_that_fails_does_not_make_a_known_id_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing(*_: object) -> None:
        raise EngineError("The disk is full.", engine="store", retryable=True)

    async def main() -> list[bool]:
        async with sql_store("", tmp_path) as store:
            monkeypatch.setattr(module, "PRUNE_EVERY", 1)
            monkeypatch.setattr(module, "_forget_old_sightings", failing)
            return [await store.first_sight("main", "m1") for _ in range(3)]

    assert asyncio.run(main()) == [True, False, False]


def test_a_history_without_a_line_is_not_on_the_disk_and_their_number_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BEGUN_HISTORIES", 3)

    async def main() -> None:
        async with sql_store("", tmp_path) as store:
            uids = [await store.create_history(f"visitor {number}") for number in range(10)]
            assert list(await store.lines("visitor 9", uids[9])) == []
            assert len(store._begun) == 3

    asyncio.run(main())


def test_of_a_very_long_history_the_latest_lines_are_returned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_LINES", 2)

    async def main() -> None:
        async with sql_store("", tmp_path) as store:
            uid = await store.create_history("me")
            for number in range(4):
                await store.append("me", uid, line(str(number)))
            assert [each.content for each in await store.lines("me", uid)] == ["2", "3"]

    asyncio.run(main())


def test_two_programs_may_write_into_the_same_file(tmp_path: Path) -> None:
    async def write(owner: str) -> None:
        async with sql_store("", tmp_path) as store:
            uid = await store.create_history(owner)
            for number in range(50):
                await store.append(owner, uid, line(str(number)))
            assert len(await store.lines(owner, uid)) == 50

    async def main() -> None:
        async with sql_store("", tmp_path):
            await asyncio.gather(*(write(owner) for owner in "abc"))

    asyncio.run(main())


def test_a_history_is_imported_once_also_when_it_was_deleted_since(tmp_path: Path) -> None:
    uid = "2024-01-01_00-00-00_" + "a" * 32

    async def main() -> None:
        async with sql_store("", tmp_path) as store:
            assert await store.import_history("imported/x", uid, [line("a"), line("b")])
            assert not await store.import_history("imported/x", uid, [line("a"), line("b")])
            assert await store.import_history("imported/y", uid, [line("c")])
            assert [each.content for each in await store.lines("imported/x", uid)] == ["a", "b"]
            await store.delete_history("imported/x", uid)
            assert not await store.import_history("imported/x", uid, [line("a"), line("b")])
            assert len(await store.histories("imported/y")) == 1

    asyncio.run(main())
