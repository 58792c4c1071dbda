"""The sections of a configuration that can be edited on air: where each stands, and its defaults."""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from open_llm_vtuber.protocol.settings_messages import SectionName
from open_llm_vtuber.settings.chat import CommandRules, ModerationSettings, SelectionSettings

SECTIONS: tuple[SectionName, ...] = get_args(SectionName)
PLACES: Mapping[SectionName, Sequence[str]] = {
    "persona": ("character_config", "persona_prompt"),
    "moderation": ("live_config", "chat", "moderation"),
    "cue_sheets": ("cue_sheets",),
    "commands": ("live_config", "chat", "commands"),
    "selection": ("live_config", "chat", "selection"),
    "triggers": ("autonomous", "triggers"),
}
"""Section → the keys that lead to it."""


def defaults(persona: str, triggers: object) -> Mapping[SectionName, Any]:
    """Return what counts where a file says nothing, as JSON has it; persona and triggers are given."""
    return {
        "persona": persona,
        "moderation": ModerationSettings().model_dump(mode="json"),
        "cue_sheets": {},
        "commands": CommandRules().model_dump(mode="json"),
        "selection": SelectionSettings().model_dump(mode="json"),
        "triggers": triggers,
    }
