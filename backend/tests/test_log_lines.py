"""A line of the log is one line, says whose turn it is, and cannot be forged by who chats."""

import asyncio
import json
import logging
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.log_lines import LONGEST, JsonLines, Lines, of_turn

TEXT = "%(levelname)s %(turn)s%(message)s"
Logged = Callable[[str], str]


def record(message: str, *values: object) -> logging.LogRecord:
    return logging.LogRecord("a.part", logging.WARNING, "part.py", 1, message, values, None)


def test_a_line_for_people_begins_with_its_turn() -> None:
    with of_turn("0123456789abcdef"):
        assert Lines(TEXT).format(record("%s failed", "voice")) == "WARNING [01234567] voice failed"
    assert Lines(TEXT).format(record("on air")) == "WARNING on air"


def test_a_line_for_programs_has_its_parts() -> None:
    with of_turn("0123456789abcdef"):
        line = json.loads(JsonLines().format(record("%s failed", "voice")))
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "warning",
        "logger": "a.part",
        "message": "voice failed",
        "turn": "0123456789abcdef",
    }


def test_a_bug_keeps_its_trace() -> None:
    with_trace = record("a bug")
    with_trace.exc_info = (ValueError, ValueError("broken"), None)
    assert "ValueError: broken" in json.loads(JsonLines().format(with_trace))["bug"]


def test_tasks_that_a_turn_begins_belong_to_it_and_others_do_not() -> None:
    async def main() -> list[str]:
        async def log() -> str:
            await asyncio.sleep(0)
            return Lines(TEXT).format(record("x"))

        async with asyncio.TaskGroup() as group:
            with of_turn("first"):
                first = group.create_task(log())
            other = group.create_task(log())
        return [first.result(), other.result()]

    assert asyncio.run(main()) == ["WARNING [first] x", "WARNING x"]


@pytest.mark.parametrize(
    "name",
    [
        "eve\n2026-11-01 10:00:00 ERROR the show has ended",
        "eve\x1b[2J\x1b]0;gone\x07",
        "eve\r\x08\x08\x0b\x0c",
        "eve\u202e\u2028end",
    ],
)
def test_a_viewers_name_neither_begins_a_line_nor_moves_the_cursor(name: str) -> None:
    for line in (Lines(TEXT).format(record("%s is thanked", name)), JsonLines().format(record("%s", name))):
        assert line.isprintable()
        assert len(line.splitlines()) == 1


@given(st.text())
def test_whatever_is_logged_is_one_bounded_line(text: str) -> None:
    line = Lines(TEXT).format(record("%s", text))
    assert len(line.splitlines()) == 1
    assert len(line) <= LONGEST + 20
    assert not set(line) & set("\x00\x07\x08\x1b\x7f\x9b")
    assert len(JsonLines().format(record("%s", text)).splitlines()) == 1
