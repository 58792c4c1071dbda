"""The conversation that a show is having, and those that its audience had before."""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.ports import Store
from open_llm_vtuber.protocol.codec import harmless
from open_llm_vtuber.protocol.parts import HistorySummary, LatestMessage, StoredLine
from open_llm_vtuber.protocol.server_messages import HistoryData, HistoryList
from open_llm_vtuber.stimulus import HistoryLine
from open_llm_vtuber.text_rules import bounded

RECENT_LINES = 50
"""Lines that somebody who joins is shown."""
LONGEST_PREVIEW = 500
"""Characters of the latest line in a list of conversations."""


@dataclass(frozen=True, slots=True)
class Found:
    """A stored conversation and who has it."""

    owner: str
    history: str
    lines: Sequence[HistoryLine]


class Conversation:
    """Keeps the lines of a show where its owner finds them.

    `owners` says whose histories may be read: first the show's own, then those that were imported for everybody. One
    of these becomes the show's own with the first line that is added to it.
    """

    def __init__(self, store: Store, owners: Callable[[], Sequence[str]]) -> None:
        self.history: str | None = None
        """The uid of the present one; None until something is said."""
        self.recent: deque[HistoryLine] = deque(maxlen=RECENT_LINES)
        """Its last lines."""
        self._store = store
        self._owners = owners
        self._owner = ""

    async def begin(self) -> str:
        """Begin a new one and return its uid."""
        self._owner = self._owners()[0]
        self.history = await self._store.create_history(self._owner)
        self.recent.clear()
        return self.history

    def end(self) -> None:
        """Let the next line begin a new one."""
        self.history = None
        self.recent.clear()

    async def keep(self, line: HistoryLine) -> None:
        """Store a line of the present conversation."""
        if self.history is None or self._owner not in self._owners():
            await self.begin()
        try:
            await self._append(line)
        except ProtocolError:  # it was deleted meanwhile, or is somebody else's now
            await self.begin()
            await self._append(line)

    async def _append(self, line: HistoryLine) -> None:
        own, history = self._owners()[0], self.history or ""
        if self._owner != own:
            await self._store.move_history(self._owner, history, own)
            self._owner = own
        await self._store.append(own, history, line)
        self.recent.append(line)

    async def find(self, history: str) -> Found:
        """Return a stored one. Raises ProtocolError `not-found`."""
        *others, last = self._owners()
        for owner in others:
            try:
                return Found(owner, history, await self._store.lines(owner, history))
            except ProtocolError:
                continue
        return Found(last, history, await self._store.lines(last, history))

    def resume(self, found: Found) -> None:
        """Go on with it."""
        self.history, self._owner = found.history, found.owner
        self.recent.clear()
        self.recent.extend(found.lines)

    async def erase(self, found: Found) -> None:
        """Delete it. Raises ProtocolError `not-found`."""
        await self._store.delete_history(found.owner, found.history)

    async def take_back(self, message_ids: Collection[str], username: str | None) -> None:
        """Delete what was said about these chat messages, and all of a viewer's, from every conversation of the show."""
        kept = [
            line
            for line in self.recent
            if not (line.message_id and line.message_id in message_ids)
            and not (username and line.username == username)
        ]
        self.recent.clear()
        self.recent.extend(kept)
        of_the_show = self._owners()[0].rpartition("/")[0] + "/"
        await self._store.erase_lines(of_the_show, message_ids=message_ids, username=username)

    async def listed(self) -> HistoryList:
        """Return what is stored, newest first."""
        held = [entry for owner in self._owners() for entry in await self._store.histories(owner)]
        held.sort(key=lambda entry: entry[1].timestamp, reverse=True)
        return HistoryList(histories=tuple(_summary(uid, line) for uid, line in held))


def history_data(lines: Sequence[HistoryLine], character_name: str, avatar: str) -> HistoryData:
    """Return a conversation as clients show it; lines of hers that lack a name or a picture get hers."""
    return HistoryData(messages=shown_lines(lines, character_name, avatar))


def shown_lines(lines: Iterable[HistoryLine], character_name: str, avatar: str) -> tuple[StoredLine, ...]:
    """Return lines as they are shown."""
    return tuple(_shown(line, character_name, avatar) for line in lines)


def _shown(line: HistoryLine, character_name: str, avatar: str) -> StoredLine:
    is_hers = line.role == "ai"
    return StoredLine(
        role=line.role,
        timestamp=line.timestamp.isoformat(),
        content=harmless(line.content),
        name=harmless(line.name or (character_name if is_hers else "")),
        avatar=line.avatar or (avatar if is_hers else ""),
    )


def _summary(uid: str, line: HistoryLine) -> HistorySummary:
    timestamp = line.timestamp.isoformat()
    preview = harmless(bounded(line.content, LONGEST_PREVIEW))
    latest = LatestMessage(role=line.role, timestamp=timestamp, content=preview)
    return HistorySummary(uid=uid, latest_message=latest, timestamp=timestamp)
