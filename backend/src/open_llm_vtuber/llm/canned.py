"""Lines of our own for when the money has run out: now and then one, then silence."""

import asyncio
from collections.abc import Callable

from open_llm_vtuber.units import Seconds

LINES = (
    "I am resting my voice for a little while, but I am reading along!",
    "Give me a moment, chat, I need a break from talking.",
    "I am just listening to you for now.",
)
APART: Seconds = 300.0
"""Between two lines."""


class CannedLines:
    """Says each line once, at most one in five minutes; after that nothing more, until `again`."""

    def __init__(self, clock: Callable[[], Seconds] | None = None) -> None:
        self._clock = clock or _now
        self._said = 0
        self._next: Seconds = 0.0

    def line(self) -> str:
        """Return a line, "" for silence."""
        now = self._clock()
        if self._said == len(LINES) or now < self._next:
            return ""
        self._said += 1
        self._next = now + APART
        return LINES[self._said - 1]

    def again(self) -> None:
        """Begin with the first line the next time: there was money in between."""
        self._said = 0


def _now() -> Seconds:
    return asyncio.get_running_loop().time()
