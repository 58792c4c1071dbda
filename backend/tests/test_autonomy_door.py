"""From a message about what she does unasked to a command."""

from open_llm_vtuber.autonomy_door import autonomous_command
from open_llm_vtuber.protocol.autonomous_messages import AutonomousFire, AutonomousSet
from open_llm_vtuber.show.autonomy_commands import FireTrigger, SetAutonomous


def test_what_a_message_says_is_what_the_show_is_asked() -> None:
    message = AutonomousSet(
        trigger="tick", enabled=False, settings={"kind": "idle"}, rundown="extend", minutes=7
    )
    assert autonomous_command(message) == SetAutonomous(
        trigger="tick", enabled=False, settings={"kind": "idle"}, rundown="extend", minutes=7
    )
    assert autonomous_command(AutonomousFire(trigger="tick")) == FireTrigger("tick")


def test_an_empty_message_changes_nothing() -> None:
    assert autonomous_command(AutonomousSet()) == SetAutonomous(minutes=5.0)
