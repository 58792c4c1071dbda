"""From a client's message about the settings to a command: the same for WebSocket and REST."""

from typing import assert_never

from open_llm_vtuber.protocol.settings_messages import (
    EditSettings,
    GetSettings,
    ReloadSettings,
    SettingsClientMessage,
    UndoEdit,
)
from open_llm_vtuber.show.settings_commands import (
    DescribeSettings,
    EditSection,
    RereadSettings,
    SettingsCommand,
    UndoLastEdit,
)


def settings_command(message: SettingsClientMessage, client: str) -> SettingsCommand:
    """Return what a message asks for."""
    match message:
        case GetSettings():
            return DescribeSettings()
        case EditSettings():
            return EditSection(
                client=client,
                section=message.section,
                revision=message.revision,
                value=message.value,
                text=message.text,
                is_trial=message.dry_run,
            )
        case UndoEdit():
            return UndoLastEdit(client, message.revision)
        case ReloadSettings():
            return RereadSettings(client)
        case _:
            assert_never(message)
