"""Which characters there are: the configuration's own, and one for each readable file of the folder beside it.

Reads files: call it in a thread.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from open_llm_vtuber import config
from open_llm_vtuber.config import Character, Settings
from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.settings.keys import environment_of

SUFFIXES = frozenset((".yaml", ".yml"))
MOST_FILES = 500
LARGEST_FILE = 1_000_000
LONGEST_PATH = 255
"""Characters of a file's path that a client may send."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A character that can be switched to; clients tell characters apart by their names."""

    file: str
    name: str
    character: Character


@dataclass(frozen=True, slots=True)
class Listing:
    """All characters, the configuration's own first, and what an operator should know of the others."""

    characters: tuple[Listed, ...]
    notes: tuple[str, ...]

    def find(self, file: str) -> Listed | None:
        """Return the character of that file, as it is listed."""
        return next((each for each in self.characters if each.file == file), None)


@dataclass(frozen=True, slots=True)
class _Reading:
    state: tuple[int, int]
    """The file's time and size when it was read."""
    character: Character | None
    notes: tuple[str, ...]


class CharacterFiles:
    """Reads the folder anew whenever it is asked; a file that has not changed is not read again."""

    def __init__(self, settings: Settings) -> None:
        self._base = settings.character_config
        self._beside = settings.folder
        self._folder = settings.folder / settings.system_config.config_alts_dir
        self._readings: dict[Path, _Reading] = {}

    def listing(self) -> Listing:
        """Return what there is now. A file that cannot be used is noted and hides nobody else."""
        notes: list[str] = []
        found = [("conf.yaml", self._base)]
        readings: dict[Path, _Reading] = {}
        for file, path in self._files(notes):
            reading = readings[path] = self._read(path)
            notes.extend(f"{file} (characters): {note}" for note in reading.notes)
            if reading.character:
                found.append((file, reading.character))
        self._readings = readings
        return Listing(tuple(_named_apart(found)), tuple(notes))

    def _files(self, notes: list[str]) -> Iterator[tuple[str, Path]]:
        paths = sorted(
            Path(folder, name)
            for folder, _, names in os.walk(self._folder)
            for name in names
            if Path(name).suffix.lower() in SUFFIXES
        )
        if len(paths) > MOST_FILES:
            notes.append(f"There are more than {MOST_FILES} character files; the others are not listed.")
        for path in paths[:MOST_FILES]:
            file = path.relative_to(self._folder).as_posix()
            if why := _unlistable(file):
                notes.append(f"{file!a} (characters) is not listed: {why}.")
            else:
                yield file, path

    def _read(self, path: Path) -> _Reading:
        try:
            status = path.stat()
        except OSError as error:
            return _Reading((0, 0), None, (f"cannot be read: {error.strerror}.",))
        state = (status.st_mtime_ns, status.st_size)
        known = self._readings.get(path)
        if known and known.state == state:
            return known
        if not path.is_file() or status.st_size > LARGEST_FILE:
            return _Reading(state, None, (f"it is no file, or larger than {LARGEST_FILE} bytes.",))
        try:
            environment = environment_of(self._beside, os.environ, [])
            character, notes = config.character(self._base, path, environment)
        except ConfigError as error:
            return _Reading(state, None, (str(error),))
        return _Reading(state, character, tuple(notes))


def _unlistable(file: str) -> str:
    if file == config.DEFAULT_FILE.name:
        return "that name is the configuration's own"
    if len(file) > LONGEST_PATH:
        return "its path is too long"
    return "" if file.isprintable() else "its name cannot be shown"


def _named_apart(found: list[tuple[str, Character]]) -> Iterator[Listed]:
    taken: set[str] = set()
    for file, character in found:
        name = character.conf_name.strip() or file
        while name in taken:
            name += f" ({file})"
        taken.add(name)
        yield Listed(file, name, character)
