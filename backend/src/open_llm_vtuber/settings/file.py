"""A configuration file as it stands: YAML with the environment put in. Only `config.py` asks for it."""

import re
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import yaml

from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.settings.keys import FILE as KEYS
from open_llm_vtuber.settings.source import Source
from open_llm_vtuber.text_rules import encoding_of

_ENVIRONMENT = re.compile(r"(\$*)\$(\{(\w+)\})")
"""`${NAME}`; with more than one dollar in front it is a text that begins with one dollar less."""


def read(file: Path, environment: Mapping[str, str], notes: list[str]) -> tuple[dict[str, Any], Source]:
    """Return what a file holds, and where it stands; variables that are not set are noted. Raises ConfigError."""
    given, source = parsed(content(file), file.name)
    return with_environment(given, environment, notes, file.name), source


def content(file: Path) -> bytes:
    """Return what is in the file. Raises ConfigError."""
    try:
        return file.read_bytes()
    except FileNotFoundError:
        raise ConfigError(f"There is no configuration file {file}.") from None
    except OSError as error:
        raise ConfigError(f"{file.name} cannot be read: {error.strerror}.") from error


def parsed(data: bytes, name: str, *, line: int = 0) -> tuple[dict[str, Any], Source]:
    """Return what a text says as it was written, without the environment; `line` is added to its lines.

    Raises ConfigError.
    """
    called = name or "It"
    try:
        given, source = _parsed(data, name, line)
    except UnicodeDecodeError as error:
        raise ConfigError(f"{called} is not UTF-8 text (byte {error.start}): save it as UTF-8.") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1 + line}" if mark else ""
        raise ConfigError(
            f"{called} is not valid YAML{where}: {getattr(error, 'problem', '') or getattr(error, 'reason', 'it cannot be read')}."
        ) from error
    except ValueError as error:  # a date that is none
        raise ConfigError(f"{called} is not valid YAML: {error}.") from error
    except RecursionError:
        raise ConfigError(f"{called} is nested too deeply.") from None
    if given is None:
        return {}, source
    if not isinstance(given, dict):
        raise ConfigError(f"{called} must hold sections such as system_config, not {type(given).__name__}.")
    return given, source


def with_environment(
    given: Mapping[str, Any], environment: Mapping[str, str], notes: list[str], name: str
) -> dict[str, Any]:
    """Return it with the environment put in; variables that are not set are noted. Raises ConfigError."""
    try:
        return {key: _filled(each, environment, notes) for key, each in given.items() if each is not None}
    except RecursionError:  # also a circle of anchors
        raise ConfigError(f"{name} is nested too deeply.") from None


class _Loader(yaml.SafeLoader):
    """Reads YAML 1.1 but for its keys: there `on` is a word, as in `on: raid`, and no truth."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002  as its base has it
        for key, _ in node.value:
            if key.tag == "tag:yaml.org,2002:bool":
                key.tag = "tag:yaml.org,2002:str"
        return super().construct_mapping(node, deep)


def _parsed(data: bytes, name: str, line: int) -> tuple[Any, Source]:
    loader = _Loader(data.decode(encoding_of(data)))
    try:
        tree = loader.get_single_node()
        return (None if tree is None else loader.construct_document(tree)), Source(name, tree, line)
    finally:
        loader.dispose()


def literally(text: str) -> str:
    """Return what a file must hold so that this text is read, where it holds a `${NAME}` that is none of ours."""
    return _ENVIRONMENT.sub(lambda found: "$" + found[0], text)


def _filled(value: Any, environment: Mapping[str, str], notes: list[str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(each, environment, notes) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_filled(each, environment, notes) for each in value]
    if not isinstance(value, str):
        return value

    def replacement(found: re.Match[str]) -> str:
        if found[1]:
            return found[1] + found[2]
        name = found[3]
        if name not in environment:
            notes.append(
                f"The environment variable {name}, named in the configuration, is not set: set it, or add it to {KEYS}."
            )
        return environment.get(name, "")

    # Half a surrogate pair (YAML can escape one) could not be sent to anybody.
    return _ENVIRONMENT.sub(replacement, value).encode("utf-8", "replace").decode("utf-8")
