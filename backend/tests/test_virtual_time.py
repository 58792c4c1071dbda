"""The clock that tests jump with."""

import asyncio
import itertools
import math
import time
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.rehearsals.rehearsal_loop import RehearsalLoop
from virtual_time import Deadlock, RealWorld, VirtualLoop, run_virtual


def test_an_hour_passes_in_milliseconds() -> None:
    async def wait() -> float:
        await asyncio.sleep(3600)
        return asyncio.get_running_loop().time()

    began = time.perf_counter()
    assert run_virtual(wait()) == 3600
    assert time.perf_counter() - began < 0.5


def test_timers_fire_in_their_order_and_at_their_second() -> None:
    fired: list[tuple[str, float]] = []

    async def after(delay: float, name: str) -> None:
        await asyncio.sleep(delay)
        fired.append((name, asyncio.get_running_loop().time()))

    async def all_three() -> None:
        async with asyncio.TaskGroup() as group:
            for delay, name in [(30, "late"), (0, "now"), (7.5, "soon")]:
                group.create_task(after(delay, name))

    run_virtual(all_three())
    assert fired == [("now", 0), ("soon", 7.5), ("late", 30)]


def test_the_clock_stands_still_while_something_is_ready() -> None:
    async def busy() -> float:
        for _ in range(1000):
            await asyncio.sleep(0)
        return asyncio.get_running_loop().time()

    assert run_virtual(busy()) == 0


def test_a_timeout_comes_due() -> None:
    async def wait() -> float:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(90):
                await asyncio.Event().wait()
        return asyncio.get_running_loop().time()

    assert run_virtual(wait()) == 90


async def waited_for(due: float) -> int:
    """Wait for a moment as the loops of a show do: look, wait for it, look again. Return how often it looked."""
    loop, looks = asyncio.get_running_loop(), 0
    while loop.time() < due:
        looks += 1
        assert looks < 100, "its timer rings before its time, for ever"
        with suppress(TimeoutError):
            async with asyncio.timeout_at(due):
                await asyncio.Event().wait()
    return looks


@pytest.mark.parametrize("ahead", [1e-10, 5e-10, 2e-9])
@pytest.mark.parametrize("loop", [VirtualLoop, lambda: RehearsalLoop(1e6)])
def test_no_timer_rings_early_however_near_it_is_and_whoever_else_is_awake(
    loop: Callable[[], asyncio.AbstractEventLoop], ahead: float
) -> None:
    async def main() -> list[int]:
        await asyncio.sleep(1000)
        due = asyncio.get_running_loop().time() + ahead
        async with asyncio.TaskGroup() as group:
            tasks = []
            for _ in range(3):  # each awake while the others sleep
                tasks.append(group.create_task(waited_for(due)))
                await asyncio.sleep(0)
        return [task.result() for task in tasks]

    with asyncio.Runner(loop_factory=loop) as runner:
        assert runner.run(main()) == [1, 1, 1]


@given(st.lists(st.floats(1e-12, 1e6), min_size=1, max_size=20))
def test_timers_of_any_length_ring_in_their_order_and_never_before_their_time(delays: list[float]) -> None:
    async def late(delay: float) -> tuple[float, float]:
        due = asyncio.get_running_loop().time() + delay
        await asyncio.sleep(delay)
        return due, asyncio.get_running_loop().time()

    async def main() -> list[tuple[float, float]]:
        return await asyncio.gather(*map(late, delays))

    for due, rang in run_virtual(main(), limit=2e6):
        assert due <= rang <= due + math.ulp(due)


def test_a_queue_hands_over_between_timers() -> None:
    async def play() -> list[float]:
        queue: asyncio.Queue[float] = asyncio.Queue(1)
        loop = asyncio.get_running_loop()

        async def produce() -> None:
            for _ in range(3):
                await asyncio.sleep(10)
                await queue.put(loop.time())

        async with asyncio.TaskGroup() as group:
            group.create_task(produce())
            return [await queue.get() for _ in range(3)]

    assert run_virtual(play()) == [10, 20, 30]


def test_a_deadlock_names_the_tasks_and_where_they_wait() -> None:
    async def wait_for_nobody() -> None:
        await asyncio.Queue[str](1).get()

    async def stuck() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(wait_for_nobody(), name="listener")

    with pytest.raises(Deadlock, match=r"listener waits in Queue.get") as raised:
        run_virtual(stuck())
    assert "TaskGroup.__aexit__" in str(raised.value)


def test_a_loop_that_never_ends_is_stopped_at_the_limit() -> None:
    async def tick() -> None:
        for _ in itertools.count():
            await asyncio.sleep(1)

    with pytest.raises(Deadlock, match="still not done after 3600 s"):
        run_virtual(tick(), limit=3600)


def test_an_error_reaches_the_caller() -> None:
    async def fail() -> None:
        await asyncio.sleep(1)
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        run_virtual(fail())


def test_a_thread_is_refused() -> None:
    with pytest.raises(RealWorld, match="threads"):
        run_virtual(asyncio.to_thread(time.perf_counter))


def test_a_socket_is_refused() -> None:
    async def connect() -> None:
        await asyncio.open_connection("127.0.0.1", 9)

    with pytest.raises(RealWorld):
        run_virtual(connect())
