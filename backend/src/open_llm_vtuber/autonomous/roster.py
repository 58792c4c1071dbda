"""The triggers of a show by name, and a heap of when each is to be looked at next."""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

from open_llm_vtuber.autonomous.moments import Now
from open_llm_vtuber.autonomous.timing import Scene, TriggerState, next_fire
from open_llm_vtuber.autonomous.triggers import ChatTrigger, CronTrigger, DateTrigger, Trigger, TriggerConfig
from open_llm_vtuber.units import Seconds


@dataclass(slots=True)
class Entry:
    """A trigger and what became of it so far."""

    name: str
    trigger: TriggerConfig | Trigger
    state: TriggerState
    due: Seconds | None = None
    """When it is to be looked at next."""
    fault: str = ""
    """Why it was switched off by itself."""
    is_off: bool = False
    """Whether an operator has switched it off, or a fault has."""
    fires: int = 0
    outcome: str = ""
    """What came of its last time."""
    last: datetime | None = None
    is_busy: bool = False
    """Whether it is being carried out (one in Python)."""
    ticket: int = field(default=-1, repr=False)


class Roster:
    """Keeps the entries armed. `draw` returns chances (0 ≤ chance < 1)."""

    def __init__(self, draw: Callable[[], float]) -> None:
        self._draw = draw
        self._entries: dict[str, Entry] = {}
        self._heap: list[tuple[Seconds, int, str]] = []
        self._tickets = count()

    def __iter__(self) -> Iterator[Entry]:
        return iter(list(self._entries.values()))

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def get(self, name: str) -> Entry | None:
        """Return the entry of that name."""
        return self._entries.get(name)

    def put(self, name: str, trigger: TriggerConfig | Trigger, now: Now, scene: Scene) -> Entry:
        """Add a trigger, or let it take the place of the one of its name, and arm it."""
        state = TriggerState(since=now.loop, seen=now.wall, chance=self._draw())
        if before := self._entries.get(name):  # a change gives nobody another hour's worth of fires
            state = TriggerState(since=now.loop, seen=now.wall, chance=self._draw(), fired=before.state.fired)
        entry = self._entries[name] = Entry(name, trigger, state)
        entry.is_off = not isinstance(trigger, Trigger) and not trigger.enabled
        self.arm(entry, now, scene)
        return entry

    def remove(self, name: str) -> bool:
        """Take a trigger off; return whether it was there."""
        return self._entries.pop(name, None) is not None

    def arm(self, entry: Entry, now: Now, scene: Scene) -> None:
        """Work out when it is to be looked at next."""
        entry.ticket = next(self._tickets)
        entry.due = None if entry.is_off else _due(entry, now, scene)
        if entry.due is not None:
            heapq.heappush(self._heap, (entry.due, entry.ticket, entry.name))
        if len(self._heap) > 2 * len(self._entries) + 64:
            self._heap = [each for each in self._heap if self._is_valid(each)]
            heapq.heapify(self._heap)

    def arm_wall_times(self, now: Now, scene: Scene) -> None:
        """Arm all anew that go by the wall clock: it was set."""
        for entry in self._entries.values():
            if isinstance(entry.trigger, CronTrigger | DateTrigger):
                self.arm(entry, now, scene)

    def next_due(self) -> Seconds | None:
        """Return when to look next."""
        while self._heap and not self._is_valid(self._heap[0]):
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def pop_due(self, now: Now, scene: Scene) -> tuple[Entry, Seconds] | None:
        """Return a trigger that is due, and since when. It is armed again by whoever deals with it.

        What was only to be looked at (a silence that was broken meanwhile) is armed again here.
        """
        while (looked_at := self.next_due()) is not None and looked_at <= now.loop:
            entry = self._entries[heapq.heappop(self._heap)[2]]
            due = _due(entry, now, scene)
            if due is not None and due <= now.loop:
                return entry, due
            self.arm(entry, now, scene)
        return None

    def chat_triggers(self) -> list[tuple[Entry, ChatTrigger]]:
        """Return those that listen to chat."""
        return [
            (entry, entry.trigger)
            for entry in self._entries.values()
            if isinstance(entry.trigger, ChatTrigger) and not entry.is_off
        ]

    def draw(self) -> float:
        """Return a chance."""
        return self._draw()

    def _is_valid(self, item: tuple[Seconds, int, str]) -> bool:
        entry = self._entries.get(item[2])
        return entry is not None and entry.ticket == item[1]


def _due(entry: Entry, now: Now, scene: Scene) -> Seconds | None:
    if isinstance(entry.trigger, Trigger):
        return entry.state.since + (entry.state.slot + 1) * entry.trigger.interval
    return next_fire(entry.trigger, entry.state, now, scene)
