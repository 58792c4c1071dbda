"""Recorded chat, where this machine has it."""

import json
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def chat_2022(test_data: Path) -> list[str]:
    """2,000 lines of one large channel."""
    return _lines(test_data / "chat_2022.irc")


@pytest.fixture(scope="session")
def parser_lines(test_data: Path) -> list[str]:
    """Single lines from the parser tests of nine other projects."""
    return [json.loads(line)["line"] for line in _lines(test_data / "irc_parser_lines.jsonl")]


def _lines(path: Path) -> list[str]:
    # newline="": what viewers typed must not be taken for a line end.
    with path.open(encoding="utf-8", newline="") as file:
        return [line for line in file.read().split("\n") if line]
