"""Pure: the two clocks, cron lines, times of day and time zones.

Durations are measured by the loop's clock, which nobody sets. Times of day are the wall's, always with a zone.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator

from open_llm_vtuber import course
from open_llm_vtuber.units import Seconds

_HOURS = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")


@dataclass(frozen=True, slots=True)
class Now:
    """One moment on both clocks."""

    loop: Seconds
    wall: datetime
    """With a zone."""

    def at(self, wall: datetime) -> Seconds:
        """Return the loop's time of a moment on the wall's clock, as both clocks stand now."""
        return self.loop + (wall - self.wall).total_seconds()

    def on_the_wall(self, loop: Seconds) -> datetime:
        """Return the wall's time of a moment on the loop's clock, in UTC."""
        return self.wall.astimezone(UTC) + timedelta(seconds=loop - self.loop)


def wall_clock() -> datetime:
    """Return the time of day, with a zone."""
    return course.wall()


def zone(name: str) -> ZoneInfo:
    """Return a time zone. Raises ValueError for one that there is not."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"there is no time zone {name!r}; write it like Europe/Berlin") from None


def next_time(cron: str, after: datetime, where: ZoneInfo) -> datetime | None:
    """Return when a checked cron line is next due, in UTC; None if never.

    At a change to or from summer time it does what Debian's cron does: what falls into the missing hour comes
    right after it, what is named by an hour that comes twice comes once.
    """
    try:
        return next(CronSim(cron, after.astimezone(where))).astimezone(UTC)
    except StopIteration:
        return None


def quiet_span(text: str) -> tuple[time, time]:
    """Return begin and end of hours such as 23:00-07:00. Raises ValueError."""
    found = _HOURS.fullmatch(text.strip())
    try:
        if found:
            first, second, third, fourth = map(int, found.groups())
            return time(first, second), time(third % 24, fourth)
    except ValueError:
        pass
    raise ValueError(f"quiet hours are written like 23:00-07:00, not {text!r}")


def is_quiet(span: str, wall: datetime, where: ZoneInfo) -> bool:
    """Whether checked quiet hours hold now; 22:00-22:00 is the whole day."""
    begin, end = quiet_span(span)
    local = wall.astimezone(where).time()
    return begin <= local < end if begin < end else local >= begin or local < end


def _checked_cron(line: str) -> str:
    try:
        never = next_time(line, datetime(2024, 1, 1, tzinfo=UTC), ZoneInfo("UTC")) is None
    except CronSimError as error:
        raise ValueError(
            f"{line!r} is not a cron line ({str(error).lower()}); write minute, hour, day, month and weekday, "
            "like 0 20 * * FRI"
        ) from None
    if never:
        raise ValueError(f"{line!r} is never due")
    return line


def _checked_zone(name: str) -> str:
    zone(name)
    return name


def _checked_span(text: str) -> str:
    quiet_span(text)
    return text


CronLine = Annotated[str, AfterValidator(_checked_cron)]
ZoneName = Annotated[str, AfterValidator(_checked_zone)]
QuietHours = Annotated[str, AfterValidator(_checked_span)]
