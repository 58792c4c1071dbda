"""The stored links and sign-ins: one file in the data folder that only its owner may read."""

import os
import stat
from pathlib import Path

from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.web.key_ring import Kept

NAME = "access.json"


class KeyFile:
    """Keeps them. Both calls are blocking, and short."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / NAME

    def load(self) -> Kept:
        """Return what is stored. Raises ConfigError for a file that cannot be read: not to know a link is no answer."""
        try:
            return Kept.model_validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return Kept()
        except (OSError, ValueError):
            raise ConfigError(
                f"{NAME} in the data folder cannot be read. Delete it to start anew: every link then ends."
            ) from None

    def save(self, kept: Kept) -> None:
        """Store it in place of what there was: whole, or not at all. Raises ConfigError."""
        fresh = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh.unlink(missing_ok=True)
            # Created with its mode: it must not be readable for others, not even for a moment.
            number = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
            with os.fdopen(number, "wb") as file:
                file.write(kept.model_dump_json(indent=1).encode())
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
        except OSError as error:
            raise ConfigError(f"{NAME} cannot be stored: {error.strerror}.") from error
