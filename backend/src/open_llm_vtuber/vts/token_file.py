"""Where the token of VTube Studio is kept: in the data folder, for this account's eyes only."""

import os
from contextlib import suppress
from pathlib import Path

from open_llm_vtuber.vts.api import LONGEST_TOKEN

NAME = "vtube-studio-token"


class TokenFile:
    """One token. A file that cannot be used is like none: the user is then asked once more."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / NAME

    def read(self) -> str | None:
        """Return the token, or None."""
        try:
            with self._file.open(encoding="ascii") as file:
                token = file.read(LONGEST_TOKEN + 2).strip()
        except (OSError, UnicodeDecodeError):
            return None
        return token if token and len(token) <= LONGEST_TOKEN else None

    def write(self, token: str) -> bool:
        """Keep a token; return whether that worked. At no moment can others read it, or find half of it."""
        new = self._file.with_suffix(".new")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileNotFoundError):
                new.unlink()
            with os.fdopen(
                os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii"
            ) as f:
                f.write(token)
            new.replace(self._file)
        except (OSError, UnicodeEncodeError):
            return False
        return True
