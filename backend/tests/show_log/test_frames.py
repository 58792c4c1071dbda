"""The bytes of a log: whole records come out as they went in, and nothing else comes out at all."""

import json
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.show_log.frames import LONGEST_RECORD, MAGIC, BadLog, frame, frames

RECORDS = st.lists(
    st.dictionaries(st.text(max_size=4), st.text(max_size=20) | st.integers() | st.booleans(), max_size=3),
    min_size=1,
    max_size=6,
)
Written = list[dict[str, object]]


def written(records: Written) -> tuple[bytes, list[int]]:
    """Return a log, and where each of its records ends."""
    data, checksum, ends = MAGIC, 0, []
    for each in records:
        framed, checksum = frame(json.dumps(each).encode(), checksum)
        data += framed
        ends.append(len(data))
    return data, ends


def read(data: bytes) -> Written:
    return [each.record for each in frames(data)]


@given(RECORDS)
def test_what_is_written_is_read(records: Written) -> None:
    data, ends = written(records)
    assert read(data) == records
    assert [each.end for each in frames(data)] == ends


@given(RECORDS, st.data())
def test_a_log_that_is_cut_anywhere_holds_every_record_that_is_whole(
    records: Written, data: st.DataObject
) -> None:
    log, ends = written(records)
    cut = data.draw(st.integers(1, len(log)))
    assert read(log[:cut]) == records[: sum(end <= cut for end in ends)]


@given(RECORDS, st.data())
def test_a_byte_that_was_changed_brings_an_error_or_fewer_records_and_never_others(
    records: Written, data: st.DataObject
) -> None:
    log, _ = written(records)
    place = data.draw(st.integers(0, len(log) - 1))
    other = bytearray(log)
    other[place] ^= data.draw(st.integers(1, 255))
    try:
        found = read(bytes(other))
    except BadLog:
        return
    assert found == records[: len(found)]


@given(RECORDS)
def test_records_in_another_order_or_with_one_missing_are_no_log(records: Written) -> None:
    numbered: Written = [{"n": n, **each} for n, each in enumerate([*records, {}, {}])]
    data, ends = written(numbered)
    starts = [len(MAGIC), *ends[:-1]]
    pieces = [data[start:end] for start, end in zip(starts, ends, strict=True)]
    with pytest.raises(BadLog, match="damaged"):
        read(MAGIC + b"".join([pieces[1], pieces[0], *pieces[2:]]))
    with pytest.raises(BadLog, match="damaged"):
        read(MAGIC + b"".join(pieces[1:]))


def test_another_version_is_named() -> None:
    with pytest.raises(BadLog, match=r"version 17; this program reads version 1\."):
        read(MAGIC.replace(b"log 1", b"log 17"))


@pytest.mark.parametrize("data", [b"PK\x03\x04 a zip", b"\x00" * 100, b"open-llm-vtuber", b"{}"])
def test_another_file_is_no_log(data: bytes) -> None:
    if MAGIC.startswith(data):
        assert read(data) == []
        return
    with pytest.raises(BadLog, match="no show log"):
        read(data)


def test_a_record_that_claims_to_be_huge_is_refused_before_anything_is_read() -> None:
    with pytest.raises(BadLog, match="would have"):
        read(MAGIC + struct.pack("<II", LONGEST_RECORD + 1, 0))


@pytest.mark.parametrize("payload", [b"[" * 200_000, b"[]", b"\xff\xfe", b'{"a":', b"1e999"])
def test_a_record_that_is_no_object_is_refused(payload: bytes) -> None:
    with pytest.raises(BadLog, match="cannot be read"):
        read(MAGIC + struct.pack("<II", len(payload), zlib.crc32(payload)) + payload)
