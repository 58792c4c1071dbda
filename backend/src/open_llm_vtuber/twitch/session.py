"""What one connection to Twitch's IRC says and expects, and how long to wait before the next one. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Literal

from open_llm_vtuber.text_rules import bounded, one_line
from open_llm_vtuber.twitch.irc import IrcLine
from open_llm_vtuber.units import Seconds

PROTOCOL_COMMANDS = frozenset(
    [
        "001",
        "002",
        "003",
        "004",
        "353",
        "366",
        "372",
        "375",
        "376",
        "421",
        "CAP",
        "GLOBALUSERSTATE",
        "HOSTTARGET",
        "JOIN",
        "NOTICE",
        "PART",
        "PING",
        "PONG",
        "RECONNECT",
        "ROOMSTATE",
        "USERSTATE",
    ]
)
"""The kinds of line that are the protocol's own business."""

_LOGIN_FAILURES = (
    "login authentication failed",
    "improperly formatted auth",
    "login unsuccessful",
    "invalid nick",
)
_CLOSED = frozenset(
    {"msg_banned", "msg_channel_blocked", "msg_channel_suspended", "msg_room_not_found", "tos_ban"}
)
_MOST_REASON = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long the reader waits for what."""

    open_s: Seconds = 10.0
    """To open the connection, TLS included; also to send a line, and to log in."""
    join_s: Seconds = 10.0
    """To be let into the channel. One that does not exist is never answered."""
    idle_s: Seconds = 300.0
    """Silence before asking whether Twitch is still there; Twitch asks about as often."""
    pong_s: Seconds = 10.0
    """For the answer to that."""
    close_s: Seconds = 1.0
    """To say goodbye."""
    first_pause_s: Seconds = 1.0
    longest_pause_s: Seconds = 60.0
    """Between attempts after a lost connection; doubles from the first to the longest."""
    first_refused_pause_s: Seconds = 60.0
    longest_refused_pause_s: Seconds = 600.0
    """Likewise after Twitch refused: a closed channel or a bad token rarely mends by itself."""
    stable_s: Seconds = 60.0
    """A connection that stayed this long starts the pauses anew."""


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Say:
    """A line to send."""

    line: str


@dataclass(frozen=True, slots=True)
class Joined:
    """The channel can be read now."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The connection is over. `reason` is one sentence for the operator."""

    why: Literal["lost", "moved", "refused"]
    reason: str


Step = Say | Joined | Ended
Report = Callable[[Literal["connecting", "connected", "reconnecting", "down"], str], None]
"""Takes how the reading is going, and a sentence of why."""


class Session:
    """One connection: logs in, joins, answers pings, and knows when Twitch has fallen silent for too long."""

    def __init__(self, channel: str, nick: str, token: str | None, limits: Limits, now: Seconds) -> None:
        self._channel = channel
        self._nick = nick
        self._token = token
        self._limits = limits
        self._stage: Literal["login", "joining", "reading", "pinged"] = "login"
        self.deadline = now + limits.open_s
        """When `silence` is due unless a line arrives first."""
        self.joined_at: Seconds | None = None

    def hello(self) -> list[Say]:
        """Return what to say first."""
        password = [Say(f"PASS oauth:{self._token}")] if self._token else []
        return [Say("CAP REQ :twitch.tv/tags twitch.tv/commands"), *password, Say(f"NICK {self._nick}")]

    def heard(self, line: IrcLine, now: Seconds) -> Step | None:
        """Take note of a line; return what follows from it, if anything."""
        if self._stage in {"reading", "pinged"}:
            self._stay(now)
        match line.command:
            case "PING":
                return Say(f"PONG :{line.param(0)}")
            case "001" if self._stage == "login":
                return self._welcomed(line, now)
            case "ROOMSTATE" if self._stage == "joining" and line.param(0) == f"#{self._channel}":
                self.joined_at = now
                self._stay(now)
                return Joined()
            case _:
                return self._ending(line)

    def silence(self, now: Seconds) -> Say | Ended:
        """Say what follows when nothing arrived until the deadline."""
        match self._stage:
            case "login":
                return Ended("lost", "Twitch did not answer the login.")
            case "joining":
                return Ended("refused", f'Channel "{self._channel}" was not found or is closed.')
            case "reading":
                self._stage = "pinged"
                self.deadline = now + self._limits.pong_s
                return Say("PING :still-there")
            case "pinged":
                return Ended("lost", "Twitch fell silent.")

    def _stay(self, now: Seconds) -> None:
        self._stage = "reading"
        self.deadline = now + self._limits.idle_s

    def _welcomed(self, line: IrcLine, now: Seconds) -> Say:
        # With a token Twitch takes the name from the token, whatever NICK said.
        self._nick = line.param(0) or self._nick
        self._stage = "joining"
        self.deadline = now + self._limits.join_s
        return Say(f"JOIN #{self._channel}")

    def _ending(self, line: IrcLine) -> Ended | None:
        match line.command:
            case "PART" if line.nick == self._nick:
                return Ended("lost", "Twitch took the reader out of the channel.")
            case "RECONNECT":
                return Ended("moved", "Twitch asked to connect anew.")
            case "NOTICE":
                return self._refusal(line)
            case _:
                return None

    def _refusal(self, line: IrcLine) -> Ended | None:
        text = bounded(one_line(line.param(1)), _MOST_REASON)
        if self._stage == "login" and text.lower().startswith(_LOGIN_FAILURES):
            return Ended(
                "refused", f"Twitch did not accept the login ({text}); make a new token with chat:read."
            )
        if line.tags.get("msg-id") in _CLOSED:
            return Ended("refused", f'Channel "{self._channel}" cannot be read: {text}')
        return None


class Pauses:
    """How long to wait before the next attempt: longer each time, never the same for two readers."""

    def __init__(self, limits: Limits, rng: Random) -> None:
        self._limits = limits
        self._rng = rng
        self._lost = 0
        self._refused = 0

    def after(self, ended: Ended, stayed_s: Seconds) -> Seconds:
        """Return the pause after a connection that had read the channel for `stayed_s`."""
        if stayed_s >= self._limits.stable_s:
            self._lost = self._refused = 0
        if ended.why == "refused":
            self._refused += 1
            return self._jittered(
                self._limits.first_refused_pause_s, self._limits.longest_refused_pause_s, self._refused
            )
        # At once when Twitch asks for it, but not if it keeps asking.
        if ended.why == "moved" and self._lost == 0:
            self._lost = 1
            return 0.0
        return self.lost()

    def lost(self) -> Seconds:
        """Return the pause after one more attempt that came to nothing."""
        self._lost += 1
        return self._jittered(self._limits.first_pause_s, self._limits.longest_pause_s, self._lost)

    def _jittered(self, first: Seconds, longest: Seconds, attempt: int) -> Seconds:
        whole = min(longest, first * 2.0 ** min(attempt - 1, 20))
        return whole * self._rng.uniform(0.5, 1.0)
