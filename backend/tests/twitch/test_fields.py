"""Reading unknown JSON: the right kind of thing, whatever stands there."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.twitch.fields import (
    LARGEST_NUMBER,
    flag,
    identifier,
    line,
    login_name,
    made_id,
    moment,
    number,
    part,
    parts,
    raw,
)

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@given(anything)
def test_whatever_stands_there_is_read_as_its_kind(value: object) -> None:
    source = {"key": value}
    assert isinstance(part(source, "key"), dict) or not part(source, "key")
    assert all(isinstance(each, dict) for each in parts(source, "key"))
    assert len(raw(source, "key", 5)) <= 5
    assert len(line(source, "key", 5)) <= 5
    assert "\n" not in line(source, "key", 5)
    found = number(source, "key")
    assert found is None or 0 <= found <= LARGEST_NUMBER
    assert flag(source, "key") is (value is True)
    assert len(identifier(source, "key")) <= 100
    assert len(login_name(source, "key")) <= 50
    assert moment(source, "key") is None or moment(source, "key")


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (5, 5),
        ("5", 5),
        (5.0, 5),
        (5.5, None),
        (-1, None),
        (True, None),
        ("x", None),
        (None, None),
        (2**60, None),
    ],
)
def test_numbers(value: object, read: int | None) -> None:
    assert number({"n": value}, "n") == read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2023-07-19T14:56:51.634234626Z", datetime(2023, 7, 19, 14, 56, 51, 634234, tzinfo=UTC)),
        ("2019-11-16T10:11:12.6Z", datetime(2019, 11, 16, 10, 11, 12, 600000, tzinfo=UTC)),
        ("2019-11-16T10:11:12Z", datetime(2019, 11, 16, 10, 11, 12, tzinfo=UTC)),
        ("2019-11-16T12:11:12+02:00", datetime(2019, 11, 16, 10, 11, 12, tzinfo=UTC)),
        ("2019-11-16T10:11:12", None),
        ("0001-01-01T00:00:00+23:59", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_times_have_nanoseconds_and_a_zone(text: str, read: datetime | None) -> None:
    assert moment({"at": text}, "at") == read


@pytest.mark.parametrize("bad", ["", "a b", "../x y", "<b>", "x" * 101, "ä"])
def test_what_is_no_id_is_none(bad: str) -> None:
    assert identifier({"id": bad}, "id") == ""


def test_the_same_texts_make_the_same_id() -> None:
    assert made_id("a", "b") == made_id("a", "b") != made_id("ab")
    assert made_id("\ud800")
