"""A character's persona with the prompts that the configuration appends to it. Reads files: call it in a thread."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from open_llm_vtuber.text_rules import encoding_of

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
        try:
            prompt = _prompt(folder / FOLDER, str(stem))
        except UnicodeDecodeError:
            notes.append(_unreadable(name))
            continue
        if prompt is not None:
            names_emotions = names_emotions or EMOTION_KEYS in prompt
            parts.append(prompt.replace(EMOTION_KEYS, "".join(f"[{each}], " for each in sorted(emotions))))
        elif name != OURS:
            notes.append(_missing(name))
    return Persona("\n\n".join(parts), names_emotions, tuple(notes))


def speak_up_prompt(prompts: Mapping[str, object], folder: Path, report: Callable[[str], None]) -> str:
    """Return what the character is asked for when nobody has asked anything; "" when no file says it."""
    return _occasional("proactive_speak_prompt", prompts, folder, report)


def group_prompt(prompts: Mapping[str, object], folder: Path, report: Callable[[str], None]) -> str:
    """Return what a character is told of a conversation with others; "" when no file says it."""
    return _occasional("group_conversation_prompt", prompts, folder, report)


def _occasional(name: str, prompts: Mapping[str, object], folder: Path, report: Callable[[str], None]) -> str:
    stem = prompts.get(name)
    if not stem:
        return ""
    try:
        prompt = _prompt(folder / FOLDER, str(stem))
    except UnicodeDecodeError:
        report(_unreadable(name))
        return ""
    if prompt is None:
        report(_missing(name))
    return prompt or ""


def _missing(name: str) -> str:
    return f"The prompt {name} is not used: {FOLDER.as_posix()} has no text file for it."


def _unreadable(name: str) -> str:
    return f"The prompt {name} is not used: its file is not UTF-8 text; save it as UTF-8 in your editor."


def _prompt(folder: Path, stem: str) -> str | None:
    """Return the text of that file; None without one. Raises UnicodeDecodeError."""
    if not _FILE_STEM.fullmatch(stem):
        return None
    path = folder / f"{stem}.txt"
    try:
        with path.open("rb") as raw:
            encoding = encoding_of(raw.read(2))
        with path.open(encoding=encoding) as file:
            return file.read(LONGEST_PROMPT).strip()
    except OSError:
        return None
