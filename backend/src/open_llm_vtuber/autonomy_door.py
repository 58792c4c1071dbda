"""From a client's message about what she does unasked to a command: the same for WebSocket and REST."""

from typing import assert_never

from open_llm_vtuber.protocol.autonomous_messages import (
    AutonomousClientMessage,
    AutonomousFire,
    AutonomousSet,
)
from open_llm_vtuber.show.autonomy_commands import AutonomousCommand, FireTrigger, SetAutonomous


def autonomous_command(message: AutonomousClientMessage) -> AutonomousCommand:
    """Return what a message asks for."""
    match message:
        case AutonomousSet():
            return SetAutonomous(
                trigger=message.trigger,
                enabled=message.enabled,
                settings=message.settings,
                remove=message.remove,
                rundown=message.rundown,
                minutes=message.minutes,
            )
        case AutonomousFire():
            return FireTrigger(message.trigger)
        case _:
            assert_never(message)
