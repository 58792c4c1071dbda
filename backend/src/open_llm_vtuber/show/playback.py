"""Pure: what of a reply has been heard by when, if nobody reports otherwise."""

from open_llm_vtuber.units import Seconds

COPIES_COME_WITHIN: Seconds = 0.3
"""Existing clients report the end of playback up to ten times; later copies must not end the next turn."""
READING_A_CHARACTER: Seconds = 0.05
SHORTEST_READING: Seconds = 1.0
UNREPORTED: Seconds = 0.3
"""For how long a page may play a sentence before its report of that has come."""
BACK_WITHIN: Seconds = 3.0
"""How long speech waits for a page that was reloaded; after that the show goes on unheard."""


def reading_time(text: str) -> Seconds:
    """Return how long a sentence without sound stays up."""
    return max(SHORTEST_READING, READING_A_CHARACTER * len(text))


class Playback:
    """The sentences of one turn on a time line: each starts when the one before has ended.

    The line stands still for a moment while the page that plays them is away: a reload takes no words from anybody.
    """

    def __init__(self) -> None:
        self._started: list[tuple[Seconds, str]] = []
        self._lengths: list[Seconds] = []
        self._end: Seconds = 0.0
        self._next = 0
        """The first sentence of which no client has said that it plays."""
        self._reported: tuple[int, Seconds] | None = None
        """The last one of which a client has said so, and when that was."""
        self._cut: str | None = None
        """What is to be heard of the last one, where that is less than all of it."""
        self._late: Seconds = 0.0
        """For how long the line has stood still; all times above are without that."""
        self._held_since: Seconds | None = None
        self._can_return = False
        """Whether somebody has listened who is told, on coming back, where to go on."""

    def listened(self, *, can_return: bool, now: Seconds) -> None:
        """Note that somebody plays it."""
        self._can_return |= can_return
        if self._held_since is not None:
            self._late += min(now - self._held_since, BACK_WITHIN)
            self._held_since = None

    def left_alone(self, now: Seconds) -> None:
        """Note that nobody plays it any more."""
        if self._can_return and self._held_since is None:
            self._held_since = now

    def begun(self, text: str, now: Seconds) -> int | None:
        """Return which sentence begins, by its text as a client reports it: the first of those that have not."""
        for index in range(self._next, len(self._started)):
            if self._started[index][1].strip() == text.strip():
                self._next = index + 1
                self._reported = (index, self._moved(now))
                return index
        return None

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been sent yet."""
        return not self._started

    def add(self, text: str, length: Seconds, *, now: Seconds) -> Seconds:
        """Put a sentence behind the ones before it; return when it begins."""
        start = max(self._moved(now), self._end)
        self._started.append((start, text))
        self._lengths.append(length)
        self._end = start + length
        return start + now - self._moved(now)

    def left(self, now: Seconds) -> Seconds:
        """Return how much there is still to hear; below 0 all was heard that long ago."""
        return self._end - self._moved(now)

    def place(self, now: Seconds) -> tuple[int, Seconds]:
        """Return which sentence is being heard and how far it is; behind the last one when all was heard.

        A client's word of when a sentence began counts for more than the plan.
        """
        moved = self._moved(now)
        first, begins = self._reported or (0, 0.0)
        for index in range(first, len(self._started)):
            begins = begins if self._reported and index == first else max(begins, self._started[index][0])
            if moved < begins + self._lengths[index]:
                return index, max(0.0, moved - begins)
            begins += self._lengths[index]
        return len(self._started), 0.0

    def last_place(self, now: Seconds) -> tuple[int, Seconds] | None:
        """Return which sentence is to be the last, and how far it is, if she is to yield; None where none has begun.

        One that a page should have begun just now, but has not reported, can still be left out.
        """
        if self.is_empty or self._moved(now) < self._started[0][0]:
            return None
        index, place = self.place(now)
        is_past = index == len(self._started)
        if is_past or (self._reported and index > self._reported[0] and place < UNREPORTED):
            return index - 1, self._lengths[index - 1]
        return index, place

    def end_with(self, index: int, at: Seconds, text: str, *, now: Seconds) -> None:
        """Let nothing be heard behind that place of that sentence; `text` is what is heard of it."""
        current, place = self.place(now)
        ends = self._moved(now) + max(0.0, at - place) if current == index else self._moved(now)
        del self._started[index + 1 :], self._lengths[index + 1 :]
        self._lengths[index] = min(at, self._lengths[index])
        self._end, self._cut = min(ends, self._end), text

    def whole(self) -> str:
        """Return the text of everything that is to be heard."""
        return "".join(self._texts()).strip()

    def _texts(self) -> list[str]:
        texts = [text for _, text in self._started]
        return texts if self._cut is None else [*texts[:-1], self._cut]

    def heard(self, now: Seconds, reported: str | None = None) -> str:
        """Return the sentences that had begun by `now`.

        A client knows better what it played, but it may not put words into the character's mouth: its report
        counts only if the reply does begin like that.
        """
        if reported and self.whole().startswith(reported.strip()):
            return reported.strip()
        moved = self._moved(now)
        begun = sum(start <= moved for start, _ in self._started)
        return "".join(self._texts()[:begun]).strip()

    def _moved(self, now: Seconds) -> Seconds:
        held = 0.0 if self._held_since is None else min(now - self._held_since, BACK_WITHIN)
        return now - self._late - held


class Reports:
    """Tells a client's report that it has played everything from the copies that follow it."""

    def __init__(self) -> None:
        self._last: dict[str, Seconds] = {}

    def is_copy(self, client: str, now: Seconds) -> bool:
        """Note a report, and return whether it is a copy of the one before."""
        last = self._last.get(client)
        self._last[client] = now
        return last is not None and now - last < COPIES_COME_WITHIN

    def forget(self, client: str) -> None:
        """Forget a client that has left."""
        self._last.pop(client, None)
