"""What is remembered of viewers and of what they paid for, as long as the process lives."""

from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from open_llm_vtuber.remembered import Exchange, Fact, Sighting, Viewer
from open_llm_vtuber.stimulus import ChannelEvent
from open_llm_vtuber.storage.viewers import MOST_EXCHANGES, MOST_FACTS

MOST_VIEWERS = 10_000
"""Viewers that are remembered; who was not here for longest is forgotten first."""
MOST_EVENTS = 100_000
"""Ids of paid events that are remembered; the oldest acknowledged one is forgotten first."""


class MemoryViewers:
    """Keeps the `ViewerBook` port in a dictionary of a limited size."""

    def __init__(self) -> None:
        self._viewers: OrderedDict[tuple[str, str], Viewer] = OrderedDict()

    async def find(self, channel: str, username: str) -> Viewer | None:
        """Return what is known of a viewer."""
        return self._viewers.get((channel, username))

    async def saw(self, channel: str, sightings: Sequence[Sighting]) -> None:
        """Note who wrote how often."""
        for seen in sightings:
            key = (channel, seen.username)
            known = self._viewers.pop(key, None)
            self._viewers[key] = Viewer(
                username=seen.username,
                display_name=seen.display_name,
                first_seen=known.first_seen if known else seen.at,
                last_seen=seen.at,
                messages=seen.messages + (known.messages if known else 0),
                exchanges=known.exchanges if known else (),
                facts=known.facts if known else (),
            )
            if len(self._viewers) > MOST_VIEWERS:
                self._viewers.popitem(last=False)

    async def keep(self, channel: str, username: str, exchange: Exchange, facts: Sequence[Fact]) -> None:
        """Keep what was said; of each only the last ones stay."""
        if (channel, username) not in self._viewers:
            await self.saw(channel, [Sighting(username=username, display_name=username, at=exchange.at)])
        known = self._viewers[channel, username]
        self._viewers[channel, username] = replace(
            known,
            exchanges=[*known.exchanges, exchange][-MOST_EXCHANGES:],
            facts=[*known.facts, *facts][-MOST_FACTS:],
        )

    async def retract(self, channel: str, message_ids: Collection[str]) -> None:
        """Forget what these messages said, and what was answered."""
        for key, known in self._viewers.items():
            if key[0] == channel:
                self._viewers[key] = replace(
                    known,
                    exchanges=[each for each in known.exchanges if each.message_id not in message_ids],
                    facts=[each for each in known.facts if each.message_id not in message_ids],
                )

    async def forget(self, channel: str, username: str, *, everything: bool = True) -> None:
        """Forget a viewer; without `everything` only his words."""
        known = self._viewers.pop((channel, username), None)
        if known and not everything:
            self._viewers[channel, username] = replace(known, exchanges=(), facts=())

    async def forget_older_than(self, moment: datetime) -> None:
        """Forget every viewer who was not here since then."""
        for key in [key for key, known in self._viewers.items() if known.last_seen < moment]:
            del self._viewers[key]


class MemoryPaidEvents:
    """Keeps the `PaidEvents` port in a dictionary of a limited size."""

    def __init__(self) -> None:
        self._events: OrderedDict[tuple[str, str], ChannelEvent | None] = OrderedDict()
        """None: acknowledged."""

    async def take_in(self, show: str, event: ChannelEvent) -> bool:
        """Keep it; return False if it was taken in before."""
        if (show, event.id) in self._events:
            return False
        self._events[show, event.id] = event
        if len(self._events) > MOST_EVENTS:
            oldest = next((key for key, kept in self._events.items() if kept is None), None)
            if oldest is not None:
                del self._events[oldest]
        return True

    async def acknowledged(self, show: str, ids: Collection[str]) -> None:
        """Note that they need nothing more."""
        for each in ids:
            if (show, each) in self._events:
                self._events[show, each] = None

    async def waiting(self, show: str) -> Sequence[ChannelEvent]:
        """Return those that were never acknowledged, oldest first."""
        return [event for (name, _), event in self._events.items() if name == show and event]

    async def forget_viewer(self, show: str, username: str) -> None:
        """Forget who somebody was and what they wrote; the event itself stays."""
        for key, event in self._events.items():
            if key[0] == show and event and event.username == username:
                self._events[key] = replace(event, username="", display_name="", message="", data={})
