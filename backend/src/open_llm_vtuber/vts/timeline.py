"""When which sentence is heard, and how far the mouth is open then. Pure.

Sentences are sent ahead. Each begins when the one before has ended, as the show itself reckons (`show/playback.py`);
a client that plays them a moment late is not waited for.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from open_llm_vtuber.units import Seconds

READING_A_CHARACTER: Seconds = 0.05
SHORTEST_READING: Seconds = 1.0
"""How long a sentence without sound stays up."""
MOST_LINES = 500
"""Sentences that are kept; a turn has fewer."""


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence with its place in time."""

    start: Seconds
    end: Seconds
    volumes: tuple[float, ...]
    slice_s: Seconds

    def opening(self, now: Seconds) -> float:
        """Return how far the mouth is open, 0 to 1."""
        place = int((now - self.start) / self.slice_s)
        volume = self.volumes[place] if 0 <= place < len(self.volumes) else 0.0
        return min(1.0, max(0.0, volume))


class Timeline:
    """The sentences of a reply. Time only goes forward."""

    def __init__(self) -> None:
        self._ahead: deque[Line] = deque(maxlen=MOST_LINES)
        self._heard: Line | None = None
        """The sentence that began last."""
        self._free_from: Seconds = 0.0
        self.sound_ends_at: Seconds | None = None
        """When the last sound is over; None when there was none."""

    def add(self, volumes: Sequence[float], slice_s: Seconds, text: str, *, now: Seconds) -> None:
        """Put a sentence behind the ones before it; one without volumes has no sound and takes its time to read."""
        start = max(now, self._free_from)
        length = len(volumes) * slice_s or max(SHORTEST_READING, READING_A_CHARACTER * len(text))
        self._free_from = start + length
        self._ahead.append(Line(start, self._free_from, tuple(volumes), slice_s))
        if volumes:
            self.sound_ends_at = self._free_from

    def cut(self, now: Seconds) -> None:
        """Forget what has not been heard."""
        self._ahead.clear()
        self._heard = None
        self._free_from = now
        if self.sound_ends_at is not None:
            self.sound_ends_at = min(self.sound_ends_at, now)

    def opening(self, now: Seconds) -> float:
        """Return how far the mouth is open, 0 to 1."""
        while self._ahead and self._ahead[0].start <= now:
            self._heard = self._ahead.popleft()
        return self._heard.opening(now) if self._heard else 0.0

    @property
    def next_start(self) -> Seconds | None:
        """When the next sentence begins."""
        return self._ahead[0].start if self._ahead else None
