"""What was decided about a chat message, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Outcome = Literal["pending", "answered", "queued", "skipped", "held", "blocked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision about one message. `reason` is a short fixed word, never a viewer's text."""

    message_id: str
    outcome: Outcome
    reason: str = ""
    score: float | None = None
    """How much it deserves an answer; None where nothing was weighed."""
    factors: Mapping[str, float] = field(default_factory=dict)
    """What the score is made of: they add up to it."""
    beaten_by: float | None = None
    """The score of the message that was answered instead."""

    @property
    def is_final(self) -> bool:
        """Whether nothing more will come of it."""
        return self.outcome in ("answered", "skipped", "blocked")


def pending(message_id: str) -> Decision:
    """Return that the message waits for an answer."""
    return Decision(message_id=message_id, outcome="pending")


def skipped(message_id: str, reason: str) -> Decision:
    """Return that the message will not be answered, and why in a fixed word or two."""
    return Decision(message_id=message_id, outcome="skipped", reason=reason)
