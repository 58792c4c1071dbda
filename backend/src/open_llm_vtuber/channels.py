"""Which show reads which channel. Keeps the port to shows; what does not concern channels is passed through.

Shows on the same channel share one reader. Whose it is: `main` reads what the configuration names, any show what it
was told to; a private show's reading ends with it.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

from open_llm_vtuber.chat_lines import ChatLines
from open_llm_vtuber.chat_ports import ChannelReader, ChatPlatform
from open_llm_vtuber.errors import ConfigError, EngineError, ProtocolError, VTuberError
from open_llm_vtuber.protocol.codec import problem
from open_llm_vtuber.protocol.server_messages import ServerMessage
from open_llm_vtuber.protocol.twitch_messages import (
    LoginProgress,
    TwitchConnected,
    TwitchDisconnected,
    TwitchLoginCode,
    TwitchReading,
)
from open_llm_vtuber.show.audience import Outbox
from open_llm_vtuber.show.commands import (
    AnyCommand,
    BeginTwitchLogin,
    ChatHappened,
    ConnectTwitch,
    DescribeTwitch,
    DisconnectTwitch,
)
from open_llm_vtuber.shows import Shows, Subscription
from open_llm_vtuber.stimulus import ChannelStatus, ChatEvent
from open_llm_vtuber.units import Seconds

REQUIRED = "Token and channel required"
ANONYMOUS = ""
MOST_READINGS = 50
"""Channels that one server reads; Twitch lets an account join a hundred."""
WRITES_WITHIN: Seconds = 10.0
"""How long a line may take to get into the chat; what shows want written after it waits for so long."""

log = logging.getLogger(__name__)


class _Reading:
    """One reader and the shows that it reads for."""

    def __init__(self, shows: Shows) -> None:
        self._shows = shows
        self.listeners: dict[str, None] = {}
        self.task: asyncio.Task[None] | None = None

    async def tell(self, event: ChatEvent) -> None:
        for show in tuple(self.listeners):
            try:
                await self._shows.tell(show, ChatHappened(event))
            except ProtocolError:  # the show has ended
                self.listeners.pop(show, None)


class Channels:
    """Lets shows of other `Shows` read channels, while it is entered."""

    def __init__(self, shows: Shows, platform: ChatPlatform, lines: ChatLines | None = None) -> None:
        """`lines` is where shows put what they want written in chat."""
        self._shows = shows
        self._lines = lines or ChatLines()
        self._platform = platform
        self._readings: dict[tuple[str, str | None], tuple[_Reading, ChannelReader]] = {}
        """(channel, token) → who reads it with that, and for whom."""
        self._reads: dict[str, tuple[str, str | None]] = {}
        """Show → what it reads."""
        self._places: dict[str, str] = {}
        """Client → the show it is attached to."""
        self._outboxes: dict[str, Outbox] = {}
        self._connecting: dict[str, asyncio.Task[None] | None] = {}
        """Show → who waits for its connection."""
        self._login = LoginProgress(state="none")
        self._login_task: asyncio.Task[None] | None = None
        self._writing: asyncio.Task[None] | None = None
        self._running: set[asyncio.Task[None]] = set()
        self._tasks = asyncio.TaskGroup()

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        self._writing = self._start(self._write_lines())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        for task in tuple(self._running):
            task.cancel()
        if kind is not None and issubclass(kind, asyncio.CancelledError):
            await self._tasks.__aexit__(kind, error, trace)
        else:  # an error of whoever entered goes on as it is, not wrapped into a group
            await self._tasks.__aexit__(None, None, None)

    def keep(self, show: str, channel: str, token: str | None) -> None:
        """Let a show read a channel from now on, however long it takes to get there. Raises ConfigError."""
        key = (self._platform.channel_name(channel), _plain(token))
        self._open(key).listeners[show] = None
        self._reads[show] = key

    async def ask(self, show: str, command: AnyCommand) -> Sequence[ServerMessage]:
        """Do it and return the answers.

        To connect takes a while: a client that has a socket gets the answer later, so that it can go on meanwhile.
        """
        answers = await self._shows.ask(
            show, command
        )  # refuses what is switched off, and a show that is unknown
        name = self._places.get(show, show)
        match command:
            case ConnectTwitch():
                return await self._connect_soon(name, command)
            case DisconnectTwitch():
                return (await self._disconnect(name),)
            case DescribeTwitch():
                return (self._described(name),)
            case BeginTwitchLogin():
                return (await self._begin_login(),)
            case _:
                return answers

    async def tell(self, show: str, command: ChatHappened) -> None:
        """Hand something over."""
        await self._shows.tell(show, command)

    @asynccontextmanager
    async def subscribe(
        self, show: str | None, client: str, identity: str = "", *, listens_only: bool = False
    ) -> AsyncGenerator[Subscription, None]:
        """Attach a client. A private show's reading ends with it."""
        async with self._shows.subscribe(show, client, identity, listens_only=listens_only) as place:
            self._places[client], self._outboxes[client] = place.show, place.outbox
            try:
                yield place
            finally:
                del self._places[client], self._outboxes[client]
                if not show:
                    await self._end(place.show)

    async def _connect_soon(self, show: str, command: ConnectTwitch) -> Sequence[ServerMessage]:
        if not command.channel.strip() or not self._may_connect(command):
            raise ProtocolError(REQUIRED, code="bad-message")
        if show in self._connecting:
            raise ProtocolError("This show is being connected already.", code="busy")
        self._connecting[show] = None
        outbox = self._outboxes.get(command.client)
        if outbox is None:
            return (await self._connect(show, command),)
        self._connecting[show] = self._start(self._connect_and_answer(show, command, outbox))
        return ()

    def _may_connect(self, command: ConnectTwitch) -> bool:
        return bool(command.token.strip()) or command.anonymous or self._platform.has_login()

    async def _connect_and_answer(self, show: str, command: ConnectTwitch, outbox: Outbox) -> None:
        try:
            answer: ServerMessage = (await self._connect(show, command)).model_copy(
                update={"request_id": command.request_id}
            )
        except VTuberError as error:
            answer = problem(error, request_type="twitch-connect", request_id=command.request_id)
        except asyncio.CancelledError:
            gone = ProtocolError("It was disconnected before it was read.", code="wrong-state")
            outbox.send(problem(gone, request_type="twitch-connect", request_id=command.request_id))
            raise
        outbox.send(answer)

    async def _connect(self, show: str, command: ConnectTwitch) -> TwitchConnected:
        try:
            key = self._key(command)
            is_shared = key in self._readings
            if is_shared and _has_lost_its_login(key, self._readings[key][1]):
                await self._renew(key)
            self._open(key).listeners[show] = None
            _, reader = self._readings[key]
            try:
                access = await reader.connect()
            except BaseException:
                if self._reads.get(show) != key:
                    await self._leave(show, key)
                raise
            former, self._reads[show] = self._reads.get(show), key
            if former not in (None, key):
                await self._leave(show, former)
            if is_shared:  # it has missed how that went, and what is on
                for event in (reader.status, reader.facts):
                    await self._shows.tell(show, ChatHappened(event))
            return TwitchConnected(
                channel=access.channel, via=access.via, scopes=access.scopes, missing=access.missing
            )
        except ConfigError as error:
            raise ProtocolError(str(error), code="bad-message") from error
        finally:
            self._connecting.pop(show, None)

    def _key(self, command: ConnectTwitch) -> tuple[str, str | None]:
        """Return what is to be read with what; whoever has nothing to read with joins those who have."""
        channel = self._platform.channel_name(command.channel)
        if command.anonymous:
            return next((key for key in self._readings if key[0] == channel), (channel, ANONYMOUS))
        return channel, _plain(command.token) or None

    def _open(self, key: tuple[str, str | None]) -> _Reading:
        if key not in self._readings:
            if len(self._readings) >= MOST_READINGS:
                raise ProtocolError("This server reads as many channels as it can.", code="busy")
            reading = _Reading(self._shows)
            reader = self._platform.reader(*key, reading.tell)
            reading.task = self._start(reader.run())
            self._readings[key] = (reading, reader)
        return self._readings[key][0]

    async def _renew(self, key: tuple[str, str | None]) -> None:
        """Let another reader try with the login as it is now, for all who listen."""
        former, reader = self._readings.pop(key)
        self._open(key).listeners.update(former.listeners)
        await reader.disconnect()

    async def _disconnect(self, show: str) -> TwitchDisconnected:
        key = self._reads.get(show)
        if key is None:
            raise ProtocolError("No Twitch channel is connected.", code="wrong-state")
        await self._end(show)
        await self._shows.tell(
            show, ChatHappened(ChannelStatus(channel=key[0], state="down", reason="It was disconnected."))
        )
        return TwitchDisconnected(channel=key[0])

    async def _end(self, show: str) -> None:
        if (task := self._connecting.pop(show, None)) is not None:
            task.cancel()
        if (key := self._reads.pop(show, None)) is not None:
            await self._leave(show, key)

    async def _leave(self, show: str, key: tuple[str, str | None] | None) -> None:
        """Read a channel no more for a show; nobody's reader ends."""
        if key is None or key not in self._readings:
            return
        reading, reader = self._readings[key]
        reading.listeners.pop(show, None)
        if not reading.listeners:
            del self._readings[key]
            await reader.disconnect()

    async def _write_lines(self) -> None:
        """Write what shows want written, each in the chat that it reads now."""
        while True:
            line = await self._lines.take()
            key = self._reads.get(line.show)
            if key is None or key not in self._readings:
                continue
            _, reader = self._readings[key]
            try:
                async with asyncio.timeout(WRITES_WITHIN):
                    await reader.write(line.text, line.reply_to)
            except EngineError as error:
                log.info("show %s: a line was not written in chat: %s", line.show, error)
            except TimeoutError:
                log.info("show %s: a line was not written in chat: it took too long", line.show)

    def _described(self, show: str) -> TwitchReading:
        key = self._reads.get(show)
        login = self._login
        if login.state == "none" and self._platform.has_login():
            login = LoginProgress(state="stored")
        if key is None or key not in self._readings:
            return TwitchReading(
                channel=None,
                state="off",
                reason="",
                via=None,
                scopes=(),
                missing=(),
                problems=(),
                login=login,
            )
        _, reader = self._readings[key]
        access, status = reader.access, reader.status
        return TwitchReading(
            channel=status.channel,
            state=status.state,
            reason=status.reason,
            via=access.via,
            scopes=access.scopes,
            missing=access.missing,
            problems=access.problems,
            login=login,
        )

    async def _begin_login(self) -> TwitchLoginCode:
        if self._login_task is not None:
            self._login_task.cancel()
        code = await self._platform.begin_login()
        self._login = LoginProgress(state="waiting")
        self._login_task = self._start(self._finish_login())
        return TwitchLoginCode(
            user_code=code.user_code, verification_uri=code.verification_uri, expires_in_s=code.expires_in_s
        )

    async def _finish_login(self) -> None:
        try:
            await self._platform.finish_login()
            self._login = LoginProgress(state="stored")
        except (EngineError, ConfigError) as error:
            self._login = LoginProgress(state="failed", reason=str(error))

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = self._tasks.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task


def _plain(token: str | None) -> str | None:
    """Return a token as every spelling of it is compared."""
    return token.strip().removeprefix("oauth:") if token else token


def _has_lost_its_login(key: tuple[str, str | None], reader: ChannelReader) -> bool:
    """Whether a reader that was given a login reads on without one, or not at all."""
    access = reader.access
    was_refused = access.via == "irc" and not access.scopes and reader.status.state in {"connected", "down"}
    return key[1] != ANONYMOUS and was_refused
