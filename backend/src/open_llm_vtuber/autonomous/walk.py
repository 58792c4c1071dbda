"""Walks through the plan of a show: what it wants said is wanted, and its topics are talked about meanwhile."""

from collections.abc import Callable
from typing import Literal, assert_never

from open_llm_vtuber.autonomous.content_generator import ContentGenerator
from open_llm_vtuber.autonomous.roster import RINGS_EARLY
from open_llm_vtuber.autonomous.rundown import Rundown, Segment, ShowPlan, Step
from open_llm_vtuber.autonomous.topics import Topics
from open_llm_vtuber.autonomous.wants import PLAN, Want
from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.units import Seconds

Move = Literal["start", "stop", "skip", "back", "extend"]
LATE: Seconds = 600.0
"""An opening or a closing may come this much later: a viewer's answer does not cost it."""


class Walk:
    """The plan of a show, if it has one. Times are the caller's seconds."""

    def __init__(
        self,
        rundown: Rundown | None,
        generator: ContentGenerator,
        rest_s: Seconds,
        want: Callable[[Want], None],
    ) -> None:
        self.plan = ShowPlan(rundown) if rundown else None
        self._starts_itself = rundown is not None and rundown.autostart
        self._generator = generator
        self._usual = generator.topics
        self._rest_s = rest_s
        self._want = want
        self._talks_about: Segment | None = None

    @property
    def segment(self) -> Segment | None:
        """The segment that runs."""
        return self.plan.segment if self.plan else None

    @property
    def ends(self) -> Seconds | None:
        """When the segment that runs is over."""
        return self.plan.ends if self.plan else None

    def begin(self, now: Seconds) -> None:
        """Go on air."""
        if self.plan and self._starts_itself and not self.plan.is_running:
            self._follow(self.plan.start(now), now)

    def advance(self, now: Seconds) -> None:
        """Go on to where the plan is by now."""
        if self.plan and self.plan.is_running:
            self._follow(self.plan.advance(now + RINGS_EARLY), now)

    def move(self, move: Move, minutes: float, now: Seconds) -> None:
        """Go about in the plan. Raises ProtocolError `wrong-state` without one, or while none runs."""
        plan = self.plan
        if plan is None or (move != "start" and not plan.is_running):
            raise ProtocolError("No run-down is running.", code="wrong-state")
        steps: list[Step] = []
        match move:
            case "start":
                steps = plan.start(now)
            case "stop":
                plan.stop()
            case "skip":
                steps = plan.skip(now)
            case "back":
                steps = plan.back(now)
            case "extend":
                plan.extend(minutes * 60)
            case _:
                assert_never(move)
        self._follow(steps, now)

    def _follow(self, steps: list[Step], now: Seconds) -> None:
        if self.segment is not self._talks_about:
            self._talks_about = self.segment
            topics = self.segment.topics if self.segment else ()
            self._generator.topics = Topics(topics, self._rest_s) if topics else self._usual
        for number, step in enumerate(steps):
            self._want(
                Want(
                    name=f"rundown-{number}",
                    rank=PLAN,
                    since=now + number / 1000,
                    late_s=LATE,
                    prompt=step.task,
                    facts={"segment": step.segment},
                )
            )
