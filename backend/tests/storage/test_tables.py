"""What goes into a table comes out as it was, or as near as a database can hold it."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from open_llm_vtuber.storage.tables import Moment, Words

DIALECT = sqlite.dialect()


@given(st.text(st.characters()))
def test_any_text_becomes_one_that_can_be_written(text: str) -> None:
    kept = Words().process_bind_param(text, DIALECT)
    assert kept is not None
    assert "\0" not in kept
    assert kept.encode().decode() == kept


def test_harmless_text_stays_as_it_is() -> None:
    assert Words().process_bind_param("Grüße \N{CAT} a < b\n", DIALECT) == "Grüße \N{CAT} a < b\n"


@pytest.mark.parametrize("hours", [0, 9, -5])
def test_a_moment_of_any_zone_comes_back_as_the_same_moment_in_utc(hours: int) -> None:
    when = datetime(2026, 1, 1, 23, 30, tzinfo=timezone(timedelta(hours=hours)))
    stored = Moment().process_bind_param(when, DIALECT)
    assert stored is not None
    back = Moment().process_result_value(stored.replace(tzinfo=None), DIALECT)  # as SQLite gives it back
    assert back == when
    assert back.tzinfo is UTC


def test_nothing_stays_nothing() -> None:
    assert Words().process_bind_param(None, DIALECT) is None
    assert Moment().process_bind_param(None, DIALECT) is None
    assert Moment().process_result_value(None, DIALECT) is None
