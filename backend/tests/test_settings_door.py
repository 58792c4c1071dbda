"""From a message about the settings to a command."""

from open_llm_vtuber.protocol.settings_messages import EditSettings, GetSettings, ReloadSettings, UndoEdit
from open_llm_vtuber.settings_door import settings_command
from open_llm_vtuber.show.settings_commands import (
    DescribeSettings,
    EditSection,
    RereadSettings,
    UndoLastEdit,
)


def test_what_a_message_says_is_what_is_asked() -> None:
    assert settings_command(GetSettings(), "u1") == DescribeSettings()
    assert settings_command(UndoEdit(revision="r"), "u1") == UndoLastEdit("u1", "r")
    assert settings_command(ReloadSettings(), "u1") == RereadSettings("u1")
    edit = EditSettings(section="persona", text="A", revision="r", dry_run=True)
    assert settings_command(edit, "u1") == EditSection(
        client="u1", section="persona", revision="r", text="A", is_trial=True
    )
