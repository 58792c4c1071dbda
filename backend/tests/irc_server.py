"""A local IRC server over WebSocket that behaves like Twitch's, for tests. Never for anything else."""

import asyncio
import re
from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

HOST = "tmi.twitch.tv"
CAPABILITIES = ("twitch.tv/commands", "twitch.tv/membership", "twitch.tv/tags")
WELCOME = (
    "001 {nick} :Welcome, GLHF!",
    f"002 {{nick}} :Your host is {HOST}",
    "003 {nick} :This server is rather new",
    "004 {nick} :-",
    "375 {nick} :-",
    "372 {nick} :You are in a maze of twisty passages, all alike.",
    "376 {nick} :>",
)
ROOM_TAGS = "@emote-only=0;followers-only=-1;r9k=0;room-id=12345;slow=0;subs-only=0 "
USER_TAGS = "@badge-info=;badges=;color=;display-name={nick};emote-sets=0;mod=0;subscriber=0;user-type= "
_CHANNEL = re.compile(
    r" (?:PRIVMSG|CLEARCHAT|CLEARMSG|USERNOTICE|NOTICE|ROOMSTATE|USERSTATE|HOSTTARGET) (#\S+)"
)
_SENT_AT = re.compile(r"[@;]tmi-sent-ts=([0-9]+)")


def sent_at(line: str) -> float | None:
    """Return when Twitch sent a recorded line, in seconds of the epoch; None where it does not say."""
    found = _SENT_AT.search(line)
    return int(found[1]) / 1000 if found else None


def channel_of(line: str) -> str | None:
    """Return the channel that a recorded line is for, with its #."""
    found = _CHANNEL.search(line)
    return found[1] if found else None


def retargeted(line: str, channel: str) -> str:
    """Return a recorded line as if it had been said in `channel`."""
    found = _CHANNEL.search(line)
    return line if found is None else f"{line[: found.start(1)]}#{channel}{line[found.end(1) :]}"


def _subprotocol(_: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """Accept what a client offers: one that offers "irc" insists on getting it, and one need not offer any."""
    return Subprotocol("irc") if "irc" in offered else None


@dataclass(eq=False)
class _Client:
    socket: ServerConnection
    nick: str = ""
    password: str = ""
    logged_in: bool = False
    """With a token; a justinfan is not."""
    welcomed: bool = False
    capabilities: set[str] = field(default_factory=set)
    channels: set[str] = field(default_factory=set)

    @property
    def prefix(self) -> str:
        return f":{self.nick}!{self.nick}@{self.nick}.{HOST}"

    async def send(self, *lines: str) -> None:
        with suppress(ConnectionClosed):
            await self.socket.send("".join(f"{line}\r\n" for line in lines))


class IrcServer:
    """Listens on a loopback port of its own while it is entered.

    `channels` exist; a JOIN of any other is not answered, as on Twitch. `tokens` maps each good token to its
    account. `suspended` channels answer a JOIN with a notice. With `answer_pings` off it goes deaf: that is what
    a dead connection looks like. Whoever joins gets the latest `resend` lines of that channel once more.
    """

    def __init__(
        self,
        *,
        channels: Collection[str] = ("examplechannel",),
        tokens: Mapping[str, str] | None = None,
        suspended: Collection[str] = (),
        resend: int = 0,
        lines_per_frame: int = 1,
        answer_pings: bool = True,
    ) -> None:
        self.channels = set(channels)
        self.tokens = dict(tokens or {})
        self.suspended = set(suspended)
        self.resend = resend
        self.lines_per_frame = lines_per_frame
        self.answer_pings = answer_pings
        self.port = 0
        self.connections = 0
        """How many clients have connected so far."""
        self.received: list[str] = []
        """Every line that any client sent."""
        self._clients: set[_Client] = set()
        self._sent: dict[str, deque[str]] = {}
        self._server: Server | None = None
        self._changed = asyncio.Event()

    @property
    def url(self) -> str:
        """Where clients connect to."""
        return f"ws://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen; after a `stop` on the same port as before."""
        self._server = await serve(
            self._serve,
            "127.0.0.1",
            self.port,
            select_subprotocol=_subprotocol,
            compression=None,
            ping_interval=None,
        )
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    async def stop(self) -> None:
        """Kill every connection and stop listening."""
        self.kill()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    def kill(self) -> None:
        """Cut every connection off without a goodbye, as a failing network does."""
        for client in self._clients:
            client.socket.transport.abort()

    async def joined(self, channel: str = "examplechannel", connections: int = 1) -> None:
        """Wait until a client reads `channel` and at least so many connections were made in all."""
        while self.connections < connections or not self._readers(f"#{channel}"):
            self._changed.clear()
            await self._changed.wait()

    async def heard(self, start: str) -> str:
        """Wait for a line from a client that begins like this, and return it."""
        while True:
            for line in self.received:
                if line.startswith(start):
                    return line
            self._changed.clear()
            await self._changed.wait()

    async def send(self, *lines: str) -> None:
        """Send lines as they are, together in one frame, to everyone who is welcome."""
        for client in [client for client in self._clients if client.welcomed]:
            await client.send(*lines)

    async def reconnect(self) -> None:
        """Tell everyone to connect anew."""
        await self.send(f":{HOST} RECONNECT")

    async def part(self, channel: str) -> None:
        """Take everyone out of a channel."""
        for client in self._readers(f"#{channel}"):
            await self._part(client, f"#{channel}")

    async def replay(
        self, lines: Iterable[str], *, speed: float | None = None, channel: str | None = None
    ) -> None:
        """Say recorded lines again, each to the readers of its channel, or all of them in `channel`.

        With a `speed` the recorded pauses are kept, divided by it; without one it goes as fast as the readers
        can take it. As on Twitch, what nobody reads is lost.
        """
        batch: list[str] = []
        before: float | None = None
        for recorded in lines:
            line = retargeted(recorded, channel) if channel else recorded
            now = sent_at(line)
            if speed is not None and now is not None:
                if before is not None and now > before:
                    await self._broadcast(batch)
                    batch = []
                    await asyncio.sleep((now - before) / speed)
                before = now
            batch.append(line)
            if len(batch) >= self.lines_per_frame:
                await self._broadcast(batch)
                batch = []
        await self._broadcast(batch)

    async def _broadcast(self, lines: list[str]) -> None:
        for channel in {channel_of(line) for line in lines} - {None}:
            its_lines = [line for line in lines if channel_of(line) == channel]
            self._sent.setdefault(str(channel), deque(maxlen=self.resend)).extend(its_lines)
            for client in self._readers(str(channel)):
                await client.send(*its_lines)

    def _readers(self, channel: str) -> list[_Client]:
        return [client for client in self._clients if channel in client.channels]

    async def _serve(self, socket: ServerConnection) -> None:
        client = _Client(socket)
        self._clients.add(client)
        self.connections += 1
        try:
            async for frame in socket:
                text = frame if isinstance(frame, str) else frame.decode()
                for line in filter(None, re.split(r"[\r\n]+", text)):
                    await self._hear(client, line)
                    self.received.append(line)
                    self._changed.set()
        except ConnectionClosed:
            pass
        finally:
            self._clients.discard(client)
            self._changed.set()

    async def _hear(self, client: _Client, line: str) -> None:
        command, _, rest = line.partition(" ")
        match command.upper():
            case "CAP":
                await self._negotiate(client, rest)
            case "PASS":
                client.password = rest.removeprefix(":")
            case "NICK":
                await self._log_in(client, rest.removeprefix(":").lower())
            case "JOIN" if client.welcomed:
                await self._join(client, rest.lower())
            case "PART":
                await self._part(client, rest.lower())
            case "PING" if self.answer_pings:
                await client.send(f":{HOST} PONG {HOST} :{rest.removeprefix(':')}")
            case "PONG" | "PING" | "QUIT" | "USER":
                pass
            case "PRIVMSG" if client.logged_in:
                await client.send(
                    f"{USER_TAGS.format(nick=client.nick)}:{HOST} USERSTATE {rest.split(' ')[0]}"
                )
            case unknown:
                await client.send(f":{HOST} 421 {client.nick or '*'} {unknown} :Unknown command")

    async def _negotiate(self, client: _Client, rest: str) -> None:
        action, _, listed = rest.partition(" ")
        if action == "LS":
            await client.send(f":{HOST} CAP * LS :{' '.join(CAPABILITIES)}")
        elif action == "REQ":
            wanted = listed.removeprefix(":").split()
            answer = "ACK" if set(wanted) <= set(CAPABILITIES) else "NAK"
            client.capabilities |= set(wanted) if answer == "ACK" else set()
            await client.send(f":{HOST} CAP * {answer} :{' '.join(wanted)}")

    async def _log_in(self, client: _Client, nick: str) -> None:
        if re.fullmatch(r"justinfan[0-9]+", nick):
            client.nick = nick
        elif not client.password.startswith("oauth:"):
            await self._refuse(client, "Improperly formatted auth")
            return
        elif (account := self.tokens.get(client.password.removeprefix("oauth:"))) is None:
            await self._refuse(client, "Login authentication failed")
            return
        else:
            client.nick = account
            client.logged_in = True
        client.welcomed = True
        await client.send(*(f":{HOST} {line.format(nick=client.nick)}" for line in WELCOME))
        if client.logged_in and "twitch.tv/commands" in client.capabilities:
            await client.send(f"{USER_TAGS.format(nick=client.nick)}:{HOST} GLOBALUSERSTATE")

    @staticmethod
    def _state(client: _Client, channel: str) -> str:
        return f"{USER_TAGS.format(nick=client.nick)}:{HOST} USERSTATE {channel}"

    async def _refuse(self, client: _Client, why: str) -> None:
        await client.send(f":{HOST} NOTICE * :{why}")
        await client.socket.close()

    async def _join(self, client: _Client, channels: str) -> None:
        for channel in channels.removeprefix(":").split(","):
            await self._let_in(client, channel)

    async def _let_in(self, client: _Client, channel: str) -> None:
        if channel.removeprefix("#") in self.suspended:
            await client.send(
                f"@msg-id=msg_channel_suspended :{HOST} NOTICE {channel} "
                ":This channel does not exist or has been suspended."
            )
        if channel.removeprefix("#") not in self.channels - self.suspended:
            return
        local = f":{client.nick}.{HOST}"
        await client.send(f"{client.prefix} JOIN {channel}")
        await client.send(
            f"{local} 353 {client.nick} = {channel} :{client.nick}",
            f"{local} 366 {client.nick} {channel} :End of /NAMES list",
        )
        if "twitch.tv/commands" in client.capabilities:
            # Only an account has a state of its own in a room.
            own = (
                [f"{USER_TAGS.format(nick=client.nick)}:{HOST} USERSTATE {channel}"]
                if client.logged_in
                else []
            )
            await client.send(*own, f"{ROOM_TAGS}:{HOST} ROOMSTATE {channel}")
        client.channels.add(channel)
        await client.send(*self._sent.get(channel, ()))

    async def _part(self, client: _Client, channel: str) -> None:
        client.channels.discard(channel)
        await client.send(f"{client.prefix} PART {channel}")
