"""Twitch as a show's source of chat: readers of its channels, and the one stored login."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from open_llm_vtuber.config import TwitchConfig
from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.stimulus import ChatEvent, LoginCode
from open_llm_vtuber.twitch.channel_name import channel_name
from open_llm_vtuber.twitch.device_login import DeviceCode, LoginFailed, begin, finish
from open_llm_vtuber.twitch.login_file import Login, LoginFile
from open_llm_vtuber.twitch.twitch_client import TwitchClient
from open_llm_vtuber.twitch.web import HttpWeb

NO_CLIENT_ID = (
    "A login needs a client id: register one in two minutes (docs/how-to/twitch.md) and set "
    "live_config.twitch.client_id."
)


class TwitchPlatform:
    """Twitch, as the configuration has it."""

    def __init__(self, settings: TwitchConfig, data_dir: Path) -> None:
        self._settings = settings
        self._store = LoginFile(data_dir)
        self._code: DeviceCode | None = None

    def has_login(self) -> bool:
        """Whether a login is stored."""
        return self._store.load() is not None

    def channel_name(self, typed: str) -> str:
        """Return the channel that somebody has typed. Raises ConfigError."""
        return channel_name(typed)

    def reader(
        self, channel: str, token: str | None, tell: Callable[[ChatEvent], Awaitable[None]]
    ) -> TwitchClient:
        """Return a reader: with a token, anonymous for "", with the stored login for None. Raises ConfigError."""
        login: Login | str | None = self._store.load() if token is None else token
        return TwitchClient(
            login,
            channel,
            tell,
            status_callback=tell,
            store=self._store if token is None else None,
            client_id=self._settings.client_id,
            endpoints=self._settings.endpoints,
        )

    async def begin_login(self) -> LoginCode:
        """Return the code of a new login. Raises ProtocolError, EngineError."""
        if not self._settings.client_id:
            raise ProtocolError(NO_CLIENT_ID, code="not-configured")
        async with HttpWeb() as web:
            code = self._code = await begin(web, self._settings.endpoints.id, self._settings.client_id)
        return LoginCode(
            user_code=code.user_code,
            verification_uri=code.verification_uri,
            expires_in_s=int(code.expires_in_s),
        )

    async def finish_login(self) -> None:
        """Wait until the code was entered, and store the login. Raises EngineError, ConfigError."""
        if self._code is None:
            raise LoginFailed("No login was begun.")
        async with HttpWeb() as web:
            login = await finish(web, self._settings.endpoints.id, self._settings.client_id, self._code)
        # On the loop: it is a few hundred bytes, and must not be lost to a cancellation.
        self._store.save(login)
