"""What came of the last fires, for operators and for the report of a rehearsal."""

from collections import deque

from open_llm_vtuber import course
from open_llm_vtuber.autonomous.content_generator import Content
from open_llm_vtuber.autonomous.moments import Now
from open_llm_vtuber.decided import Fired
from open_llm_vtuber.protocol.autonomous_parts import FireReport, Outcome

KEPT = 50
LONGEST_REASON = 200


class Journal:
    """The last fires, oldest first."""

    def __init__(self) -> None:
        self._fires: deque[FireReport] = deque(maxlen=KEPT)

    @property
    def fires(self) -> tuple[FireReport, ...]:
        """The last fires."""
        return tuple(self._fires)

    @property
    def last(self) -> FireReport | None:
        """The last one."""
        return self._fires[-1] if self._fires else None

    def note(
        self,
        now: Now,
        trigger: str,
        outcome: Outcome,
        *,
        reason: str = "",
        content: Content | None = None,
        stimulus: str = "",
    ) -> None:
        """Note a fire."""
        course.note(Fired(trigger=trigger, outcome=outcome, reason=reason[:LONGEST_REASON], turn_id=stimulus))
        told = content or Content(text="", source="nothing", tries=0)
        self._fires.append(
            FireReport(
                at=now.wall.isoformat(timespec="milliseconds"),
                trigger=trigger,
                outcome=outcome,
                reason=(reason or told.reason)[:LONGEST_REASON],
                text=told.text,
                source=told.source if content else "",
                topic=told.topic,
                tries=told.tries,
                similarity=round(told.similarity, 2),
                stimulus=stimulus,
            )
        )
