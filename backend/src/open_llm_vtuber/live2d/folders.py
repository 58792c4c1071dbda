"""Which folders hold models. A folder may hold anything, and any number of it."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath

from open_llm_vtuber.live2d.files import MODELS_FOLDER

MOST_FILES = 1_000
"""Entries of a folder that are looked at."""
MODEL = ".model3.json"


@dataclass(frozen=True, slots=True)
class Found:
    """A folder's model, and all files beside and below it."""

    model: Path
    files: Sequence[Path]


def model_folders(folder: Path) -> list[Path]:
    """Return the folders in which a model may lie, beside the configuration."""
    return [Path(entry.path) for entry in entries(folder / MODELS_FOLDER) if entry.is_dir()]


def model_in(folder: Path) -> Found | None:
    """Return the folder's model, at whatever depth: the one that has the folder's name goes before others."""
    walk = (Path(base, name) for base, _, names in os.walk(folder) for name in sorted(names))
    files = list(islice(walk, MOST_FILES))
    models = [file for file in files if file.name.endswith(MODEL)]
    if not models or not folder.name.isprintable():
        return None
    return Found(
        min(models, key=lambda file: (file.name != folder.name + MODEL, len(file.parts), file)), files
    )


def address(folder: Path, file: Path) -> str:
    """Return where a file of a model's folder is served, below this server's address."""
    return PurePosixPath(MODELS_FOLDER, file.relative_to(folder.parent).as_posix()).as_posix()


def entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Yield what lies in a folder; nothing if there is none."""
    try:
        with os.scandir(folder) as found:
            yield from islice(found, MOST_FILES)
    except OSError:
        return
