"""When a provider is asked again, and every fault of the table through the real SDKs."""

import asyncio
import traceback
from collections.abc import AsyncGenerator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_provider import KEY, FakeProvider, run
from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.llm import LLM_ENGINES
from open_llm_vtuber.llm.retries import FIRST_PAUSE, LONGEST_PAUSE, pause_before, retried
from open_llm_vtuber.stimulus import PromptMessage, TextOptions
from provider_faults import ENGINES, FAULTS, WIRES, Fault, Wire, options_for
from virtual_time import run_virtual

PROMPT = (PromptMessage(role="user", content="Hi!"),)


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_fault_has_its_outcome_with_each_provider(fault: Fault, wire: Wire) -> None:
    async def main() -> tuple[str, EngineError | None, int]:
        said = ""
        async with FakeProvider() as fake:
            fault.set(fake)
            # The repetitions themselves take up to two seconds.
            options = options_for(wire, fake, KEY) | ({"timeout_s": 4.0} if fault.requests > 1 else {})
            async with LLM_ENGINES.build(ENGINES[wire], options) as engine:
                try:
                    async for piece in engine.stream(PROMPT, TextOptions()):
                        said += str(piece)
                except EngineError as error:
                    return said, error, len(fake.requests)
            return said, None, len(fake.requests)

    expected = fault.outcome(wire)
    said, error, requests = run(main())
    assert said == expected.said
    assert requests == expected.requests
    assert (error is None) is (expected.sentence == "")
    if error is not None:
        assert expected.sentence in str(error)
        assert (error.retryable, error.retry_after) == (expected.retryable, expected.retry_after)
        assert error.engine == ENGINES[wire]
        shown = str(error) + "".join(traceback.format_exception(error))
        assert KEY not in shown
        assert "provider's own words" not in shown


def refused(*, retryable: bool = True, retry_after: float | None = None) -> EngineError:
    return EngineError("No.", engine="e", retryable=retryable, retry_after=retry_after)


@given(retry=st.integers(0, 10), left=st.floats(-5, 60), chance=st.floats(0, 1))
def test_pauses_grow_and_are_never_longer_than_there_is_time(retry: int, left: float, chance: float) -> None:
    pause = pause_before(retry, refused(), most=5, left=left, chance=chance)
    if retry >= 5:
        assert pause is None
    if pause is not None:
        assert FIRST_PAUSE / 2 <= pause <= min(LONGEST_PAUSE, left)


@given(wait=st.floats(0, 3600), chance=st.floats(0, 1))
def test_a_wait_that_the_provider_asks_for_is_kept_or_nothing_is_asked(wait: float, chance: float) -> None:
    pause = pause_before(0, refused(retry_after=wait), most=2, left=60, chance=chance)
    assert pause is None or wait <= pause <= LONGEST_PAUSE
    assert (pause is None) is (wait + FIRST_PAUSE * chance / 2 > LONGEST_PAUSE)


def test_what_cannot_pass_is_not_asked_again() -> None:
    assert pause_before(0, refused(retryable=False), most=2, left=60, chance=0.5) is None


class Scripted:
    """Fails so often before its first piece, or once after it."""

    def __init__(self, failures: int, *, begins: bool = False) -> None:
        self.failures = failures
        self.begins = begins
        self.asked = 0

    async def ask(self) -> AsyncGenerator[str, None]:
        self.asked += 1
        if self.begins:
            yield "well"
        if self.asked <= self.failures:
            raise refused()
        yield "done"


def test_it_is_asked_again_until_it_answers_or_the_repetitions_are_used_up() -> None:
    async def main(failures: int) -> tuple[list[object], int]:
        script = Scripted(failures)
        first_by = asyncio.get_running_loop().time() + 60
        pieces: list[object] = []
        try:
            async for piece in retried(script.ask, most=2, first_by=first_by):
                pieces.append(piece)  # noqa: PERF401  what came before an error counts
        except EngineError:
            pieces.append("error")
        return pieces, script.asked

    assert run_virtual(main(2)) == (["done"], 3)
    assert run_virtual(main(3)) == (["error"], 3)


def test_what_was_begun_is_never_asked_again() -> None:
    async def main() -> int:
        script = Scripted(1, begins=True)
        with pytest.raises(EngineError):
            async for _ in retried(script.ask, most=2, first_by=60):
                pass
        return script.asked

    assert run_virtual(main()) == 1
