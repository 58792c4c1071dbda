"""How a line of the log looks: one line whatever is in it, with the turn that it belongs to."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

from open_llm_vtuber.text_rules import bounded, one_line

LONGEST = 2_000
"""Characters of a line; what is longer was never written for a log."""
SHOWN = 8
"""Characters of a turn's id that tell it from its neighbours."""
_turn: ContextVar[str] = ContextVar("turn", default="")


@contextmanager
def of_turn(turn_id: str) -> Iterator[None]:
    """Note with every line that is logged within, by this task and those that it begins, whose turn it is."""
    token = _turn.set(turn_id)
    try:
        yield
    finally:
        _turn.reset(token)


class Lines(logging.Formatter):
    """Lines for people. A viewer's name cannot begin a line of its own, nor move a terminal's cursor."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  the library's name
        """Return the line, made harmless."""
        record.message = _tidy(record.message)
        turn = _turn.get()
        record.turn = f"[{turn[:SHOWN]}] " if turn else ""
        return super().formatMessage(record)


class JsonLines(logging.Formatter):
    """Lines for programs: `time` (ISO 8601, UTC), `level`, `logger`, `message`, and where known `turn` and `bug`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line as a JSON object."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _tidy(record.getMessage()),
        }
        if turn := _turn.get():
            line["turn"] = turn
        if record.exc_info:
            line["bug"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def _tidy(message: str) -> str:
    return bounded(one_line(message), LONGEST)
