"""The writer: everything in order, no secret, and a disk that fails costs the log and not the show."""

import errno
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from open_llm_vtuber.show_log.frames import frames
from open_llm_vtuber.show_log.records import Record
from open_llm_vtuber.show_log.writer import Writer


def names(file: Path) -> list[object]:
    return [each.record.get("n") or each.record["k"] for each in frames(file.read_bytes())]


def record(name: str) -> Record:
    return Record("in", 1.0, name, {"text": name})


def test_what_is_put_is_in_the_file_in_order_when_it_is_left(tmp_path: Path) -> None:
    with Writer(tmp_path / "a.showlog") as writer:
        for number in range(500):
            writer.put(record(f"n{number}"))
    assert names(writer.file) == [f"n{number}" for number in range(500)]


def test_a_secret_never_reaches_the_file(tmp_path: Path) -> None:
    secret = 'canary "quoted" 秘密'
    with Writer(tmp_path / "a.showlog", secrets=[secret]) as writer:
        writer.put(Record("in", 1.0, "x", {"text": f"my key is {secret}!"}))
    data = writer.file.read_bytes()
    assert b"canary" not in data
    assert next(frames(data)).record["v"] == {"text": "my key is ***!"}


def test_when_too_much_waits_the_newest_is_left_out_and_the_gap_is_told(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "a.showlog", waiting=3)
    for number in range(6):  # nobody writes yet
        writer.put(record(f"n{number}"))
    with writer:
        writer._wake.set()
        until(lambda: not writer._queue)
        writer.put(record("later"))
    assert names(writer.file) == ["n0", "n1", "n2", "gap", "later"]


def until(is_so: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(500):
        if is_so():
            return
        pause.wait(0.01)
    raise AssertionError("it does not happen")


def test_a_full_disk_is_said_once_and_the_log_goes_on_behind_a_gap_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    file = tmp_path / "a.showlog"
    with Writer(file, report=told.append, every=0.01, try_again=0.01) as writer:
        writer.put(record("before"))
        until(lambda: not writer._queue and writer._whole > 40)
        is_full = threading.Event()
        is_full.set()
        opened = Writer._opened

        def full(self: Writer) -> object:
            if is_full.is_set():
                raise OSError(errno.ENOSPC, "full")
            return opened(self)

        monkeypatch.setattr(Writer, "_opened", full)
        writer.put(record("lost"))
        until(lambda: bool(told))
        is_full.clear()
        until(lambda: told[-1] == "")
        writer.put(record("after"))
    assert told == [
        "The show's log cannot be written (No space left on device); the show goes on without it.",
        "",
    ]
    assert names(file) == ["before", "gap", "after"]


def test_the_oldest_logs_go_first_and_the_new_one_never(tmp_path: Path) -> None:
    for number in range(4):
        (tmp_path / f"2026010{number}.showlog").write_bytes(b"x" * 1_000)
    with Writer(tmp_path / "20260109.showlog", keep=2_000) as writer:
        writer.put(record("new"))
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "20260102.showlog",
        "20260103.showlog",
        "20260109.showlog",
    ]
