"""What clients and the server tell each other about the settings that can be edited on air."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

from open_llm_vtuber.protocol.envelope import Answer, Capability, Cue, Request

SectionName = Literal["persona", "moderation", "cue_sheets", "commands", "selection", "triggers"]
Revision = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class GetSettings(Request):
    """What can be edited on air, and what is it now?"""

    type: Literal["get-settings"] = "get-settings"


class EditSettings(Request):
    """Put one section into the configuration file, as it would be written there; it counts from the next turn.

    `value` is JSON, `text` is YAML; one of them. Neither takes the section out of the file, so that the defaults count.
    `revision` is that of the settings which were edited. With `dry_run` it is only checked, and nothing is written.
    """

    type: Literal["edit-settings"] = "edit-settings"
    section: SectionName
    value: dict[str, Any] | list[Any] | str | None = None
    text: Annotated[str, StringConstraints(max_length=200_000)] | None = None
    revision: Revision
    dry_run: bool = False


class UndoEdit(Request):
    """Take the last change of the configuration file back, whoever made it."""

    type: Literal["undo-edit"] = "undo-edit"
    revision: Revision | None = None
    """That of the settings which are to be undone; without it, whatever they are now."""


class ReloadSettings(Request):
    """Read the configuration file anew."""

    type: Literal["reload-settings"] = "reload-settings"


class SettingsSection(BaseModel):
    """One section as the file has it, without the environment put in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: Any = None
    """None: the file says nothing about it."""
    defaults: Any = None
    """What counts where the file says nothing."""
    text: str = ""
    """The same as YAML, with its comments."""


class SettingsNow(Answer):
    """What can be edited on air. Nothing that is secret is part of it."""

    type: Literal["settings"] = "settings"
    file: str
    """The name of the file."""
    revision: str
    can_undo: bool
    fault: str = ""
    """Why the file as it is now cannot be used; what was good before still counts, and nothing can be edited."""
    needs_restart: tuple[str, ...] = ()
    sections: dict[SectionName, SettingsSection]


class SettingsChecked(Answer):
    """What an edit would change: nothing was written."""

    type: Literal["settings-checked"] = "settings-checked"
    section: SectionName
    diff: tuple[str, ...]
    """The lines of the section that would go (`-`) and come (`+`); none where nothing would change."""


class SettingsChanged(Answer):
    """The settings are others now. Whoever asked has it as an answer, everybody else as a cue."""

    capability: ClassVar[Capability | None] = "state"
    type: Literal["settings-changed"] = "settings-changed"
    revision: str
    sections: tuple[SectionName, ...] = ()
    """What counts from the next turn on."""
    needs_restart: tuple[str, ...] = ()
    """What the file says otherwise than the program that runs: it counts after a restart."""
    can_undo: bool


class SettingsRefused(Cue):
    """The configuration file was changed and cannot be used: nothing changes. `reason` names its faults."""

    capability: ClassVar[Capability | None] = "state"
    type: Literal["settings-refused"] = "settings-refused"
    reason: str


SettingsClientMessage = GetSettings | EditSettings | UndoEdit | ReloadSettings
SettingsServerMessage = SettingsNow | SettingsChecked | SettingsChanged | SettingsRefused
