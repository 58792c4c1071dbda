"""Plays a log: gives a show what came in, in the same order, and its parts' answers when they are due."""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack, suppress
from datetime import datetime
from typing import TypeVar

from open_llm_vtuber.course import Bell
from open_llm_vtuber.errors import VTuberError
from open_llm_vtuber.show import commands
from open_llm_vtuber.show.audience import Outbox, OutboxClosed
from open_llm_vtuber.show_log.inputs import BY_NAME
from open_llm_vtuber.show_log.records import Codec, Record, encoded, loaded
from open_llm_vtuber.show_log.tape import Tape
from open_llm_vtuber.show_log.taped_show import TapedShow
from open_llm_vtuber.units import Seconds

T = TypeVar("T")

PATIENCE: Seconds = 0.25
"""How long a wait that the log does not know may last beyond its time, for the log may know better: somebody ended it."""
DRIVING = ("run", "end", "in", "came", "left", "whose", "port", "look", "tick", "wall")


class _Bell:
    """A wait of the show."""

    def __init__(self, when: Seconds, ring: Callable[[], None]) -> None:
        self.when = when
        self.ring = ring
        self.is_over = False

    def cancel(self) -> None:
        self.is_over = True


class Player(Tape):
    """A course that is read. `step` makes the next thing happen; what the show decides is collected in `decided`."""

    def __init__(self, began: Seconds, wall: datetime, seed: str, records: Sequence[Record]) -> None:
        super().__init__(began, wall, seed)
        self.decided: list[bytes] = []
        """Every fact and cue as the log would have it, without its time."""
        self.strays: Counter[str] = Counter()
        """What the log holds and nobody asked for, or the other way round, by its kind: the code is another one."""
        self.on_fact: Callable[[object], None] = lambda _: None
        self._entries = [each for each in records if each.kind in DRIVING]
        self._place = 0
        self._asked: dict[str, deque[asyncio.Future[Record]]] = {}
        self._early: dict[str, deque[Record]] = {}
        self._looks: dict[str, Record] = {}
        self._bells: list[_Bell] = []
        self._rings = Counter(each.value for each in self._entries if each.kind == "tick")
        self._clients: dict[str, tuple[ExitStack, asyncio.Task[None]]] = {}
        self._running: set[asyncio.Task[None]] = set()

    # --- what the show asks of its course --------------------------------------------------------------

    def note(self, fact: object) -> None:
        """Collect what was decided."""
        self.on_fact(fact)
        if (line := fact_line(Record("fact", 0.0, "", fact))) is not None:
            self.decided.append(line)

    def enter(self, record: Record) -> None:
        """Leave it: it comes from the log."""

    def ring_at(self, when: Seconds, ring: Callable[[], None]) -> Bell:
        """Call `ring` when the log says so."""
        bell = _Bell(when, ring)
        self._bells.append(bell)
        return bell

    async def port(
        self, name: str, work: Callable[[], Awaitable[T]], codec: Codec[T], *, turn: str = ""
    ) -> T:
        """Return what the part answered then."""
        del work, turn
        record = self._at_once("port", name)
        if record is None:
            waiting: asyncio.Future[Record] = asyncio.get_running_loop().create_future()
            self._asked.setdefault(name, deque()).append(waiting)
            record = await waiting
        if record.error is None and record.value is None and name.startswith(("reply ", "text ")):
            raise StopAsyncIteration
        return loaded(codec, record)

    def look(self, name: str, read: Callable[[], T], codec: Codec[T]) -> T:
        """Return what the part showed then."""
        del read
        if (seen := self._at_once("look", name)) is not None:
            self._looks[name] = seen
        found = self._looks.get(name) or self._first_look(name)
        return loaded(codec, found)

    # --- what happens ----------------------------------------------------------------------------------

    @property
    def is_over(self) -> bool:
        """Whether the log has no more."""
        return self._place >= len(self._entries)

    @property
    def next_at(self) -> Seconds | None:
        """When the next thing happens."""
        return None if self.is_over else self._entries[self._place].at

    def step(self, show: TapedShow, run: Callable[[], None], end: Callable[[], None]) -> None:
        """Make the next thing happen. Raises BadLog."""
        entry = self._entries[self._place]
        if self._ring_unknown(entry.at):
            return
        self._place += 1
        self._at = max(self._at, entry.at)
        match entry.kind:
            case "run":
                run()
            case "end":
                end()
            case "tick":
                self._ring(entry)
            case "port":
                self._answer(entry)
            case "look":
                self._looks[entry.name] = entry
            case "wall":
                self._set_wall(entry)
            case "whose":
                show.belongs_to(str(entry.value))
            case "came":
                self._come(show, entry)
            case "left":
                self._leave(entry.name)
            case _:
                self._command(show, entry)

    def close(self) -> None:
        """Let everybody go."""
        for task in (*self._running, *(reading for _, reading in self._clients.values())):
            task.cancel()

    def _at_once(self, kind: str, name: str) -> Record | None:
        """Return the record of what was answered before anybody else did anything, or that came too early."""
        if self._place < len(self._entries):
            entry = self._entries[self._place]
            if (entry.kind, entry.name, entry.waited) == (kind, name, False):
                self._place += 1
                self._at = max(self._at, entry.at)
                return entry
        early = self._early.get(name)
        return early.popleft() if kind == "port" and early else None

    def _answer(self, entry: Record) -> None:
        waiting = self._asked.get(entry.name, deque())
        while waiting:
            future = waiting.popleft()
            if not future.done():
                future.set_result(entry)
                return
        self.strays["answers that nobody waited for"] += 1
        self._early.setdefault(entry.name, deque()).append(entry)

    def _first_look(self, name: str) -> Record:
        found = next((each for each in self._entries if each.kind == "look" and each.name == name), None)
        return found or Record("look", 0.0, name)

    def _ring(self, entry: Record) -> None:
        self._rings[entry.value] -= 1
        self._bells = [each for each in self._bells if not each.is_over]
        bell = next((each for each in self._bells if each.when == entry.value), None)
        if bell is None:
            self.strays["waits that nobody began"] += 1
            return
        self._bells.remove(bell)
        bell.ring()

    def _ring_unknown(self, until: Seconds) -> bool:
        """Let a wait end that the log knows nothing of, if its time has long passed; return whether there was one."""
        self._bells = [each for each in self._bells if not each.is_over]
        late = min(
            (each for each in self._bells if each.when + PATIENCE < until and self._rings[each.when] <= 0),
            key=lambda each: each.when,
            default=None,
        )
        if late is None:
            return False
        self.strays["waits that the log does not know"] += 1
        self._bells.remove(late)
        self._at = max(self._at, late.when)
        late.ring()
        return True

    def _set_wall(self, entry: Record) -> None:
        with suppress(ValueError):
            self.set_wall(datetime.fromisoformat(str(entry.value)))

    def _come(self, show: TapedShow, entry: Record) -> None:
        self._leave(entry.name)
        stack = ExitStack()
        outbox = stack.enter_context(show.attach(entry.name, listens_only=bool(entry.value)))
        self._clients[entry.name] = stack, asyncio.get_running_loop().create_task(_read(outbox))

    def _leave(self, client: str) -> None:
        stack, reading = self._clients.pop(client, (None, None))
        if stack and reading:
            stack.close()
            reading.cancel()

    def _command(self, show: TapedShow, entry: Record) -> None:
        codec = BY_NAME.get(entry.name)
        if codec is None:
            self.strays[f"commands of a kind that there is no more ({entry.name[:40]})"] += 1
            return
        command: commands.Command = loaded(codec, entry)
        task = asyncio.get_running_loop().create_task(_asked(show, command))
        self._running.add(task)
        task.add_done_callback(self._running.discard)


async def _asked(show: TapedShow, command: commands.Command) -> None:
    with suppress(VTuberError):
        await show.ask(command)


async def _read(outbox: Outbox) -> None:
    """Read everything, as fast as it comes."""
    with suppress(OutboxClosed):
        while True:
            await outbox.get()


def fact_line(record: Record) -> bytes | None:
    """Return a fact as it is compared; None for what a replay cannot bring."""
    if record.kind != "fact":
        return None
    return encoded(Record("fact", 0.0, record.name, record.value))
