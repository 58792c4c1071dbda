"""What an operator does on air: say, stop, pause, drop, decide, block, forget, edit the lists, ask why."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import assert_never

from open_llm_vtuber.chat.decisions import skipped
from open_llm_vtuber.chat.why import Reason, in_words
from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.ports import BodyControl, Store
from open_llm_vtuber.protocol.live_server_messages import (
    ChatDecisions,
    ChatPaused,
    ChatResumed,
    HoldDecided,
    ModerationLists,
    QueueChanged,
    Resumed,
    SayAck,
    Skipped,
    Stopped,
    ViewerBlockAck,
    ViewerForgetAck,
    ViewerUnblockAck,
)
from open_llm_vtuber.protocol.parts import Decision as WireDecision
from open_llm_vtuber.protocol.parts import DecisionReason, Held, Queued, TurnTimes
from open_llm_vtuber.protocol.server_messages import ServerMessage
from open_llm_vtuber.show import operator_commands as orders
from open_llm_vtuber.show.airlock import Airlock
from open_llm_vtuber.show.audience import Audience
from open_llm_vtuber.show.channel import Channel
from open_llm_vtuber.show.chat_commands import ChatCommands
from open_llm_vtuber.show.director import Director
from open_llm_vtuber.show.edited_lists import EditedLists
from open_llm_vtuber.show.reasons import Reasons
from open_llm_vtuber.show.standing import Standing
from open_llm_vtuber.show.why_desk import turn_why
from open_llm_vtuber.stimulus import ChatRemoval, ExpressionRequest, Priority, Stimulus
from open_llm_vtuber.text_rules import bounded, one_line

log = logging.getLogger(__name__)

STOP = Priority(29)
OWNER = "stop"
SHOWN = 20
"""Entries of the queue that the state tells."""
LONGEST_SHOWN = 120
EVENT = "event:"
"""With this the ids of reactions begin that wait for an event."""


class Operator:
    """Acts on the operator's commands, whoever gives them: a page, a program, a moderator in chat."""

    def __init__(  # noqa: PLR0913  its parts, each by name
        self,
        show: str,
        channel: Channel,
        *,
        standing: Standing,
        store: Store,
        director: Director,
        audience: Audience,
        airlock: Airlock,
        body: Callable[[], BodyControl],
        resting: Callable[[], int],
        on_change: Callable[[], None],
        reasons: Reasons,
    ) -> None:
        self.is_stopped = director.is_frozen = standing.is_stopped
        self.is_chat_paused = standing.is_chat_paused
        self._show = show
        self._channel = channel
        self._close()
        self._store = store
        self._director = director
        self._audience = audience
        self._airlock = airlock
        self._body = body
        self._resting = resting
        self._on_change = on_change
        self._reasons = reasons
        self.lists = EditedLists(show, store, channel.chat.moderation, airlock)
        channel.obey = ChatCommands(
            channel.chat,
            ask=self.ask,
            submit=director.submit,
            body=channel.body,
            publish=audience.publish,
            write=channel.write,
            explains=channel.explains_commands,
        ).obey

    @property
    def waiting(self) -> tuple[Queued, ...]:
        """The first of what waits, in order."""
        return tuple(self._all_waiting()[:SHOWN])

    @property
    def is_speaking(self) -> bool:
        """Whether a turn runs."""
        return self._director.turn is not None

    @property
    def held(self) -> tuple[Held, ...]:
        """The chat messages that wait for a decision."""
        return self._channel.chat.held

    @property
    def how_many_wait(self) -> int:
        """How much waits, what is not shown included."""
        return len(self._all_waiting())

    @property
    def timings(self) -> TurnTimes | None:
        """How long the last turn took to each of its points, as far as it has come."""
        turn = self._director.turn or self._director.last
        return None if turn is None else TurnTimes(turn_id=turn.id, **asdict(turn.timings))

    def _all_waiting(self) -> list[Queued]:
        """Return the inbox, events, chat."""
        inbox = [_queued(each.id, each.source, each.author, each.text) for each in self._director.inbox]
        events = [
            Queued(
                stimulus_id=f"{EVENT}{kind}",
                source="event",
                author=who,
                text=f"{count} x {kind}",
                line="event",
            )
            for kind, who, count in self._channel.events.waiting
        ]
        chat = [
            _queued(each.id, "chat", each.display_name, each.text, "chat")
            for each in self._channel.chat.waiting
        ]
        return [*inbox, *events, *chat]

    @property
    def under_way(self) -> Queued | None:
        """What the running turn is about; nothing of one that was taken back."""
        turn = self._director.turn
        if turn is None or turn.retracted is not None:
            return None
        stimulus = turn.stimulus
        return _queued(turn.id, stimulus.source, stimulus.author, stimulus.text)

    async def ask(self, command: orders.OperatorCommand) -> Sequence[ServerMessage]:
        """Do what is asked and return the answers. Raises ProtocolError and EngineError."""
        answer = await self._act(command)
        self._on_change()
        return (answer,)

    async def _act(self, command: orders.OperatorCommand) -> ServerMessage:
        match command:
            case orders.Say():
                return self._say(command)
            case orders.Stop():
                return await self._stop(command.client)
            case orders.Resume():
                return self._resume(command.client)
            case orders.PauseChat():
                return self._pause(command.client, paused=True)
            case orders.ResumeChat():
                return self._pause(command.client, paused=False)
            case orders.Skip():
                return Skipped(cut=await self._director.interrupt())
            case orders.DropQueued():
                return self._drop(command.stimulus_id)
            case orders.MoveQueued():
                return self._move(command)
            case orders.DecideHeld():
                return self._decide(command)
            case orders.ListDecisions():
                reasons = self._channel.chat.log.reasons
                return ChatDecisions(
                    decisions=tuple(_on_the_wire(each_id, each) for each_id, each in reasons)
                )
            case orders.DescribeTurn():
                return turn_why(self._reasons, command.turn_id, self._username)
            case (
                orders.BlockViewer()
                | orders.UnblockViewer()
                | orders.ForgetViewer()
                | orders.EditModeration()
            ):
                return await self._moderate(command)
            case _:
                assert_never(command)

    def _username(self, message_id: str) -> str:
        reason = self._channel.chat.log.reason(message_id)
        return reason.username if reason else ""

    async def _moderate(
        self,
        command: orders.BlockViewer | orders.UnblockViewer | orders.ForgetViewer | orders.EditModeration,
    ) -> ServerMessage:
        match command:
            case orders.BlockViewer(platform, username):
                login = username.lstrip("@").lower()
                await self.lists.edit("blocked_viewers", (login,), ())
                for channel in self._channel.places(platform):
                    removal = ChatRemoval(platform=platform, channel=channel, username=login)
                    await self._channel.take_back(removal, "blocked")
                return ViewerBlockAck(platform=platform, username=login)
            case orders.UnblockViewer(platform, username):
                login = username.lstrip("@").lower()
                await self.lists.edit("blocked_viewers", (), (login,))
                return ViewerUnblockAck(platform=platform, username=login)
            case orders.ForgetViewer(platform, username):
                await self._channel.forget_viewer(platform, username)
                return ViewerForgetAck(platform=platform, username=username)
            case orders.EditModeration():
                if command.add or command.remove:
                    await self.lists.edit(command.name, command.add, command.remove)
                return ModerationLists(lists=self.lists.now)
            case _:
                assert_never(command)

    def _say(self, command: orders.Say) -> SayAck:
        stimulus = Stimulus(
            text=command.text,
            source="typed",
            author="Operator",
            verbatim=command.verbatim,
            priority=command.priority,
        )
        try:
            self._director.submit(stimulus)
        except ProtocolError as error:
            if error.code != "busy":
                raise
            return SayAck(turn_id=stimulus.id, status="rejected")
        return SayAck(turn_id=stimulus.id, status="queued")

    async def _stop(self, client: str) -> Stopped:
        self.is_stopped = True
        self._close()
        await self._director.freeze()
        for stimulus in self._director.drop(lambda _: True):
            if stimulus.message_id:
                self._channel.chat.decide(skipped(stimulus.message_id, "stopped"))
        self._channel.chat.clear("stopped")
        neutral = ExpressionRequest(expression=self._resting(), owner=OWNER, priority=STOP)
        self._body().express(neutral)
        self._audience.publish(Stopped(), but_for=(client,))
        return Stopped()

    def _resume(self, client: str) -> Resumed:
        self.is_stopped = False
        self._close()
        self._body().release("expression", owner=OWNER)
        self._director.thaw()
        self._channel.poke()
        self._audience.publish(Resumed(), but_for=(client,))
        return Resumed()

    def _pause(self, client: str, *, paused: bool) -> ChatPaused | ChatResumed:
        self.is_chat_paused = paused
        self._close()
        answer = ChatPaused() if paused else ChatResumed()
        self._audience.publish(answer, but_for=(client,))
        return answer

    def _close(self) -> None:
        self._channel.chat.closed = (
            "stopped" if self.is_stopped else "paused" if self.is_chat_paused else None
        )

    def _drop(self, stimulus_id: str) -> QueueChanged:
        chat = self._channel.chat
        dropped = self._director.drop(lambda each: stimulus_id in (each.id, each.message_id))
        for stimulus in dropped:
            if stimulus.message_id:
                chat.decide(skipped(stimulus.message_id, "operator"))
        kind = stimulus_id.removeprefix(EVENT)
        is_event = kind != stimulus_id and self._channel.events.drop(kind)
        if not (dropped or is_event or chat.drop(stimulus_id)):
            raise ProtocolError("Nothing of that id waits.", code="not-found")
        self._channel.poke()
        return QueueChanged(waiting=self.waiting)

    def _move(self, command: orders.MoveQueued) -> QueueChanged:
        """Put it where it is wanted; a line of chat waits with the requests from then on."""
        ids = [each.stimulus_id for each in self._all_waiting()]
        if command.stimulus_id not in ids or command.before not in (*ids, None):
            raise ProtocolError("Nothing of that id waits.", code="not-found")
        if command.stimulus_id.startswith(EVENT):
            raise ProtocolError(
                "Events are thanked for in the order in which they are due.", code="wrong-state"
            )
        if command.before != command.stimulus_id:
            line = self._channel.chat.taken_out(command.stimulus_id)
            self._director.move(line or command.stimulus_id, command.before)
        return QueueChanged(waiting=self.waiting)

    def _decide(self, command: orders.DecideHeld) -> HoldDecided:
        is_sentence = self._airlock.decide(command.held_id, allow=command.allow)
        if not is_sentence and not self._channel.decide_held(command.held_id, allow=command.allow):
            raise ProtocolError("Nothing of that id is held.", code="not-found")
        return HoldDecided(id=command.held_id, allow=command.allow)


def _queued(stimulus_id: str, source: str, author: str, text: str, line: str = "request") -> Queued:
    return Queued.model_validate(
        {
            "stimulus_id": stimulus_id,
            "source": source,
            "author": bounded(one_line(author), LONGEST_SHOWN) if author else "",
            "text": bounded(one_line(text), LONGEST_SHOWN) if text else "",
            "line": line,
        }
    )


def _on_the_wire(message_id: str, reason: Reason) -> DecisionReason:
    decision = reason.decision
    return DecisionReason(
        id=message_id,
        platform=reason.platform,
        username=reason.username,
        text=reason.text,
        timestamp=reason.at.isoformat(),
        decision=WireDecision(outcome=decision.outcome, reason=decision.reason, score=decision.score),
        factors=dict(decision.factors),
        beaten_by=decision.beaten_by,
        would_have_won_without=tuple(reason.would_have_won_without),
        explanation=in_words(reason),
    )
