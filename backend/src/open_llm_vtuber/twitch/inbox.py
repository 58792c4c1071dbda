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


class Inbox:
    """Holds `size` messages and sheds the oldest beyond that; order is kept.

    A removal is never lost, for it takes back text that may be spoken: when `size` of them wait, one that
    removes everything stands in for all. Of the statuses only the latest waits.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._events: deque[ChatEvent] = deque()
        self._filled = asyncio.Event()
        self._messages = 0
        self._removals = 0
        self.shed = 0
        """Messages lost because nobody took them in time."""

    def put(self, event: ChatEvent) -> None:
        """Add an event; never waits."""
        match event:
            case ChatMessage():
                self._make_room()
                self._messages += 1
            case ChatRemoval():
                event = self._merged(event)
                self._removals += 1
            case ChannelStatus():
                self._forget_status()
            case ChannelEvent() | StreamFacts():
                pass
        self._events.append(event)
        self._filled.set()

    async def take(self) -> ChatEvent:
        """Return the oldest event, waiting for one if need be."""
        while not self._events:
            self._filled.clear()
            await self._filled.wait()
        event = self._events.popleft()
        self._messages -= isinstance(event, ChatMessage)
        self._removals -= isinstance(event, ChatRemoval)
        return event

    def _make_room(self) -> None:
        if self._messages < self._size:
            return
        oldest = next(place for place, event in enumerate(self._events) if isinstance(event, ChatMessage))
        del self._events[oldest]
        self._messages -= 1
        self.shed += 1

    def _merged(self, removal: ChatRemoval) -> ChatRemoval:
        if self._removals < self._size:
            return removal
        self.shed += self._messages
        self._events = deque(event for event in self._events if isinstance(event, ChannelStatus))
        self._messages = self._removals = 0
        return ChatRemoval(platform=removal.platform, channel=removal.channel)

    def _forget_status(self) -> None:
        for event in self._events:
            if isinstance(event, ChannelStatus):
                self._events.remove(event)
                return
