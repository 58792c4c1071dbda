"""A store that forgets everything with the process."""

from collections import OrderedDict, deque
from collections.abc import Collection, Sequence
from datetime import datetime

from open_llm_vtuber.stimulus import HistoryLine, Spending
from open_llm_vtuber.storage.history_uid import new_history_uid, no_such_history
from open_llm_vtuber.storage.memory_viewers import MemoryPaidEvents, MemoryViewers

REMEMBERED_IDS = 50_000
"""Chat message ids kept for each show: hours of a busy channel. The oldest are forgotten first."""
LONGEST_HISTORY = 2_000
"""Lines kept of one history; the oldest are forgotten first."""
MOST_HISTORIES = 100
"""Histories kept for each owner; the oldest are forgotten first."""
MOST_OWNERS = 1_000
"""Owners kept; the one that was silent for longest is forgotten first. A private show is an owner of its own."""

MOST_SPENDINGS = 50_000


class MemoryStore:
    """Keeps the `Store` port in dictionaries of a limited size."""

    def __init__(self) -> None:
        self.viewers = MemoryViewers()
        self.paid = MemoryPaidEvents()
        self._notes: dict[tuple[str, str], str] = {}
        self._seen: dict[str, OrderedDict[str, None]] = {}
        self._histories: OrderedDict[str, OrderedDict[str, list[HistoryLine]]] = OrderedDict()
        self._spendings: deque[Spending] = deque(maxlen=MOST_SPENDINGS)

    async def first_sight(self, show: str, message_id: str) -> bool:
        """Return True once for each (show, message id), False ever after."""
        seen = self._seen.setdefault(show, OrderedDict())
        if message_id in seen:
            return False
        seen[message_id] = None
        if len(seen) > REMEMBERED_IDS:
            seen.popitem(last=False)
        return True

    async def create_history(self, owner: str) -> str:
        """Begin an empty history for `owner` and return its uid."""
        uid = new_history_uid()
        self._give(owner, uid, [])
        return uid

    async def append(self, owner: str, history: str, line: HistoryLine) -> None:
        """Store a line. Raises ProtocolError `not-found` for a history that this owner does not have."""
        lines = self._lines(owner, history)
        lines.append(line)
        self._histories.move_to_end(owner)
        del lines[:-LONGEST_HISTORY]

    async def histories(self, owner: str) -> Sequence[tuple[str, HistoryLine]]:
        """Return uid and latest line of the owner's histories that hold any, newest first."""
        held = [(uid, lines[-1]) for uid, lines in self._histories.get(owner, OrderedDict()).items() if lines]
        return sorted(held, key=lambda entry: entry[1].timestamp, reverse=True)

    async def lines(self, owner: str, history: str) -> Sequence[HistoryLine]:
        """Return its lines, oldest first. Raises ProtocolError `not-found`."""
        return tuple(self._lines(owner, history))

    async def delete_history(self, owner: str, history: str) -> None:
        """Delete it with all its lines. Raises ProtocolError `not-found`."""
        self._lines(owner, history)
        del self._histories[owner][history]

    async def move_history(self, owner: str, history: str, to: str) -> None:
        """Give it to another owner. Raises ProtocolError `not-found`."""
        self._lines(owner, history)
        self._give(to, history, self._histories[owner].pop(history))

    async def erase_lines(
        self, owners: str, *, message_ids: Collection[str] = (), username: str | None = None
    ) -> int:
        """Delete the lines of these messages, or of a viewer, and of their answers; return how many."""
        wanted, gone = {each for each in message_ids if each}, 0
        for owner, histories in self._histories.items():
            if not owner.startswith(owners):
                continue
            for lines in histories.values():
                kept = [
                    line
                    for line in lines
                    if line.message_id not in wanted and not (username and line.username == username)
                ]
                gone += len(lines) - len(kept)
                lines[:] = kept
        return gone

    async def note(self, show: str, name: str, text: str) -> None:
        """Keep a text under a name, in place of the one before."""
        self._notes[show, name] = text

    async def noted(self, show: str, name: str) -> str | None:
        """Return what was noted under that name."""
        return self._notes.get((show, name))

    async def note_spending(self, spending: Spending) -> None:
        """Keep what a request came to."""
        self._spendings.append(spending)

    async def spendings(self, since: datetime) -> Sequence[Spending]:
        """Return what was kept since then, oldest first."""
        return [each for each in self._spendings if each.at >= since]

    def _lines(self, owner: str, history: str) -> list[HistoryLine]:
        lines = self._histories.get(owner, OrderedDict()).get(history)
        if lines is None:
            raise no_such_history()
        return lines

    def _give(self, owner: str, history: str, lines: list[HistoryLine]) -> None:
        histories = self._histories.setdefault(owner, OrderedDict())
        histories[history] = lines
        self._histories.move_to_end(owner)
        if len(histories) > MOST_HISTORIES:
            histories.popitem(last=False)
        if len(self._histories) > MOST_OWNERS:
            self._histories.popitem(last=False)
