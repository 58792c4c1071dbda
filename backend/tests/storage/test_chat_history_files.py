"""Conversations that an earlier program kept as files."""

import asyncio
import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.stimulus import HistoryLine
from open_llm_vtuber.storage.chat_history_files import Outcome, Unreadable, import_folder, read
from open_llm_vtuber.storage.sql_store import sql_store

UID = "2024-05-06_07-08-09_" + "a" * 32
NOON = "2024-05-06T12:00:00"
ENTRIES: list[dict[str, Any]] = [
    {"role": "metadata", "timestamp": NOON, "resume_id": "x"},
    {"role": "human", "timestamp": NOON, "content": "Hi", "name": "Ana"},
    {
        "role": "ai",
        "timestamp": "2024-05-06T12:00:05",
        "content": "Hello. ",
        "name": "Mika",
        "avatar": "m.png",
    },
    {"role": "system", "timestamp": "2024-05-06T12:00:06", "content": "[Interrupted by user]"},
    {"role": "human", "timestamp": "2024-05-06T12:00:07+00:00", "content": "Grüße"},
]


@pytest.fixture(autouse=True)
def in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def written(folder: Path, content: object, name: str = UID, character: str = "mika_001") -> Path:
    file = folder / character / f"{name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return file


def import_all(folder: Path, data: Path) -> tuple[list[Outcome], list[tuple[str, HistoryLine]]]:
    async def main() -> tuple[list[Outcome], list[tuple[str, HistoryLine]]]:
        async with sql_store("", data) as store:
            outcomes = await import_folder(folder, store)
            return outcomes, list(await store.histories("imported/mika_001"))

    return asyncio.run(main())


def test_what_was_said_is_read_and_nothing_else(tmp_path: Path) -> None:
    first, second, third = read(written(tmp_path, ENTRIES))
    assert first == HistoryLine(
        role="human", name="Ana", content="Hi", timestamp=datetime(2024, 5, 6, 3, tzinfo=UTC)
    )
    assert (second.content, second.avatar, second.interrupted) == ("Hello. ", "m.png", True)
    assert (third.content, third.name, third.timestamp.hour) == ("Grüße", "", 12)


def test_a_second_run_imports_nothing_twice(tmp_path: Path) -> None:
    written(tmp_path / "old", ENTRIES)
    (first,), held = import_all(tmp_path / "old", tmp_path / "data")
    (second,), after = import_all(tmp_path / "old", tmp_path / "data")
    assert (first.imported, first.known) == (1, 0)
    assert (second.imported, second.known) == (0, 1)
    assert held == after
    assert [uid for uid, _ in held] == [UID]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "JSON"),
        ("{", "JSON"),
        ('{"role": "human"}', "array"),
        ('[["nested"]]', "0"),
        ("[" * 100_000, "JSON"),
        (ENTRIES + [{"role": "human", "timestamp": NOON}], "5.human.content"),  # noqa: RUF005
        ([{"role": "narrator", "timestamp": NOON, "content": "x"}], "role"),
        ([{"role": "human", "timestamp": "yesterday", "content": "x"}], "timestamp"),
        ([{"role": "human", "timestamp": "0001-01-01T00:00:00", "content": "x"}], "date"),
        ([{"role": "human", "timestamp": NOON, "content": 7}], "content"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_the_reason_and_costs_no_other(
    tmp_path: Path, content: object, says: str
) -> None:
    bad = written(tmp_path / "old", content)
    before = bad.read_bytes()
    good = written(tmp_path / "old", ENTRIES, UID[:-1] + "b")
    (outcome,), held = import_all(tmp_path / "old", tmp_path / "data")
    ((name, why),) = outcome.unreadable
    assert name == bad.name
    assert says in why
    assert len(why) <= 200
    assert bad.read_bytes() == before
    assert [uid for uid, _ in held] == [good.stem]


def test_a_file_that_is_not_utf_8_is_unreadable(tmp_path: Path) -> None:
    file = written(tmp_path, [])
    file.write_bytes(
        '[{"role":"human","timestamp":"2024-05-06T12:00:00","content":"Grüße"}]'.encode("latin-1")
    )
    with pytest.raises(Unreadable):
        read(file)


def test_a_file_with_another_name_is_none_of_ours(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="its name"):
        read(written(tmp_path, ENTRIES, name="notes"))


def test_a_folder_in_place_of_a_file_is_unreadable(tmp_path: Path) -> None:
    folder = tmp_path / f"{UID}.json"
    folder.mkdir()
    with pytest.raises(Unreadable, match="cannot be read"):
        read(folder)


def test_conversations_without_a_line_are_counted_and_left_out(tmp_path: Path) -> None:
    written(tmp_path / "old", ENTRIES[:1])
    (outcome,), held = import_all(tmp_path / "old", tmp_path / "data")
    assert (outcome.empty, outcome.imported, held) == (1, 0, [])


def test_a_folder_without_conversations_is_a_mistake_of_the_operators(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(ConfigError):
            import_all(folder, tmp_path / "data")


def test_the_files_are_only_read(tmp_path: Path) -> None:
    file = written(tmp_path / "old", ENTRIES)
    before = (file.read_bytes(), os.stat(file).st_mtime_ns, sorted((tmp_path / "old").rglob("*")))  # noqa: PTH116
    import_all(tmp_path / "old", tmp_path / "data")
    assert (file.read_bytes(), os.stat(file).st_mtime_ns, sorted((tmp_path / "old").rglob("*"))) == before  # noqa: PTH116
