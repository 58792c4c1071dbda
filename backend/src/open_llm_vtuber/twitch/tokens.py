"""A user's tokens: validated hourly as Twitch demands, refreshed once for all who notice, stored before they are used."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from open_llm_vtuber.errors import ConfigError, EngineError
from open_llm_vtuber.twitch.fields import Json, identifier, login_name, raw
from open_llm_vtuber.twitch.login_file import Login
from open_llm_vtuber.twitch.web import ENGINE, Answer, Web
from open_llm_vtuber.units import Seconds

VALIDATE_EVERY_S: Seconds = 3600.0
"""Twitch: "you must validate at startup and hourly thereafter"
(https://dev.twitch.tv/docs/authentication/validate-tokens)."""
AGAIN_S: Seconds = 60.0
MOST_TOKEN = 500
UNAUTHORIZED = 401
OK = 200
SERVER_FAULT = 500

log = logging.getLogger(__name__)


class AuthLost(EngineError):
    """Twitch does not accept the login any more, and nothing but a new one helps."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"Twitch does not accept the login ({why}); log in again with `open-llm-vtuber twitch login`, or paste a "
            "new token.",
            engine=ENGINE,
            retryable=False,
        )
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Whose token it is, and what it allows."""

    client_id: str
    user_id: str
    login: str
    scopes: frozenset[str]


class LoginStore(Protocol):
    """Where a login is kept. Both calls are blocking, and short."""

    def load(self) -> Login | None:
        """Return the stored login."""
        ...

    def save(self, login: Login) -> None:
        """Store a login. Raises ConfigError."""
        ...


class Tokens:
    """The tokens of one account, while it is entered. A refresh that has begun is finished, whoever is cancelled.

    A refresh token of the device login can be used once. So whoever finds the access token expired awaits the same
    refresh, and the new pair is in the store before anybody gets to see it. Where the store's pair is another one by
    then (a second program with the same file), that one is taken.
    """

    def __init__(
        self, web: Web, id_url: str, login: Login, store: LoginStore | None = None, client_id: str = ""
    ) -> None:
        self._web = web
        self._id_url = id_url
        self._login = login
        self._store = store
        self._client_id = login.client_id or client_id
        self._group = asyncio.TaskGroup()
        self._renewal: asyncio.Task[AuthLost | EngineError | None] | None = None
        self.refreshes = 0

    @property
    def access_token(self) -> str:
        """What requests are made with."""
        return self._login.access_token

    @property
    def client_id(self) -> str:
        """The program's id, which requests name as well; known once the token was validated."""
        return self._client_id

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        # Without the error, so that a refresh is waited for: its old token is used up already.
        await self._group.__aexit__(None, None, None)

    async def validate(self) -> Grant:
        """Ask Twitch what the token is good for, refreshing it if need be. Raises AuthLost, EngineError."""
        answer = await self._ask()
        if answer.status == UNAUTHORIZED:
            await self.refresh(self._login.access_token, answer.reason)
            answer = await self._ask()
        if answer.status == UNAUTHORIZED:
            raise AuthLost(answer.reason)
        if answer.status != OK:
            raise EngineError(
                f"Twitch could not check the token ({answer.reason}).", engine=ENGINE, retryable=True
            )
        grant = _grant(answer.body)
        self._client_id = grant.client_id
        return grant

    async def keep_valid(self, on_grant: Callable[[Grant], None] = lambda _: None) -> None:
        """Validate for ever, hourly. Raises AuthLost when nothing is left to validate."""
        pause = VALIDATE_EVERY_S
        while True:
            await asyncio.sleep(pause)
            try:
                on_grant(await self.validate())
                pause = VALIDATE_EVERY_S
            except AuthLost:
                raise
            except EngineError as error:
                log.warning("%s", error)
                pause = AGAIN_S

    async def refresh(self, stale: str, why: str = "the token has expired") -> None:
        """Replace the access token `stale`, unless that has happened already. Raises AuthLost, EngineError."""
        if self._login.access_token != stale:
            return
        if not self._login.refresh_token or not self._client_id:
            raise AuthLost(why)
        if self._renewal is None:
            self._renewal = self._group.create_task(self._renew())
        renewal = self._renewal
        failure = await asyncio.shield(renewal)
        if self._renewal is renewal:
            self._renewal = None
        if failure is not None:
            raise failure

    async def _ask(self) -> Answer:
        return await self._web.send(
            "GET", f"{self._id_url}/validate", headers={"Authorization": f"OAuth {self._login.access_token}"}
        )

    async def _renew(self) -> AuthLost | EngineError | None:
        """Return why it failed instead of raising it: several may be waiting, or nobody."""
        form = {
            "grant_type": "refresh_token",
            "refresh_token": self._login.refresh_token,
            "client_id": self._client_id,
        }
        try:
            answer = await self._web.send("POST", f"{self._id_url}/token", form=form)
            if answer.status >= SERVER_FAULT:
                return EngineError(
                    f"Twitch could not refresh the login ({answer.reason}).", engine=ENGINE, retryable=True
                )
            fresh = login_in(answer.body, self._client_id) if answer.status == OK else None
            if fresh is None:
                return await self._taken_from_store(answer.reason)
        except EngineError as error:
            return error
        await self._keep(fresh)
        self._login = fresh
        self.refreshes += 1
        return None

    async def _keep(self, fresh: Login) -> None:
        if self._store is None:
            return
        try:
            await asyncio.to_thread(self._store.save, fresh)
        except ConfigError as error:
            # Used all the same: the old one is worth nothing any more, and a stream is on.
            log.warning("%s The next start will need a new login.", error)

    async def _taken_from_store(self, why: str) -> AuthLost | None:
        stored = await asyncio.to_thread(self._store.load) if self._store else None
        if stored is None or stored.access_token == self._login.access_token:
            return AuthLost(why)
        self._login = stored
        return None


def login_in(body: Json, client_id: str) -> Login | None:
    """Return the login in an answer of the token endpoint, None when there is none in it."""
    access = raw(body, "access_token", MOST_TOKEN)
    if not access:
        return None
    return Login(
        access_token=access, refresh_token=raw(body, "refresh_token", MOST_TOKEN), client_id=client_id
    )


def _grant(body: Json) -> Grant:
    scopes = body.get("scopes")
    return Grant(
        client_id=identifier(body, "client_id"),
        user_id=identifier(body, "user_id"),
        login=login_name(body, "login"),
        scopes=frozenset(each for each in scopes if isinstance(each, str))
        if isinstance(scopes, list)
        else frozenset(),
    )
