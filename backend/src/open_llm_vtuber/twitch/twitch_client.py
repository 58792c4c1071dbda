"""Reads one Twitch channel: over EventSub where the token allows it, else over IRC, anonymous without a token."""

import asyncio
import logging
import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from random import Random, SystemRandom
from types import MappingProxyType
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from open_llm_vtuber.config import TwitchEndpoints
from open_llm_vtuber.errors import ConfigError, EngineError
from open_llm_vtuber.stimulus import (
    ChannelAccess,
    ChannelEvent,
    ChannelStatus,
    ChatMessage,
    ChatRemoval,
    StreamFacts,
)
from open_llm_vtuber.twitch.account import Account, TokenRefused
from open_llm_vtuber.twitch.channel_name import channel_name
from open_llm_vtuber.twitch.inbox import Inbox
from open_llm_vtuber.twitch.irc_reader import IrcReader
from open_llm_vtuber.twitch.login_file import Login
from open_llm_vtuber.twitch.scopes import missing
from open_llm_vtuber.twitch.sending import ChatSender, Sent
from open_llm_vtuber.twitch.session import LIMITS, Limits, Pauses
from open_llm_vtuber.twitch.subscriptions import Standing
from open_llm_vtuber.twitch.tokens import AuthLost, Grant, LoginStore
from open_llm_vtuber.twitch.twitch_router import TwitchMessageRouter
from open_llm_vtuber.twitch.web import ENGINE, HttpWeb
from open_llm_vtuber.units import Seconds

INBOX_SIZE = 500
CONNECT_S: Seconds = 25.0
"""How long `connect` waits; a channel that does not exist is known within ten seconds."""

_TOKEN = re.compile(r"[!-~]{1,200}")

logger = logging.getLogger(__name__)

MessageCallback = Callable[[ChatMessage | ChatRemoval | ChannelEvent | StreamFacts], Awaitable[None]]
StatusCallback = Callable[[ChannelStatus], Awaitable[None]]
Via = Literal["eventsub", "irc"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """What a client has seen so far."""

    messages: int
    removals: int
    events: int
    shed: int
    """Messages lost because the callback was too slow."""
    malformed: int
    foreign: int
    """What was said or happened in another channel: shared chat."""
    reconnects: int
    other: Mapping[str, int]
    """Everything else that was counted, by name."""
    unknown: Mapping[str, int]
    """Lines and events of kinds that are not acted on, by kind."""


class TwitchClient:
    """Reads a channel while `run` runs, and hands what happens to `message_callback`.

    The callbacks run in a task of their own: however slow they are, the connection is read on, and beyond
    `inbox_size` waiting messages the oldest are shed; what was paid for, and what moderators removed, never is. One
    that raises ends `run`. A message may be handed over again when the way of reading changes: tell messages apart by
    their id.

    A login that ends while a stream is on does not end the chat: it is read on anonymously, and the status says why.
    """

    def __init__(  # noqa: PLR0913  three things it needs, the rest for logins, tests and odd networks
        self,
        token: str | Login | None,
        channel: str,
        message_callback: MessageCallback,
        *,
        status_callback: StatusCallback | None = None,
        store: LoginStore | None = None,
        client_id: str = "",
        endpoints: TwitchEndpoints | None = None,
        inbox_size: int = INBOX_SIZE,
        limits: Limits = LIMITS,
        rng: Random | None = None,
        clock: Callable[[], Seconds] = time.monotonic,
    ) -> None:
        """`token` is a pasted user token, a stored login, or None to read anonymously. Raises ConfigError.

        `store` keeps what a stored login is refreshed to.
        """
        self._login = as_login(token)
        self._store = store
        self._client_id = client_id
        self._endpoints = endpoints or TwitchEndpoints()
        _check_endpoints(self._endpoints, has_token=self._login is not None)
        self._message_callback = message_callback
        self._status_callback = status_callback
        self._limits = limits
        self._rng = rng or SystemRandom()
        self._clock = clock
        self._inbox = Inbox(inbox_size)
        self._router = TwitchMessageRouter(channel_name(channel), self._is_own)
        self._counts: list[Counter[str]] = []
        self._account: Account | None = None
        self._grant: Grant | None = None
        self._via: Via = "irc"
        self._note = ""
        self._status = ChannelStatus(channel=self.channel, state="connecting")
        self._outcome: ChannelAccess | str | None = None
        """What `connect` is to say: the first that was known for certain."""
        self._changed = asyncio.Event()
        self._leaving = asyncio.Event()
        self._ended = asyncio.Event()

    @property
    def channel(self) -> str:
        """The channel's login name."""
        return self._router.channel

    @property
    def status(self) -> ChannelStatus:
        """How it is going."""
        return self._status

    @property
    def access(self) -> ChannelAccess:
        """How the channel is read, and what the token allows."""
        scopes = self._grant.scopes if self._grant else frozenset[str]()
        lacks = missing(scopes) if self._login else ()
        problems = tuple(
            f"{each.wanted.kind}: {each.reason}"
            for each in self.standings
            if each.state != "enabled" and each.reason
        )
        return ChannelAccess(
            channel=self.channel,
            via=self._via,
            scopes=tuple(sorted(scopes)),
            missing=lacks,
            problems=problems,
        )

    @property
    def standings(self) -> tuple[Standing, ...]:
        """How far each subscription is; none over IRC."""
        return tuple(self._account.standings) if self._account else ()

    @property
    def facts(self) -> StreamFacts:
        """What is known of the stream."""
        return self._router.facts

    @property
    def counters(self) -> Counters:
        """How much was read so far."""
        counts = Counter(self._router.counts)
        for each in self._counts:
            counts.update(each)
        named = {
            name: counts.pop(name, 0) for name in ("messages", "removals", "events", "malformed", "foreign")
        }
        return Counters(
            **named,
            shed=self._inbox.shed,
            reconnects=counts.pop("reconnects", 0),
            other=MappingProxyType(dict(counts)),
            unknown=MappingProxyType(dict(self._router.unknown)),
        )

    async def connect(self) -> ChannelAccess:
        """Wait until chat is really being read by `run`. Raises EngineError with Twitch's own reason if it cannot."""
        try:
            async with asyncio.timeout(CONNECT_S):
                while self._outcome is None:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            reason = self._status.reason or "Twitch did not answer in time."
            raise EngineError(reason, engine=ENGINE, retryable=True) from None
        if isinstance(self._outcome, str):
            raise EngineError(self._outcome, engine=ENGINE, retryable=False)
        return self._outcome

    async def disconnect(self) -> None:
        """End `run`, and wait until it has ended."""
        self._leaving.set()
        await self._ended.wait()

    async def send(self, text: str, reply_to: str = "") -> Sent:
        """Write into the chat, with the account that reads it. Raises EngineError."""
        if self._account is None or self._account.sender is None:
            return Sent(reason="no login that may write")
        return await self._account.sender.send(text, reply_to)

    async def write(self, text: str, reply_to: str) -> None:
        """Do as `send` does, and let the log say why something was not sent. Raises EngineError."""
        sent = await self.send(text, reply_to)
        if not sent.is_sent:
            logger.info("Twitch channel %s: a line was not written: %s", self.channel, sent.reason)

    async def run(self) -> None:
        """Read until `disconnect`, or until it is cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                working = [tasks.create_task(self._deliver()), tasks.create_task(self._read())]
                await self._leaving.wait()
                for task in working:
                    task.cancel()
        finally:
            if self._outcome is None:
                self._outcome = "The channel is not read any more."
            self._changed.set()
            self._ended.set()

    async def _deliver(self) -> None:
        while True:
            event = await self._inbox.take()
            if not isinstance(event, ChannelStatus):
                await self._message_callback(event)
            elif self._status_callback is not None:
                await self._status_callback(event)

    async def _read(self) -> None:
        if self._login is not None:
            reason = await self._read_with(self._login)
            self._account, self._grant, self._via = None, None, "irc"
            self._report("down", reason)
            self._note = f"Read without a login: {reason}"
        await self._read_irc(None, "")

    async def _read_with(self, login: Login) -> str:
        """Read with a login for as long as it holds; return why it does not any more."""
        reason = ""
        try:
            async with (
                HttpWeb() as web,
                Account(web, self._endpoints, login, self._store, self._client_id) as account,
            ):
                grant = self._grant = await self._validated(account)
                if account.reads_over_irc_alone(grant):
                    await self._read_irc(account.access_token, grant.login)
                self._via = "eventsub"
                self._account = account
                await account.read(
                    self._router,
                    self._inbox,
                    self._report,
                    counts=self._counts,
                    limits=self._limits,
                    rng=self._rng,
                    clock=self._clock,
                )
        except* (AuthLost, TokenRefused) as lost:
            reason = str(_first(lost))
        return reason

    async def _validated(self, account: Account) -> Grant:
        """Ask what the token is good for, for as long as Twitch cannot be reached."""
        pauses = Pauses(self._limits, self._rng)
        self._report("connecting", "")
        while True:
            try:
                return await account.validate(self.channel)
            except (AuthLost, TokenRefused):
                raise
            except EngineError as error:
                self._report("reconnecting", str(error))
                await asyncio.sleep(pauses.lost())

    async def _read_irc(self, token: str | None, login: str) -> None:
        reader = IrcReader(
            self._router,
            self._inbox,
            self._report,
            endpoint=self._endpoints.irc,
            token=token,
            login=login,
            limits=self._limits,
            rng=self._rng,
            clock=self._clock,
        )
        self._counts.append(reader.counts)
        await reader.run()

    def _is_own(self, message: ChatMessage) -> bool:
        sender: ChatSender | None = self._account.sender if self._account else None
        return sender is not None and sender.is_own(message)

    def _report(self, state: Literal["connecting", "connected", "reconnecting", "down"], reason: str) -> None:
        reason = reason or (self._note if state == "connected" else "")
        logger.info("Twitch channel %s: %s. %s", self.channel, state, reason)
        self._status = ChannelStatus(channel=self.channel, state=state, reason=reason)
        if self._outcome is None and state in {"connected", "down"}:
            self._outcome = self.access if state == "connected" else reason
        self._changed.set()
        self._inbox.put(self._status)


def _first(group: BaseExceptionGroup[EngineError]) -> EngineError:
    found = group.exceptions[0]
    return found if isinstance(found, EngineError) else _first(found)


def as_login(token: str | Login | None) -> Login | None:
    """Return a pasted token without its oauth: mark as a login; None for nothing. Raises ConfigError."""
    if isinstance(token, Login):
        return token
    plain = (token or "").strip().removeprefix("oauth:")
    if not plain:
        return None
    if not _TOKEN.fullmatch(plain):
        raise ConfigError("The Twitch token holds characters that no token has; paste it anew.")
    return Login(access_token=plain)


def _check_endpoints(endpoints: TwitchEndpoints, *, has_token: bool) -> None:
    secure = {"irc": "wss", "eventsub": "wss", "helix": "https", "id": "https"}
    for name, scheme in secure.items():
        parts = _parts(getattr(endpoints, name))
        plain = scheme.removesuffix("s")
        if parts is None or parts.scheme not in {scheme, plain} or not parts.hostname:
            raise ConfigError(f"The Twitch endpoint {name} must be a {scheme}:// address.")
        if parts.scheme == plain and has_token and not _is_loopback(parts.hostname):
            raise ConfigError(f"A Twitch token is only sent over {scheme}://, never over {plain}://.")


def _parts(url: str) -> SplitResult | None:
    """Return the parts of an address; None when it is none, or its port is."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # looked at only now, and refused if it is none
    except ValueError:
        return None
    return parts


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
