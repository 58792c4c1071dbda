"""A chain of engines: the next one helps out, and one that keeps failing is left alone for a while."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.fallback import FAILURES, LONGEST_REST, REST, Circuit, Fallback
from virtual_time import run_virtual


class Engine:
    """Answers with its name, or fails while it is down."""

    def __init__(self, name: str, *, is_down: bool = False) -> None:
        self.name = name
        self.is_down = is_down
        self.asked = 0

    async def answer(self) -> str:
        self.asked += 1
        await asyncio.sleep(0.1)
        if self.is_down:
            raise EngineError(f"{self.name} is down.", engine=self.name, retryable=True)
        return self.name


class Chain:
    """A chain of engines and what was told of it."""

    def __init__(self, *engines: Engine) -> None:
        self.told: list[tuple[str, str]] = []
        self._fallback = Fallback(
            {engine.name: engine for engine in engines}, lambda *state: self.told.append(state)
        )

    async def ask(self, times: int = 1) -> Sequence[str]:
        return [await self._fallback.first_answer(Engine.answer) for _ in range(times)]


def test_while_the_first_works_nobody_else_is_asked() -> None:
    first, second = Engine("first"), Engine("second")
    chain = Chain(first, second)
    assert run_virtual(chain.ask(3)) == ["first"] * 3
    assert second.asked == 0
    assert chain.told == []


def test_the_next_one_does_what_the_first_could_not() -> None:
    chain = Chain(Engine("first", is_down=True), Engine("second", is_down=True), Engine("third"))
    assert run_virtual(chain.ask()) == ["third"]


def test_one_failure_is_no_change() -> None:
    async def main() -> None:
        first = Engine("first", is_down=True)
        chain = Chain(first, Engine("second"))
        await chain.ask()
        first.is_down = False
        assert await chain.ask() == ["first"]
        assert chain.told == []

    run_virtual(main())


def test_what_keeps_failing_rests_is_probed_and_comes_back() -> None:
    async def main() -> None:
        first = Engine("first", is_down=True)
        chain = Chain(first, Engine("second"))
        assert await chain.ask(5) == ["second"] * 5
        assert first.asked == FAILURES
        await asyncio.sleep(REST)
        assert await chain.ask(3) == ["second"] * 3
        assert first.asked == FAILURES + 1, "one probe"
        first.is_down = False
        assert await chain.ask() == ["second"], "it rests again"
        await asyncio.sleep(2 * REST)
        assert await chain.ask() == ["first"]
        assert chain.told == [("second", "first keeps failing: first is down."), ("first", "")]

    run_virtual(main())


def test_the_last_one_is_always_asked_and_its_error_is_what_remains() -> None:
    async def main() -> None:
        only = Engine("only", is_down=True)
        chain = Chain(only)
        for _ in range(5):
            with pytest.raises(EngineError, match="only is down"):
                await chain.ask()
        assert only.asked == 5
        only.is_down = False
        assert await chain.ask() == ["only"]
        assert chain.told == [("only", "only keeps failing: only is down."), ("only", "")]

    run_virtual(main())


def test_cancelling_asks_nobody_else_and_is_no_failure() -> None:
    async def main() -> None:
        first, second = Engine("first"), Engine("second")
        chain = Chain(first, second)
        for _ in range(FAILURES + 1):
            task = asyncio.create_task(chain.ask())
            await asyncio.sleep(0.05)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert task.cancelled()
        assert second.asked == 0
        assert await chain.ask() == ["first"]

    run_virtual(main())


def test_a_bug_is_not_covered_up() -> None:
    async def buggy(_: Engine) -> str:
        raise ZeroDivisionError

    async def main() -> None:
        with pytest.raises(ZeroDivisionError):
            await Fallback({"one": Engine("one"), "two": Engine("two")}, lambda *_: None).first_answer(buggy)

    run_virtual(main())


def test_a_success_makes_the_next_rest_a_short_one_again() -> None:
    circuit = Circuit()
    for _ in range(10):
        circuit.failed(0)
    assert circuit.is_resting(LONGEST_REST - 1)
    circuit.worked()
    for _ in range(FAILURES):
        circuit.failed(0)
    assert circuit.is_resting(REST - 1)
    assert not circuit.is_resting(REST)


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 100)), max_size=40))
def test_a_circuit_rests_only_after_failures_in_a_row_and_never_too_long(
    history: list[tuple[bool, float]],
) -> None:
    circuit, now, in_a_row = Circuit(), 0.0, 0
    for works, passed in history:
        now += passed
        if works:
            circuit.worked()
            in_a_row = 0
        else:
            circuit.failed(now)
            in_a_row += 1
        assert circuit.is_broken is (in_a_row >= FAILURES)
        assert circuit.is_resting(now) is circuit.is_broken
        assert not circuit.is_resting(now + LONGEST_REST)
