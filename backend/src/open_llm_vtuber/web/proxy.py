"""`/proxy-ws`: any number of clients that are one client to a private show of theirs.

What the show sends goes to all of them. What they type is performed one line after the other; everything else is
passed on at once, and what it changes for all is told to all. Each has a microphone of its own.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import NamedTuple, Self
from uuid import uuid4

from starlette.websockets import WebSocket

from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.message_handler import MessageHandler
from open_llm_vtuber.protocol.client_messages import (
    ClientMessage,
    CreateNewHistory,
    DeleteHistory,
    FetchAndSetHistory,
    FrontendPlaybackComplete,
    RawAudioData,
    TextInput,
)
from open_llm_vtuber.protocol.codec import encode, harmless, problem
from open_llm_vtuber.protocol.envelope import AccessRole
from open_llm_vtuber.protocol.live_client_messages import ClientHello
from open_llm_vtuber.protocol.server_messages import (
    ConfigSwitched,
    Control,
    HistoryData,
    HistoryDeleted,
    NewHistoryCreated,
    ServerMessage,
    UserInputTranscription,
)
from open_llm_vtuber.show.audience import Outbox, OutboxClosed
from open_llm_vtuber.show.commands import FindSpeech, ForgetMicrophone, Greet, Interrupt
from open_llm_vtuber.show.ears import SPEECH_BEGINS
from open_llm_vtuber.shows import Shows
from open_llm_vtuber.units import Seconds
from open_llm_vtuber.websocket_handler import respond, talk

IDENTITY = "proxy"
"""Whose histories they are. A browser's identity has another shape, so nobody else can be this one."""
WAITING_LINES = 10
LONGEST_CHAIN: Seconds = 120.0
"""After that the next line is passed on although no end was seen; the show itself still performs one at a time."""
CHAIN_START = encode(Control(text="conversation-chain-start"))
CHAIN_END = encode(Control(text="conversation-chain-end"))
CHANGES_ALL = (ConfigSwitched, HistoryData, NewHistoryCreated)
"""Answers that say what has become of the show; all others concern only the client that asked."""


class _Line(NamedTuple):
    message: TextInput
    author: Outbox


class Proxy:
    """Has one private show for as long as there are clients. Entering it gives its tasks an owner."""

    def __init__(self, shows: Shows, human_name: str) -> None:
        self._shows = shows
        self._human_name = human_name
        self._group = asyncio.TaskGroup()
        self._party: Party | None = None

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        if self._party:
            self._party.end()
        if kind is not None and issubclass(kind, asyncio.CancelledError):
            await self._group.__aexit__(kind, error, trace)
        else:  # an error of whoever entered goes on as it is, not wrapped into a group
            await self._group.__aexit__(None, None, None)

    async def serve(self, websocket: WebSocket, role: AccessRole) -> None:
        """Talk to one client until it leaves or is dropped."""
        await websocket.accept()
        async with self._present() as party, party.joined() as outbox:
            await talk(websocket, outbox, _Member(party, outbox, role))

    @asynccontextmanager
    async def _present(self) -> AsyncGenerator["Party"]:
        """Be one of the party; the first one begins it, the last one ends it."""
        if self._party is None or self._party.is_over:
            self._party = Party(self._shows, self._human_name)
            self._party.task = self._group.create_task(self._party.run(), name="proxy")
        party = self._party
        party.guests += 1
        try:
            yield party
        finally:
            party.guests -= 1
            if not party.guests:
                party.end()


class Party:
    """The clients that share one place in one show."""

    def __init__(self, shows: Shows, human_name: str) -> None:
        self.guests = 0
        self.is_over = False
        self.task: asyncio.Task[None] | None = None
        self.history = ""
        self._shows = shows
        self._uid = str(uuid4())
        self._human_name = human_name
        self._performer = self.handler("", "developer")
        """Of the lines that were let in already."""
        self._outboxes: dict[str, Outbox] = {}
        self._asks_by_itself: set[str] = set()
        """Clients whose next wish for a new history is not a person's: they ask when they join and after a switch."""
        self._lines: asyncio.Queue[_Line] = asyncio.Queue(maxsize=WAITING_LINES)
        self._is_ready = asyncio.Event()
        self._is_free = asyncio.Event()
        self._is_free.set()
        self._is_in_chain = False

    def handler(self, microphone: str, role: AccessRole) -> MessageHandler:
        """Return what acts in the name of all; each has a microphone and rights of its own."""
        return MessageHandler(
            self._shows, self._uid, self._uid, self._human_name, microphone=microphone, role=role
        )

    async def run(self) -> None:
        """Pass on what comes and goes until ended, or until the show has ended."""
        try:
            async with (
                self._shows.subscribe(None, self._uid, IDENTITY) as place,
                asyncio.TaskGroup() as group,
            ):
                self._is_ready.set()
                performer = group.create_task(self._perform())
                try:
                    await self._fan_out(place.outbox)
                finally:
                    performer.cancel()
        finally:
            self._finish()

    def end(self) -> None:
        """Leave the show."""
        self.is_over = True
        if self.task:
            self.task.cancel()

    @asynccontextmanager
    async def joined(self) -> AsyncGenerator[Outbox]:
        """Greet a client and let it hear everything; the others notice nothing of it."""
        outbox = Outbox(str(uuid4()))
        await self._is_ready.wait()
        with suppress(ProtocolError):  # the show has ended meanwhile
            for message in await self._shows.ask(self._uid, Greet(self._uid)):
                outbox.send(message)
        if self.is_over:
            outbox.close()
        outbox.is_in_chain = self._is_in_chain
        self._outboxes[outbox.client] = outbox
        self._asks_by_itself.add(outbox.client)
        try:
            yield outbox
        finally:
            del self._outboxes[outbox.client]
            self._asks_by_itself.discard(outbox.client)
            outbox.close()
            with suppress(ProtocolError):
                await self._shows.ask(self._uid, ForgetMicrophone(self._uid, outbox.client))

    def take_in(self, line: TextInput, author: Outbox) -> None:
        """Let a line wait for its turn. Raises ProtocolError `busy`."""
        try:
            self._lines.put_nowait(_Line(line, author))
        except asyncio.QueueFull:
            raise ProtocolError("Too much is waiting already; try again in a moment.", code="busy") from None

    async def find_speech(self, samples: tuple[float, ...], speaker: Outbox) -> None:
        """Tell the one who speaks what was found, and cut the turn for everybody when it begins."""
        sound = FindSpeech(self._uid, samples, speaker.client)
        for found in await self._shows.ask(self._uid, sound):
            speaker.send(found)
            if found == SPEECH_BEGINS:
                await self._shows.ask(self._uid, Interrupt(self._uid, None))

    def tell_others(self, messages: Sequence[ServerMessage], asker: Outbox) -> None:
        """Tell all but one what one of them has changed."""
        for message in messages:
            told = (
                message.model_copy(update={"request_id": None})
                if isinstance(message, CHANGES_ALL)
                else message
            )
            for outbox in self._outboxes.values():
                if outbox is not asker:
                    outbox.send(told)

    def is_pacing(self, outbox: Outbox) -> bool:
        """Whether this client's report ends a turn: the one that is here for longest."""
        return next(iter(self._outboxes.values()), None) is outbox

    def asks_by_itself(self, outbox: Outbox) -> bool:
        """Return whether its wish for a new history is nobody's; the next one will be somebody's."""
        is_nobodys = outbox.client in self._asks_by_itself
        self._asks_by_itself.discard(outbox.client)
        return is_nobodys

    def note(self, message: ClientMessage, answer: ServerMessage) -> None:
        """Remember which conversation is going on: whoever joins asks for a new one."""
        match message, answer:
            case _, NewHistoryCreated():
                self.history = answer.history_uid
            case FetchAndSetHistory(), HistoryData():
                self.history = message.history_uid
            case DeleteHistory(), HistoryDeleted() if message.history_uid == self.history:
                self.history = ""
            case _, ConfigSwitched():
                self.history = ""
                self._asks_by_itself.update(self._outboxes)
            case _:
                pass

    async def _fan_out(self, heard: Outbox) -> None:
        with suppress(OutboxClosed):
            while True:
                self._relay(await heard.get())

    def _relay(self, text: str) -> None:
        if text in (CHAIN_START, CHAIN_END):
            self._is_in_chain = text == CHAIN_START
            (self._is_free.clear if self._is_in_chain else self._is_free.set)()
        for outbox in self._outboxes.values():  # no wait in here: nobody joins or leaves meanwhile
            outbox.is_in_chain = self._is_in_chain
            outbox.relay(text)

    async def _perform(self) -> None:
        while True:
            line = await self._lines.get()
            with suppress(TimeoutError):
                async with asyncio.timeout(LONGEST_CHAIN):
                    await self._is_free.wait()
            self._is_free.clear()
            if await respond(line.message, line.author, self._performer):
                self._is_free.set()  # it was refused: there will be no chain
            else:
                words = UserInputTranscription(text=harmless(line.message.text))
                self.tell_others((words,), line.author)

    def _finish(self) -> None:
        self.is_over = True
        self._is_ready.set()  # whoever waits to join learns that it is over
        for outbox in self._outboxes.values():
            outbox.close()


class _Member:
    """Acts on the messages of one of them."""

    def __init__(self, party: Party, outbox: Outbox, role: AccessRole = "developer") -> None:
        self._party = party
        self._outbox = outbox
        self._handler = party.handler(outbox.client, role)

    async def handle(self, message: ClientMessage) -> Sequence[ServerMessage]:
        """Do what the message asks and return the answers, in order."""
        try:
            return await self._handle(message)
        except ProtocolError as error:
            return (problem(error, request_type=message.type, request_id=message.request_id),)

    async def _handle(self, message: ClientMessage) -> Sequence[ServerMessage]:
        party = self._party
        match message:
            case TextInput():
                party.take_in(message, self._outbox)
                return ()
            case ClientHello():
                raise ProtocolError(
                    "Say hello at /client-ws: clients of the proxy are one.", code="wrong-state"
                )
            case RawAudioData():
                await party.find_speech(message.audio, self._outbox)
                return ()
            case FrontendPlaybackComplete() if not party.is_pacing(self._outbox):
                return ()
            case CreateNewHistory() if party.asks_by_itself(self._outbox) and party.history:
                return (NewHistoryCreated(history_uid=party.history, request_id=message.request_id),)
            case _:
                return await self._pass_on(message)

    async def _pass_on(self, message: ClientMessage) -> Sequence[ServerMessage]:
        answers = await self._handler.handle(message)
        for answer in answers:
            self._party.note(message, answer)
        if any(isinstance(answer, CHANGES_ALL) for answer in answers):
            self._party.tell_others(answers, self._outbox)
        return answers
