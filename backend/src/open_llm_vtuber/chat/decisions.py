"""What was decided about a chat message, and why."""

from dataclasses import dataclass
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


def pending(message_id: str) -> Decision:
    """Return that the message waits for an answer."""
    return Decision(message_id=message_id, outcome="pending")


def skipped(message_id: str, reason: str) -> Decision:
    """Return that the message will not be answered, and why in a fixed word or two."""
    return Decision(message_id=message_id, outcome="skipped", reason=reason)
