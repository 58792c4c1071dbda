"""The plan of a show: segments, each with its length, its opening, its topics and its closing. Pure: time is given."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from open_llm_vtuber.autonomous.templates import Template
from open_llm_vtuber.units import Seconds

MOST_MINUTES = 24 * 60.0
Minutes = Annotated[float, Field(gt=0, le=MOST_MINUTES, allow_inf_nan=False)]


class Segment(BaseModel):
    """One part of a show."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=60)
    minutes: Minutes
    opening: Template | None = None
    """What she is asked for when it begins."""
    closing: Template | None = None
    """What she is asked for when its time is over, before the next one begins."""
    topics: tuple[str, ...] = ()
    """What she talks about in it; the others rest meanwhile."""
    is_break: bool = Field(default=False, alias="break")
    """She says nothing unasked in it, but for opening and closing."""


class Rundown(BaseModel):
    """The segments of a show, in their order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    segments: tuple[Segment, ...] = Field(min_length=1, max_length=100)
    autostart: bool = True
    """Begin when the show goes on air; otherwise when an operator says so."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something that the plan wants said now."""

    segment: str
    task: str


class ShowPlan:
    """Where in its run-down a show is. Times are the caller's seconds."""

    def __init__(self, rundown: Rundown) -> None:
        self.segments: Sequence[Segment] = rundown.segments
        self._index: int | None = None
        self._ends = 0.0

    @property
    def segment(self) -> Segment | None:
        """The segment that runs; None before the first and after the last one."""
        return None if self._index is None else self.segments[self._index]

    @property
    def index(self) -> int | None:
        """The place of the segment that runs."""
        return self._index

    @property
    def is_running(self) -> bool:
        """Whether a segment runs."""
        return self._index is not None

    @property
    def ends(self) -> Seconds | None:
        """When the running segment is over."""
        return None if self._index is None else self._ends

    def start(self, now: Seconds) -> list[Step]:
        """Begin, or begin again, with the first segment."""
        return self._enter(0, now)

    def stop(self) -> None:
        """Leave the plan where it is; triggers go on."""
        self._index = None

    def advance(self, now: Seconds) -> list[Step]:
        """Go on to where the plan is by now, and return what is to be said for it.

        Segments that were slept through are left out, with all that they wanted said.
        """
        steps: list[Step] = []
        while self._index is not None and now >= self._ends:
            steps = self._leave(self._ends)
        return steps

    def skip(self, now: Seconds) -> list[Step]:
        """End the running segment now."""
        return self._leave(now) if self.is_running else []

    def back(self, now: Seconds) -> list[Step]:
        """Begin the segment before, or the first one anew."""
        return [] if self._index is None else self._enter(max(0, self._index - 1), now)

    def extend(self, seconds: Seconds) -> None:
        """Let the running segment last longer; less than nothing shortens it."""
        self._ends += seconds

    def _leave(self, now: Seconds) -> list[Step]:
        segment, index = self.segment, self._index
        if segment is None or index is None:
            return []
        closing = [Step(segment.name, segment.closing)] if segment.closing else []
        if index + 1 == len(self.segments):
            self._index = None
            return closing
        return [*closing, *self._enter(index + 1, now)]

    def _enter(self, index: int, now: Seconds) -> list[Step]:
        segment = self.segments[index]
        self._index, self._ends = index, now + segment.minutes * 60
        return [Step(segment.name, segment.opening)] if segment.opening else []
