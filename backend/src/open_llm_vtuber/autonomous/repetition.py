"""Pure: has she said that lately? Lines are compared by the groups of letters in them."""

from collections import deque
from collections.abc import Iterable

from open_llm_vtuber.text_rules import normalised

LETTERS = 4
"""Letters in a group: long enough to tell words apart, short enough to survive another ending."""
NEAR = 0.5
"""Share of the smaller line's groups from which on two lines are near-repeats."""
REMEMBERED = 24
"""Her last lines: none of them comes again, and the written lines are more than these."""
MOST_CHARACTERS = 1_000


def groups(text: str) -> frozenset[str]:
    """Return the groups of letters in a text; word order hardly matters to them."""
    words = "".join(char if char.isalnum() else " " for char in normalised(text[:MOST_CHARACTERS])).split()
    plain = f" {' '.join(words)} "
    return frozenset(plain[start : start + LETTERS] for start in range(max(1, len(plain) - LETTERS + 1)))


def similarity(first: frozenset[str], second: frozenset[str]) -> float:
    """Return how much of the smaller one is in the other, 0 to 1: a line within a longer one is a repeat, too."""
    return len(first & second) / max(1, min(len(first), len(second)))


class RecentLines:
    """The last lines that she said."""

    def __init__(self, remembered: int = REMEMBERED, near: float = NEAR) -> None:
        self._lines: deque[tuple[str, frozenset[str]]] = deque(maxlen=remembered)
        self._near = near

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines, oldest first."""
        return tuple(line for line, _ in self._lines)

    def add(self, line: str) -> None:
        """Note a line that she said."""
        if line.strip():
            self._lines.append((line, groups(line)))

    def nearest(self, line: str) -> tuple[float, str]:
        """Return how near the most similar remembered line is, 0 to 1, and that line."""
        wanted = groups(line)
        return max(((similarity(wanted, known), said) for said, known in self._lines), default=(0.0, ""))

    def is_repeat(self, line: str) -> bool:
        """Whether it is too near to something that she said lately."""
        return self.nearest(line)[0] >= self._near

    def first_new(self, lines: Iterable[str]) -> str | None:
        """Return the first line that is none of the last ones again, or None."""
        return next((line for line in lines if not self.is_repeat(line)), None)
