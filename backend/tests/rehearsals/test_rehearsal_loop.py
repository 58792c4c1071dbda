"""A clock that runs at any speed and stands still while there is work to do."""

import asyncio
import socket
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest

from open_llm_vtuber.rehearsals.rehearsal_loop import RehearsalLoop

T = TypeVar("T")


def run(coroutine: Coroutine[Any, Any, T], speed: float = 1_000.0) -> T:
    with asyncio.Runner(loop_factory=lambda: RehearsalLoop(speed)) as runner:
        return runner.run(coroutine)


def now() -> float:
    return asyncio.get_running_loop().time()


def test_a_wait_takes_exactly_as_long_as_it_was_meant_to() -> None:
    async def main() -> list[float]:
        times = []
        for pause in (0.5, 20.0, 0.25):
            await asyncio.sleep(pause)
            times.append(now())
        return times

    assert run(main()) == pytest.approx([0.5, 20.5, 20.75], abs=1e-9)


def test_work_takes_no_time() -> None:
    async def main() -> float:
        for _ in range(1_000):
            await asyncio.sleep(0)
        return now()

    assert run(main()) == 0.0


def test_a_thread_at_work_stops_the_clock() -> None:
    async def main() -> tuple[float, list[str]]:
        order: list[str] = []

        async def timer() -> None:
            await asyncio.sleep(10)
            order.append("timer")

        async with asyncio.TaskGroup() as group:
            group.create_task(timer())
            await asyncio.to_thread(time.sleep, 0.1)
            order.append("thread")
            after = now()
        return after, order

    assert run(main()) == (0.0, ["thread", "timer"])


def test_what_comes_from_outside_takes_its_real_time_at_the_speed_of_the_show() -> None:
    async def main() -> float:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.setblocking(False)
            loop = asyncio.get_running_loop()
            waiting = asyncio.ensure_future(loop.sock_recv(ours, 1))
            timer = loop.call_later(3600, waiting.cancel)
            await asyncio.sleep(0)
            theirs.send(b"x")
            await waiting
            timer.cancel()
        return now()

    assert run(main()) < 3600


@pytest.mark.parametrize("speed", [1e3, 1e6])
def test_the_speed_changes_nothing_but_the_waiting(speed: float) -> None:
    async def main() -> list[tuple[float, int]]:
        seen: list[tuple[float, int]] = []

        async def every(number: int) -> None:
            for _ in range(5):
                await asyncio.sleep(0.1 * number)
                seen.append((now(), number))

        async with asyncio.TaskGroup() as group:
            for number in (1, 2, 3):
                group.create_task(every(number))
        return seen

    assert run(main(), speed) == run(main(), 10 * speed)
