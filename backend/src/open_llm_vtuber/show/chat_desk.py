"""Pure but for the cues it publishes: the show's side of chat. Which line is answered, and what the overlay shows."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from open_llm_vtuber import course
from open_llm_vtuber.chat.commands import Call, Commands
from open_llm_vtuber.chat.decisions import Decision, skipped
from open_llm_vtuber.chat.events import same_words
from open_llm_vtuber.chat.moderation import Moderation
from open_llm_vtuber.chat.permissions import Role, role_of
from open_llm_vtuber.chat.selection import Selection, clean_text, concerns
from open_llm_vtuber.chat.tombstones import Tombstones
from open_llm_vtuber.chat.why import DecisionLog
from open_llm_vtuber.decided import Arrived, Chosen
from open_llm_vtuber.protocol.live_server_messages import ChatDecision, ChatMessageCue, ChatMessageRemoved
from open_llm_vtuber.protocol.parts import Badge, Emote, Held
from open_llm_vtuber.protocol.parts import Decision as WireDecision
from open_llm_vtuber.protocol.server_messages import ServerMessage
from open_llm_vtuber.settings.chat import CommandRules, ModerationSettings, SelectionSettings
from open_llm_vtuber.show import noted
from open_llm_vtuber.stimulus import CHAT, ChannelEvent, ChatMessage, ChatRemoval, Stimulus
from open_llm_vtuber.text_rules import bounded, one_line, writable
from open_llm_vtuber.units import Seconds

SHOWN_MESSAGES = 50
LONGEST_NAME = 40
MOST_HELD = 100
"""Messages that wait for an operator; the oldest are dropped first."""
WITH_EVENT = "event"
"""Why a line does not wait: it came with bits or a subscription, and is answered with those."""
ARGUMENTS = "command-arguments"
"""Why a command is not obeyed: what it asks for makes no sense."""
SAME_MOMENT = timedelta(seconds=10)
"""A reward and the line of chat with its words come this close to each other."""
MOST_FOLLOWERS = 10_000
"""Viewers of whom it was heard that they follow; the first are forgotten first."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A command that its writer may use now."""

    message: ChatMessage
    role: Role
    call: Call


@dataclass(frozen=True, slots=True)
class _Held:
    message: ChatMessage
    role: Role
    is_first: bool
    until: Seconds
    rule: str


class ChatDesk:
    """Takes chat in, hands one line at a time to the director, and keeps what an overlay shows."""

    def __init__(
        self,
        selection: Selection,
        publish: Callable[[ServerMessage], None],
        *,
        moderation: Moderation | None = None,
        commands: Commands | None = None,
    ) -> None:
        self.log = DecisionLog()
        self.closed: str | None = None
        """Why no line is answered just now; moderators' commands are obeyed all the same."""
        self.moderation = moderation or Moderation(ModerationSettings())
        self._selection = selection
        self._publish = publish
        self._commands = commands or Commands(CommandRules())
        self._tombstones = Tombstones()
        self._shown: OrderedDict[str, ChatMessageCue] = OrderedDict()
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._first: OrderedDict[str, None] = OrderedDict()
        self._followers: OrderedDict[str, None] = OrderedDict()
        self._of_events: OrderedDict[str, None] = OrderedDict()

    @property
    def shown(self) -> tuple[ChatMessageCue, ...]:
        """The last messages, oldest first."""
        return tuple(self._shown.values())

    @property
    def waiting(self) -> Sequence[ChatMessage]:
        """The lines that may be answered next, the oldest first."""
        return self._selection.waiting

    @property
    def is_awaited(self) -> bool:
        """Whether a viewer's line waits for an answer and will get one."""
        return len(self._selection) > 0 and not self.closed

    @property
    def held(self) -> tuple[Held, ...]:
        """What waits for an operator, the oldest first."""
        return tuple(
            Held(id=key, username=each.message.username, text=clean_text(each.message), reason=each.rule)
            for key, each in self._held.items()
        )

    def answer_to(self, names: Sequence[str], channel: str) -> None:
        """Take these for the character's names from now on."""
        self._selection.answer_to(names, channel)

    def tune(self, commands: CommandRules, selection: SelectionSettings) -> None:
        """Go by these settings from now on."""
        self._commands.apply(commands)
        self._selection.apply(selection)

    def follows(self, username: str) -> None:
        """Note that a viewer follows."""
        self._followers[username] = None
        if len(self._followers) > MOST_FOLLOWERS:
            self._followers.popitem(last=False)

    def came_with_event(self, message_id: str) -> None:
        """Note that a message, which may come later, is answered with the event that it came with."""
        self._of_events[message_id] = None
        if len(self._of_events) > MOST_FOLLOWERS:
            self._of_events.popitem(last=False)
        if self._selection.drop(message_id, WITH_EVENT):
            self._announce([_with_event(message_id)])

    def with_line(self, event: ChannelEvent) -> ChannelEvent:
        """Return a reward with the line of chat that its words came as, if that has come already.

        The words of a line that is being answered are not answered again.
        """
        if event.kind != "redemption" or not event.message or "message_id" in event.data:
            return event
        for cue in reversed(self._shown.values()):
            age = abs(event.timestamp - datetime.fromisoformat(cue.timestamp))
            if (
                cue.username == event.username
                and age <= SAME_MOMENT
                and cue.id not in self._of_events
                and same_words(cue.message, writable(event.message))
            ):
                is_answered = cue.decision.outcome in ("queued", "answered")
                data = {**event.data, "message_id": cue.id}
                return replace(event, data=data, message="" if is_answered else event.message)
        return event

    def is_first(self, message_id: str | None) -> bool:
        """Whether a message was the first of its viewer."""
        return message_id in self._first

    def take_in(self, message: ChatMessage, now: Seconds, *, is_first: bool = False) -> Asked | None:
        """Decide about a message and show it with the decision; return the command that it is, if it may be used.

        Also one whose arguments make no sense is returned: that is decided, and its writer may be told.
        One that was removed before it came is not shown at all.
        """
        if self._tombstones.covers(message, now):
            return None
        self.expire(now)
        role = role_of(message, follows=message.username in self._followers)
        if is_first:
            self._first[message.id] = None
            if len(self._first) > SHOWN_MESSAGES * 2:
                self._first.popitem(last=False)
        call = self._commands.read(message.text)
        decisions = {
            each.message_id: each for each in self._decide(message, role, call, now, is_first=is_first)
        }
        own = decisions.pop(message.id)
        course.note(
            Arrived(
                message_id=message.id,
                is_first=is_first,
                closed=self.closed or "",
                with_event=message.id in self._of_events,
            )
        )
        noted.settled(own)
        cue = self._shown[message.id] = _cue(message, own)
        if len(self._shown) > SHOWN_MESSAGES:
            self._shown.popitem(last=False)
        self.log.came_in(message, own)
        self._publish(cue)
        self._announce(decisions.values())
        is_asked = own.outcome == "pending" or own.reason == ARGUMENTS
        return Asked(message, role, call) if call and is_asked else None

    def usage(self, asked: Asked, now: Seconds) -> str | None:
        """Return how a command is used, where its writer may be told now; that is noted."""
        return self._commands.usage(asked.call.name, asked.message.username, now)

    def next_line(self, now: Seconds) -> Stimulus | None:
        """Return the line to answer now, if there is one."""
        if self.closed:
            return None
        taken, decisions = self._selection.take(now)
        self._announce(decisions)
        if taken is None:
            return None
        self.log.decided(taken.decision)
        self.log.chosen(taken.candidates)
        crowd = (taken.crowd,) if taken.crowd else ()
        stimulus = stimulus_of(taken.message, clean_text(taken.message), crowd)
        course.note(Chosen(turn_id=stimulus.id, message_id=taken.message.id, candidates=taken.candidates))
        return stimulus

    def decide(self, decision: Decision) -> None:
        """Note what became of a message that was taken."""
        self._announce([decision])

    def decide_held(self, message_id: str, now: Seconds, *, allow: bool) -> bool:
        """Let a held message be answered, or not; return whether it was held."""
        held = self._held.pop(message_id, None)
        if held is None:
            return False
        if allow:
            decisions = self._selection.offer(held.message, now, role=held.role, is_first=held.is_first)
        else:
            decisions = [Decision(message_id=message_id, outcome="blocked", reason="operator")]
        self._announce(decisions)
        return True

    def expire(self, now: Seconds) -> None:
        """Drop what nobody has decided about in time."""
        late = [key for key, held in self._held.items() if held.until <= now]
        for key in late:
            del self._held[key]
        self._announce(skipped(key, "hold-expired") for key in late)

    @property
    def next_expiry(self) -> Seconds | None:
        """When something that is held will be dropped; None when nothing is."""
        return min((held.until for held in self._held.values()), default=None)

    def remove(self, removal: ChatRemoval, now: Seconds) -> Sequence[str]:
        """Take away what a moderator removed, and what may still come of it; return the ids that are concerned."""
        self._tombstones.note(removal, now)
        self._announce(self._selection.remove(removal))
        gone = [key for key, held in self._held.items() if concerns(removal, held.message)]
        for key in gone:
            del self._held[key]
        self._announce(skipped(key, "removed") for key in gone)
        for cue in self.shown:
            if removal.message_id in (cue.id, None) and removal.username in (cue.username, None):
                del self._shown[cue.id]
        ids = self.log.remove(
            lambda key, username: removal.message_id in (key, None) and removal.username in (username, None)
        )
        self._publish(ChatMessageRemoved(id=removal.message_id, username=removal.username))
        return [*ids, *([removal.message_id] if removal.message_id else [])]

    def drop(self, message_id: str) -> bool:
        """Let a line wait no longer; return whether it did."""
        decisions = self._selection.drop(message_id, "operator")
        self._announce(decisions)
        return bool(decisions)

    def taken_out(self, message_id: str) -> Stimulus | None:
        """Return a line that waits as what to answer, whatever its score; it is not chosen any more."""
        message = next((each for each in self.waiting if each.id == message_id), None)
        if message is None:
            return None
        self._selection.drop(message_id, "operator")
        self._announce([Decision(message_id=message_id, outcome="queued", reason="operator")])
        return replace(stimulus_of(message, clean_text(message)), id=message_id)  # pages know it by that

    def clear(self, reason: str) -> None:
        """Let no line wait any longer."""
        self._announce(self._selection.clear(reason))

    def forget(self, username: str) -> Sequence[str]:
        """Forget everything about a viewer; return the ids of the messages that are known."""
        self._selection.forget(username)
        self._commands.forget(username)
        self.moderation.forget(username)
        self._followers.pop(username, None)
        for key in [key for key, held in self._held.items() if held.message.username == username]:
            del self._held[key]
        shown = [cue.id for cue in self.shown if cue.username == username]
        for key in shown:
            del self._shown[key]
        self._publish(ChatMessageRemoved(username=username))
        return [*self.log.forget(username), *shown]

    def _decide(
        self, message: ChatMessage, role: Role, call: Call | None, now: Seconds, *, is_first: bool
    ) -> Sequence[Decision]:
        steers = call is not None and role >= Role.MODERATOR and call.name != "say"
        if not steers:
            if verdict := self.moderation.verdict(message, role, now, is_first=is_first):
                if verdict.outcome == "held":
                    return self._hold(message, role, verdict.rule, now, is_first=is_first)
                self._selection.overlook(message, now)
                return [Decision(message_id=message.id, outcome=verdict.outcome, reason=verdict.rule)]
            if self.closed and (call is None or call.name != "forgetme"):
                return [skipped(message.id, self.closed)]
        if message.id in self._of_events:
            return [_with_event(message.id)]
        if call is None:
            return self._selection.offer(message, now, role=role, is_first=is_first)
        if call.wish is None:
            return [
                skipped(
                    message.id,
                    ARGUMENTS if self._commands.may_use(call.name, role) else "command-not-allowed",
                )
            ]
        refusal = self._commands.refusal(call.name, message.username, role, now)
        if refusal:
            return [skipped(message.id, refusal)]
        return [Decision(message_id=message.id, outcome="pending", reason="command")]

    def _hold(
        self, message: ChatMessage, role: Role, rule: str, now: Seconds, *, is_first: bool
    ) -> Sequence[Decision]:
        until = now + self.moderation.settings.hold.expires_s
        self._held[message.id] = _Held(message, role, is_first, until, rule)
        decisions = [Decision(message_id=message.id, outcome="held", reason=rule)]
        if len(self._held) > MOST_HELD:
            oldest, _ = self._held.popitem(last=False)
            decisions.append(skipped(oldest, "hold-full"))
        return decisions

    def _announce(self, decisions: Iterable[Decision]) -> None:
        for decision in decisions:
            wire = _on_the_wire(decision)
            self.log.decided(decision)
            noted.settled(decision)
            if decision.outcome == "pending" and decision.beaten_by is not None:
                continue  # it waits as before; only its score has changed
            if cue := self._shown.get(decision.message_id):
                self._shown[decision.message_id] = cue.model_copy(update={"decision": wire})
            self._publish(ChatDecision(id=decision.message_id, decision=wire))


def _with_event(message_id: str) -> Decision:
    return Decision(message_id=message_id, outcome="queued", reason=WITH_EVENT)


def stimulus_of(message: ChatMessage, text: str, notes: tuple[str, ...] = ()) -> Stimulus:
    """Return a viewer's line as what she reacts to."""
    return Stimulus(
        text=text,
        source="chat",
        author=bounded(one_line(message.display_name), LONGEST_NAME),
        message_id=message.id,
        username=message.username,
        notes=notes,
        priority=CHAT,
    )


def _on_the_wire(decision: Decision) -> WireDecision:
    return WireDecision(outcome=decision.outcome, reason=decision.reason, score=decision.score)


def _cue(message: ChatMessage, decision: Decision) -> ChatMessageCue:
    return ChatMessageCue(
        id=message.id,
        platform=message.platform,
        username=writable(message.username),
        display_name=writable(message.display_name),
        color=message.color,
        badges=tuple(Badge(**asdict(badge)) for badge in message.badges),
        message=writable(message.text),
        emotes=tuple(
            Emote(id=emote.id, name=writable(emote.name), start=emote.start, end=emote.end)
            for emote in message.emotes
        ),
        timestamp=message.timestamp.isoformat(),
        decision=_on_the_wire(decision),
    )
