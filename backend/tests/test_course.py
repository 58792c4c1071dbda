"""What a show asks for the time, for ids and for waits, and whom it follows in that."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from open_llm_vtuber import course
from open_llm_vtuber.course import Bell, Course
from open_llm_vtuber.units import Seconds
from virtual_time import run_virtual


class Written(Course):
    """Has a time and ids of its own, and rings when it is told to."""

    def __init__(self) -> None:
        self.noted: list[object] = []
        self.bells: list[tuple[Seconds, Callable[[], None]]] = []

    def now(self) -> Seconds:
        return 7.0

    def wall(self) -> datetime:
        return datetime(2026, 1, 5, tzinfo=UTC)

    def new_id(self) -> str:
        return "id"

    def ring_at(self, when: Seconds, ring: Callable[[], None]) -> Bell:
        self.bells.append((when, ring))
        return asyncio.get_running_loop().call_at(1e9, ring)

    def note(self, fact: object) -> None:
        self.noted.append(fact)


def test_without_a_course_of_its_own_it_is_the_machines_clock_and_chance() -> None:
    async def main() -> None:
        await course.sleep(2.5)
        assert course.now() == 2.5
        assert course.wall().tzinfo is UTC
        assert course.new_id() != course.new_id()
        course.note("nobody listens")

    run_virtual(main())


def test_what_runs_within_and_the_tasks_begun_there_follow_it_and_nobody_else() -> None:
    written = Written()

    async def main() -> None:
        with course.following(written):
            task = asyncio.get_running_loop().create_task(asked())
            assert course.now() == 7.0
        assert course.now() == 0.0
        assert await task == (7.0, "id")

    async def asked() -> tuple[Seconds, str]:
        course.note("a fact")
        return course.now(), course.new_id()

    run_virtual(main())
    assert written.noted == ["a fact"]


def test_a_part_outside_does_not_use_up_what_the_course_has_in_store() -> None:
    async def part() -> str:
        return course.new_id()

    async def main() -> None:
        with course.following(Written()):
            assert await course.outside(part()) != "id"
            assert course.new_id() == "id"

    run_virtual(main())


def test_a_wait_ends_when_the_course_rings_and_not_by_the_loops_clock() -> None:
    written = Written()

    async def main() -> None:
        with course.following(written):
            waiting = asyncio.get_running_loop().create_task(course.sleep(3.0))
            await asyncio.sleep(60)
            ((when, ring),) = written.bells
            assert when == 10.0
            assert not waiting.done()
            ring()
            await waiting

    run_virtual(main())


@pytest.mark.parametrize("late", [0.0, 1.0])
def test_a_limit_cuts_what_lasts_longer(late: Seconds) -> None:
    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with course.timeout_at(1.0 - late):
                await asyncio.sleep(5)
        async with course.timeout(5.0):
            await asyncio.sleep(1)
        async with course.timeout_at(None):
            await asyncio.sleep(100)

    run_virtual(main())


def test_no_wait_at_all_still_lets_the_others_run() -> None:
    ran: list[str] = []

    async def main() -> None:
        asyncio.get_running_loop().call_soon(ran.append, "other")
        await course.sleep(0.0)
        assert ran == ["other"]

    run_virtual(main())
