"""What clients and the server tell each other about what she does unasked."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from open_llm_vtuber.protocol.autonomous_parts import Autonomous
from open_llm_vtuber.protocol.envelope import Answer, Request

LONGEST_EXTENSION_MIN = 24 * 60

TriggerName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
RundownMove = Literal["start", "stop", "skip", "back", "extend"]


class AutonomousSet(Request):
    """Change what she does unasked; an empty one only asks how it goes.

    Without `trigger`, `enabled` is for all of it. With one, `settings` (as in the configuration) add it or take the
    place of what it was, `enabled` switches it, and `remove` takes it off.
    """

    type: Literal["autonomous-set"] = "autonomous-set"
    trigger: TriggerName | None = None
    enabled: bool | None = None
    settings: dict[str, Any] | None = Field(default=None, max_length=40)
    remove: bool = False
    rundown: RundownMove | None = None
    minutes: float = Field(default=5.0, ge=-LONGEST_EXTENSION_MIN, le=LONGEST_EXTENSION_MIN)
    """By how much `extend` makes the running segment longer."""


class AutonomousFire(Request):
    """Let a trigger fire as soon as she is free, whatever its conditions."""

    type: Literal["autonomous-fire"] = "autonomous-fire"
    trigger: TriggerName


class AutonomousState(Answer, Autonomous):
    """How it goes with what she does unasked."""

    type: Literal["autonomous-state"] = "autonomous-state"


AutonomousClientMessage = AutonomousSet | AutonomousFire
AutonomousServerMessage = AutonomousState
AutonomousMessage = AutonomousClientMessage | AutonomousServerMessage
