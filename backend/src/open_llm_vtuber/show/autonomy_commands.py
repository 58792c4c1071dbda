"""What may be asked of a show about that which it does unasked."""

from collections.abc import Mapping
from dataclasses import dataclass

from open_llm_vtuber.protocol.autonomous_messages import RundownMove


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAutonomous:
    """Change what she does unasked, or nothing of it; the answer says how it goes."""

    trigger: str | None = None
    enabled: bool | None = None
    """Of the trigger or, without one, of all."""
    settings: Mapping[str, object] | None = None
    """The trigger as it is written in a configuration."""
    remove: bool = False
    rundown: RundownMove | None = None
    minutes: float = 0.0


@dataclass(frozen=True, slots=True)
class FireTrigger:
    """Let a trigger fire as soon as she is free, whatever its conditions."""

    trigger: str


AutonomousCommand = SetAutonomous | FireTrigger
"""What concerns that which she does unasked."""
