"""What chat is doing beside what is answered, summed up in a line for the next prompt. Pure."""

from collections import Counter, deque
from collections.abc import Callable

from open_llm_vtuber.text_rules import bounded, normalised
from open_llm_vtuber.units import Seconds

MOST_KEPT = 500
"""Lines that are counted; the oldest are forgotten first."""
FEWEST_VIEWERS = 3
"""What fewer write is a viewer's own line and nobody's mood."""
MOST_NAMED = 3
LONGEST_NAMED = 40


class Crowd:
    """Counts lines that were not answered. Only what several viewers wrote is ever repeated."""

    def __init__(self, window_s: Seconds) -> None:
        self._window_s = window_s
        self._lines: deque[tuple[Seconds, str, str, str]] = deque(maxlen=MOST_KEPT)
        """When, message id, viewer, text."""

    def look_back(self, window_s: Seconds) -> None:
        """Sum up so many seconds from now on."""
        self._window_s = window_s

    def note(self, message_id: str, username: str, text: str, now: Seconds) -> None:
        """Count a line."""
        self._lines.append((now, message_id, username, bounded(text, LONGEST_NAMED)))

    def remove(self, concerned: Callable[[str, str], bool]) -> None:
        """Forget the lines whose (message id, viewer) is concerned."""
        kept = [line for line in self._lines if not concerned(line[1], line[2])]
        self._lines = deque(kept, maxlen=MOST_KEPT)

    def summary(self, now: Seconds) -> str:
        """Return what chat was doing within the window, and begin to count anew; "" when that is nothing."""
        recent = [line for line in self._lines if now - line[0] <= self._window_s]
        self._lines.clear()
        shown: dict[str, str] = {}
        viewers: dict[str, set[str]] = {}
        for _, _, username, text in recent:
            key = normalised(text)
            shown.setdefault(key, text)
            viewers.setdefault(key, set()).add(username)
        counts = Counter({key: len(who) for key, who in viewers.items() if len(who) >= FEWEST_VIEWERS})
        if not counts:
            return ""
        said = ", ".join(f'"{shown[key]}" ({count} viewers)' for key, count in counts.most_common(MOST_NAMED))
        return f"Meanwhile chat is writing: {said}."
