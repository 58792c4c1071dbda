"""The airlock: rules, a judge with a limit, and a delay in which an operator can say no."""

import asyncio

import pytest

from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.protocol.live_server_messages import SentenceHeld
from open_llm_vtuber.settings.chat import JudgeSettings, ModerationSettings
from open_llm_vtuber.show.airlock import Airlock
from open_llm_vtuber.show.guard import Guard
from virtual_time import run_virtual


class FakeJudge:
    """Says the same of everything, after `takes` seconds; an error is raised."""

    def __init__(self, verdict: str | Exception | None, takes: float = 0.0) -> None:
        self.verdict = verdict
        self.takes = takes
        self.asked: list[str] = []

    async def objection(self, text: str) -> str | None:
        self.asked.append(text)
        await asyncio.sleep(self.takes)
        if isinstance(self.verdict, Exception):
            raise self.verdict
        return self.verdict


def airlock(judge: FakeJudge | None = None, delay_s: float = 0.0) -> tuple[Airlock, list[SentenceHeld]]:
    cues: list[SentenceHeld] = []
    settings = ModerationSettings(air_delay_s=delay_s, judge=JudgeSettings(limit_s=2.0))
    return Airlock(Guard(), cues.append, settings, judge), cues


@pytest.mark.parametrize(
    ("judge", "rule"),
    [
        (None, None),
        (FakeJudge(None), None),
        (FakeJudge("judge"), "judge"),
        (FakeJudge(EngineError("Down.", engine="x", retryable=True)), "judge-failed"),
        (FakeJudge(None, takes=5.0), "judge-failed"),
    ],
)
def test_who_cannot_judge_in_time_has_refused(judge: FakeJudge | None, rule: str | None) -> None:
    assert run_virtual(airlock(judge)[0].objection("Hello.")) == rule


def test_what_the_rules_refuse_costs_no_judge() -> None:
    judge = FakeJudge(None)
    assert run_virtual(airlock(judge)[0].objection("You bitch.")) == "profanity"
    assert not judge.asked


def test_without_a_delay_nothing_is_held() -> None:
    async def main() -> str | None:
        lock, cues = airlock()
        lock.hold("s:0", "s", "Hello.")
        assert not cues
        return await lock.release("s:0")

    assert run_virtual(main()) is None


def test_a_held_sentence_goes_on_air_in_its_time() -> None:
    async def main() -> float:
        lock, cues = airlock(delay_s=3.0)
        lock.hold("s:0", "s", "Hello.")
        assert cues == [SentenceHeld(id="s:0", turn_id="s", text="Hello.", air_in_ms=3_000)]
        await asyncio.sleep(1)
        assert await lock.release("s:0") is None
        return asyncio.get_running_loop().time()

    assert run_virtual(main()) == pytest.approx(3.0)


@pytest.mark.parametrize(("allow", "rule"), [(True, None), (False, "operator")])
def test_an_operator_decides_at_once(allow: bool, rule: str | None) -> None:
    async def main() -> float:
        lock, _ = airlock(delay_s=3.0)
        lock.hold("s:0", "s", "Hello.")
        async with asyncio.TaskGroup() as group:
            waiting = group.create_task(lock.release("s:0"))
            await asyncio.sleep(1)
            assert lock.decide("s:0", allow=allow)
        assert waiting.result() == rule
        assert not lock.decide("s:0", allow=True)
        return asyncio.get_running_loop().time()

    assert run_virtual(main()) == pytest.approx(1.0)


def test_a_turn_that_is_over_holds_nothing() -> None:
    async def main() -> None:
        lock, _ = airlock(delay_s=3.0)
        lock.hold("a:0", "a", "Hello.")
        lock.hold("b:0", "b", "Hello.")
        lock.forget("a")
        assert lock.held == ("b:0",)

    run_virtual(main())


def test_a_word_that_is_banned_while_a_sentence_is_held_keeps_it_off_the_air() -> None:
    async def main() -> list[str | None]:
        lock, _ = airlock(delay_s=3.0)
        lock.hold("s:0", "s", "I like soup.")
        lock.apply(ModerationSettings.model_validate({"output": {"words": ["soup"]}}))
        lock.hold("s:1", "s", "No delay any more.")
        return [await lock.release("s:0"), await lock.release("s:1")]

    assert run_virtual(main()) == ["word", None]
