"""The two clocks, cron lines and quiet hours, also in the nights when the clock is changed."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from open_llm_vtuber.autonomous.moments import (
    CronLine,
    Now,
    QuietHours,
    ZoneName,
    is_quiet,
    next_time,
    wall_clock,
    zone,
)

BERLIN = ZoneInfo("Europe/Berlin")


def test_both_clocks_are_converted_into_each_other() -> None:
    now = Now(100.0, datetime(2026, 1, 5, 18, tzinfo=UTC))
    later = datetime(2026, 1, 5, 18, 1, tzinfo=UTC)
    assert now.at(later) == 160.0
    assert now.on_the_wall(160.0) == later
    assert wall_clock().tzinfo is UTC


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("* * * *", "wrong number of fields"),
        ("99 * * * *", "bad minute"),
        ("@daily", "wrong number of fields"),
        ("0 0 31 4 *", "never due|bad day"),
        ("", "wrong number"),
        ("a b c d e", "bad"),
    ],
)
def test_a_cron_line_that_is_none_is_refused(line: str, why: str) -> None:
    with pytest.raises(ValidationError, match=f"(?i){why}"):
        TypeAdapter(CronLine).validate_python(line)


@given(st.text(max_size=30))
def test_any_text_is_a_cron_line_or_a_fault(text: str) -> None:
    try:
        TypeAdapter(CronLine).validate_python(text)
    except ValidationError:
        return
    assert next_time(text, datetime(2026, 1, 1, tzinfo=UTC), BERLIN) is not None


def test_every_hour_of_a_year_in_berlin_comes_once() -> None:
    at, seen = datetime(2026, 1, 1, tzinfo=UTC), 0
    end = datetime(2027, 1, 1, tzinfo=UTC)
    while (following := next_time("0 * * * *", at, BERLIN)) is not None and following < end:
        assert following - at == timedelta(hours=1)
        at, seen = following, seen + 1
    assert seen == 365 * 24 - 1


def test_a_daily_line_comes_once_on_each_of_the_changing_days() -> None:
    for day in (datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)):
        at, local = day, []
        for _ in range(3):
            following = next_time("30 2 * * *", at, BERLIN)
            assert following is not None
            at = following
            local.append(at.astimezone(BERLIN).date().day)
        assert len(set(local)) == 3


@pytest.mark.parametrize(
    ("span", "hour", "quiet"),
    [
        ("23:00-07:00", 23, True),
        ("23:00-07:00", 6, True),
        ("23:00-07:00", 7, False),
        ("23:00-07:00", 22, False),
        ("12:00-14:00", 13, True),
        ("12:00-14:00", 14, False),
        ("22:00-24:00", 23, True),
        ("22:00-24:00", 0, False),
        ("10:00-10:00", 3, True),
    ],
)
def test_quiet_hours_begin_and_end_and_may_cross_midnight(span: str, hour: int, quiet: bool) -> None:
    assert is_quiet(span, datetime(2026, 1, 5, hour, tzinfo=BERLIN), BERLIN) is quiet


@pytest.mark.parametrize("span", ["", "23-7", "25:00-07:00", "23:00", "23:60-01:00", "24:00-07:00"])
def test_quiet_hours_that_are_none_are_refused(span: str) -> None:
    with pytest.raises(ValidationError, match="quiet hours"):
        TypeAdapter(QuietHours).validate_python(span)


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../../etc/passwd", "Europe/", "\0"])
def test_a_zone_that_there_is_not_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="time zone"):
        TypeAdapter(ZoneName).validate_python(name)
    assert zone("Asia/Tokyo").key == "Asia/Tokyo"
