"""What an operator may type where a Twitch channel is asked for."""

import re

from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.text_rules import bounded, one_line

_LOGIN = re.compile(r"[a-z0-9_]{2,25}")
_ADDRESS = re.compile(
    r"(?:https?://)?(?:www\.|m\.)?twitch\.tv/(?:popout/|moderator/)?([^/?#]*).*", re.IGNORECASE
)


def channel_name(typed: str) -> str:
    """Return the channel's login name of `#Name`, `@Name`, `Name` or an address; raises ConfigError."""
    text = one_line(typed)
    address = _ADDRESS.fullmatch(text)
    name = (address[1] if address else text.removeprefix("#").removeprefix("@")).lower()
    if not _LOGIN.fullmatch(name):
        shown = bounded(text, 60)
        raise ConfigError(
            f'"{shown}" is no Twitch channel; a channel name has 2 to 25 letters, digits or underscores.'
        )
    return name
