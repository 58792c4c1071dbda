"""A report for whoever helps: what is installed, configured and running, without a word that is nobody's business.

What is not known to be harmless is left out: of a text only whether it is set and how long it is.
"""

import os
import platform
import shutil
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from importlib.metadata import distributions
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr

from open_llm_vtuber import __version__
from open_llm_vtuber.config import Settings
from open_llm_vtuber.units import Seconds

HARMLESS = frozenset(
    (
        *(
            "host",
            "mode",
            "provider",
            "llm_provider",
            "model",
            "tts_model",
            "asr_model",
            "vad_model",
            "voice",
        ),
        *(
            "conversation_agent_choice",
            "file_extension",
            "group_invitations",
            "style",
            "currency",
            "kind",
            "fallback",
        ),
        *("live2d_model_name", "floor", "timezone", "cron", "on"),
    )
)
"""Keys whose texts tell nothing about anybody."""
LONGEST_CHOICE = 80
ADDRESSES = frozenset(("base_url", "endpoint", "storage_url", "url", "helix", "id", "eventsub", "irc"))
"""Keys that hold an address; of it the scheme and the host are shown."""
PATIENCE: Seconds = 3.0
LARGEST = 200_000
"""Bytes of an answer of the server that are shown."""
PARTS = ("/health",)
Lines = Iterator[str]


def report(settings: Settings, port: int) -> Lines:
    """Yield the lines of the report; `port` is where a running server of ours would be."""
    yield from _section("program", _program())
    yield from _section("packages", _packages())
    yield from _section("configuration", [*shown(_plain(settings)), *_remarks(settings)])
    yield from _section("data folder", _folder(settings.system_config.data_dir))
    yield from _section("server", _server(port))


def shown(value: object, key: str = "", path: str = "") -> Lines:
    """Yield a configuration as `path: value` lines, in which every text that may be private is only measured."""
    match value:
        case Mapping():
            for name, each in value.items():
                yield from shown(each, str(name), f"{path}.{name}" if path else str(name))
        case list() | tuple():
            if value and all(isinstance(each, str) for each in value):
                yield f"{path}: {len(value)} of them"
            else:
                for number, each in enumerate(value):
                    yield from shown(each, key, f"{path}[{number}]")
        case bool() | int() | float() | None:
            yield f"{path}: {value}"
        case _:
            yield f"{path}: {_measured(str(value), key)}"


def _measured(text: str, key: str) -> str:
    if not text:
        return "not set"
    if key in HARMLESS and len(text) < LONGEST_CHOICE and text.isprintable():
        return text
    if key in ADDRESSES:
        return _address(text)
    return f"set, {len(text)} characters"


def _address(text: str) -> str:
    try:
        parts = urlsplit(text)
    except ValueError:
        return "no address"
    return f"{parts.scheme}://{parts.hostname or ''}…"


def _plain(value: object) -> object:
    """Return settings as plain values; a secret stays one, and only its length will be told."""
    match value:
        case BaseModel():
            fields = {
                name: getattr(value, name)
                for name, field in type(value).model_fields.items()
                if not field.exclude
            }
            return {name: _plain(each) for name, each in {**fields, **(value.model_extra or {})}.items()}
        case SecretStr():
            return value.get_secret_value()
        case Mapping():
            return {str(name): _plain(each) for name, each in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_plain(each) for each in value]
        case _:
            return value


def _section(title: str, lines: Any) -> Lines:
    yield f"## {title}"
    yield from lines
    yield ""


def _program() -> Lines:
    yield f"version: {__version__}"
    yield f"python: {platform.python_version()} ({platform.python_implementation()})"
    yield f"system: {platform.system()} {platform.release()}, {platform.machine()}"
    yield f"cores: {os.cpu_count()}"
    yield f"in a container: {Path('/.dockerenv').exists()}"
    yield f"virtual environment: {sys.prefix != sys.base_prefix}"


def _packages() -> Lines:
    found = {each.metadata["Name"].lower(): each.version for each in distributions()}
    yield from (f"{name} {version}" for name, version in sorted(found.items()))


def _remarks(settings: Settings) -> Lines:
    yield f"remarks: {len(settings.notes)}"


def _folder(folder: Path) -> Lines:
    if not folder.is_dir():
        yield "there is none yet"
        return
    yield f"writable: {os.access(folder, os.W_OK)}"
    yield f"free: {shutil.disk_usage(folder).free // 1_000_000} MB"
    for file in sorted(each for each in folder.rglob("*") if each.is_file())[:50]:
        yield f"{file.relative_to(folder).parts[0]}{'/…' if file.parent != folder else ''}: {file.stat().st_size} bytes"


def _server(port: int) -> Lines:
    for part in PARTS:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{part}", timeout=PATIENCE) as answer:
                yield f"{part}: {answer.read(LARGEST).decode(errors='replace')}"
        except (URLError, OSError, ValueError) as error:
            yield f"{part}: no answer ({type(error).__name__})"
