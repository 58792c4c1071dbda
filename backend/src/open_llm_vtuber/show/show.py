"""One character on air: everything that belongs to a show, and the one door to it."""

import asyncio
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import assert_never

from open_llm_vtuber.chat.selection import Selection
from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.live2d_model import Live2dModel
from open_llm_vtuber.ports import Adapter, SpeechSynthesizer, Store
from open_llm_vtuber.protocol.server_messages import (
    BackgroundFiles,
    CharacterNames,
    CharacterState,
    ClientWelcome,
    ConfigFile,
    ConfigFiles,
    FullText,
    GroupUpdate,
    HistoryList,
    HistorySummary,
    LatestMessage,
    NewHistoryCreated,
    Provider,
    ServerMessage,
    SetModelAndConf,
    Snapshot,
    State,
    TwitchState,
    TwitchStatus,
)
from open_llm_vtuber.show.audience import Audience, Outbox
from open_llm_vtuber.show.body import Body
from open_llm_vtuber.show.chat_desk import ChatDesk
from open_llm_vtuber.show.commands import (
    AnswerUtterance,
    BecomeCharacter,
    ChatHappened,
    Command,
    CreateHistory,
    Describe,
    EraseHistory,
    Greet,
    Hear,
    HearAll,
    Hello,
    Interrupt,
    ListBackgrounds,
    ListConfigs,
    ListHistories,
    Perform,
    PlaybackEnded,
    ResumeHistory,
    SpeakUp,
    TakeSnapshot,
)
from open_llm_vtuber.show.director import Director
from open_llm_vtuber.show.guard import Guard
from open_llm_vtuber.show.turn import Cast, Turn
from open_llm_vtuber.stimulus import (
    ChannelStatus,
    ChatEvent,
    ChatMessage,
    ChatRemoval,
    EngineStatus,
    HistoryLine,
    Stimulus,
)
from open_llm_vtuber.units import Seconds

log = logging.getLogger(__name__)

STATE_INTERVAL: Seconds = 0.1
"""The state is published at most this often."""
COPIES_COME_WITHIN: Seconds = 0.3
"""Existing clients report the end of playback up to ten times; later copies must not end the next turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Billing:
    """Who is on air: names and pictures, as the clients are told."""

    conf_name: str
    conf_uid: str
    character_name: str
    avatar: str
    model: Live2dModel
    configs: tuple[ConfigFile, ...]
    backgrounds: tuple[str, ...]
    channel: str = ""


class Show:
    """A character on air. Holds no socket: clients are outboxes, everything else comes in by `ask` and `tell`."""

    def __init__(  # noqa: PLR0913  its parts, each by name
        self,
        name: str,
        billing: Billing,
        *,
        adapter: Adapter,
        voice: SpeechSynthesizer,
        store: Store,
        providers: Mapping[str, EngineStatus],
        shared: bool,
        first_clause: bool = True,
    ) -> None:
        self.name = name
        self.audience = Audience()
        self._billing = billing
        self._adapter = adapter
        self._store = store
        self._is_shared = shared
        self._providers = providers  # they change while the show runs
        self._history: str | None = None
        self._twitch: TwitchState | None = None
        self._primary: str | None = None
        self._last_report: dict[str, Seconds] = {}
        self._changed = asyncio.Event()
        self._body = Body(billing.model, self.audience.publish)
        names = (billing.character_name, billing.conf_name)
        self._chat = ChatDesk(Selection(names, billing.channel), self.audience.publish)
        self._cast = Cast(
            adapter=adapter,
            voice=voice,
            body=self._body,
            audience=self.audience,
            character_name=billing.character_name,
            avatar=billing.avatar,
            guard=Guard(),
            first_clause=first_clause,
            keep=self._keep,
            decide=self._chat.decide,
        )
        self._director = Director(
            lambda stimulus: Turn(stimulus, self._cast),
            idle=lambda: self._chat.next_line(self._now()),
            on_change=self._on_change,
        )

    async def run(self) -> None:
        """Be on air until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._director.run())
                group.create_task(self._publish_state())
        finally:
            self.audience.close()

    @contextmanager
    def attach(self, client: str) -> Iterator[Outbox]:
        """Let a client join for as long as the context lasts."""
        try:
            with self.audience.attach(client) as outbox:
                self._on_change()
                yield outbox
        finally:
            self._last_report.pop(client, None)
            self._on_change()

    async def tell(self, command: ChatHappened) -> None:
        """Take something in; it is dealt with once this returns."""
        event: ChatEvent = command.event
        match event:
            case ChatMessage():
                if await self._store.first_sight(self.name, event.id):
                    self._chat.take_in(event, self._now())
                    self._director.wake()
            case ChatRemoval():
                await self._remove(event)
            case ChannelStatus():
                self._twitch = TwitchState(**asdict(event))
                self.audience.publish(TwitchStatus(**asdict(event)))
                self._on_change()
            case _:
                assert_never(event)

    async def ask(self, command: Command) -> Sequence[ServerMessage]:
        """Do what is asked and return the answers for the client that asked. Raises ProtocolError."""
        match command:
            case Perform():
                self._perform(command.stimulus)
            case Interrupt():
                await self._interrupt(command)
            case PlaybackEnded():
                self._playback_ended(command.client)
            case Greet():
                return self._greeting(command.client)
            case Describe():
                return (self._description(command.client),)
            case Hello():
                return self._welcome(command)
            case TakeSnapshot():
                return (self._snapshot(command.client),)
            case ListConfigs():
                return (ConfigFiles(configs=self._billing.configs),)
            case ListBackgrounds():
                return (BackgroundFiles(files=self._billing.backgrounds),)
            case ListHistories():
                return (await self._histories(),)
            case CreateHistory():
                return (await self._create_history(),)
            case ResumeHistory() | EraseHistory():
                raise _not_yet("Stored conversations")
            case BecomeCharacter():
                raise _not_yet("Switching the character")
            case Hear() | HearAll() | AnswerUtterance():
                raise _not_yet("Listening")
            case SpeakUp():
                raise _not_yet("Speaking unasked")
            case ChatHappened():
                await self.tell(command)
            case _:
                assert_never(command)
        return ()

    def _perform(self, stimulus: Stimulus) -> None:
        self._director.submit(stimulus)
        if outbox := self.audience.outbox(stimulus.client or ""):
            outbox.is_interrupted = False  # an existing client that types listens again

    async def _interrupt(self, command: Interrupt) -> None:
        if outbox := self.audience.outbox(command.client):
            outbox.is_interrupted = True
        await self._director.interrupt(command.heard)

    def _playback_ended(self, client: str) -> None:
        now, last = self._now(), self._last_report.get(client)
        self._last_report[client] = now
        is_copy = last is not None and now - last < COPIES_COME_WITHIN
        if self._director.turn and client == self._primary and not is_copy:
            self._director.turn.playback_ended()

    async def _remove(self, removal: ChatRemoval) -> None:
        self._chat.remove(removal)
        turn = self._director.turn
        if turn is None or turn.stimulus.source != "chat":
            return
        stimulus = turn.stimulus
        if removal.message_id in (stimulus.message_id, None) and removal.username in (
            stimulus.username,
            None,
        ):
            await self._director.interrupt()

    def _greeting(self, client: str) -> Sequence[ServerMessage]:
        return (
            GroupUpdate(),
            FullText(text="Connection established"),
            self._description(client),
            GroupUpdate(),
        )

    def _description(self, client: str) -> SetModelAndConf:
        billing = self._billing
        return SetModelAndConf(
            model_info=dict(billing.model.info),
            conf_name=billing.conf_name,
            conf_uid=billing.conf_uid,
            client_uid=client,
        )

    def _welcome(self, hello: Hello) -> Sequence[ServerMessage]:
        if outbox := self.audience.outbox(hello.client):
            outbox.capabilities = frozenset(hello.capabilities)
        self._on_change()
        return (ClientWelcome(show=self.name, client_uid=hello.client), self._snapshot(hello.client))

    def _snapshot(self, client: str) -> Snapshot:
        outbox, turn = self.audience.outbox(client), self._director.turn
        return Snapshot(
            seq=outbox.seq if outbox else 0,
            state=self._state(),
            expression=self._body.expression,
            turn=turn.id if turn else None,
            chat=self._chat.shown,
        )

    def _state(self) -> State:
        billing = self._billing
        return State(
            expression=self._body.expression,
            speaking=self._director.turn is not None,
            queue=self._director.waiting,
            primary=self._primary,
            twitch=self._twitch,
            providers={job: Provider(**asdict(status)) for job, status in self._providers.items()},
            character=CharacterNames(conf_name=billing.conf_name, character_name=billing.character_name),
        )

    async def _histories(self) -> HistoryList:
        held = await self._store.histories(self._owner)
        return HistoryList(histories=tuple(_summary(uid, line) for uid, line in held))

    async def _create_history(self) -> NewHistoryCreated:
        # Existing clients ask for it whenever they connect; who joins a shared show must not cut it off.
        if self._is_shared and self._history:
            return NewHistoryCreated(history_uid=self._history)
        await self._director.interrupt()
        self._history = await self._store.create_history(self._owner)
        self._adapter.forget()
        return NewHistoryCreated(history_uid=self._history)

    async def _keep(self, line: HistoryLine) -> None:
        if self._history is None:
            self._history = await self._store.create_history(self._owner)
        try:
            await self._store.append(self._owner, self._history, line)
        except ProtocolError:  # the store has forgotten it meanwhile
            self._history = await self._store.create_history(self._owner)
            await self._store.append(self._owner, self._history, line)

    def _on_change(self) -> None:
        # The sound stays where it is while she speaks, unless its client has left.
        if self._director.turn is None or self._primary not in self.audience:
            self._primary = self.audience.primary
        self._changed.set()

    async def _publish_state(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            self.audience.publish(CharacterState(**dict(self._state())))
            await asyncio.sleep(STATE_INTERVAL)

    @property
    def _owner(self) -> str:
        return f"{self.name}/{self._billing.conf_uid}"

    @staticmethod
    def _now() -> Seconds:
        return asyncio.get_running_loop().time()


def _not_yet(what: str) -> ProtocolError:
    return ProtocolError(f"{what} is not available in this version.", code="wrong-state")


def _summary(uid: str, line: HistoryLine) -> HistorySummary:
    timestamp = line.timestamp.isoformat()
    latest = LatestMessage(role=line.role, timestamp=timestamp, content=line.content)
    return HistorySummary(uid=uid, latest_message=latest, timestamp=timestamp)
