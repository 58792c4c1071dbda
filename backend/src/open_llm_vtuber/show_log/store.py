"""The store behind a show's tape: what it answers is written down, and in a replay read again."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime
from typing import TypeVar

from open_llm_vtuber.ports import PaidEvents, Store, ViewerBook
from open_llm_vtuber.remembered import Exchange, Fact, Sighting, Viewer
from open_llm_vtuber.show_log.records import Codec, typed
from open_llm_vtuber.show_log.tape import Tape
from open_llm_vtuber.stimulus import ChannelEvent, HistoryLine

T = TypeVar("T")

_NOTHING: Codec[None] = typed(None)
_YES: Codec[bool] = typed(bool)
_NUMBER: Codec[int] = typed(int)
_WORDS: Codec[str] = typed(str)
_PERHAPS: Codec[str | None] = typed(str | None)
_VIEWER: Codec[Viewer | None] = typed(Viewer | None)
_EVENTS: Codec[Sequence[ChannelEvent]] = typed(tuple[ChannelEvent, ...])
_LINES: Codec[Sequence[HistoryLine]] = typed(tuple[HistoryLine, ...])
_LATEST: Codec[Sequence[tuple[str, HistoryLine]]] = typed(tuple[tuple[str, HistoryLine], ...])


class _Behind:
    def __init__(self, tape: Tape) -> None:
        self._tape = tape

    async def _ask(self, name: str, work: Callable[[], Awaitable[T]], codec: Codec[T]) -> T:
        return await self._tape.port(f"store {name}", work, codec)


class TapedViewers(_Behind):
    """Keeps the `ViewerBook` port."""

    def __init__(self, viewers: ViewerBook, tape: Tape) -> None:
        super().__init__(tape)
        self._viewers = viewers

    async def find(self, channel: str, username: str) -> Viewer | None:
        """Return what is known of a viewer."""
        return await self._ask("find", lambda: self._viewers.find(channel, username), _VIEWER)

    async def saw(self, channel: str, sightings: Sequence[Sighting]) -> None:
        """Note who wrote how often."""
        await self._ask("saw", lambda: self._viewers.saw(channel, sightings), _NOTHING)

    async def keep(self, channel: str, username: str, exchange: Exchange, facts: Sequence[Fact]) -> None:
        """Keep what was said."""
        await self._ask("keep", lambda: self._viewers.keep(channel, username, exchange, facts), _NOTHING)

    async def retract(self, channel: str, message_ids: Collection[str]) -> None:
        """Forget what these messages said."""
        await self._ask("retract", lambda: self._viewers.retract(channel, message_ids), _NOTHING)

    async def forget(self, channel: str, username: str, *, everything: bool = True) -> None:
        """Forget a viewer."""

        def work() -> Awaitable[None]:
            return self._viewers.forget(channel, username, everything=everything)

        await self._ask("forget", work, _NOTHING)

    async def forget_older_than(self, moment: datetime) -> None:
        """Forget every viewer who was not here since then."""
        await self._ask("tidy", lambda: self._viewers.forget_older_than(moment), _NOTHING)


class TapedPaid(_Behind):
    """Keeps the `PaidEvents` port."""

    def __init__(self, paid: PaidEvents, tape: Tape) -> None:
        super().__init__(tape)
        self._paid = paid

    async def take_in(self, show: str, event: ChannelEvent) -> bool:
        """Keep it; return False if it was taken in before."""
        return await self._ask("take_in", lambda: self._paid.take_in(show, event), _YES)

    async def acknowledged(self, show: str, ids: Collection[str]) -> None:
        """Note that they need nothing more."""
        await self._ask("acknowledged", lambda: self._paid.acknowledged(show, ids), _NOTHING)

    async def waiting(self, show: str) -> Sequence[ChannelEvent]:
        """Return those that were never acknowledged."""
        return await self._ask("waiting", lambda: self._paid.waiting(show), _EVENTS)

    async def forget_viewer(self, show: str, username: str) -> None:
        """Forget who somebody was."""
        await self._ask("forget_payer", lambda: self._paid.forget_viewer(show, username), _NOTHING)


class TapedStore(_Behind):
    """Keeps the `Store` port."""

    def __init__(self, store: Store, tape: Tape) -> None:
        super().__init__(tape)
        self._store = store
        self.viewers: ViewerBook = TapedViewers(store.viewers, tape)
        self.paid: PaidEvents = TapedPaid(store.paid, tape)

    async def erase_lines(
        self, owners: str, *, message_ids: Collection[str] = (), username: str | None = None
    ) -> int:
        """Delete the lines of these messages, or of a viewer."""

        def work() -> Awaitable[int]:
            return self._store.erase_lines(owners, message_ids=message_ids, username=username)

        return await self._ask("erase_lines", work, _NUMBER)

    async def note(self, show: str, name: str, text: str) -> None:
        """Keep a text under a name."""
        await self._ask("note", lambda: self._store.note(show, name, text), _NOTHING)

    async def noted(self, show: str, name: str) -> str | None:
        """Return what was noted under that name."""
        return await self._ask(f"noted {name}", lambda: self._store.noted(show, name), _PERHAPS)

    async def first_sight(self, show: str, message_id: str) -> bool:
        """Return True once for each (show, message id)."""
        name = f"first_sight {message_id}"
        return await self._ask(name, lambda: self._store.first_sight(show, message_id), _YES)

    async def create_history(self, owner: str) -> str:
        """Begin an empty history."""
        return await self._ask("create_history", lambda: self._store.create_history(owner), _WORDS)

    async def append(self, owner: str, history: str, line: HistoryLine) -> None:
        """Store a line."""
        await self._ask("append", lambda: self._store.append(owner, history, line), _NOTHING)

    async def histories(self, owner: str) -> Sequence[tuple[str, HistoryLine]]:
        """Return uid and latest line of the owner's histories."""
        return await self._ask("histories", lambda: self._store.histories(owner), _LATEST)

    async def lines(self, owner: str, history: str) -> Sequence[HistoryLine]:
        """Return its lines."""
        return await self._ask("lines", lambda: self._store.lines(owner, history), _LINES)

    async def delete_history(self, owner: str, history: str) -> None:
        """Delete it."""
        await self._ask("delete_history", lambda: self._store.delete_history(owner, history), _NOTHING)

    async def move_history(self, owner: str, history: str, to: str) -> None:
        """Give it to another owner."""
        await self._ask("move_history", lambda: self._store.move_history(owner, history, to), _NOTHING)
