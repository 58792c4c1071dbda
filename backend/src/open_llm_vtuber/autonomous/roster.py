"""The triggers of a show by name, and a heap of when each is to be looked at next."""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count

from open_llm_vtuber.autonomous.moments import Now
from open_llm_vtuber.autonomous.timing import Scene, TriggerState, by_the_right_clock, handled, next_fire
from open_llm_vtuber.autonomous.triggers import Trigger, TriggerConfig
from open_llm_vtuber.units import Seconds

RINGS_EARLY: Seconds = 1e-6
"""A timer of the loop may ring this much before its time."""


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

    @property
    def kind(self) -> str:
        """Of which kind its trigger is."""
        return "python" if isinstance(self.trigger, Trigger) else self.trigger.kind


class Roster:
    """Keeps the entries armed. `draw` returns chances (0 ≤ chance < 1)."""

    def __init__(self, draw: Callable[[], float]) -> None:
        self._draw = draw
        self._entries: dict[str, Entry] = {}
        self._kinds: dict[str, dict[str, Entry]] = {}
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
        self.remove(name)
        entry = self._entries[name] = Entry(name, trigger, state)
        self._kinds.setdefault(entry.kind, {})[name] = entry
        entry.is_off = not isinstance(trigger, Trigger) and not trigger.enabled
        self.arm(entry, now, scene)
        return entry

    def remove(self, name: str) -> bool:
        """Take a trigger off; return whether it was there."""
        entry = self._entries.pop(name, None)
        if entry:
            del self._kinds[entry.kind][name]
        return entry is not None

    def arm(self, entry: Entry, now: Now, scene: Scene) -> None:
        """Work out when it is to be looked at next."""
        entry.ticket = next(self._tickets)
        entry.due = None if entry.is_off else _due(entry, now, scene)
        if entry.due is not None:
            heapq.heappush(self._heap, (entry.due, entry.ticket, entry.name))
        if len(self._heap) > 2 * len(self._entries) + 64:
            self._heap = [each for each in self._heap if self._is_valid(each)]
            heapq.heapify(self._heap)

    def restart(self, now: Now, scene: Scene) -> None:
        """Let every trigger begin now: she goes on air. Who was counted stays counted."""
        for entry in self._entries.values():
            entry.state = TriggerState(
                since=now.loop, seen=now.wall, chance=self._draw(), fired=entry.state.fired
            )
            self.arm(entry, now, scene)

    def settle(self, entry: Entry, now: Now) -> None:
        """Note that all that was due of a trigger until now is dealt with."""
        if isinstance(entry.trigger, Trigger):
            passed = max(entry.state.slot + 1, int((now.loop - entry.state.since) // entry.trigger.interval))
            entry.state = replace(entry.state, slot=passed)
        else:
            entry.state = handled(entry.trigger, entry.state, now, self._draw())

    def hurry(self, entry: Entry, now: Now, scene: Scene) -> None:
        """Let one that is written in Python be due now, also when it was off."""
        if isinstance(entry.trigger, Trigger):
            entry.is_off, entry.fault = False, ""
            entry.state = replace(entry.state, since=now.loop - entry.trigger.interval, slot=0)
            self.arm(entry, now, scene)

    def switch_off(self, entry: Entry, fault: str, now: Now, scene: Scene) -> None:
        """Take a broken trigger out of the way; the others go on."""
        entry.is_off, entry.fault = True, fault
        self.arm(entry, now, scene)

    def arm_wall_times(self, now: Now, scene: Scene) -> None:
        """Arm all anew that go by the wall clock: it was set."""
        for kind in ("cron", "date"):
            for entry in self.of_kind(kind):
                entry.state = by_the_right_clock(entry.state, now)
                self.arm(entry, now, scene)

    def first(self) -> tuple[str, Seconds] | None:
        """Return the trigger to look at next, and when."""
        while self._heap and not self._is_valid(self._heap[0]):
            heapq.heappop(self._heap)
        return (self._heap[0][2], self._heap[0][0]) if self._heap else None

    def next_due(self) -> Seconds | None:
        """Return when to look next."""
        first = self.first()
        return first[1] if first else None

    def pop_due(self, now: Now, scene: Scene) -> tuple[Entry, Seconds] | None:
        """Return a trigger that is due, and since when. It is armed again by whoever deals with it.

        What was only to be looked at (a silence that was broken meanwhile) is armed again here.
        """
        until = now.loop + RINGS_EARLY
        while (looked_at := self.next_due()) is not None and looked_at <= until:
            entry = self._entries[heapq.heappop(self._heap)[2]]
            due = _due(entry, now, scene)
            if due is not None and due <= until:
                return entry, max(due, looked_at)  # a mood that rose meanwhile makes nothing late
            self.arm(entry, now, scene)
        return None

    def of_kind(self, kind: str) -> list[Entry]:
        """Return the entries whose triggers are of that kind."""
        return list(self._kinds.get(kind, {}).values())

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
