"""Which expression file and which hotkey of VTube Studio's model is meant. Pure.

What the configuration says counts first; else equal names, whatever their case.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from open_llm_vtuber.vts.api import Hotkey
from open_llm_vtuber.vts.puppet import Gesture

ENDING = ".exp3.json"
PLAYS_A_MOTION = "TriggerAnimation"
"""Only such hotkeys are found by their name: a motion that somebody names must not change the model."""


class Matching:
    """The operator's words beside those of the model that is loaded."""

    def __init__(self, expressions: Mapping[str, str], motions: Mapping[str, str]) -> None:
        self._named_expressions = {name: _with_ending(file) for name, file in expressions.items()}
        self._named_motions = motions
        self._expressions = {name.lower(): file for name, file in self._named_expressions.items()}
        self._motions = {name.lower(): hotkey for name, hotkey in motions.items()}

    @property
    def configured_files(self) -> frozenset[str]:
        """The files that the configuration names, in lower case."""
        return frozenset(file.lower() for file in self._expressions.values())

    def file(self, names: Sequence[str], files: Collection[str]) -> str | None:
        """Return the file of the face with these names, out of those that the model has."""
        by_name = {file.lower(): file for file in files}
        for name in names:
            if configured := self._expressions.get(name.lower()):
                return by_name.get(configured.lower())
        for name in names:
            if found := by_name.get(_with_ending(name).lower()):
                return found
        return None

    def hotkey(self, gesture: Gesture, hotkeys: Sequence[Hotkey]) -> Hotkey | None:
        """Return the hotkey for a gesture: named in the configuration, else like it (Wave/0, Wave 0 or Wave)."""
        configured = self._motions.get(gesture.name.lower())
        if configured is not None:
            return next((each for each in hotkeys if _is_called(each, configured)), None)
        names = [gesture.name, f"{gesture.group} {gesture.index}"]
        if gesture.index == 0:
            names.append(gesture.group)
        playing = [each for each in hotkeys if each.action == PLAYS_A_MOTION]
        return next((each for name in names for each in playing if _is_called(each, name)), None)

    def faults(self, files: Collection[str], hotkeys: Sequence[Hotkey]) -> Iterator[str]:
        """Say what of the configuration this model does not have."""
        known = {file.lower() for file in files}
        for name, file in self._named_expressions.items():
            if file.lower() not in known:
                yield f"file {file} (for {name})"
        for name, hotkey in self._named_motions.items():
            if not any(_is_called(each, hotkey) for each in hotkeys):
                yield f"hotkey {hotkey} (for {name})"

    def is_configured(self, names: Sequence[str]) -> bool:
        """Whether the configuration has a word for this face."""
        return any(name.lower() in self._expressions for name in names)


def _with_ending(name: str) -> str:
    return name if name.lower().endswith(ENDING) else name + ENDING


def _is_called(hotkey: Hotkey, name: str) -> bool:
    return bool(name) and name.lower() in (hotkey.name.lower(), hotkey.hotkey_id.lower())
