"""The table of faults that this backend does not have: each row names a test that exists, or says why there is none."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
TABLE = TESTS.parents[1] / "docs" / "peer-faults.md"
NUMBERS = range(1, 75)
ROW = re.compile(r"\| (\d+) \| (.+) \| (.+) \| (.+) \|")
TEST = re.compile(r"`([^`]+\.py)::(test_\w+)`")
REASON = re.compile(r"(does not apply|not there yet): \S.{10,}")


def rows(text: str) -> Iterator[tuple[int, str]]:
    """Yield number and last cell of each row."""
    for line in text.splitlines():
        if row := ROW.fullmatch(line):
            yield int(row[1]), row[4]


@cache
def names_in(path: str) -> frozenset[str]:
    """Return the names of the tests in a file; none if it is not there."""
    file = TESTS / path
    if not file.is_file():
        return frozenset()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return frozenset(each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef))


def fault(cell: str) -> str:
    """Return what is wrong with a last cell, or nothing."""
    named: list[tuple[str, str]] = TEST.findall(cell)
    if not named and not REASON.fullmatch(cell):
        return "neither a test nor a reason"
    missing = [f"{path}::{name}" for path, name in named if name not in names_in(path)]
    return f"no such test: {', '.join(missing)}" if missing else ""


def test_every_fault_has_its_row_once_and_in_order() -> None:
    assert [number for number, _ in rows(TABLE.read_text(encoding="utf-8"))] == list(NUMBERS)


def test_every_row_names_tests_that_exist_or_a_reason() -> None:
    faults = {number: fault(cell) for number, cell in rows(TABLE.read_text(encoding="utf-8"))}
    assert {number: what for number, what in faults.items() if what} == {}


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("`wire/test_fault_table.py::test_that_nobody_wrote`", "no such test"),
        ("`wire/test_of_nothing.py::test_that_nobody_wrote`", "no such test"),
        ("later", "neither"),
        ("does not apply: ", "neither"),
    ],
)
def test_a_row_that_shows_nothing_is_found(cell: str, expected: str) -> None:
    assert expected in fault(cell)
