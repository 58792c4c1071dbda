"""Pure: the bytes of a log file. A line that names the format, then records, each with its length and a checksum.

A checksum goes on from that of the record before, so that none can be taken out, put in or moved. A record is JSON. Nothing is compressed, so a file cannot hold more than it weighs. A file may end anywhere: what is
whole counts.
"""

import json
import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from open_llm_vtuber.errors import ConfigError

VERSION = 1
_NAME = b"open-llm-vtuber show log "
MAGIC = _NAME + b"%d\n" % VERSION
LONGEST_RECORD = 4_000_000
"""Bytes. The longest that is written are the settings at the beginning."""
_HEAD = struct.Struct("<II")


class BadLog(ConfigError):
    """A file that is no log, or not one that this version can read."""


class Frame(NamedTuple):
    """A record, where the next one begins, and the checksum that it goes on from."""

    record: dict[str, object]
    end: int
    checksum: int


def frame(payload: bytes, before: int) -> tuple[bytes, int]:
    """Return a record as it stands in the file behind one with the checksum `before` (the first: 0), and its checksum."""
    checksum = zlib.crc32(payload, before)
    return _HEAD.pack(len(payload), checksum) + payload, checksum


def frames(data: bytes | memoryview) -> Iterator[Frame]:
    """Yield every whole record. Raises BadLog for anything but a log that may have been cut at its end."""
    view = memoryview(data)
    place, before = _beginning(view), 0
    while place + _HEAD.size <= len(view):
        length, checksum = _HEAD.unpack_from(view, place)
        if length > LONGEST_RECORD:
            raise BadLog(f"The log is damaged: a record at byte {place} would have {length} bytes.")
        begin, place_after = place + _HEAD.size, place + _HEAD.size + length
        if place_after > len(view):
            return
        payload = view[begin:place_after]
        if zlib.crc32(payload, before) != checksum:
            raise BadLog(f"The log is damaged: the record at byte {place} is not what was written there.")
        yield Frame(_parsed(bytes(payload), place), place_after, checksum)
        place, before = place_after, checksum


def _beginning(view: memoryview) -> int:
    head = bytes(view[: len(MAGIC)])
    if head == MAGIC:
        return len(MAGIC)
    if MAGIC.startswith(head):
        return len(view)  # cut within its first line
    if head.startswith(_NAME):
        version = bytes(view[len(_NAME) : len(_NAME) + 8]).split(b"\n")[0].decode("ascii", "replace")
        raise BadLog(f"The log is of version {version}; this program reads version {VERSION}.")
    raise BadLog("That is no show log.")


def _parsed(payload: bytes, place: int) -> dict[str, object]:
    try:
        record = json.loads(payload)
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict):
        raise BadLog(f"The log is damaged: the record at byte {place} cannot be read.")
    return record
