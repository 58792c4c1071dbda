"""What the course of a show depends on beside its inputs: the time, ids, waits, and whoever takes down what it decides.

Like the event loop it is found by whoever runs: the code of a show asks here and nowhere else. Usually that is the
machine's own clock and chance. A show whose log is kept follows a course that is written down, and a replay one that
is read again, so that both do the same.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Protocol, TypeVar
from uuid import uuid4

from open_llm_vtuber.units import Seconds

T = TypeVar("T")


class Bell(Protocol):
    """A ring that was ordered."""

    def cancel(self) -> None:
        """Let it not ring."""
        ...


class Course:
    """The course of whatever no log is kept of: the machine's clock and chance, and nobody who takes anything down."""

    def now(self) -> Seconds:
        """Return the time of the event loop."""
        return asyncio.get_running_loop().time()

    def wall(self) -> datetime:
        """Return the time of day, with a zone."""
        return datetime.now(UTC)

    def new_id(self) -> str:
        """Return an id that is unique on this machine and safe in a log."""
        return uuid4().hex

    def ring_at(self, when: Seconds, ring: Callable[[], None]) -> Bell:
        """Call `ring` at that time."""
        return asyncio.get_running_loop().call_at(when, ring)

    def note(self, fact: object) -> None:
        """Take down what was decided, and why."""


_OUTSIDE = Course()
_followed: ContextVar[Course] = ContextVar("course", default=_OUTSIDE)


@contextmanager
def following(course: Course) -> Iterator[None]:
    """Let all that runs within, and every task that is begun there, follow this course."""
    token = _followed.set(course)
    try:
        yield
    finally:
        _followed.reset(token)


async def outside(work: Awaitable[T]) -> T:
    """Await something that is no part of the show, and must not use up what the show's course has in store."""
    with following(_OUTSIDE):
        return await work


def now() -> Seconds:
    """Return the time by the show's clock."""
    return _followed.get().now()


def wall() -> datetime:
    """Return the time of day, with a zone."""
    return _followed.get().wall()


def new_id() -> str:
    """Return an id that is unique on this machine and safe in a log."""
    return _followed.get().new_id()


def note(fact: object) -> None:
    """Take down what was decided, and why; costs next to nothing where nobody listens."""
    _followed.get().note(fact)


async def sleep(delay: Seconds) -> None:
    """Wait that long; not at all, but for a turn of the loop, where that is nothing."""
    if delay <= 0:
        await asyncio.sleep(0)
        return
    course, over = _followed.get(), asyncio.Event()
    bell = course.ring_at(course.now() + delay, over.set)
    try:
        await over.wait()
    finally:
        bell.cancel()


@asynccontextmanager
async def timeout_at(when: Seconds | None) -> AsyncGenerator[None, None]:
    """Cut what lasts longer. Raises TimeoutError. None is never."""
    async with asyncio.timeout(None) as limit:
        if when is None:
            yield
            return
        loop = asyncio.get_running_loop()
        bell = _followed.get().ring_at(when, lambda: limit.reschedule(loop.time()))
        try:
            yield
        finally:
            bell.cancel()


def timeout(delay: Seconds) -> AbstractAsyncContextManager[None]:
    """Cut what lasts longer. Raises TimeoutError."""
    return timeout_at(now() + delay)
