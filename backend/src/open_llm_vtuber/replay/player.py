"""Plays a log: gives a show what came in, in the same order, and its parts' answers when they are due."""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import ExitStack, suppress
from datetime import datetime
from math import inf
from typing import TypeVar

from open_llm_vtuber.counted_loop import CountedLoop
from open_llm_vtuber.course import Bell, following
from open_llm_vtuber.decided import Forgotten
from open_llm_vtuber.errors import EngineError, VTuberError
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


class Stage:
    """The show that is replayed, and who owns its tasks."""

    def __init__(self, show: TapedShow, group: asyncio.TaskGroup) -> None:
        self.show = show
        self._group = group
        self._running: list[asyncio.Task[None]] = []

    def begin(self, tape: Tape) -> None:
        """Let the show go on air."""
        with following(tape):
            self._running.append(self._group.create_task(self.show.run()))

    def end(self) -> None:
        """Let it end."""
        for task in self._running:
            task.cancel()

    def do(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Do something beside it."""
        return self._group.create_task(work)


class _Bell:
    """A wait of the show."""

    def __init__(self, when: Seconds, ring: Callable[[], None]) -> None:
        self.when = when
        self.ring = ring
        self.is_over = False

    def cancel(self) -> None:
        self.is_over = True


class Player(Tape):
    """A course that is read. `turn` makes the next things happen; what the show decides is collected in `decided`.

    An entry happens in the turn of the event loop in which it happened then, counted from the one before it. What a
    part answered at once is not sent but found when it is asked; whatever comes after it in the same turn waits for
    that. Where nothing else is ready the next entry happens, whatever was counted.
    """

    def __init__(self, began: Seconds, wall: datetime, seed: str, records: Sequence[Record]) -> None:
        super().__init__(began, wall, seed)
        self.decided: list[bytes] = []
        """Every fact and cue as the log would have it, without its time."""
        self.strays: Counter[str] = Counter()
        """What the log holds and nobody asked for, or the other way round, by its kind: the code is another one."""
        self.on_fact: Callable[[object], None] = lambda _: None
        self._entries = [each for each in records if each.kind in DRIVING]
        self._is_closed = False
        self._place = 0
        """The first entry that has not happened."""
        self._sent = 0
        """The first entry that is not on its way."""
        self._turn = 0
        """In which turn of the loop the last one was sent or happened."""
        self._parked: dict[int, Callable[[], None]] = {}
        """What waits for an entry before it."""
        self._asked: dict[str, deque[asyncio.Future[int]]] = {}
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
        if not isinstance(fact, Forgotten) and (line := fact_line(Record("fact", 0.0, "", fact))) is not None:
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
        if self._is_closed:  # who is stopped may still ask for something
            raise _log_ends()
        record = self._at_once("port", name)
        if record is None:
            waiting: asyncio.Future[int] = asyncio.get_running_loop().create_future()
            self._asked.setdefault(name, deque()).append(waiting)
            number = await _answered(waiting)
            record = self._entries[number]
            self._go_on(number)
        if record.error is None and record.value is None and name.startswith(("reply ", "text ")):
            raise StopAsyncIteration
        return loaded(codec, record)

    def look(self, name: str, read: Callable[[], T], codec: Codec[T]) -> T:
        """Return what the part showed then."""
        del read
        if (seen := self._at_once("look", name)) is not None:
            self._looks[name] = seen
        return loaded(codec, self._looks.get(name) or self._first_look(name))

    # --- what happens ----------------------------------------------------------------------------------

    @property
    def is_over(self) -> bool:
        """Whether the log has no more."""
        return self._place >= len(self._entries)

    @property
    def next_at(self) -> Seconds:
        """When the next thing happens."""
        return self._entries[self._place].at if not self.is_over else inf

    def turn(self, stage: Stage, *, is_idle: bool) -> None:
        """Send what happens in the turn of the loop that begins; without anything else that is ready, what is next.

        Raises BadLog.
        """
        if is_idle and not self.is_over:
            if self._ring_unknown(self.next_at):
                return
            self._send_next(stage)
        while (number := self._due()) is not None:
            self._send(number, stage)

    def close(self) -> None:
        """Let everybody go, and answer nobody any more."""
        self._is_closed = True
        for future in (each for waiting in self._asked.values() for each in waiting if not each.done()):
            future.set_exception(_log_ends())  # who cleans up would wait for ever
        for task in (*self._running, *(reading for _, reading in self._clients.values())):
            task.cancel()

    def _send_next(self, stage: Stage) -> None:
        """Let the next entry happen, although nobody may have asked for it."""
        number, entry = self._place, self._entries[self._place]
        if _is_asked_for(entry) or number < self._sent:
            self._pass_over(number)
            return
        self._send(number, stage)

    def _due(self) -> int | None:
        """Return the next entry to send in this turn: behind such as will be asked for in it."""
        number, turn = max(self._sent, self._place), self._turn
        while number < len(self._entries):
            entry, now = self._entries[number], _turns()
            if entry.hops is None or now - turn < entry.hops:
                return None
            if not _is_asked_for(entry):
                return number
            number, turn = number + 1, now
        return None

    def _send(self, number: int, stage: Stage) -> None:
        self._sent, self._turn = number + 1, _turns()
        entry = self._entries[number]
        soon = asyncio.get_running_loop().call_soon
        match entry.kind:
            case "port":
                self._answer(number)
            case "run":
                stage.begin(self)
                self._go_on(number)
            case "in":
                self._command(number, stage)
            case "tick":
                soon(self._happen, number, lambda: self._ring(entry))
            case "came":
                soon(self._happen, number, lambda: self._come(stage, entry))
            case "left":
                soon(self._happen, number, lambda: self._leave(entry.name))
            case "whose":
                soon(self._happen, number, lambda: stage.show.belongs_to(str(entry.value)))
            case "wall":
                soon(self._happen, number, lambda: self._set_wall(entry))
            case _:
                soon(self._happen, number, stage.end)

    def _happen(self, number: int, act: Callable[[], None]) -> None:
        if self._place < number:
            self._parked[number] = lambda: self._happen(number, act)
            return
        self._go_on(number)
        act()

    def _go_on(self, number: int) -> None:
        """Note that an entry happens."""
        for skipped in range(self._place, number):
            self._keep(self._entries[skipped])
        self._place = max(self._place, number + 1)
        self._at = max(self._at, self._entries[number].at)
        self._turn = _turns()
        if self._place < len(self._entries) and (parked := self._parked.pop(self._place, None)):
            asyncio.get_running_loop().call_soon(parked)

    def _pass_over(self, number: int) -> None:
        """Go on behind an entry that nobody asked for; it is kept until somebody does."""
        self._keep(self._entries[number])
        self._go_on(number)

    def _keep(self, entry: Record) -> None:
        if entry.kind == "look":
            self._looks[entry.name] = entry
        elif entry.kind == "port":
            self.strays["answers that nobody waited for"] += 1
            self._early.setdefault(entry.name, deque()).append(entry)

    def _at_once(self, kind: str, name: str) -> Record | None:
        """Return the record of what was answered before anybody else did anything, or that came too early."""
        if self._place < len(self._entries):
            entry = self._entries[self._place]
            if (entry.kind, entry.name, entry.waited) == (kind, name, False):
                self._go_on(self._place)
                return entry
        early = self._early.get(name)
        return early.popleft() if kind == "port" and early else None

    def _answer(self, number: int) -> None:
        waiting = self._asked.get(self._entries[number].name, deque())
        while waiting:
            future = waiting.popleft()
            if not future.done():
                future.set_result(number)
                return
        self._pass_over(number)

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

    def _come(self, stage: Stage, entry: Record) -> None:
        self._leave(entry.name)
        stack = ExitStack()
        outbox = stack.enter_context(stage.show.attach(entry.name, listens_only=bool(entry.value)))
        self._clients[entry.name] = stack, stage.do(_read(outbox))

    def _leave(self, client: str) -> None:
        stack, reading = self._clients.pop(client, (None, None))
        if stack and reading:
            stack.close()
            reading.cancel()

    def _command(self, number: int, stage: Stage) -> None:
        entry = self._entries[number]
        codec = BY_NAME.get(entry.name)
        if codec is None:
            self.strays[f"commands of a kind that there is no more ({entry.name[:40]})"] += 1
            self._go_on(number)
            return
        command: commands.Command = loaded(codec, entry)
        task = stage.do(self._ask(number, stage.show, command))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _ask(self, number: int, show: TapedShow, command: commands.Command) -> None:
        if self._place < number:
            is_time = asyncio.Event()
            self._parked[number] = is_time.set
            await is_time.wait()
        self._go_on(number)
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


def _log_ends() -> EngineError:
    return EngineError("The log ends here.", engine="replay", retryable=False)


async def _answered(waiting: asyncio.Future[int]) -> int:
    """Return which entry answers. Whoever is cancelled in that very turn has the answer first, as the log says."""
    try:
        return await waiting
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or not waiting.done() or waiting.cancelled():
            raise
        task.uncancel()
        task.cancel()
        return waiting.result()


def _is_asked_for(entry: Record) -> bool:
    """Whether it was found by the show itself, without a wait."""
    return entry.kind == "look" or (entry.kind == "port" and not entry.waited)


def _turns() -> int:
    loop = asyncio.get_running_loop()
    return loop.turns if isinstance(loop, CountedLoop) else 0
