"""What another configuration would have decided, decision by decision. Pure, over a log.

Each decision is taken anew with what was known when it was taken; then the show is taken to have gone on as it did,
so that a difference stands for itself and draws no others after it. What is compared: what became of each message
when it came, which line was chosen, and what the guard said of each sentence.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from open_llm_vtuber.chat.commands import Commands
from open_llm_vtuber.chat.moderation import Moderation
from open_llm_vtuber.chat.selection import Selection
from open_llm_vtuber.decided import Arrived, Candidate, Chosen, Edited, Guarded, Settled
from open_llm_vtuber.settings.chat import ChatSettings
from open_llm_vtuber.show import commands
from open_llm_vtuber.show.chat_desk import ChatDesk
from open_llm_vtuber.show.edited_lists import edited
from open_llm_vtuber.show.guard import Guard
from open_llm_vtuber.show.operator_commands import DecideHeld
from open_llm_vtuber.show_log.inputs import BY_NAME
from open_llm_vtuber.show_log.plan import RolePlan
from open_llm_vtuber.show_log.reader import ShowLog
from open_llm_vtuber.show_log.records import Record, fact_of, loaded, typed
from open_llm_vtuber.stimulus import ChannelEvent, ChatMessage, ChatRemoval
from open_llm_vtuber.units import Seconds

NOT_BY_SETTINGS = frozenset(("removed", "blocked", "forgotten", "stopped", "paused", "operator", "event"))
"""Reasons why a line waits no longer that no configuration has a say in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A decision that would be another one; `at` is the second of the show."""

    at: Seconds
    what: str
    was: str
    would_be: str
    message_ids: tuple[str, ...] = ()
    """The messages that it is about."""


def compare(log: ShowLog, chat: ChatSettings) -> list[Difference]:
    """Return what these settings would have decided otherwise. Raises BadLog for a faulty record."""
    return list(_Comparison(log, chat).differences())


class _Comparison:
    def __init__(self, log: ShowLog, chat: ChatSettings) -> None:
        self._log = log
        billing = log.plan.role.billing
        names = (billing.character_name, billing.conf_name)
        greets = chat.viewers.greet_first_time
        self._selection = Selection(names, billing.channel, settings=chat.selection, greets=greets)
        self._desk = ChatDesk(
            self._selection,
            lambda _: None,
            moderation=Moderation(chat.moderation),
            commands=Commands(chat.commands),
        )
        self._messages: dict[str, ChatMessage] = {}
        self._arriving: str | None = None
        self._guard, self._guard_then = Guard(chat.moderation), Guard(log.plan.chat.moderation)
        self._output, self._output_then = chat.moderation, log.plan.chat.moderation
        self._admitted: tuple[str, str] = ("", "")
        """A turn, and what was admitted of it."""

    def differences(self) -> Iterator[Difference]:
        for record in self._log.records:
            if record.kind == "in":
                self._input(record)
            elif record.kind == "port" and record.name == "become" and record.error is None:
                self._become(record)
            elif record.kind == "fact":
                yield from self._fact(record)

    def _input(self, record: Record) -> None:
        codec = BY_NAME.get(record.name)
        command = loaded(codec, record) if codec else None
        match command:
            case commands.ChatHappened(ChatMessage() as message):
                self._messages[message.id] = message
            case commands.ChatHappened(ChatRemoval() as removal):
                self._desk.remove(removal, record.at)
            case commands.ChatHappened(ChannelEvent(kind="follow", username=username)):
                self._desk.follows(username)
            case DecideHeld(held_id=held_id, allow=allow):
                self._desk.decide_held(held_id, record.at, allow=allow)
            case _:
                pass

    def _become(self, record: Record) -> None:
        billing = loaded(typed(RolePlan), record).billing
        self._desk.answer_to((billing.character_name, billing.conf_name), billing.channel)

    def _fact(self, record: Record) -> Iterator[Difference]:
        match fact_of(record):
            case Arrived() as fact:
                self._arrive(fact, record.at)
            case Settled() as fact:
                yield from self._settle(fact, record.at)
            case Chosen() as fact:
                yield from self._choose(fact, record.at)
            case Guarded() as fact:
                yield from self._judge(fact, record.at)
            case Edited() as fact:
                self._edit(fact)
            case _:
                return

    def _arrive(self, fact: Arrived, now: Seconds) -> None:
        message = self._messages.pop(fact.message_id, None)
        if message is None:
            return
        if fact.with_event:
            self._desk.came_with_event(message.id)
        self._desk.closed = fact.closed or None
        self._desk.take_in(message, now, is_first=fact.is_first)
        self._arriving = message.id

    def _settle(self, fact: Settled, now: Seconds) -> Iterator[Difference]:
        if self._arriving == fact.message_id:  # it is told right after it has arrived
            self._arriving = None
            found = next((each for key, each in self._desk.log.reasons if key == fact.message_id), None)
            if found is not None:
                decision = found.decision
                was, would_be = (
                    _outcome(fact.outcome, fact.reason),
                    _outcome(decision.outcome, decision.reason),
                )
                if was != would_be:
                    yield self._difference(now, f"message {fact.message_id}", was, would_be, fact.message_id)
        if fact.reason in NOT_BY_SETTINGS:
            self._selection.drop(fact.message_id, fact.reason)

    def _choose(self, fact: Chosen, now: Seconds) -> Iterator[Difference]:
        ranked = self._selection.candidates(now)
        best = ranked[0] if ranked else None
        if best is None or best.message_id != fact.message_id:
            then = next((each for each in fact.candidates if each.message_id == fact.message_id), None)
            ids = (fact.message_id, *((best.message_id,) if best else ()))
            yield self._difference(now, f"turn {fact.turn_id[:8]}", _chosen(then), _chosen(best), *ids)
        self._selection.take(now, fact.message_id)

    def _judge(self, fact: Guarded, now: Seconds) -> Iterator[Difference]:
        turn, before = self._admitted
        before = before if turn == fact.turn_id else ""
        was = self._guard_then.objection(fact.text, before)
        would_be = self._guard.objection(fact.text, before)
        if was != would_be:
            yield self._difference(
                now, f"a sentence of turn {fact.turn_id[:8]}", _verdict(was), _verdict(would_be)
            )
        self._admitted = fact.turn_id, before if fact.rule else f"{before} {fact.text}"

    def _edit(self, fact: Edited) -> None:
        moderation = self._desk.moderation
        moderation.apply(edited(moderation.settings, fact.name, fact.added, fact.removed))
        self._output = edited(self._output, fact.name, fact.added, fact.removed)
        self._output_then = edited(self._output_then, fact.name, fact.added, fact.removed)
        self._guard.apply(self._output)
        self._guard_then.apply(self._output_then)

    def _difference(self, now: Seconds, what: str, was: str, would_be: str, *ids: str) -> Difference:
        at = now - self._log.plan.began
        return Difference(at=at, what=what, was=was, would_be=would_be, message_ids=ids)


def _outcome(outcome: str, reason: str) -> str:
    return f"{outcome} ({reason})" if reason else outcome


def _chosen(candidate: Candidate | None) -> str:
    if candidate is None:
        return "nobody"
    parts = sorted(candidate.parts.items(), key=lambda part: -abs(part[1]))
    told = ", ".join(f"{name} {value:+.2f}" for name, value in parts[:4] if value)
    return f"{candidate.message_id}, score {candidate.score:.2f} ({told})"


def _verdict(rule: str | None) -> str:
    return f"kept off the air ({rule})" if rule else "on air"
