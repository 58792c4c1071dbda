"""All avatars that there are: the built-in one, those of `model_dict.json`, and folders that it does not name."""

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from open_llm_vtuber import config
from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.live2d.files import ModelFiles
from open_llm_vtuber.live2d.folders import address, model_folders, model_in
from open_llm_vtuber.live2d.inspection import Inspection, inspected
from open_llm_vtuber.live2d.reading import DICTIONARY, built_in, dictionary
from open_llm_vtuber.text_rules import bounded, one_line

MOST_MODELS = 200
LONGEST_NAME = 100


class ModelReport(BaseModel):
    """One avatar: where it is, what it can show, and what is wrong with it."""

    model_config = ConfigDict(frozen=True)
    name: str
    """What a character's `live2d_model_name` says."""
    url: str
    """Of its `.model3.json`, on this server; "" when there is none."""
    is_built_in: bool = False
    needs_live2d: bool = True
    """Whether it is drawn by the Live2D add-on, and not by the page itself."""
    entry: str = ""
    """What `model_dict.json` needs to hold before a character can have it; "" when it does."""
    expressions: tuple[str, ...] = ()
    motions: dict[str, int] = {}
    """Group → how many motions."""
    faults: tuple[str, ...] = ()
    """One sentence each, with the fix."""
    remarks: tuple[str, ...] = ()


class Listing(BaseModel):
    """All avatars, and what is wrong with the list itself."""

    model_config = ConfigDict(frozen=True)
    models: tuple[ModelReport, ...]
    faults: tuple[str, ...] = ()


def listing(folder: Path, frontend: Path) -> Listing:
    """Look at every avatar. Reads many files: call it in a thread."""
    faults: list[str] = []
    entry, files = built_in(frontend)
    own = _told(config.BUILT_IN_AVATAR, entry["url"], inspected(entry, files))
    return Listing(models=(own, *islice(_users(folder, faults), MOST_MODELS)), faults=tuple(faults))


def _users(folder: Path, faults: list[str]) -> Iterator[ModelReport]:
    named: set[str] = set()
    used: set[Path] = set()
    for entry in _entries(folder, faults):
        name = str(entry.get("name", ""))
        if name in named | {config.BUILT_IN_AVATAR}:
            faults.append(f"{DICTIONARY}: {_short(name)!r} stands there more than once; the first counts.")
            continue
        named.add(name)
        url = str(entry.get("url", ""))
        try:
            files = ModelFiles.at(folder, url)
        except ConfigError as error:
            yield ModelReport(name=_short(name), url="", faults=(str(error),))
            continue
        used.add(files.model)
        yield _told(name, "/" + url.removeprefix("/"), inspected(entry, files))
    yield from _unnamed(folder, used)


def _entries(folder: Path, faults: list[str]) -> Iterator[Mapping[str, Any]]:
    if not (folder / DICTIONARY).exists():
        return
    try:
        yield from dictionary(folder)
    except ConfigError as error:
        faults.append(str(error))


def _unnamed(folder: Path, used: set[Path]) -> Iterator[ModelReport]:
    for place in sorted(model_folders(folder)):
        found = model_in(place)
        if found is None or any(each.is_relative_to(place.resolve()) for each in used):
            continue
        url = "/" + address(place, found.model)
        try:
            files = ModelFiles.at(folder, url)
        except ConfigError as error:
            yield ModelReport(name=_short(place.name), url="", faults=(str(error),))
            continue
        entry = {"name": place.name, "url": url, "emotionMap": {}}
        yield _told(place.name, url, inspected(None, files), entry=json.dumps(entry, ensure_ascii=False))


def _told(name: str, url: str, found: Inspection, entry: str = "") -> ModelReport:
    return ModelReport(
        name=_short(name),
        url=url,
        is_built_in=name == config.BUILT_IN_AVATAR,
        needs_live2d=found.needs_live2d,
        entry=entry,
        expressions=found.expressions,
        motions=dict(found.motions),
        faults=found.faults,
        remarks=found.remarks,
    )


def _short(name: str) -> str:
    return bounded(one_line(name), LONGEST_NAME)
