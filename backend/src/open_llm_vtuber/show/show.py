"""One character on air: everything that belongs to a show, and the one door to it."""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import assert_never

from open_llm_vtuber import course
from open_llm_vtuber.autonomy import Autonomy
from open_llm_vtuber.chat_ports import ChatWriter
from open_llm_vtuber.ports import Books, Store
from open_llm_vtuber.protocol.live_server_messages import CharacterState, Snapshot, TwitchStatus
from open_llm_vtuber.protocol.parts import State, TwitchState
from open_llm_vtuber.protocol.server_messages import ServerMessage
from open_llm_vtuber.settings.co_host import CoHostSettings
from open_llm_vtuber.show import commands
from open_llm_vtuber.show.airlock import Airlock
from open_llm_vtuber.show.audience import Audience, Outbox
from open_llm_vtuber.show.autonomy_commands import AutonomousCommand
from open_llm_vtuber.show.autonomy_desk import AutonomyDesk, Notes, Surroundings
from open_llm_vtuber.show.body import Body
from open_llm_vtuber.show.cast import Cast
from open_llm_vtuber.show.channel import Channel, ChannelSettings
from open_llm_vtuber.show.co_host import CoHost
from open_llm_vtuber.show.conversation import Conversation, shown_lines
from open_llm_vtuber.show.director import Director
from open_llm_vtuber.show.ears import Ears
from open_llm_vtuber.show.echo import Played
from open_llm_vtuber.show.guard import Guard
from open_llm_vtuber.show.hearing import Hearing
from open_llm_vtuber.show.histories import Histories
from open_llm_vtuber.show.joining import Joining
from open_llm_vtuber.show.modes import Modes
from open_llm_vtuber.show.operator import Operator
from open_llm_vtuber.show.operator_commands import OperatorCommand
from open_llm_vtuber.show.partner import Partner
from open_llm_vtuber.show.reasons import Reasons
from open_llm_vtuber.show.role import Repertoire, Role, RoleChange
from open_llm_vtuber.show.role_desk import RoleDesk
from open_llm_vtuber.show.settings_commands import TuneCommand
from open_llm_vtuber.show.standing import Standing
from open_llm_vtuber.show.state import state_of
from open_llm_vtuber.show.text_desk import Places, TextDesk
from open_llm_vtuber.show.tuning import Tuning
from open_llm_vtuber.show.turn import Turn
from open_llm_vtuber.show.turn_desk import TurnDesk
from open_llm_vtuber.stimulus import (
    ChannelEvent,
    ChannelStatus,
    ChatEvent,
    ChatMessage,
    ChatRemoval,
    Stimulus,
    StreamFacts,
    imported,
)
from open_llm_vtuber.units import Seconds

log = logging.getLogger(__name__)

STATE_INTERVAL: Seconds = 0.1
"""The state is published at most this often."""
SPEAK_UP = "Please say something."
"""What the character is asked for when nobody has asked anything."""


class Show:
    """A character on air. Holds no socket: clients are outboxes, everything else comes in by `ask` and `tell`."""

    def __init__(  # noqa: PLR0913  its parts, each by name
        self,
        name: str,
        role: Role,
        *,
        store: Store,
        repertoire: Repertoire,
        guard: Guard,
        shared: bool,
        ears: Ears | None = None,
        co_host: CoHostSettings = CoHostSettings(),  # noqa: B008  frozen
        speak_up: str = SPEAK_UP,
        channel: ChannelSettings = ChannelSettings(),  # noqa: B008  frozen
        standing: Standing = Standing(),  # noqa: B008  frozen
        places: Places | None = None,
        books: Books | None = None,
        autonomy: Autonomy | None = None,
        writer: ChatWriter | None = None,
        reasons: Reasons | None = None,
    ) -> None:
        self.name, self.reasons = name, reasons or Reasons()
        self.audience = Audience()
        self._store, self._is_shared, self._identity = store, shared, ""
        self._conversation = Conversation(store, self._owners)
        self._twitch: TwitchState | None = None
        self._books = books
        self._primary: str | None = None
        self._changed, self._played = asyncio.Event(), Played()
        self._ears = ears or Ears()
        self._unasked = self._autonomy_desk(autonomy, speak_up)
        self._airlock = Airlock(guard, self.audience.publish, channel.chat.moderation)
        self._channel = self._tuned_in(role, channel, writer)
        self._role_change = RoleChange(repertoire, role, self._change_role)
        self._body = Body(role.billing.model, self.audience, self._on_change)
        self._modes = Modes(self.audience, role, standing.mode, self._on_change)
        self._assume(role)
        self._director = Director(
            lambda what: Turn(self._put_on_stage(what), replace(self._cast, adapter=self._modes.adapter)),
            idle=lambda: self._channel.next(course.now()),
            on_change=self._on_change,
            is_listening=lambda: self._co_host is not None and self._co_host.keeps_silent,
        )
        self._turns = self._turn_desk()
        self._texts = self._text_desk(places)
        self._hearing = Hearing(self._ears, self.audience, self._director, self._turns.perform)
        self._co_host = self._stage(co_host) if shared else None
        self._joining, self._histories, self._operator = self._doors(name, standing)
        self._roles = self._role_desk(repertoire)
        self._tuning = self._tuned()

    async def run(self) -> None:
        """Be on air until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                self._texts.open(group)  # first: a request may already be there while the store is read
                await self._operator.lists.open()
                group.create_task(self._channel.run())
                group.create_task(self._director.run())
                group.create_task(self._publish_state())
                group.create_task(self._body.run())
                group.create_task(self._unasked.run())
                if self._co_host:
                    group.create_task(self._co_host.run())
        finally:
            self.audience.close()
            await self._role_change.end()

    def _stage(self, settings: CoHostSettings) -> CoHost:
        return CoHost(
            settings,
            self._ears,
            self._hearing,
            self.audience,
            self._director,
            self._turns.perform,
            played=self._played,
            human_name=lambda: self._billing.human_name,
            on_change=self._on_change,
            partner=Partner(lambda: self._director, self._state, self._unasked.look),
        )

    def _put_on_stage(self, stimulus: Stimulus) -> Stimulus:
        scene = self._co_host.turn_begins() if self._co_host else ""
        return replace(stimulus, show=self.name, scene=stimulus.scene or scene)

    def _doors(self, name: str, standing: Standing) -> tuple[Joining, Histories, Operator]:
        joining = Joining(
            name,
            self.audience,
            billing=lambda: self._billing,
            snapshot=self._snapshot,
            under_way=lambda: turn.aired.under_way() if (turn := self._director.turn) else None,
            can_hear=self._ears.can_hear,
        )
        histories = Histories(
            self._conversation,
            self._director,
            adapter=lambda: self._modes.adapter,
            billing=lambda: self._billing,
            is_shared=self._is_shared,
        )
        operator = Operator(
            name,
            self._channel,
            standing=standing,
            store=self._store,
            director=self._director,
            audience=self.audience,
            airlock=self._airlock,
            body=lambda: self._body,
            resting=lambda: self._billing.model.resting,
            on_change=self._on_change,
            reasons=self.reasons,
        )
        return joining, histories, operator

    def _role_desk(self, repertoire: Repertoire) -> RoleDesk:
        return RoleDesk(
            repertoire,
            self._role_change,
            self.audience,
            description=self._joining.description,
            on_change=self._on_change,
        )

    def _text_desk(self, places: Places | None) -> TextDesk:
        words, emotions = lambda: self._modes.adapter, lambda: self._body.emotions
        return TextDesk(self.name, self.audience, words, emotions, self._turns.perform, places)

    def _turn_desk(self) -> TurnDesk:
        calls, primary = lambda: self._billing.human_name, lambda: self._primary
        return TurnDesk(self._director, self.audience, self._unasked, human_name=calls, primary=primary)

    def _tuned(self) -> Tuning:
        lists, shared = self._operator.lists, self._is_shared
        return Tuning(
            self._director, self._channel, lists, self._unasked, self.audience, self._reread, shared
        )

    def _autonomy_desk(self, autonomy: Autonomy | None, speak_up: str) -> AutonomyDesk:
        notes = Notes(self._store, self.name) if self._is_shared else None
        return AutonomyDesk(autonomy, self._surroundings(), speak_up, notes)

    def _surroundings(self) -> Surroundings:
        return Surroundings(
            director=lambda: self._director,
            adapter=lambda: self._modes.adapter,
            billing=lambda: self._billing,
            body=lambda: self._body,
            mode=lambda: self._modes.mode,
            channel=lambda: self._channel,
            is_listening=lambda: self._co_host is not None and self._co_host.is_listening,
            on_change=self._on_change,
        )

    def _tuned_in(self, role: Role, settings: ChannelSettings, writer: ChatWriter | None) -> Channel:
        return Channel(
            self.name,
            settings,
            store=self._store,
            names=(role.billing.character_name, role.billing.conf_name),
            channel=role.billing.channel,
            publish=self.audience.publish,
            director=lambda: self._director,
            adapter=lambda: self._modes.adapter,
            body=lambda: self._body,
            erase=self._conversation.take_back,
            writer=writer,
        )

    def _assume(self, role: Role) -> None:
        """Be that character from the next turn on; its conversation is another one."""
        billing = self._billing = role.billing
        self._modes.assume(role)
        self._providers = role.providers
        self._conversation.end()
        if billing.model is not self._body.model:
            self._body.become(billing.model)
        for adapter in role.adapters.values():
            adapter.take_stage(self._body, self._state)
        self._airlock.judge = role.judge
        self._channel.chat.answer_to((billing.character_name, billing.conf_name), billing.channel)
        self._cast = Cast(
            adapter=self._modes.adapter,
            voice=role.voice,
            body=self._body,
            audience=self.audience,
            character_name=billing.character_name,
            avatar=billing.avatar,
            airlock=self._airlock,
            first_clause=role.first_clause,
            spoken=role.spoken,
            listen=self._ears.listen,
            keep=self._conversation.keep,
            decide=self._channel.chat.decide,
            is_awaited=lambda: self._unasked.must_give_way,
            began=self._unasked.turn_began,
            brief=self._channel.brief,
            answering=self._channel.answering,
            ended=self._ended,
            played=self._played,
        )

    def belongs_to(self, identity: str) -> None:
        """Say whose private show it is: where this identity comes back, it finds its conversations again."""
        self._identity = identity

    @contextmanager
    def attach(self, client: str, *, listens_only: bool = False) -> Iterator[Outbox]:
        """Let a client join for as long as the context lasts."""
        try:
            with self.audience.attach(client, listens_only=listens_only) as outbox:
                self._on_change()
                yield outbox
        finally:
            self._turns.forget(client)
            (self._co_host or self._ears).forget(client)
            self._texts.forget(client)
            self._on_change()

    async def tell(self, command: commands.ChatHappened) -> None:
        """Take something in; it is dealt with once this returns."""
        event: ChatEvent = command.event
        match event:
            case ChannelStatus():
                self._twitch = TwitchState(**asdict(event))
                self.audience.publish(TwitchStatus(**asdict(event)))
                self._on_change()
            case ChatMessage() | ChatRemoval() | ChannelEvent() | StreamFacts():
                if self._books and isinstance(event, ChannelEvent) and event.kind == "stream-online":
                    self._books.stream_begins(event.timestamp)
                self._unasked.happened(event)
                await self._channel.tell(event)
                self._on_change()
            case _:
                assert_never(event)

    async def ask(self, command: commands.Command) -> Sequence[ServerMessage]:
        """Do what is asked and return the answers for the client that asked. Raises ProtocolError."""
        if isinstance(command, commands.AudienceCommand):
            answers = self._joining.ask(command)
            if isinstance(command, commands.Hello):
                self._on_change()
            return answers
        if isinstance(command, commands.HistoryCommand):
            return await self._histories.ask(command)
        if isinstance(command, commands.RoleCommand):
            return await self._roles.ask(command)
        if isinstance(command, commands.HearingCommand):
            return await (self._co_host or self._hearing).ask(command)
        if isinstance(command, commands.TurnCommand):
            return await self._turns.ask(command)
        if isinstance(command, commands.TextCommand):
            return self._texts.ask(command)
        if isinstance(command, commands.ModeCommand):
            return await self._modes.ask(command, self._director)
        if isinstance(command, OperatorCommand):
            return await self._operator.ask(command)
        if isinstance(command, AutonomousCommand):
            return await self._unasked.ask(command)
        if isinstance(command, TuneCommand):
            return await self._tuning.ask(command)
        if isinstance(command, commands.BodyCommand):
            return await self._body.ask(command)
        await self.tell(command)
        return ()

    async def _change_role(self, role: Role) -> None:
        await self._director.between_turns(lambda: self._assume(role))

    def _reread(self) -> None:
        self._airlock.judge = self._role_change.reread()

    async def _ended(self, stimulus: Stimulus, heard: str) -> None:
        self._unasked.turn_ended(stimulus, heard)
        await self._channel.ended(stimulus, heard)

    def _snapshot(self, seq: int) -> Snapshot:
        turn = self._director.turn
        return Snapshot(
            seq=seq,
            state=self._state(),
            expression=self._body.expression,
            motion=self._body.motion,
            turn=turn.id if turn else None,
            chat=self._channel.chat.shown,
            conversation=shown_lines(
                self._conversation.recent, self._billing.character_name, self._billing.avatar
            ),
        )

    def _state(self) -> State:
        return state_of(
            self._billing,
            body=self._body,
            operator=self._operator,
            unasked=self._unasked,
            co_host=self._co_host,
            books=self._books,
            twitch=self._twitch,
            providers=self._providers,
            mode=self._modes.mode,
            primary=self._primary,
        )

    def _on_change(self) -> None:
        # The sound stays where it is while she speaks, unless its client has left.
        if self._director.turn is None or not self.audience.plays_to(self._primary):
            self._primary = self.audience.primary
        if turn := self._director.turn:
            turn.aired.played_by(self.audience.outbox(self._primary or ""))
        self._body.look()
        self._changed.set()
        self._unasked.look()

    async def _publish_state(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            self.audience.publish(CharacterState(**dict(self._state())))
            await course.sleep(STATE_INTERVAL)

    def _owners(self) -> Sequence[str]:
        """Whose histories these are: the show's own first, in a private one also the imported ones."""
        character = self._billing.conf_uid
        if self._is_shared:
            return (f"show/{self.name}/{character}",)
        return (f"client/{self._identity or self.name}/{character}", imported(character))
