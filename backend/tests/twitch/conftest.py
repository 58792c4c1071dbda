"""Recorded chat, where this machine has it."""

import json
import os
from pathlib import Path

import pytest


def _recorded(name: str) -> list[str]:
    folder = os.environ.get("OLV_TEST_DATA")
    if not folder:
        pytest.skip("OLV_TEST_DATA does not name the folder of recorded chat")
    # newline="": what viewers typed must not be taken for a line end.
    with (Path(folder) / name).open(encoding="utf-8", newline="") as file:
        return [line for line in file.read().split("\n") if line]


@pytest.fixture(scope="session")
def chat_2022() -> list[str]:
    """2,000 lines of one large channel."""
    return _recorded("chat_2022.irc")


@pytest.fixture(scope="session")
def parser_lines() -> list[str]:
    """Single lines from the parser tests of nine other projects."""
    return [json.loads(line)["line"] for line in _recorded("irc_parser_lines.jsonl")]
