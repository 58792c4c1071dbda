"""The files of one avatar. A model may come from anywhere: what it names is looked for in its own folder only."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from open_llm_vtuber.errors import ConfigError

MODELS_FOLDER = "live2d-models"
LARGEST_JSON = 8_000_000
"""Bytes; the longest motions that are known have a tenth of it."""
LONGEST_NAME = 255
"""Characters of a path that a model's file may hold."""
_SAID = 80
"""Characters of a path that a sentence repeats."""
_NOT_IN_ADDRESSES = frozenset('\\?#%:*"<>|')
"""Characters that mean something else in an address, or cannot be in a file's name everywhere."""


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """Where a model's files are: nothing outside `root` is opened, whatever a file or a link says."""

    root: Path
    """The model's folder; its files may also lie in folders below."""
    model: Path
    """Its `.model3.json`."""

    @classmethod
    def at(cls, folder: Path, url: str) -> Self:
        """Return those of an entry's `url`, which must lead into `live2d-models` beside the configuration.

        Raises ConfigError.
        """
        first, *parts = _parts(url.removeprefix("/"))
        if first != MODELS_FOLDER or not parts or {".", ".."}.intersection(parts):
            raise ConfigError(
                f"The avatar's url {_said(url)} must lead into /{MODELS_FOLDER}/, the folder beside the configuration."
            )
        models = folder / MODELS_FOLDER
        root = models.joinpath(*parts[:-1][:1])
        return cls(root, _inside(models, models.joinpath(*parts), parts[-1]))

    def find(self, reference: str) -> Path:
        """Return the file that is named, as seen from the model's. Raises ConfigError with the fix."""
        return _inside(self.root, self.model.parent.joinpath(*_parts(reference)), reference)

    def json(self, reference: str) -> Any:
        """Return what a JSON file holds. Raises ConfigError."""
        return read_json(self.find(reference))


def read_json(file: Path) -> Any:
    """Return what a JSON file holds, in whatever Unicode encoding. Raises ConfigError."""
    try:
        if file.stat().st_size > LARGEST_JSON:
            raise ConfigError(f"The avatar's file {file.name} is larger than {LARGEST_JSON} bytes.")
        return json.loads(file.read_bytes())
    except FileNotFoundError:
        raise ConfigError(f"The avatar's file {file.name} is missing.") from None
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"The avatar's file {file.name} cannot be read as JSON.") from error


def _parts(reference: str) -> list[str]:
    if not reference or len(reference) > LONGEST_NAME or not reference.isprintable():
        raise ConfigError(f"{_said(reference)} cannot be the path of a file.")
    if wrong := sorted(_NOT_IN_ADDRESSES.intersection(reference)):
        raise ConfigError(
            f"The path {_said(reference)} holds {' '.join(wrong)}: rename the file, and write / between folders."
        )
    return reference.split("/")


def _inside(root: Path, file: Path, named: str) -> Path:
    try:
        resolved = file.resolve()
        is_inside = resolved.is_relative_to(root.resolve())
        is_file = is_inside and resolved.is_file()
        is_there = is_inside and resolved.exists()
    except (OSError, RuntimeError):  # a link that leads to itself
        raise ConfigError(f"The avatar's file {_said(named)} cannot be opened.") from None
    if not is_inside:
        raise ConfigError(
            f"The avatar's file {_said(named)} lies outside the model's folder, where nothing is read: "
            "put it into the folder."
        )
    if not is_there:
        raise ConfigError(
            f"The avatar's file {_said(named)} is missing: copy it there, or export the model again."
        )
    if not is_file:
        raise ConfigError(f"The avatar's file {_said(named)} is no file.")
    return resolved


def _said(path: str) -> str:
    return repr(path)[:_SAID] if not path.isprintable() or not path else path[:_SAID]
