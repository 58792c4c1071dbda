"""The show's side of channel events: each is taken in once, shown, and reacted to by its cue sheet."""

import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from open_llm_vtuber.chat.cue_sheets import CueSheets, claims, text_of
from open_llm_vtuber.chat.events import Events, Reaction
from open_llm_vtuber.errors import EngineError, ProtocolError
from open_llm_vtuber.ports import BodyControl, Store
from open_llm_vtuber.protocol.live_server_messages import ChannelEventCue
from open_llm_vtuber.settings.chat import ExpressionStep, MotionStep
from open_llm_vtuber.stimulus import (
    ChannelEvent,
    ChatMessage,
    ExpressionRequest,
    MotionRequest,
    Priority,
    Stimulus,
    new_id,
)
from open_llm_vtuber.text_rules import bounded, one_line, writable
from open_llm_vtuber.units import Milliseconds, Seconds

log = logging.getLogger(__name__)

PAID_PRIORITY = Priority(12)
FREE_PRIORITY = Priority(4)
OWNER = "cue-sheet"
LONGEST_WORDS = 200
MOST_TRIES = 3
"""How often a reaction that brought nothing to say is tried; then a plain thank-you has been tried too."""
UNDER_WAY = 16
"""Reactions that were handed to the director and are not over; there is one at a time, but for a stop between."""


class EventDesk:
    """Takes events in, and hands one reaction at a time to the director."""

    def __init__(
        self,
        show: str,
        events: Events,
        store: Store,
        *,
        publish: Callable[[ChannelEventCue], None],
        body: Callable[[], BodyControl | None],
        speakable: Callable[[str], bool],
    ) -> None:
        """`speakable` says whether a viewer's name or words may be said."""
        self._show = show
        self._events = events
        self._store = store
        self._publish = publish
        self._body = body
        self._speakable = speakable
        self._under_way: OrderedDict[str, tuple[Reaction, int]] = OrderedDict()
        """Stimulus → its reaction and how often it was tried."""
        self._again: list[tuple[Reaction, int]] = []
        self._came_first: set[str] | None = set()
        """Ids of what came before `restore` was done, which finds it in the store; None from then on."""
        self._settled: list[str] = []
        """Ids that need nothing more, to be noted in the store."""

    def tune(self, sheets: CueSheets) -> None:
        """Go by these cue sheets from now on."""
        self._events.sheets = sheets

    @property
    def waiting(self) -> Sequence[tuple[str, str, int]]:
        """Kind, who, and how many events, for each reaction that waits."""
        return self._events.waiting

    @property
    def next_due(self) -> Seconds | None:
        """When something will be due; None when nothing waits."""
        return 0.0 if self._again else self._events.next_due()

    @property
    def has_settled(self) -> bool:
        """Whether the store has to be told of something."""
        return bool(self._settled)

    async def restore(self, now: Seconds) -> None:
        """Go on with what was paid for and not acknowledged before a restart."""
        try:
            waiting = await self._store.paid.waiting(self._show)
        except EngineError as error:
            log.warning("show %s: %s", self._show, error)
            waiting = ()
        came_first, self._came_first = self._came_first or (), None
        for event in waiting:
            if event.id not in came_first:
                self._events.add(self._presentable(event), now)

    def answers(self, event: ChannelEvent) -> bool:
        """Whether something is said about an event, so that the line which came with it needs no answer of its own."""
        return self._events.has_words(event)

    def answers_line(self, message: ChatMessage) -> bool:
        """Whether a line is the words of a reward that waits, and is answered with it."""
        words = bounded(one_line(message.text), LONGEST_WORDS)
        return self._events.found_line(message.id, message.username, words)

    async def take_in(self, event: ChannelEvent, now: Seconds) -> None:
        """Show an event and let it wait for its reaction, if it was not seen before."""
        if not await self._is_new(event):
            return
        if self._came_first is not None:
            self._came_first.add(event.id)
        event = self._presentable(event)
        self._publish(_cue(event))
        match self._events.add(event, now):
            case "covered" | "acknowledge" if event.is_paid:
                self._settled.append(event.id)
            case _:
                pass

    def next(self, now: Seconds) -> Stimulus | None:
        """Return the next reaction, with its gestures and faces begun; one without words is over with them."""
        while True:
            reaction, tries = self._take(now)
            if reaction is None:
                return None
            if not tries:
                self.move(reaction.claims, PAID_PRIORITY if reaction.is_paid else FREE_PRIORITY)
            if not reaction.text:
                self._settle(reaction)
                continue
            stimulus = _stimulus(reaction, verbatim=reaction.verbatim or tries > 0)
            self._under_way[stimulus.id] = (reaction, tries + 1)
            if len(self._under_way) > UNDER_WAY:
                self._under_way.popitem(last=False)
            return stimulus

    async def answering(self, stimulus: Stimulus) -> None:
        """Acknowledge the events of a reaction: its first sentence goes out."""
        if found := self._under_way.pop(stimulus.id, None):
            self._settle(found[0])
            await self.write()

    async def ended(self, stimulus: Stimulus) -> None:
        """Try a reaction that brought nothing to say once more, in plain words."""
        found = self._under_way.pop(stimulus.id, None)
        if found is None:
            return
        reaction, tries = found
        if reaction.is_paid and tries < MOST_TRIES:
            self._again.append((replace(reaction, text=_plain_thanks(reaction)), tries))
        else:
            self._settle(reaction)

    async def write(self) -> None:
        """Note in the store what needs nothing more."""
        settled, self._settled = self._settled, []
        try:
            await self._store.paid.acknowledged(self._show, settled)
        except EngineError as error:  # at worst it is acknowledged again after a restart
            log.warning("show %s: %s", self._show, error)

    def play(self, sheet: str, facts: Mapping[str, str]) -> Stimulus | None:
        """Begin the gestures and faces of a sheet, and return what is to be said. Raises ProtocolError `not-found`."""
        steps = self._events.sheets.named(sheet)
        if steps is None:
            raise ProtocolError("There is no cue sheet of that name.", code="not-found")
        self.move(claims(steps), FREE_PRIORITY)
        text, verbatim = text_of(steps, facts)
        if not text:
            return None
        return Stimulus(text=text, source="event", author="", verbatim=verbatim, priority=FREE_PRIORITY)

    def move(self, steps: Sequence[MotionStep | ExpressionStep], priority: Priority) -> None:
        """Ask for gestures and faces; an avatar that lacks one does without."""
        body = self._body()
        if body is None:
            return
        for step in steps:
            try:
                match step:
                    case MotionStep():
                        group, index = step.motion
                        body.move(MotionRequest(group=group, index=index, owner=OWNER, priority=priority))
                    case ExpressionStep():
                        body.express(
                            ExpressionRequest(
                                expression=step.expression,
                                owner=OWNER,
                                priority=priority,
                                duration=Milliseconds(step.duration),
                            )
                        )
            except ProtocolError as error:
                log.debug("show %s: %s", self._show, error)

    def remove_viewer(self, username: str) -> None:
        """Take a viewer's name and words out of what waits."""
        self._events.remove_viewer(username)
        self._again = [(_without(username, reaction), tries) for reaction, tries in self._again]
        for key, (reaction, tries) in self._under_way.items():
            self._under_way[key] = (_without(username, reaction), tries)

    def remove_message(self, message_id: str) -> None:
        """Take the words that came with an event out of what waits; the event itself is still answered."""
        self._events.remove_message(message_id)
        self._again = [(_without_words(message_id, reaction), tries) for reaction, tries in self._again]
        for key, (reaction, tries) in self._under_way.items():
            self._under_way[key] = (_without_words(message_id, reaction), tries)

    def drop(self, kind: str) -> bool:
        """Let the reactions to a kind wait no longer; return whether any did."""
        ids = self._events.drop(kind)
        self._settled += ids
        return bool(ids)

    def _take(self, now: Seconds) -> tuple[Reaction | None, int]:
        if self._again:
            return self._again.pop(0)
        reaction, _ = self._events.take(now)
        return reaction, 0

    def _settle(self, reaction: Reaction) -> None:
        if reaction.is_paid:
            self._settled += reaction.ids

    async def _is_new(self, event: ChannelEvent) -> bool:
        try:
            if event.is_paid:
                return await self._store.paid.take_in(self._show, event)
            return await self._store.first_sight(self._show, f"event {event.id}")
        except EngineError as error:  # the show goes on; at worst one that comes twice is answered twice
            log.warning("show %s: %s", self._show, error)
            return True

    def _presentable(self, event: ChannelEvent) -> ChannelEvent:
        """Return the event with words that may be said, bounded; others are left out."""
        name = bounded(one_line(event.display_name or event.username), LONGEST_WORDS)
        words = bounded(one_line(event.message), LONGEST_WORDS)
        is_named = bool(name) and self._speakable(name)
        return replace(
            event,
            username=event.username if is_named else "",
            display_name=name if is_named else "",
            message=words if words and self._speakable(words) else "",
        )


def _stimulus(reaction: Reaction, *, verbatim: bool) -> Stimulus:
    alone = next(iter(reaction.viewers)) if len(reaction.viewers) == 1 else None
    return Stimulus(
        text=reaction.text,
        source="event",
        author="",
        username=alone,
        message_id=reaction.message_id or None,
        verbatim=verbatim,
        priority=PAID_PRIORITY if reaction.is_paid else FREE_PRIORITY,
        id=new_id(),
    )


def _without(username: str, reaction: Reaction) -> Reaction:
    """Return a reaction that does not speak of a viewer; it is then a plain thank-you."""
    if username not in reaction.viewers:
        return reaction
    others = {login: shown for login, shown in reaction.viewers.items() if login != username}
    unnamed = replace(reaction, viewers=others)
    return replace(unnamed, text=_plain_thanks(unnamed))


def _without_words(message_id: str, reaction: Reaction) -> Reaction:
    if not reaction.message_id or reaction.message_id != message_id:
        return reaction
    return replace(reaction, text=_plain_thanks(reaction), message_id="")


def _plain_thanks(reaction: Reaction) -> str:
    if not reaction.viewers:
        return "Thank you!"
    more = " and everybody else" if reaction.count > 1 else ""
    return f"Thank you, {next(iter(reaction.viewers.values()))}{more}!"


def _cue(event: ChannelEvent) -> ChannelEventCue:
    return ChannelEventCue(
        id=event.id,
        kind=event.kind,
        platform=event.platform,
        username=event.username,
        display_name=event.display_name,
        amount=event.amount,
        message=event.message,
        data={key: writable(each) if isinstance(each, str) else each for key, each in event.data.items()},
        timestamp=event.timestamp.isoformat(),
    )
