"""The show's side of viewer memory: who is new, what a prompt may know of a viewer, what is kept of an exchange."""

import logging
from collections import OrderedDict
from collections.abc import Collection
from datetime import timedelta

from open_llm_vtuber import course
from open_llm_vtuber.chat.facts import facts_in
from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.ports import ViewerBook
from open_llm_vtuber.remembered import Exchange, Fact, Sighting, Viewer
from open_llm_vtuber.settings.chat import ViewerSettings
from open_llm_vtuber.stimulus import ChatMessage, Stimulus
from open_llm_vtuber.text_rules import bounded, one_line

log = logging.getLogger(__name__)

MOST_UNWRITTEN = 200
"""Viewers whose sightings wait to be written; more are written at once."""
KNOWN = 5_000
"""Viewers that are known to have been here without asking the store; the quietest are forgotten first."""
LONGEST_QUOTE = 120
EXCHANGES_TOLD = 2
FACTS_TOLD = 3


class ViewerDesk:
    """Notes who was here, and remembers what was said. A store that fails costs the memory, not the show."""

    def __init__(self, book: ViewerBook, settings: ViewerSettings) -> None:
        self._book = book
        self._settings = settings
        self._unwritten: OrderedDict[tuple[str, str], Sighting] = OrderedDict()
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()

    @property
    def has_unwritten(self) -> bool:
        """Whether sightings wait to be written."""
        return bool(self._unwritten)

    async def is_first(self, message: ChatMessage) -> bool:
        """Whether nobody of that name ever wrote on that channel."""
        key = (_channel(message), message.username)
        if not self._settings.remember or key in self._known:
            return False
        try:
            is_new = await self._book.find(*key) is None
        except EngineError as error:
            log.warning("viewers: %s", error)
            return False
        self._known[key] = None
        if len(self._known) > KNOWN:
            self._known.popitem(last=False)
        return is_new

    async def saw(self, message: ChatMessage) -> None:
        """Note that a viewer wrote."""
        if not self._settings.remember:
            return
        key = (_channel(message), message.username)
        before = self._unwritten.pop(key, None)
        self._unwritten[key] = Sighting(
            username=message.username,
            display_name=bounded(one_line(message.display_name), LONGEST_QUOTE),
            at=message.timestamp,
            messages=1 + (before.messages if before else 0),
        )
        if len(self._unwritten) >= MOST_UNWRITTEN:
            await self.write()

    async def write(self) -> None:
        """Write down who was here since the last time."""
        unwritten, self._unwritten = self._unwritten, OrderedDict()
        by_channel: dict[str, list[Sighting]] = {}
        for (channel, _), seen in unwritten.items():
            by_channel.setdefault(channel, []).append(seen)
        try:
            for channel, sightings in by_channel.items():
                await self._book.saw(channel, sightings)
        except EngineError as error:
            log.warning("viewers: %s", error)

    async def tidy(self) -> None:
        """Forget viewers who stay away."""
        try:
            await self._book.forget_older_than(course.wall() - timedelta(days=self._settings.keep_days))
        except EngineError as error:
            log.warning("viewers: %s", error)

    async def brief(self, channel: str, stimulus: Stimulus, *, is_first: bool) -> tuple[str, ...]:
        """Return what a prompt may know of whoever wrote: sentences, bounded, data."""
        if not self._settings.remember or not stimulus.username:
            return ()
        if is_first:
            greeting = " Say hello." if self._settings.greet_first_time else ""
            return (f"{stimulus.author} writes here for the first time.{greeting}",)
        try:
            viewer = await self._book.find(channel, stimulus.username)
        except EngineError as error:
            log.warning("viewers: %s", error)
            return ()
        return _told(viewer, stimulus) if viewer else ()

    async def answered(self, channel: str, stimulus: Stimulus, heard: str) -> None:
        """Keep an exchange, and what the viewer told with it."""
        if not (self._settings.remember and stimulus.username and stimulus.message_id and heard):
            return
        now, message_id = course.wall(), stimulus.message_id
        exchange = Exchange(
            message_id=message_id,
            asked=bounded(stimulus.text, LONGEST_QUOTE),
            answered=bounded(one_line(heard), LONGEST_QUOTE),
            at=now,
        )
        facts = [Fact(text=text, message_id=message_id, at=now) for text in facts_in(stimulus.text)]
        try:
            await self._book.keep(channel, stimulus.username, exchange, facts)
        except EngineError as error:
            log.warning("viewers: %s", error)

    async def retract(self, channel: str, message_ids: Collection[str], username: str | None) -> None:
        """Forget what these messages said or, where a viewer is named, all that he said."""
        if message_ids:
            await self._book.retract(channel, message_ids)
        if username:
            await self._book.forget(channel, username, everything=False)

    async def forget(self, channel: str, username: str) -> None:
        """Forget that a viewer was ever here. Raises EngineError."""
        self._unwritten.pop((channel, username), None)
        self._known.pop((channel, username), None)
        await self._book.forget(channel, username)


def channel_of(platform: str, channel: str) -> str:
    """Return the name by which the store knows a channel."""
    return f"{platform}/{channel}"


def _channel(message: ChatMessage) -> str:
    return channel_of(message.platform, message.channel)


def _told(viewer: Viewer, stimulus: Stimulus) -> tuple[str, ...]:
    if viewer.messages <= 1 and not viewer.exchanges:
        return ()  # nobody whom she knows yet
    name = stimulus.author
    told = [f"{name} has been here since {viewer.first_seen:%Y-%m-%d} and wrote {viewer.messages} times."]
    facts = [f'"{fact.text}"' for fact in viewer.facts[-FACTS_TOLD:]]
    if facts:
        told.append(f"{name} once said {', '.join(facts)}.")
    told += [
        f'{name} asked before: "{each.asked}", and heard: "{each.answered}".'
        for each in [each for each in viewer.exchanges if each.message_id != stimulus.message_id][
            -EXCHANGES_TOLD:
        ]
    ]
    return tuple(told)
