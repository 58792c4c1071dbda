"""Events that wait to be reacted to: paid ones are never shed, many of a kind become one reaction. Pure."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from open_llm_vtuber.chat.cue_sheets import CueSheets, claims, text_of
from open_llm_vtuber.settings.chat import (
    BoundSheet,
    EventName,
    ExpressionStep,
    MotionStep,
    PromptStep,
    SayStep,
)
from open_llm_vtuber.stimulus import ChannelEvent
from open_llm_vtuber.units import Seconds

MOST_GROUPS = 64
"""Kinds and rewards that wait apart; further rewards share one reaction."""
MOST_NAMES = 1_000
"""Viewers of one reaction that are told apart; further ones are only counted."""
MOST_IDS = 10_000
"""Ids of one reaction that are kept until it is made; further ones are acknowledged when they come in."""
NAMED = 3
"""Up to so many viewers are named, of more the one who gave most."""
UNPAID_WAITS: Seconds = 60.0
"""What nobody paid for is not reacted to later than this."""
GIVER_COMES_WITHIN: Seconds = 5.0
"""Who got a subscription as a gift may be told before it is told who gave it."""
LINE_COMES_WITHIN: Seconds = 2.0
"""Words that came with a reward come as a line of chat too, and a moderator deletes that line."""
GIFT_COVERS: Seconds = 120.0
"""For so long after a gift those who got it need no thanks of their own."""
SOMEBODY = "somebody"


@dataclass(frozen=True, slots=True)
class Reaction:
    """What is to be done about one event, or about many of a kind."""

    kind: EventName
    ids: Sequence[str]
    text: str
    verbatim: bool
    claims: Sequence[MotionStep | ExpressionStep]
    is_paid: bool
    viewers: Mapping[str, str]
    """Login → the name that is shown, of those who are told apart."""
    count: int
    """How many events it answers."""
    message_id: str = ""
    """The chat message that came with it, where it answers one event only."""


@dataclass(slots=True)
class _Group:
    kind: EventName
    reward: str
    is_paid: bool
    since: Seconds
    not_before: Seconds
    count: int = 0
    amount: int = 0
    ids: list[str] = field(default_factory=list)
    names: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Login → shown name, and what that viewer gave."""
    unnamed: int = 0
    message: str = ""
    message_id: str = ""
    tier: str = ""
    awaits_line: bool = False


class Events:
    """Holds the events that wait, by kind. Times are the caller's seconds."""

    def __init__(self, sheets: CueSheets, channel: str = "") -> None:
        self.sheets = sheets
        self._channel = channel
        self._groups: OrderedDict[tuple[str, str], _Group] = OrderedDict()
        self._reacted: dict[str, Seconds] = {}
        self._last_gift: Seconds | None = None

    def __len__(self) -> int:
        return len(self._groups)

    @property
    def waiting(self) -> Sequence[tuple[EventName, str, int]]:
        """Kind, who, and how many events, for each reaction that waits."""
        return [(group.kind, _who(group), group.count) for group in self._groups.values()]

    def add(self, event: ChannelEvent, now: Seconds) -> Literal["waits", "covered", "acknowledge", "ignored"]:
        """Take an event in.

        `acknowledge`: it will be reacted to, but too many wait for its id to be kept. `covered`: somebody else's
        reaction covers it. `ignored`: nothing is bound to it, or its sheet was played just now.
        """
        if event.kind == "gift":
            self._last_gift = now
            self._groups.pop(("subscribe", "gifted"), None)
        is_receiver = event.kind == "subscribe" and bool(event.data.get("is_gift"))
        if is_receiver and self._last_gift is not None and now - self._last_gift <= GIFT_COVERS:
            return "covered"
        reward = _reward(event)
        sheet = self.sheets.for_event(event.kind, event.amount or 0, reward)
        if not event.is_paid and (not sheet.steps or self._is_cooling(event.kind, sheet.cooldown_s, now)):
            return "ignored"
        return self._join(event, ("gifted" if is_receiver else reward), now, is_receiver=is_receiver)

    def has_words(self, event: ChannelEvent) -> bool:
        """Whether something is said about an event, or it is shown without a word."""
        return _speaks(self.sheets.for_event(event.kind, event.amount or 0, _reward(event)))

    def found_line(self, message_id: str, username: str, text: str) -> bool:
        """Note the line that a reward's words came as; return whether one waits that will answer them."""
        for group in self._groups.values():
            if not group.awaits_line or username not in group.names or not same_words(group.message, text):
                continue
            group.awaits_line, group.message_id, group.not_before = False, message_id, group.since
            return _speaks(self.sheets.for_event(group.kind, group.amount, group.reward))
        return False

    def take(self, now: Seconds) -> tuple[Reaction | None, Sequence[str]]:
        """Return what is to be done now, if anything: paid events first, the longest waiting first.

        The second value are the ids of what has waited too long and will not be reacted to.
        """
        late = self._late(now)
        due = [key for key, group in self._groups.items() if group.not_before <= now]
        if not due:
            return None, late
        key = min(due, key=lambda each: (not self._groups[each].is_paid, self._groups[each].since))
        group = self._groups.pop(key)
        self._reacted[group.kind] = now
        return self._reaction(group), late

    def next_due(self) -> Seconds | None:
        """Return when something will be due, None when nothing waits."""
        return min((group.not_before for group in self._groups.values()), default=None)

    def remove_viewer(self, username: str) -> None:
        """Take a viewer's words and name out of what waits; what was paid is still answered."""
        for key, group in list(self._groups.items()):
            if username not in group.names:
                continue
            _, given = group.names.pop(username)
            group.message = ""
            if group.is_paid:
                group.unnamed += 1
            else:
                group.amount -= given
                group.count -= 1
                if group.count <= 0:
                    del self._groups[key]

    def remove_message(self, message_id: str) -> None:
        """Take a viewer's words out of what waits."""
        for group in self._groups.values():
            if group.message_id == message_id:
                group.message = ""

    def drop(self, kind: str) -> Sequence[str]:
        """Let the reactions to a kind wait no longer; return the ids that were meant."""
        gone = [key for key in self._groups if key[0] == kind]
        return [event_id for key in gone for event_id in self._groups.pop(key).ids]

    def _join(
        self, event: ChannelEvent, reward: str, now: Seconds, *, is_receiver: bool
    ) -> Literal["waits", "acknowledge"]:
        key = (event.kind, reward)
        if key not in self._groups and len(self._groups) >= MOST_GROUPS:
            key = (event.kind, "")
        group = self._groups.get(key)
        if group is None:
            awaits_line = (
                event.kind == "redemption" and bool(event.message) and not event.data.get("message_id")
            )
            wait = GIVER_COMES_WITHIN if is_receiver else LINE_COMES_WITHIN if awaits_line else 0.0
            group = self._groups[key] = _Group(event.kind, key[1], event.is_paid, now, now + wait)
            group.awaits_line = awaits_line
        group.count += 1
        group.amount += event.amount or 0
        if event.username and (event.username in group.names or len(group.names) < MOST_NAMES):
            _, given = group.names.get(event.username, ("", 0))
            group.names[event.username] = (event.display_name or event.username, given + (event.amount or 0))
        else:
            group.unnamed += 1
        if not group.message:
            group.message, group.message_id = event.message, str(event.data.get("message_id", ""))
        group.tier = group.tier or str(event.data.get("tier", ""))
        if len(group.ids) >= MOST_IDS:
            return "acknowledge"
        group.ids.append(event.id)
        return "waits"

    def _reaction(self, group: _Group) -> Reaction:
        sheet = self.sheets.for_event(group.kind, group.amount, group.reward)
        text, verbatim = text_of(sheet.steps, self._fields(group))
        return Reaction(
            kind=group.kind,
            ids=tuple(group.ids),
            text=text,
            verbatim=verbatim,
            claims=claims(sheet.steps),
            is_paid=group.is_paid,
            viewers={login: shown for login, (shown, _) in group.names.items()},
            count=group.count,
            message_id=group.message_id if group.count == 1 else "",
        )

    def _fields(self, group: _Group) -> Mapping[str, str]:
        amount = str(group.amount or group.count)
        return {
            "username": _who(group),
            "amount": amount,
            "months": amount,
            "message": group.message if group.count == 1 else "",
            "kind": group.kind,
            "reward": group.reward,
            "tier": group.tier,
            "channel": self._channel,
        }

    def _is_cooling(self, kind: str, cooldown_s: Seconds, now: Seconds) -> bool:
        last = self._reacted.get(kind)
        return last is not None and now - last < cooldown_s

    def _late(self, now: Seconds) -> Sequence[str]:
        gone = [
            key
            for key, group in self._groups.items()
            if not group.is_paid and now - group.since > UNPAID_WAITS
        ]
        return [event_id for key in gone for event_id in self._groups.pop(key).ids]


def same_words(one: str, other: str) -> bool:
    """Whether two texts are the same but for blanks."""
    return one.split() == other.split()


def _speaks(sheet: BoundSheet) -> bool:
    return any(isinstance(step, SayStep | PromptStep) for step in sheet.steps)


def _reward(event: ChannelEvent) -> str:
    return str(event.data.get("title", "")) if event.kind == "redemption" else ""


def _who(group: _Group) -> str:
    """Name up to three viewers, else the one who gave most and how many others there are."""
    shown = [name for name, _ in group.names.values()]
    people = len(shown) + group.unnamed
    if not shown:
        return SOMEBODY if people <= 1 else f"{people} viewers"
    if len(shown) == people and people <= NAMED:
        return shown[0] if people == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
    most, _ = max(group.names.values(), key=lambda given: given[1])
    others = people - 1
    return f"{most} and {others} {'other' if others == 1 else 'others'}"
