"""Reads one Twitch channel's chat for ever: anonymous unless it is given a token."""

import asyncio
import logging
import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from random import Random, SystemRandom
from types import MappingProxyType
from typing import Literal
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.stimulus import ChannelEvent, ChannelStatus, ChatMessage, ChatRemoval, StreamFacts
from open_llm_vtuber.text_rules import bounded, one_line
from open_llm_vtuber.twitch.channel_name import channel_name
from open_llm_vtuber.twitch.inbox import Inbox
from open_llm_vtuber.twitch.irc import IrcLine, parse_line, split_frame
from open_llm_vtuber.twitch.messages import from_another_channel, read_line
from open_llm_vtuber.twitch.session import (
    LIMITS,
    PROTOCOL_COMMANDS,
    Ended,
    Joined,
    Limits,
    Pauses,
    Say,
    Session,
    Step,
)
from open_llm_vtuber.units import Seconds

ENDPOINT = "wss://irc-ws.chat.twitch.tv:443"
INBOX_SIZE = 500
MOST_FRAME_BYTES = 512 * 1024
MOST_KINDS = 50
"""Kinds of unknown lines that are counted apart; the rest are counted together."""

_READ_COMMANDS = frozenset({"PRIVMSG", "CLEARMSG", "CLEARCHAT"})
_TOKEN = re.compile(r"[!-~]{1,200}")

logger = logging.getLogger(__name__)
# The library's own logger writes every frame at DEBUG: the token, and viewers' words unbounded.
_frames_logger = logging.getLogger(f"{__name__}.frames")
_frames_logger.setLevel(logging.WARNING)

MessageCallback = Callable[[ChatMessage | ChatRemoval | ChannelEvent | StreamFacts], Awaitable[None]]
StatusCallback = Callable[[ChannelStatus], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """What a client has seen so far."""

    lines: int
    messages: int
    removals: int
    shed: int
    """Messages lost because the callback was too slow."""
    malformed: int
    foreign: int
    """Messages that were written in another channel: shared chat."""
    reconnects: int
    unknown: Mapping[str, int]
    """Lines of kinds that are not acted on, by kind."""


class TwitchClient:
    """Reads a channel until it is cancelled, and hands each message and removal to `message_callback`.

    The callbacks run in a task of their own: however slow they are, the connection is read on, and beyond
    `inbox_size` waiting messages the oldest are shed. One that raises ends `run`. A message may be handed over
    again after a reconnect: tell messages apart by their id.
    """

    def __init__(  # noqa: PLR0913  three things it needs, the rest for tests and odd networks
        self,
        token: str | None,
        channel: str,
        message_callback: MessageCallback,
        *,
        status_callback: StatusCallback | None = None,
        login: str | None = None,
        endpoint: str = ENDPOINT,
        inbox_size: int = INBOX_SIZE,
        limits: Limits = LIMITS,
        rng: Random | None = None,
        clock: Callable[[], Seconds] = time.monotonic,
    ) -> None:
        """`token` may be None, or a user token with chat:read of account `login`. Raises ConfigError."""
        self._token = _plain_token(token)
        self._channel = channel_name(channel)
        self._message_callback = message_callback
        self._status_callback = status_callback
        self._login = login
        self._endpoint = _checked_endpoint(endpoint, has_token=self._token is not None)
        self._limits = limits
        self._rng = rng or SystemRandom()
        self._clock = clock
        self._inbox = Inbox(inbox_size)
        self._counts: Counter[str] = Counter()
        self._unknown: Counter[str] = Counter()

    @property
    def channel(self) -> str:
        """The channel's login name."""
        return self._channel

    @property
    def counters(self) -> Counters:
        """How much was read so far."""
        return Counters(
            lines=self._counts["lines"],
            messages=self._counts["messages"],
            removals=self._counts["removals"],
            shed=self._inbox.shed,
            malformed=self._counts["malformed"],
            foreign=self._counts["foreign"],
            reconnects=self._counts["reconnects"],
            unknown=MappingProxyType(dict(self._unknown)),
        )

    async def run(self) -> None:
        """Read for ever, connecting anew whenever the connection ends. Ends only by being cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._deliver(), name=f"twitch-deliver-{self._channel}")
            await self._read_for_ever()

    async def _deliver(self) -> None:
        while True:
            event = await self._inbox.take()
            if not isinstance(event, ChannelStatus):
                await self._message_callback(event)
            elif self._status_callback is not None:
                await self._status_callback(event)

    async def _read_for_ever(self) -> None:
        pauses = Pauses(self._limits, self._rng)
        self._report("connecting", "")
        while True:
            ended, stayed_s = await self._connection()
            pause = pauses.after(ended, stayed_s)
            self._report("down" if ended.why == "refused" else "reconnecting", ended.reason)
            await asyncio.sleep(pause)
            self._counts["reconnects"] += 1

    async def _connection(self) -> tuple[Ended, Seconds]:
        """Open one connection and read it to its end; return why it ended and how long the channel was read."""
        session = Session(self._channel, self._nick(), self._token, self._limits, self._clock())
        opened = False
        try:
            async with connect(
                self._endpoint,
                open_timeout=self._limits.open_s,
                close_timeout=self._limits.close_s,
                compression=None,
                max_size=MOST_FRAME_BYTES,
                logger=_frames_logger,
            ) as socket:
                opened = True
                ended = await self._converse(socket, session)
        # ImportError is what the library raises for a SOCKS proxy that it lacks a package for.
        except (OSError, WebSocketException, ImportError) as error:
            what = "The connection to Twitch was lost" if opened else "Twitch could not be reached"
            ended = Ended("lost", f"{what} ({bounded(one_line(str(error)), 150) or type(error).__name__}).")
        stayed_s = 0.0 if session.joined_at is None else self._clock() - session.joined_at
        return ended, stayed_s

    def _nick(self) -> str:
        if self._token is None:
            return f"justinfan{self._rng.randint(10_000, 99_999)}"
        return self._login or self._channel

    async def _converse(self, socket: ClientConnection, session: Session) -> Ended:
        steps: list[Step] = [*session.hello()]
        while True:
            ended = await self._act(socket, steps)
            if ended is not None:
                return ended
            try:
                async with asyncio.timeout(max(0.0, session.deadline - self._clock())):
                    # As bytes: one broken character must not cost the connection.
                    frame = await socket.recv(decode=False)
            except TimeoutError:
                steps = [session.silence(self._clock())]
                continue
            steps = self._take_in(frame.decode("utf-8", "replace"), session)
            # A burst is handed on while it comes in, instead of overflowing the inbox first.
            await asyncio.sleep(0)

    async def _act(self, socket: ClientConnection, steps: list[Step]) -> Ended | None:
        """Do what the steps say; return the first end among them, after everything else is done."""
        ends = [step for step in steps if isinstance(step, Ended)]
        for step in steps:
            match step:
                case Joined():
                    self._report("connected", "")
                case Say(line) if not ends:
                    async with asyncio.timeout(self._limits.open_s):
                        await socket.send(line + "\r\n")
                case _:
                    pass
        return ends[0] if ends else None

    def _take_in(self, frame: str, session: Session) -> list[Step]:
        steps: list[Step] = []
        for text in split_frame(frame):
            self._counts["lines"] += 1
            line = parse_line(text)
            if line is None:
                self._counts["malformed"] += 1
                continue
            step = session.heard(line, self._clock())
            if step is not None:
                steps.append(step)
            if line.command not in PROTOCOL_COMMANDS:
                self._pass_on(line)
        return steps

    def _pass_on(self, line: IrcLine) -> None:
        event = read_line(line, datetime.now(UTC))
        if event is None and line.command in _READ_COMMANDS:
            self._counts["malformed"] += 1
        elif event is None:
            kind = (
                line.command if line.command in self._unknown or len(self._unknown) < MOST_KINDS else "other"
            )
            self._unknown[kind] += 1
        elif event.channel != self._channel or (
            isinstance(event, ChatMessage) and from_another_channel(line)
        ):
            self._counts["foreign"] += 1
        else:
            self._counts["messages" if isinstance(event, ChatMessage) else "removals"] += 1
            self._inbox.put(event)

    def _report(self, state: Literal["connecting", "connected", "reconnecting", "down"], reason: str) -> None:
        logger.info("Twitch channel %s: %s. %s", self._channel, state, reason)
        self._inbox.put(ChannelStatus(channel=self._channel, state=state, reason=reason))


def _plain_token(token: str | None) -> str | None:
    """Return a pasted token without its oauth: mark; None for nothing."""
    plain = (token or "").strip().removeprefix("oauth:")
    if not plain:
        return None
    if not _TOKEN.fullmatch(plain):
        raise ConfigError("The Twitch token holds characters that no token has; paste it anew.")
    return plain


def _checked_endpoint(endpoint: str, *, has_token: bool) -> str:
    parts = urlsplit(endpoint)
    if parts.scheme not in {"ws", "wss"} or not parts.hostname:
        raise ConfigError("The Twitch endpoint must be a wss:// address.")
    if parts.scheme == "ws" and has_token and not _is_loopback(parts.hostname):
        raise ConfigError("A Twitch token is only sent over wss://, never over ws://.")
    return endpoint


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
