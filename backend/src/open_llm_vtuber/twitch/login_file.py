"""The stored login: one file in the data folder that only its owner may read."""

import json
import os
import stat
from dataclasses import asdict, dataclass, field
from pathlib import Path

from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.twitch.fields import as_object, raw

NAME = "twitch-login.json"
_MOST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """What is needed to act as an account. Without a refresh token it ends when its access token does."""

    access_token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)
    client_id: str = ""


class LoginFile:
    """Keeps one login. Both calls are blocking, and short."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / NAME

    def load(self) -> Login | None:
        """Return the stored login, None when there is none (or one that cannot be read)."""
        try:
            found = as_object(json.loads(self._path.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return None
        access = raw(found, "access_token", _MOST)
        if not access:
            return None
        return Login(
            access_token=access,
            refresh_token=raw(found, "refresh_token", _MOST),
            client_id=raw(found, "client_id", _MOST),
        )

    def save(self, login: Login) -> None:
        """Store a login in place of the last one: whole, or not at all. Raises ConfigError."""
        fresh = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh.unlink(missing_ok=True)
            # Created with its mode: it must not be readable for others, not even for a moment.
            number = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
            with os.fdopen(number, "w", encoding="utf-8") as file:
                json.dump(asdict(login), file)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
        except OSError as error:
            raise ConfigError(f"The Twitch login cannot be stored: {error.strerror}.") from error

    def erase(self) -> None:
        """Forget the login."""
        self._path.unlink(missing_ok=True)
