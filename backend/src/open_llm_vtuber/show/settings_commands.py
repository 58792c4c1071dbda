"""What may be asked about the settings that are edited on air, and what a show is told when they have changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from open_llm_vtuber.protocol.settings_messages import (
    SectionName,
    SettingsChanged,
    SettingsRefused,
)
from open_llm_vtuber.settings.chat import ChatSettings, CueSheet


@dataclass(frozen=True, slots=True)
class DescribeSettings:
    """What can be edited, and what is it now?"""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditSection:
    """Put a section into the configuration file: a value or a text, or with neither nothing."""

    client: str
    section: SectionName
    revision: str
    value: Any = None
    text: str | None = None
    is_trial: bool = False
    """Only say what would change."""


@dataclass(frozen=True, slots=True)
class UndoLastEdit:
    """Take the last change of the file back. With `revision`, only if the file is that one."""

    client: str
    revision: str | None = None


@dataclass(frozen=True, slots=True)
class RereadSettings:
    """Read the configuration file anew."""

    client: str


SettingsCommand = DescribeSettings | EditSection | UndoLastEdit | RereadSettings
"""What concerns the configuration file, which is no show's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeSettings:
    """Go by these settings: by the rules of the moderation at once, by the rest from the next turn on."""

    client: str
    """Who changed them, and knows it already; "" is nobody."""
    told: SettingsChanged
    chat: ChatSettings
    sheets: Mapping[str, CueSheet]
    triggers: tuple[Mapping[str, Any], ...] | None = None
    """As a configuration has them; None where they are the same as before."""


@dataclass(frozen=True, slots=True)
class HearOfFault:
    """Tell the operators why the configuration file cannot be used."""

    told: SettingsRefused


TuneCommand = TakeSettings | HearOfFault
"""What a show is told of its settings."""
