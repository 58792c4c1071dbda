"""Which avatars the configuration names, and what each can show."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from open_llm_vtuber import config
from open_llm_vtuber.config import Settings
from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.live2d.files import ModelFiles, read_json
from open_llm_vtuber.live2d_model import Live2dModel

DICTIONARY = "model_dict.json"
BUILT_IN_URL = f"live2d-models/{config.BUILT_IN_AVATAR}/{config.BUILT_IN_AVATAR}.model3.json"


def avatar(settings: Settings, frontend: Path, name: str | None = None) -> Live2dModel:
    """Read an avatar, else the character's. Raises ConfigError when it is unknown, missing or faulty."""
    name = settings.character_config.live2d_model_name if name is None else name
    if name == config.BUILT_IN_AVATAR:
        entry, files = built_in(frontend)
        return _model(entry, files)
    entries = dictionary(settings.folder)
    entry = next((each for each in entries if each.get("name") == name), {})
    if not entry:
        known = [config.BUILT_IN_AVATAR, *(str(each.get("name")) for each in entries)]
        raise ConfigError(f"There is no avatar {name!r}. Known: {', '.join(known)}.")
    url = str(entry.get("url", ""))
    if url.lstrip("/") == BUILT_IN_URL:  # the built-in one by another name: in other colours, say
        return _model(entry, built_in(frontend)[1])
    return _model(entry, ModelFiles.at(settings.folder, url))


def built_in(frontend: Path) -> tuple[Mapping[str, Any], ModelFiles]:
    """Return the entry and the files of the avatar that comes with the program."""
    folder = frontend / "models" / config.BUILT_IN_AVATAR
    return read_json(folder / "entry.json"), ModelFiles(
        folder, folder / f"{config.BUILT_IN_AVATAR}.model3.json"
    )


def dictionary(folder: Path) -> Sequence[Mapping[str, Any]]:
    """Return the entries of `model_dict.json`. Raises ConfigError when it is missing or no list."""
    file = folder / DICTIONARY
    if not file.exists():
        raise ConfigError(
            f"There is no {DICTIONARY} beside the configuration, which names the avatars: "
            "`open-llm-vtuber live2d check` says what to write into it."
        )
    entries = read_json(file)
    if not isinstance(entries, list):
        raise ConfigError(f"The avatar's file {DICTIONARY} must hold a list.")
    return [each for each in entries if isinstance(each, dict)]


def _model(entry: Mapping[str, Any], files: ModelFiles) -> Live2dModel:
    return Live2dModel.from_json(entry, read_json(files.model), files.json)
