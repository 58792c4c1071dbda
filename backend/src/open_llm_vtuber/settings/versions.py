"""Earlier versions of a file, so that each change of it can be undone, also after a restart. Touches the disk."""

import errno
import hashlib
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from open_llm_vtuber.errors import ConfigError

MOST_VERSIONS = 100
_NAME = re.compile(r"(\d{6,12})-([0-9a-f]{16}|none)\.(yaml|none)")
NOTHING = "none"


def revision_of(data: bytes | None) -> str:
    """Return by what a content is known; of no file it is `none`."""
    return NOTHING if data is None else hashlib.sha256(data).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Version:
    """What a file was before a change."""

    path: Path
    data: bytes | None
    """None: there was no file."""


class Versions:
    """Keeps them in a folder that only its owner can read: a configuration may hold keys.

    Each is kept with the revision that followed it, so that a version is only ever taken back from there.
    """

    def __init__(self, folder: Path, most: int = MOST_VERSIONS) -> None:
        self._folder = folder
        self._most = most

    def keep(self, before: bytes | None, now: bytes | None) -> None:
        """Keep what the file was before it became what it is now. Raises ConfigError."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            numbers = [number for number, _, _ in self._found()]
            kind = "none" if before is None else "yaml"
            name = f"{max(numbers, default=0) + 1:06d}-{revision_of(now)}.{kind}"
            write(self._folder / name, before or b"")
            for _, _, path in self._found()[: -self._most]:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise ConfigError(f"The earlier version cannot be kept: {error.strerror}.") from error

    def before(self, now: bytes | None) -> Version | None:
        """Return what the file was before it became this; None when that is not known. Raises ConfigError."""
        try:
            found = self._found()
            if not found or found[-1][1] != revision_of(now):
                return None
            path = found[-1][2]
            return Version(path, None if path.suffix == ".none" else path.read_bytes())
        except OSError as error:
            raise ConfigError(f"The earlier version cannot be read: {error.strerror}.") from error

    def drop(self, version: Version) -> None:
        """Forget a version: it is what the file is again. Raises ConfigError."""
        try:
            version.path.unlink(missing_ok=True)
        except OSError as error:
            raise ConfigError(f"The earlier version cannot be removed: {error.strerror}.") from error

    def _found(self) -> list[tuple[int, str, Path]]:
        if not self._folder.is_dir():
            return []
        return sorted(
            (int(name[1]), name[2], path)
            for path in self._folder.iterdir()
            if (name := _NAME.fullmatch(path.name))
        )


def write(file: Path, data: bytes | None) -> None:
    """Let the file hold this, all at once or not at all; None removes it. Raises OSError.

    A link stays a link, and who may read the file stays as it was; a new one is its owner's alone.
    """
    file = file.resolve()
    if data is None:
        file.unlink(missing_ok=True)
        return
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        if file.exists():
            shutil.copymode(file, name)
        _put_in_place(Path(name), file, data)
    finally:
        Path(name).unlink(missing_ok=True)


def _put_in_place(written: Path, file: Path, data: bytes) -> None:
    try:
        written.replace(file)
    except OSError as error:
        if error.errno != errno.EBUSY:  # a file that is mounted by itself cannot be replaced
            raise
        file.write_bytes(data)
