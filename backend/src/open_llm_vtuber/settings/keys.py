"""Keys of providers in a file of their own beside the configuration, for this account's eyes only.

`conf.yaml` names them as `${NAME}`: it can be shown to somebody who helps, and a variable of the environment is as good.
"""

import os
import re
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path

from open_llm_vtuber.errors import ConfigError

FILE = "keys.env"
_HEAD = (
    "# Keys of providers: NAME=key, one a line. Keep this file to yourself. conf.yaml names them as ${NAME};\n"
    "# a variable of the environment with the same name counts more.\n"
)
_LINE = re.compile(r"(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*)")
_LARGEST = 100_000
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def environment_of(folder: Path, environment: Mapping[str, str], notes: list[str]) -> Mapping[str, str]:
    """Return the environment and behind it the keys of the file in that folder, if there is one.

    Raises ConfigError when it cannot be read; that others can read it is noted.
    """
    return {**read_keys(folder, notes), **environment}


def read_keys(folder: Path, notes: list[str]) -> dict[str, str]:
    """Return name → key. Raises ConfigError; never with a line of the file."""
    file = folder / FILE
    try:
        with file.open(encoding="utf-8-sig") as opened:
            text = opened.read(_LARGEST)
            mode = os.fstat(opened.fileno()).st_mode
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(f"{FILE} cannot be read: {why}.") from None
    if os.name == "posix" and mode & _OTHERS:
        notes.append(f"{FILE} can be read by other accounts of this machine: chmod 600 {FILE}")
    return _keys(text)


def _keys(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in text.splitlines():
        if match := _LINE.fullmatch(line.strip()):
            value = match[2]
            quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
            found[match[1]] = value[1:-1] if quoted else value
    return found


def write_keys(folder: Path, keys: Mapping[str, str]) -> None:
    """Put keys into the file, which nobody else can read at any moment; what else stands there stays.

    A key is printable and without blanks (`accounts.ApiKey`). Raises ConfigError.
    """
    if not keys:
        return
    file = folder / FILE
    try:
        before = file.read_text(encoding="utf-8-sig") if file.exists() else _HEAD
        kept = [line for line in before.splitlines() if not _names(line, keys)]
        written = [f"{name}={_quoted(value)}" for name, value in keys.items()]
        _replace(file, "\n".join((*kept, *written)) + "\n")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(f"{FILE} cannot be written: {why}.") from None


def _quoted(value: str) -> str:
    return f"'{value}'" if value[:1] in ("'", '"') else value


def _names(line: str, keys: Mapping[str, str]) -> bool:
    match = _LINE.fullmatch(line.strip())
    return match is not None and match[1] in keys


def _replace(file: Path, text: str) -> None:
    beside = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)
