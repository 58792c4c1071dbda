"""A loop for rehearsals: its clock runs at any speed, and stands still while there is work to do.

Asyncio waits only where nothing is ready. There the clock moves on by exactly what was to be waited for, after that
time divided by the speed has really passed; while one of the loop's threads is at work it does not move at all. So
with engines that are pure Python the same show is the same to the last millisecond, however busy the machine is. What
comes from outside (a socket, a process) is waited for in real time, of which each second is `speed` seconds of the
show.
"""

import asyncio
import math
import selectors
import time
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar, TypeVarTuple, Unpack

from open_llm_vtuber.counted_loop import CountedLoop
from open_llm_vtuber.units import Seconds

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class _PacedSelector(selectors.DefaultSelector):
    def __init__(self, speed: float) -> None:
        super().__init__()
        self.now: Seconds = 0.0
        self.threads_at_work = 0
        self._speed = speed

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready; without anything, let the clock go on by the timeout."""
        if (ready := super().select(0)) or (timeout is not None and timeout <= 0):
            return ready
        if self.threads_at_work:
            return super().select(None)
        began = time.monotonic()
        ready = super().select(None if timeout is None else timeout / self._speed)
        passed = (time.monotonic() - began) * self._speed
        longest = math.inf if timeout is None else timeout
        self.now += min(passed, longest) if ready else longest
        return ready


class PunctualLoop(CountedLoop):
    """A loop of which no timer rings before its time, for clocks that stand still while something is ready.

    Asyncio lets a timer ring up to one tick of the real clock early. Who then sees that it is not time yet and waits
    again finds that tick passed; where the clock stands still, two who do so keep each other awake for ever.
    """

    @property
    def _clock_resolution(self) -> Seconds:
        """The step to the next moment that can be told apart: a timer rings when its time is now or past."""
        return math.ulp(self.time())

    @_clock_resolution.setter
    def _clock_resolution(self, _: Seconds) -> None:
        """Leave it: asyncio sets here what the real clock has."""


class RehearsalLoop(PunctualLoop):
    """Starts at second 0 and runs `speed` times as fast as the real clock."""

    def __init__(self, speed: float) -> None:
        self._paced = _PacedSelector(speed)
        super().__init__(self._paced)

    def time(self) -> Seconds:
        """Return the second of the rehearsal."""
        return self._paced.now

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[Unpack[Ts]], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """Run it in a thread, and let no time pass meanwhile."""
        future = super().run_in_executor(executor, func, *args)
        self._paced.threads_at_work += 1
        future.add_done_callback(self._one_less)
        return future

    def _one_less(self, _: object) -> None:
        self._paced.threads_at_work -= 1
