"""An event loop whose clock jumps to the next timer when nothing is ready: an hour passes in milliseconds.

`run_virtual(coroutine)` runs one like `asyncio.run`. Only what is pure asyncio can run in it: a socket, a process or
a thread would wait for the real world, and says so. Code under test must take its time from `loop.time()`.
"""

import asyncio
import selectors
from collections.abc import Coroutine, Iterator
from typing import Any, NoReturn, TypeVar

from open_llm_vtuber.rehearsals.rehearsal_loop import PunctualLoop

T = TypeVar("T")

WEEK = 7 * 24 * 3600.0


class Deadlock(AssertionError):
    """Every task waits for something that cannot come any more; the text names them."""


class RealWorld(AssertionError):
    """Something would wait for a socket, a process or a thread."""


class _JumpingSelector(selectors.SelectSelector):
    """Waits for nothing: a wait for a timer moves the clock instead."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.limit = WEEK
        self.sealed = False

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        if self.sealed:
            raise RealWorld("virtual time has no sockets and no processes: use the real loop for this test")
        return super().register(fileobj, events, data)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise Deadlock(f"nothing can happen any more at {self.now:.3f} s:\n{_waiting()}")
        self.now += max(timeout, 0.0)
        if timeout > 0 and self.now > self.limit:
            raise Deadlock(f"still not done after {self.limit:.0f} s of virtual time:\n{_waiting()}")
        return []


class VirtualLoop(PunctualLoop):
    """The loop that `run_virtual` runs on. It starts at second 0."""

    def __init__(self, limit: float = WEEK) -> None:
        self._jumping = _JumpingSelector()
        self._jumping.limit = limit
        super().__init__(self._jumping)
        self._jumping.sealed = True

    def time(self) -> float:
        """Return the virtual second."""
        return self._jumping.now

    def run_in_executor(self, *_: Any) -> NoReturn:  # type: ignore[override] # it never runs anything
        """Refuse: a thread takes real time."""
        raise RealWorld("virtual time has no threads: use the real loop for this test")


def run_virtual(coroutine: Coroutine[Any, Any, T], *, limit: float = WEEK) -> T:
    """Run it to its end and return its result. Raises Deadlock when it cannot end, or not within `limit` seconds."""
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(limit)) as runner:
        return runner.run(coroutine)


def _waiting() -> str:
    tasks = sorted(asyncio.all_tasks(asyncio.get_running_loop()), key=lambda task: task.get_name())
    return "\n".join(f"  {task.get_name()} waits in {_where(task)}" for task in tasks) or "  no task is left"


def _where(task: asyncio.Task[Any]) -> str:
    """Return the innermost line that the task stands at."""
    *_, place = ["nothing it says", *_places(task.get_coro())]
    return place


def _places(awaited: object) -> Iterator[str]:
    while awaited is not None:
        frame = getattr(awaited, "cr_frame", None) or getattr(awaited, "gi_frame", None)
        if frame is not None:
            yield f"{frame.f_code.co_qualname} ({frame.f_code.co_filename}:{frame.f_lineno})"
        awaited = getattr(awaited, "cr_await", None) or getattr(awaited, "gi_yieldfrom", None)
