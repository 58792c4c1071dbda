"""The director: which stimulus is next. One turn at a time; interrupts."""

import asyncio
import heapq
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count

from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.log_lines import of_turn
from open_llm_vtuber.show.turn import Turn
from open_llm_vtuber.stimulus import CHAT, SAFETY, Stimulus

INBOX_SIZE = 32


class Director:
    """Holds the bounded inbox and runs one turn after the other.

    `idle` is asked for a stimulus when the inbox is empty (chat: chosen at the last moment, so that it is fresh);
    `on_change` is called when a turn begins or ends or the inbox changes. While it `is_listening` to somebody on stage,
    only what is about safety begins.
    """

    def __init__(
        self,
        begin: Callable[[Stimulus], Turn],
        *,
        idle: Callable[[], Stimulus | None] = lambda: None,
        on_change: Callable[[], None] = lambda: None,
        is_listening: Callable[[], bool] = lambda: False,
        inbox_size: int = INBOX_SIZE,
    ) -> None:
        self.turn: Turn | None = None
        self.last: Turn | None = None
        """The turn before."""
        self._begin = begin
        self._idle = idle
        self._on_change = on_change
        self.is_listening = is_listening
        self._inbox_size = inbox_size
        self._inbox: list[tuple[int, int, Stimulus]] = []
        self._arrivals = count()
        self._work = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.is_frozen = False
        """Whether nothing new is taken in and no turn begins."""
        self._after: list[Callable[[], None]] = []
        """What is done when the running turn has ended."""
        self._holds = 0
        """How many wait for the running turn to end; until they have acted none begins."""

    @property
    def inbox(self) -> Sequence[Stimulus]:
        """What waits, in the order in which its turn comes."""
        return [entry[2] for entry in sorted(self._inbox)]

    @property
    def waiting(self) -> int:
        """How many stimuli wait in the inbox."""
        return len(self._inbox)

    @property
    def is_free(self) -> bool:
        """Whether nothing runs, nothing waits, and nobody keeps a turn from beginning."""
        return self.turn is None and not (self._inbox or self._holds or self.is_frozen or self.is_listening())

    def submit(self, stimulus: Stimulus) -> None:
        """Put a stimulus into the inbox: the more urgent first, of equals the earlier.

        Raises ProtocolError `busy` when the inbox is full, nothing is dropped for it; `wrong-state` while frozen.
        """
        if self.is_frozen:
            raise ProtocolError("The show is stopped; resume it first.", code="wrong-state")
        if len(self._inbox) >= self._inbox_size:
            raise ProtocolError("Too much is waiting already; try again in a moment.", code="busy")
        heapq.heappush(self._inbox, (-stimulus.priority, next(self._arrivals), stimulus))
        self.wake()
        self._on_change()

    def wake(self) -> None:
        """Look again whether there is something to do."""
        self._work.set()

    async def interrupt(self, heard: str | None = None) -> bool:
        """Cut the running turn, if there is one; return, once its chain has ended, whether there was.

        `heard` is what a client says was heard of it.
        """
        turn, task = self.turn, self._task
        if turn is None or task is None or turn.is_over:
            return False
        turn.heard_by_client(heard)
        await asyncio.sleep(0)  # cut before its first step a turn would lose its line without a word
        if not task.cancelling():
            task.cancel()
        await asyncio.wait([task])
        return True

    def drop(self, concerned: Callable[[Stimulus], bool]) -> Sequence[Stimulus]:
        """Take out of the inbox what is concerned, and return it."""
        gone = [entry for entry in self._inbox if concerned(entry[2])]
        if gone:
            self._inbox = [entry for entry in self._inbox if entry not in gone]
            heapq.heapify(self._inbox)
            self._on_change()
        return [entry[2] for entry in sorted(gone)]

    def move(self, moved: Stimulus | str, before: str | None) -> None:
        """Put a stimulus, in the inbox by its id or a new one, before that of another id, else behind all.

        It takes the priority of its new place, so that what comes later does not push in between.
        """
        own = moved if isinstance(moved, Stimulus) else next(each for each in self.inbox if _is(each, moved))
        waits = [each for each in self.inbox if each is not own]
        place = next((i for i, each in enumerate(waits) if before and _is(each, before)), len(waits))
        beside = waits[place] if place < len(waits) else waits[-1] if waits else own
        waits.insert(place, replace(own, priority=beside.priority))
        self._inbox = [(-each.priority, next(self._arrivals), each) for each in waits]
        heapq.heapify(self._inbox)
        self.wake()
        self._on_change()

    async def freeze(self) -> bool:
        """Cut the running turn and let none begin until `thaw`; return whether there was one."""
        self.is_frozen = True
        return await self.interrupt()

    def thaw(self) -> None:
        """Let turns begin again."""
        self.is_frozen = False
        self.wake()

    async def make_way(self) -> None:
        """Let somebody on stage speak: the clause that is heard is the running turn's last.

        A turn of which nothing was heard yet is cut and begins anew later, before all of its priority; what nobody asked
        for does not. One about safety goes on.
        """
        turn = self.turn
        if turn is None or turn.is_over or turn.stimulus.priority >= SAFETY or turn.give_floor():
            return
        turn.is_put_off = not turn.stimulus.gives_way
        await self.interrupt()
        if (
            turn.is_put_off and not self.is_frozen and turn.retracted is None
        ):  # one more than fits: it was in there before
            heapq.heappush(self._inbox, (-turn.stimulus.priority, -next(self._arrivals), turn.again))
            self._on_change()

    async def end_of(self, turn: Turn) -> None:
        """Wait until that turn, which was interrupted or is over, has stored its last line."""
        if self.turn is turn and self._task is not None:
            await asyncio.wait([self._task])

    async def between_turns(self, act: Callable[[], None]) -> None:
        """Cut the running turn and act before the next one begins."""
        self._holds += 1
        try:
            await self.interrupt()
            if self._task is not None:  # it is over, but may still be storing its last line
                await asyncio.wait([self._task])
            act()
        finally:
            self._holds -= 1
            self.wake()

    def between(self, act: Callable[[], None]) -> None:
        """Act while no turn runs: now, or as soon as the running one has ended by itself; nothing is cut for it."""
        if self.turn is None:
            act()
        else:
            self._after.append(act)

    async def run(self) -> None:
        """Perform turn after turn until cancelled; the running turn is then interrupted."""
        while True:
            stimulus = await self._next()
            self.turn = self._begin(stimulus)
            self._on_change()
            try:
                async with asyncio.TaskGroup() as group:  # an interrupt cancels the task, not the group
                    with of_turn(self.turn.id):
                        self._task = group.create_task(self.turn.perform())
            finally:
                self.last, self.turn, self._task = self.turn, None, None
                due, self._after = self._after, []
                for act in due:
                    act()
                self._on_change()

    async def _next(self) -> Stimulus:
        while True:
            self._work.clear()
            may_begin = not self._holds and not self.is_frozen
            if may_begin and (stimulus := self._first()):
                return stimulus
            await self._work.wait()

    def _first(self) -> Stimulus | None:
        """Return what comes first: what nobody asked for comes after every viewer's line."""
        waits = bool(self._inbox)
        if self.is_listening():
            return heapq.heappop(self._inbox)[2] if waits and self._inbox[0][2].priority >= SAFETY else None
        if not waits or self._inbox[0][2].priority < CHAT:
            stimulus = self._idle()
            if stimulus or not waits:
                return stimulus
        return heapq.heappop(self._inbox)[2]


def _is(stimulus: Stimulus, known_by: str) -> bool:
    return known_by in (stimulus.id, stimulus.message_id)
