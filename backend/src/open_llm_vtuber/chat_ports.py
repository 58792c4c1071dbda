"""The ports to a chat platform: reading its channels, writing in them, and the one login for it."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from open_llm_vtuber.stimulus import ChannelAccess, ChannelStatus, ChatEvent, LoginCode, StreamFacts


class ChannelReader(Protocol):
    """Reads one channel of a chat platform while `run` runs."""

    @property
    def channel(self) -> str:
        """The channel's name."""
        ...

    @property
    def status(self) -> ChannelStatus:
        """How it is going."""
        ...

    @property
    def facts(self) -> StreamFacts:
        """What is known of the stream."""
        ...

    @property
    def access(self) -> ChannelAccess:
        """How it is read, and what is allowed."""
        ...

    async def run(self) -> None:
        """Read until `disconnect`."""
        ...

    async def write(self, text: str, reply_to: str) -> None:
        """Write into the chat if a login may, as a reply unless `reply_to` is "". Raises EngineError."""
        ...

    async def connect(self) -> ChannelAccess:
        """Wait until chat is really being read. Raises EngineError with the platform's own reason if it cannot be."""
        ...

    async def disconnect(self) -> None:
        """End `run` and wait until it has ended."""
        ...


class ChatWriter(Protocol):
    """Writes into the chat that a show reads. Nothing here waits."""

    def write(self, show: str, text: str, reply_to: str = "") -> None:
        """Have a line written soon, or dropped: without a login that may write, or when too many wait."""
        ...


class ChatPlatform(Protocol):
    """Where chat comes from, and the one login for it."""

    def has_login(self) -> bool:
        """Whether a login is stored."""
        ...

    def channel_name(self, typed: str) -> str:
        """Return the channel that somebody has typed. Raises ConfigError."""
        ...

    def reader(
        self, channel: str, token: str | None, tell: Callable[[ChatEvent], Awaitable[None]]
    ) -> ChannelReader:
        """Return a reader that tells what happens: with a token, anonymous for "", with the stored login for None.

        Raises ConfigError.
        """
        ...

    async def begin_login(self) -> LoginCode:
        """Return the code of a new login. Raises ProtocolError `not-configured`, EngineError."""
        ...

    async def finish_login(self) -> None:
        """Wait until the code was entered, and store the login. Raises EngineError, ConfigError."""
        ...
