"""Puts a file in its place in one step, and what was there before aside."""

import os
import secrets
from datetime import UTC, datetime
from pathlib import Path

from open_llm_vtuber.errors import ConfigError


def put(file: Path, text: str) -> None:
    """Write a file so that whoever reads it finds the old or the new one, whole. Raises ConfigError."""
    beside = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        with beside.open("x", encoding="utf-8", newline="\n") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
        beside.replace(file)
    except OSError as error:
        raise ConfigError(f"{file.name} cannot be written: {error.strerror}.") from error
    finally:
        beside.unlink(missing_ok=True)


def put_aside(file: Path) -> str:
    """Keep a copy of a file under a name that is free, and return that name; "" without such a file.

    Raises ConfigError.
    """
    if not file.exists():
        return ""
    stamp = datetime.now(UTC).astimezone().strftime("%Y%m%d-%H%M%S")
    try:
        data = file.read_bytes()
        for number in range(100):
            copy = file.with_name(f"{file.name}.before-{stamp}" + (f"-{number}" if number else ""))
            if copy.exists():
                continue
            # It may hold a key that somebody wrote into it: nobody else is to read it.
            with os.fdopen(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
                opened.write(data)
            return copy.name
    except OSError as error:
        raise ConfigError(f"No copy of {file.name} can be kept: {error.strerror}.") from error
    raise ConfigError(f"No copy of {file.name} can be kept: there are too many.")
