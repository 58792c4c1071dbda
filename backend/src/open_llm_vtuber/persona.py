"""A character's persona with the prompts that the configuration appends to it. Reads files: call it in a thread."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path("prompts", "utils")
LONGEST_PROMPT = 20_000
NOT_FOR_THE_PERSONA = frozenset(("group_conversation_prompt", "proactive_speak_prompt", "mcp_prompt"))
OURS = "live2d_expression_prompt"
"""Where its file is missing, the agent's own instruction about emotion tags does the same."""
EMOTION_KEYS = "[<insert_emomap_keys>]"
_FILE_STEM = re.compile(r"[\w-]{1,100}")


@dataclass(frozen=True, slots=True)
class Persona:
    """What a language model is told about who it is."""

    text: str
    names_emotions: bool = False
    """The text itself says which emotion tags there are."""
    notes: tuple[str, ...] = ()


def persona(text: str, prompts: Mapping[str, object], folder: Path, emotions: Collection[str]) -> Persona:
    """Append the prompts of `prompts` (name → file stem) that lie below `folder`; what is missing is noted."""
    parts, notes = [text], []
    names_emotions = False
    for name, stem in prompts.items():
        if name in NOT_FOR_THE_PERSONA or not stem:
            continue
        prompt = _prompt(folder / FOLDER, str(stem))
        if prompt is not None:
            names_emotions = names_emotions or EMOTION_KEYS in prompt
            parts.append(prompt.replace(EMOTION_KEYS, "".join(f"[{each}], " for each in sorted(emotions))))
        elif name != OURS:
            notes.append(f"The prompt {name} is not used: {FOLDER.as_posix()} has no text file for it.")
    return Persona("\n\n".join(parts), names_emotions, tuple(notes))


def speak_up_prompt(prompts: Mapping[str, object], folder: Path) -> str:
    """Return what the character is asked for when nobody has asked anything; "" when no file says it."""
    return _prompt(folder / FOLDER, str(prompts.get("proactive_speak_prompt"))) or ""


def group_prompt(prompts: Mapping[str, object], folder: Path) -> str:
    """Return what a character is told of a conversation with others; "" when no file says it."""
    return _prompt(folder / FOLDER, str(prompts.get("group_conversation_prompt"))) or ""


def _prompt(folder: Path, stem: str) -> str | None:
    if not _FILE_STEM.fullmatch(stem):
        return None
    try:
        with (folder / f"{stem}.txt").open(encoding="utf-8") as file:
            return file.read(LONGEST_PROMPT).strip()
    except (OSError, ValueError):
        return None
