"""Between the socket and the show: bounded, and what may be lost is decided here."""

import asyncio
from collections import deque

from open_llm_vtuber.stimulus import (
    ChannelEvent,
    ChannelStatus,
    ChatEvent,
    ChatMessage,
    ChatRemoval,
    StreamFacts,
)

MOST_KEPT = 5000
"""So many events that must not be lost may wait; then the reading of the socket waits, and they wait at Twitch."""


class Inbox:
    """Holds what happened, in order, in two lanes.

    Chat and events of no weight (`other`) may be shed: of `size` of them the oldest go, and are counted. Everything
    else never is: money and what else viewers did wait until they are taken, and whoever reads the socket awaits
    `room` first. A removal is never lost either, for it takes back text that may be spoken: when `size` of them wait,
    one that removes everything stands in for all. Of the statuses and of the stream's facts only the latest waits.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._events: deque[ChatEvent] = deque()
        self._filled = asyncio.Event()
        self._emptied = asyncio.Event()
        self._light = 0
        self._kept = 0
        self._removals = 0
        self.shed = 0
        """Messages lost because nobody took them in time."""

    def put(self, event: ChatEvent) -> None:
        """Add an event; never waits."""
        if may_be_shed(event):
            self._make_room()
            self._light += 1
        match event:
            case ChatMessage():
                pass
            case ChatRemoval():
                event = self._merged(event)
                self._removals += 1
            case ChannelStatus() | StreamFacts():
                self._forget_last(type(event))
            case ChannelEvent():
                self._kept += not may_be_shed(event)
        self._events.append(event)
        self._filled.set()

    async def room(self) -> None:
        """Wait until less than `MOST_KEPT` events wait that must not be lost."""
        while self._kept >= MOST_KEPT:
            self._emptied.clear()
            await self._emptied.wait()

    async def take(self) -> ChatEvent:
        """Return the oldest event, waiting for one if need be."""
        while not self._events:
            self._filled.clear()
            await self._filled.wait()
        event = self._events.popleft()
        self._light -= may_be_shed(event)
        self._kept -= isinstance(event, ChannelEvent) and not may_be_shed(event)
        self._removals -= isinstance(event, ChatRemoval)
        self._emptied.set()
        return event

    def _make_room(self) -> None:
        if self._light < self._size:
            return
        oldest = next(place for place, event in enumerate(self._events) if may_be_shed(event))
        del self._events[oldest]
        self._light -= 1
        self.shed += 1

    def _merged(self, removal: ChatRemoval) -> ChatRemoval:
        if self._removals < self._size:
            return removal
        self.shed += sum(isinstance(event, ChatMessage) for event in self._events)
        self._events = deque(
            event for event in self._events if not isinstance(event, ChatMessage | ChatRemoval)
        )
        self._light = sum(map(may_be_shed, self._events))
        self._removals = 0
        return ChatRemoval(platform=removal.platform, channel=removal.channel)

    def _forget_last(self, kind: type[ChatEvent]) -> None:
        for event in self._events:
            if isinstance(event, kind):
                self._events.remove(event)
                return


def may_be_shed(event: ChatEvent) -> bool:
    """Whether it is of so little weight that it may be lost when there is too much."""
    return isinstance(event, ChatMessage) or (isinstance(event, ChannelEvent) and event.kind == "other")
