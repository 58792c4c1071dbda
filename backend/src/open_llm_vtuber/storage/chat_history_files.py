"""Conversations that an earlier program kept as files: `chat_history/<conf_uid>/<history_uid>.json`. Only ever read."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from open_llm_vtuber.engines import faults
from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.stimulus import HistoryLine, imported
from open_llm_vtuber.storage.history_uid import is_history_uid
from open_llm_vtuber.storage.sql_store import SqlStore
from open_llm_vtuber.text_rules import bounded

LARGEST_FILE = 64 * 1024 * 1024
LONGEST_REASON = 200
INTERRUPTED = "[Interrupted by user]"
"""What the earlier program wrote behind a reply that was cut."""
SIGN_OF_UTF8 = b"\xef\xbb\xbf"


class _Head(BaseModel):
    role: Literal["metadata"]


class _Said(BaseModel):
    role: Literal["human", "ai", "system"]
    timestamp: datetime
    content: str
    name: str | None = None
    avatar: str | None = None


_Entry = Annotated[_Said | _Head, Field(discriminator="role")]
_ENTRIES: TypeAdapter[list[_Entry]] = TypeAdapter(list[_Entry])


class Unreadable(Exception):
    """A file that holds no conversation as we know them; the text says why."""


@dataclass(slots=True)
class Outcome:
    """What became of one character's files."""

    conf_uid: str
    imported: int = 0
    known: int = 0
    """Imported before."""
    empty: int = 0
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    """Name of a file and why."""


async def import_folder(folder: Path, store: SqlStore) -> list[Outcome]:
    """Import all conversations in `folder`, and return what became of them. Raises ConfigError, EngineError."""
    return [await _import_character(each, store) for each in _characters(folder)]


async def _import_character(folder: Path, store: SqlStore) -> Outcome:
    outcome = Outcome(folder.name)
    for file in _files(folder):
        try:
            lines = read(file)
        except Unreadable as error:
            outcome.unreadable.append((file.name, str(error)))
            continue
        if not lines:
            outcome.empty += 1
        elif await store.import_history(imported(folder.name), file.stem, lines):
            outcome.imported += 1
        else:
            outcome.known += 1
    return outcome


def read(file: Path) -> list[HistoryLine]:
    """Return what was said in a conversation. Raises Unreadable."""
    if not is_history_uid(file.stem):
        raise Unreadable("its name is not that of a conversation (date_time_number)")
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise Unreadable(f"it is larger than {LARGEST_FILE // 1024**2} MB")
        entries = _ENTRIES.validate_json(file.read_bytes().removeprefix(SIGN_OF_UTF8))
        return list(_lines(entries))
    except OSError as error:
        raise Unreadable(f"it cannot be read: {error.strerror}") from error
    except ValidationError as error:
        raise Unreadable(bounded(faults(error), LONGEST_REASON)) from error
    except (OverflowError, ValueError) as error:
        raise Unreadable("it holds a date that is none") from error


def _lines(entries: list[_Entry]) -> Iterator[HistoryLine]:
    last: HistoryLine | None = None
    for entry in entries:
        if isinstance(entry, _Head):
            continue
        if entry.role != "system":
            if last:
                yield last
            last = _line(entry, entry.role)
        elif last and last.role == "ai" and entry.content == INTERRUPTED:
            last = replace(last, interrupted=True)
    if last:
        yield last


def _line(said: _Said, role: Literal["human", "ai"]) -> HistoryLine:
    return HistoryLine(
        role=role,
        name=said.name or "",
        content=said.content,
        timestamp=said.timestamp.astimezone(UTC),  # without a zone it is this machine's time
        avatar=said.avatar or "",
    )


def _characters(folder: Path) -> list[Path]:
    try:
        found = sorted(each for each in folder.iterdir() if each.is_dir())
    except OSError as error:
        raise ConfigError(f"The folder {folder} cannot be read: {error.strerror}.") from error
    if not any(_files(each) for each in found):
        raise ConfigError(
            f"There are no conversations in {folder}: it should hold a folder for each character (its conf_uid), "
            "and these the .json files."
        )
    return found


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.json"))
