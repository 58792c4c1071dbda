"""Takes a viewer out of a log: their entries stay as tombstones, so that a replay still runs.

Of what they wrote only the shape stays, of their name a stand-in that is drawn anew each time, and of the answers to
them the shape as well.
"""

import json
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from open_llm_vtuber.decided import digest
from open_llm_vtuber.show_log.frames import MAGIC, BadLog, frame, frames
from open_llm_vtuber.text_rules import shape

_WORDS = frozenset(
    ("text", "message", "content", "asked", "answered", "prompt", "heard", "display_name", "color", "title")
)
"""Fields that hold a viewer's words, where the object that has them names the viewer or one of the messages."""
_COMMAND = re.compile(r"!\w+")
SHORTEST_NAME = 3
SHORTEST_QUOTE = 12
"""Characters of a line by which it is found again where somebody else's record quotes it."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whom to take out: a login in lower case, and messages that are known to be theirs."""

    username: str
    """"" for nobody's records but those of the messages."""
    message_ids: frozenset[str] = field(default_factory=frozenset)
    token: str = field(default_factory=lambda: secrets.token_hex(8), repr=False)
    """What the stand-ins are made with."""


@dataclass(slots=True)
class _Traces:
    """Where a viewer was found."""

    names: set[str]
    ids: set[str]
    turns: set[str] = field(default_factory=set)
    quotes: set[str] = field(default_factory=set)


def erase(file: Path, viewer: Viewer) -> frozenset[str]:
    """Take a viewer out of a log file, as a whole or not at all; return the ids of their messages. Raises OSError."""
    records, is_whole = _read(file)
    traces = _Traces({viewer.username} - {""}, set(viewer.message_ids))
    for record in records:
        _look_at(record, viewer.username, traces)
    ids = frozenset(traces.ids)
    if not (traces.names or ids):
        return ids
    cleaner = _Cleaner(viewer, traces)
    cleaned = [cleaner.record(record) for record in records]
    if not is_whole or cleaned != records:
        _replace(file, cleaned)
    return ids


def _read(file: Path) -> tuple[list[dict[str, object]], bool]:
    """Return what can be read of a log, and whether that is all: a damaged rest may hold anything, and goes."""
    records, data = [], file.read_bytes()
    end = len(MAGIC)
    try:
        for each in frames(data):
            records.append(each.record)
            end = each.end
    except BadLog:
        return records, False
    return records, end == len(data)


def extent(file: Path) -> tuple[int, int]:
    """Return how many bytes of a log hold whole records, and the checksum of the last; zeros where there is none."""
    end = checksum = 0
    try:
        for each in frames(file.read_bytes()):
            end, checksum = each.end, each.checksum
    except (BadLog, FileNotFoundError):
        pass
    return end, checksum


def _replace(file: Path, records: list[dict[str, object]]) -> None:
    fresh = file.with_suffix(".new")
    checksum = 0
    with fresh.open("wb") as stream:
        stream.write(MAGIC)
        for each in records:
            payload = json.dumps(each, separators=(",", ":"), ensure_ascii=False)
            framed, checksum = frame(payload.encode(errors="replace"), checksum)
            stream.write(framed)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(file)


def _look_at(record: Mapping[str, object], username: str, traces: _Traces) -> None:
    value = record.get("v")
    if not isinstance(value, dict):
        return
    event = value.get("event", value)
    if username and isinstance(event, dict) and str(event.get("username", "")).lower() == username:
        traces.names.update(
            str(each)
            for key in ("display_name", "user_id")
            if len(str(each := event.get(key, ""))) >= SHORTEST_NAME
        )
        if "id" in event:
            traces.ids.add(str(event["id"]))
        said = str(event.get("text") or event.get("message") or "")
        if len(said) >= SHORTEST_QUOTE:
            traces.quotes.add(said)
    if record.get("n") in ("TurnBegan", "Chosen") and value.get("message_id") in traces.ids:
        traces.turns.add(str(value.get("turn_id")))


class _Cleaner:
    """Makes tombstones of records."""

    def __init__(self, viewer: Viewer, traces: _Traces) -> None:
        self._username = viewer.username or None
        self._traces = traces
        self._stand_ins = {each: f"erased-{digest(viewer.token + each)}" for each in traces.ids}
        self._stand_ins |= {each.lower(): f"erased_{viewer.token[:8]}" for each in traces.names}
        found = sorted((re.escape(each) for each in (*traces.names, *traces.ids)), key=len, reverse=True)
        self._needle = re.compile(rf"(?<!\w)(?:{'|'.join(found)})(?!\w)", re.IGNORECASE)

    def record(self, record: dict[str, object]) -> dict[str, object]:
        """Return the record without the viewer."""
        is_answer = self._is_answer(record)
        return {
            key: self._value(each, is_theirs=is_answer and key == "v")
            if key in ("n", "v", "u", "x")
            else each
            for key, each in record.items()
        }

    def _is_answer(self, record: Mapping[str, object]) -> bool:
        """Whether it holds words of the answer to the viewer."""
        name, value = str(record.get("n", "")), record.get("v")
        if name.startswith("reply "):
            return name.removeprefix("reply ") in self._traces.ids | self._traces.turns
        turn = value.get("turn_id") if isinstance(value, dict) else None
        return name in ("Guarded", "Spoken") and turn in self._traces.turns

    def _value(self, value: object, *, is_theirs: bool) -> object:
        if isinstance(value, str):
            return self._words(value, is_theirs=is_theirs)
        if isinstance(value, list):
            return [self._value(each, is_theirs=is_theirs) for each in value]
        if isinstance(value, dict):
            return self._object(value, is_theirs=is_theirs)
        return value

    def _object(self, value: Mapping[str, object], *, is_theirs: bool) -> dict[str, object]:
        names_them = (
            str(value.get("username", "")).lower() == self._username
            or value.get("message_id") in self._traces.ids
        )
        return {
            str(self._words(key, is_theirs=False)): self._value(each, is_theirs=key in _WORDS)
            if names_them or is_theirs
            else self._value(each, is_theirs=False)
            for key, each in value.items()
        }

    def _words(self, text: str, *, is_theirs: bool) -> str:
        if is_theirs:
            command = _COMMAND.match(text)
            kept = command.group() if command else ""
            return kept + shape(text[len(kept) :])
        for quote in self._traces.quotes:
            if quote in text:
                text = text.replace(quote, shape(quote))
        return self._needle.sub(lambda found: self._stand_in(found.group()), text)

    def _stand_in(self, found: str) -> str:
        return self._stand_ins.get(found) or self._stand_ins.get(found.lower(), "erased")
