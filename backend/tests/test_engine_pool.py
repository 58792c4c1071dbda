"""Engines with the same settings are one, started for the first user and ended after the last."""

import asyncio
from types import TracebackType
from typing import ClassVar, Self

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.engine_pool import EnginePool, Lease
from open_llm_vtuber.engines import EngineOptions, EngineTable
from open_llm_vtuber.errors import ConfigError, EngineError
from open_llm_vtuber.ports import Engine
from virtual_time import run_virtual


class Machine:
    """Takes a second to start and one to stop; `fault` makes it fail at the end of its start."""

    started: ClassVar[list[str]] = []
    stopped: ClassVar[list[str]] = []

    class Options(EngineOptions):
        name: str = "plain"
        fault: bool = False
        sticks: bool = False

    def __init__(self, options: Options) -> None:
        self.options = options

    async def __aenter__(self) -> Self:
        await asyncio.sleep(1)
        if self.options.fault:
            raise EngineError("It smokes.", engine="machine", retryable=False)
        self.started.append(self.options.name)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        await asyncio.sleep(1)
        self.stopped.append(self.options.name)
        if self.options.sticks:
            raise EngineError("It sticks.", engine="machine", retryable=False)


TABLE: EngineTable[Engine] = EngineTable(
    "machine", dict.fromkeys(("machine", "first_aid", "last_aid"), f"{__name__}:Machine")
)


@pytest.fixture(autouse=True)
def nothing_ran() -> None:
    Machine.started.clear()
    Machine.stopped.clear()


def a_pool() -> EnginePool[Engine]:
    return EnginePool(TABLE, ("first_aid", "last_aid"))


def test_equal_settings_share_one_engine_even_while_it_starts() -> None:
    async def main() -> None:
        async with a_pool() as pool:
            leases = await asyncio.gather(*(pool.take("machine", {"name": "a"}) for _ in range(5)))
            assert len({id(lease.engine) for lease in leases}) == 1
            assert Machine.started == ["a"]
            for lease in leases[1:]:
                await lease.end()
            assert Machine.stopped == []
            await leases[0].end()
            assert Machine.stopped == ["a"]
            assert pool.running == ()

    run_virtual(main())


def test_other_settings_are_another_engine() -> None:
    async def main() -> None:
        async with a_pool() as pool:
            one = await pool.take("machine", {"name": "a"})
            other = await pool.take("machine", {"name": "b"})
            assert one.engine is not other.engine
            await one.end()
            assert pool.running == ("machine",)

    run_virtual(main())


def test_ending_a_lease_twice_takes_the_engine_from_nobody() -> None:
    async def main() -> None:
        async with a_pool() as pool:
            one, _ = await pool.take("machine", {}), await pool.take("machine", {})
            await one.end()
            await one.end()
            assert Machine.stopped == []

    run_virtual(main())


def test_who_comes_while_the_last_user_leaves_gets_an_engine_that_runs() -> None:
    async def main() -> None:
        async with a_pool() as pool:
            first = await pool.take("machine", {"name": "a"})
            _, second = await asyncio.gather(first.end(), pool.take("machine", {"name": "a"}))
            assert second.engine is not first.engine
            assert pool.running == ("machine",)
            assert (Machine.started, Machine.stopped) == (["a", "a"], ["a"])

    run_virtual(main())


def test_leaving_the_pool_ends_what_is_still_in_use() -> None:
    async def main() -> None:
        async with a_pool() as pool:
            await pool.take("machine", {"name": "a"})
            await pool.take("machine", {"name": "b"})

    run_virtual(main())
    assert sorted(Machine.stopped) == ["a", "b"]


def test_an_engine_that_does_not_start_leaves_nothing_and_the_next_try_is_a_new_one() -> None:
    async def main() -> None:
        async with a_pool() as pool:
            with pytest.raises(ConfigError, match="It smokes"):
                await pool.take("machine", {"fault": True})
            assert pool._places == []
            assert (await pool.take("machine", {})).status.note == ""

    run_virtual(main())


def test_somebody_who_gives_up_waiting_leaves_the_engine_to_the_others() -> None:
    async def main() -> None:
        async with a_pool() as pool, asyncio.TaskGroup() as group:
            impatient = group.create_task(pool.take("machine", {"name": "a"}))
            patient = group.create_task(pool.take("machine", {"name": "a"}))
            await asyncio.sleep(0.5)
            impatient.cancel()
            assert isinstance(await patient, Lease)
            assert Machine.started == ["a"]
            assert pool.running == ("machine",)

    run_virtual(main())


def test_an_engine_that_we_lack_is_replaced_and_its_status_says_so() -> None:
    async def main() -> None:
        async with a_pool() as pool:
            status = (await pool.take("azure", {"name": "kept for azure"})).status
            assert status.engine == "first_aid"
            assert "azure" in status.note
            assert Machine.started == ["plain"], "the options were not meant for the one that stands in"

    run_virtual(main())


def test_a_stand_in_that_cannot_run_is_replaced_by_the_last_one() -> None:
    async def main() -> None:
        async with a_pool() as pool:
            status = (await pool.take("first_aid", {"fault": True})).status
            assert status.engine == "last_aid"
            assert "It smokes" in status.note

    run_virtual(main())


def test_an_engine_that_ends_badly_does_not_keep_others_from_ending() -> None:
    async def main() -> None:
        async with a_pool() as pool:
            lease = await pool.take("machine", {"sticks": True})
            await pool.take("machine", {"name": "b"})
            await lease.end()
            assert len(pool.running) == 1

    run_virtual(main())
    assert Machine.stopped == ["plain", "b"]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=30))
def test_an_engine_runs_exactly_as_long_as_somebody_uses_it(steps: list[tuple[str, bool]]) -> None:
    Machine.started.clear()
    Machine.stopped.clear()

    async def main() -> None:
        held: dict[str, list[Lease[Engine]]] = {name: [] for name in "abc"}
        async with a_pool() as pool:
            for name, comes in steps:
                if comes:
                    held[name].append(await pool.take("machine", {"name": name}))
                elif held[name]:
                    await held[name].pop().end()
                assert len(pool.running) == sum(bool(leases) for leases in held.values())
        assert sorted(Machine.started) == sorted(Machine.stopped)

    run_virtual(main())
