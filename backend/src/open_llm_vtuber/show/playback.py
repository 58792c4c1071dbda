"""Pure: what of a reply has been heard by when, if nobody reports otherwise."""

from open_llm_vtuber.units import Seconds

READING_A_CHARACTER: Seconds = 0.05
SHORTEST_READING: Seconds = 1.0


def reading_time(text: str) -> Seconds:
    """Return how long a sentence without sound stays up."""
    return max(SHORTEST_READING, READING_A_CHARACTER * len(text))


class Playback:
    """The sentences of one turn on a time line: each starts when the one before has ended."""

    def __init__(self) -> None:
        self._started: list[tuple[Seconds, str]] = []
        self.ends_at: Seconds = 0.0
        self._next = 0
        """The first sentence of which no client has said that it plays."""

    def begun(self, text: str) -> int | None:
        """Return which sentence begins, by its text as a client reports it: the first of those that have not."""
        for index in range(self._next, len(self._started)):
            if self._started[index][1].strip() == text.strip():
                self._next = index + 1
                return index
        return None

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been sent yet."""
        return not self._started

    def add(self, text: str, length: Seconds, *, now: Seconds) -> Seconds:
        """Put a sentence behind the ones before it; return when it begins."""
        start = max(now, self.ends_at)
        self._started.append((start, text))
        self.ends_at = start + length
        return start

    def whole(self) -> str:
        """Return the text of everything that was sent."""
        return "".join(text for _, text in self._started).strip()

    def heard(self, now: Seconds, reported: str | None = None) -> str:
        """Return the sentences that had begun by `now`.

        A client knows better what it played, but it may not put words into the character's mouth: its report
        counts only if the reply does begin like that.
        """
        if reported and self.whole().startswith(reported.strip()):
            return reported.strip()
        return "".join(text for start, text in self._started if start <= now).strip()
