"""What clients are told of what she does unasked: mood, triggers, run-down, the last fires."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


MoodName = Literal["excited", "happy", "relaxed", "content", "upset", "sad", "tired"]


class MoodState(_Part):
    """How she feels. Rules set it, never a language model."""

    name: MoodName
    valence: float
    """-1 miserable to 1 delighted."""
    arousal: float
    """-1 sleepy to 1 thrilled."""


class NextFire(_Part):
    """Which trigger is to be looked at next, and when (ISO 8601, UTC): it fires then, or later."""

    trigger: str
    at: str


class RundownState(_Part):
    """Where in its plan the show is."""

    segment: str | None
    """None before the first and after the last one."""
    index: int | None
    ends_at: str | None
    """ISO 8601, UTC."""
    segments: tuple[str, ...]


Outcome = Literal["said", "shown", "moved", "played", "ran", "quiet", "dropped", "waits", "failed"]


class FireReport(_Part):
    """A trigger that fired, and what came of it."""

    at: str
    """ISO 8601, UTC."""
    trigger: str
    outcome: Outcome
    reason: str = ""
    text: str = ""
    """What she said."""
    source: Literal["model", "written", "nothing", ""] = ""
    topic: str = ""
    tries: int = 0
    similarity: float = 0.0
    """To the nearest of her recent lines."""
    stimulus: str = ""


class AutonomousSummary(_Part):
    """In short, as it stands in every state."""

    enabled: bool
    triggers: int
    faulty: int
    """Triggers that were switched off because they failed."""
    next: NextFire | None
    segment: str | None
    last: FireReport | None


class TriggerReport(_Part):
    """A trigger, as it was written and as it goes."""

    name: str
    kind: str
    enabled: bool
    settings: dict[str, Any]
    """As it can be sent back; empty for one that is written in Python."""
    next_at: str | None
    """When it is looked at next (ISO 8601, UTC); None: something must happen, or it is off."""
    last_at: str | None
    fires: int
    outcome: str
    """What came of its last time, or why it was kept from it."""
    fault: str = ""
    """Why it was switched off by itself."""


class Autonomous(_Part):
    """All of it."""

    enabled: bool
    mood: MoodState
    traits: dict[str, float]
    style: str
    triggers: tuple[TriggerReport, ...]
    rundown: RundownState | None
    recent: tuple[FireReport, ...]
    """The last fires, oldest first."""
