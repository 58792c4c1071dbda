"""Several language models answer as one: whatever breaks, sentences end and nothing is said twice."""

import asyncio
import re
from collections.abc import Sequence
from contextlib import aclosing

import pytest

from fake_provider import KEY, FakeProvider, run
from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.fallback import FAILURES
from open_llm_vtuber.llm import LLM_ENGINES
from open_llm_vtuber.llm.canned import LINES, CannedLines
from open_llm_vtuber.llm.fallback_brain import GO_ON, FallbackBrain
from open_llm_vtuber.llm.held import Held
from open_llm_vtuber.stimulus import PromptMessage, TextOptions
from open_llm_vtuber.tool_use import Tool, ToolCall
from provider_faults import ENGINES, FAULTS, TIMEOUT, WIRES, Fault, Wire, options_for
from scripted_brain import Brain
from virtual_time import run_virtual

PROMPT = (PromptMessage(role="system", content="Be Mika."), PromptMessage(role="user", content="Hi!"))
PLAIN = TextOptions()
ALOUD = TextOptions(is_spoken=True)
CALL = ToolCall(id="1", name="clock", arguments="{}")
CLOCK = Tool(name="clock", description="", parameters={})
WORDS = (
    "One ",
    "cat ",
    "sat ",
    "here, ",
    "two ",
    "dogs ",
    "ran. ",
    "Three ",
    "birds ",
    "sang ",
    "loud",
    "ly.",
)


class Chain:
    """A chain of these brains, and what it told."""

    def __init__(self, *brains: Brain, canned: CannedLines | None = None) -> None:
        self.told: list[tuple[str, str]] = []
        self.exhausted: list[str] = []
        self.recovered = 0
        self.brain = FallbackBrain(
            {f"b{number}": brain for number, brain in enumerate(brains)},
            lambda *state: self.told.append(state),
            canned=canned,
            on_exhausted=self.exhausted.append,
            on_recovered=self._recover,
        )

    def _recover(self) -> None:
        self.recovered += 1

    async def say(self, options: TextOptions = PLAIN) -> str:
        return "".join([str(piece) async for piece in self.brain.stream(PROMPT, options)])

    async def fails(self, options: TextOptions = PLAIN) -> EngineError:
        with pytest.raises(EngineError) as failed:
            await self.say(options)
        return failed.value


def broken() -> Brain:
    return Brain(breaks_at=0)


def test_while_the_first_answers_nobody_else_is_asked() -> None:
    first, second = Brain(*WORDS), Brain("Never.")
    assert run_virtual(Chain(first, second).say()) == "".join(WORDS)
    assert second.asked == []


def test_the_next_one_answers_from_the_beginning_when_nothing_was_said() -> None:
    second = Brain(*WORDS)
    assert run_virtual(Chain(broken(), second).say()) == "".join(WORDS)
    assert second.asked == [list(PROMPT)]


@pytest.mark.parametrize("starts_anew", [True, False], ids=["starts anew", "goes on"])
@pytest.mark.parametrize("kill", range(len(WORDS) + 1))
def test_wherever_a_stream_breaks_each_word_is_heard_once_and_sentences_end(
    kill: int, *, starts_anew: bool
) -> None:
    begin = (
        0 if starts_anew else min(max(0, kill - 1), 10)
    )  # a half word is not heard: the other one says it whole
    chain = Chain(Brain(*WORDS, breaks_at=kill), Brain(*WORDS[begin:]))
    heard = run_virtual(chain.say())
    assert re.findall(r"[a-z]+", heard.lower()) == re.findall(r"[a-z]+", "".join(WORDS).lower())
    assert heard.rstrip().endswith(".")
    if kill > 0:
        assert "broke" in chain.told[0][1]


def test_the_one_that_goes_on_is_told_what_was_said_as_its_own_words() -> None:
    second = Brain("And so on.")
    heard = run_virtual(Chain(Brain("It is ", "love", "ly", breaks_at=2), second).say())
    assert heard == "It is... And so on."
    assert second.asked[0][-2:] == [
        PromptMessage(role="assistant", content="It is..."),
        PromptMessage(role="user", content=GO_ON),
    ]


def test_a_demo_brain_answers_but_does_not_go_on_for_somebody_else() -> None:
    async def main() -> tuple[str, str]:
        first, demo = Brain(*WORDS, breaks_at=2), Brain("I am small.", is_demo=True)
        chain = Chain(first, demo)
        begun = await chain.say()
        first.breaks_at = 0
        return begun, await chain.say()

    assert run_virtual(main()) == ("One cat...", "I am small.")


def test_when_nobody_goes_on_the_answer_ends_there_and_the_operator_knows() -> None:
    chain = Chain(Brain(*WORDS, breaks_at=3))
    assert run_virtual(chain.say()) == "One cat sat..."
    assert chain.told == [("b0", "It broke.")]
    assert chain.exhausted == []


def test_the_note_goes_with_the_next_whole_answer() -> None:
    async def main() -> list[tuple[str, str]]:
        first = Brain(*WORDS, breaks_at=3)
        chain = Chain(first, Brain("Well."))
        await chain.say()
        first.breaks_at = None
        await chain.say()
        return chain.told

    assert run_virtual(main()) == [("b0", "It broke."), ("b0", "")]


def test_one_that_keeps_breaking_off_in_the_middle_rests() -> None:
    async def main() -> tuple[str, int]:
        first = Brain(*WORDS, breaks_at=3)
        chain = Chain(first, Brain("Well."))
        for _ in range(FAILURES + 2):
            await chain.say()
        return chain.told[-1][0], len(first.asked)

    assert run_virtual(main()) == ("b1", FAILURES)


def test_one_that_asks_for_a_pause_gets_it_at_once() -> None:
    async def main() -> list[int]:
        first = broken()
        first.error = EngineError("Later.", engine="e", retryable=True, retry_after=45)
        chain = Chain(first, Brain("Well."))
        asked = []
        for pause in (0, 44, 2):
            await asyncio.sleep(pause)
            await chain.say()
            asked.append(len(first.asked))
        return asked

    assert run_virtual(main()) == [1, 1, 2]


def test_tools_are_wanted_after_the_words_and_only_by_who_was_offered_them() -> None:
    async def main() -> tuple[list[str | ToolCall], Sequence[Tool]]:
        first, second = broken(), Brain("Let me ", "see", CALL, tools=True)
        third = Brain("Never.")
        chain = Chain(first, second, third)
        options = TextOptions(tools=(CLOCK,))
        pieces = [piece async for piece in chain.brain.stream(PROMPT, options)]
        assert second.options[0].tools == (CLOCK,)
        return pieces, first.options[0].tools

    assert run_virtual(main()) == (["Let me", " see", CALL], ())


def test_closing_stops_the_one_that_speaks_and_is_no_failure() -> None:
    async def main() -> list[tuple[str, str]]:
        chain = Chain(Brain(*WORDS), Brain("Never."))
        for _ in range(FAILURES + 1):
            async with aclosing(chain.brain.stream(PROMPT, PLAIN)) as pieces:
                assert await anext(pieces) == "One"
        return chain.told

    assert run_virtual(main()) == []


def test_when_all_fail_it_says_so_once_and_again_when_one_is_back() -> None:
    async def main() -> None:
        first, second = broken(), broken()
        chain = Chain(first, second)
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(chain.brain.watch())
            await chain.fails()
            await chain.fails()
            assert chain.brain.is_exhausted
            assert chain.exhausted == ["It broke."]
            await asyncio.sleep(600)
            assert chain.recovered == 0
            asked = len(second.asked)
            second.breaks_at, second.pieces = None, ("Hello.",)
            await asyncio.sleep(301)
            assert (chain.recovered, chain.brain.is_exhausted) == (1, False)
            assert len(second.asked) == asked + 1
            await asyncio.sleep(600)
            assert len(second.asked) == asked + 1, "who answers is not probed"
            watch.cancel()

    run_virtual(main())


def test_an_answer_is_as_good_as_a_probe() -> None:
    async def main() -> int:
        first = broken()
        chain = Chain(first)
        await chain.fails()
        first.breaks_at, first.pieces = None, ("Hello.",)
        await chain.say()
        return chain.recovered

    assert run_virtual(main()) == 1


def held(cause: str) -> Brain:
    brain = broken()
    brain.error = Held("Not now.", engine="e", cause=cause, retry_after=9)  # type: ignore[arg-type]  # a cause
    return brain


def test_what_we_hold_back_ourselves_is_no_failure_of_the_provider() -> None:
    async def main() -> list[tuple[str, str]]:
        chain = Chain(held("rate"), Brain("Well."))
        for _ in range(FAILURES + 1):
            assert await chain.say() == "Well."
        return chain.told

    assert run_virtual(main()) == []


def test_when_it_is_the_money_a_line_of_our_own_is_said_then_nothing() -> None:
    async def main() -> tuple[str, float | None, list[str]]:
        chain = Chain(held("budget"), canned=CannedLines())
        await chain.fails()  # a text that nobody speaks: no line of ours takes its place
        return await chain.say(ALOUD), (await chain.fails(ALOUD)).retry_after, chain.exhausted

    line, retry_after, exhausted = run_virtual(main())
    assert line == LINES[0]
    assert retry_after == 9
    assert exhausted == [], "another mode would cost the same"


def test_it_starts_and_stops_those_that_are_its_own() -> None:
    async def main() -> tuple[bool, bool, bool]:
        mine, yours = Brain("a"), Brain("b")
        async with FallbackBrain({"mine": mine, "yours": yours}, lambda *_: None, ours=[mine]):
            running = mine.is_running
        return running, yours.is_running, mine.is_running

    assert run_virtual(main()) == (True, False, False)


@pytest.mark.parametrize(("first", "second"), [WIRES, WIRES[::-1]])
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_fault_of_one_provider_is_made_good_by_another(fault: Fault, first: Wire, second: Wire) -> None:
    """Through the real SDKs: whatever happens to the first, the answer is heard whole and once."""
    outcome = fault.outcome(first)

    async def main() -> str:
        async with FakeProvider() as one, FakeProvider() as other:
            fault.set(one)
            limits = {"max_retries": 0} if outcome.sentence else {"timeout_s": 4.0}
            brains = {
                "one": LLM_ENGINES.build(ENGINES[first], {**options_for(first, one, KEY), **limits}),
                "other": LLM_ENGINES.build(ENGINES[second], options_for(second, other, KEY)),
            }
            chain = FallbackBrain(brains, lambda *_: None, ours=list(brains.values()))
            async with chain:
                heard = "".join([str(piece) async for piece in chain.stream(PROMPT, PLAIN)])
            if outcome.sentence and outcome.said:
                messages = other.requests[0].body["messages"]
                assert isinstance(messages, list)
                assert [message["role"] for message in messages[-2:]] == ["assistant", "user"]
            return heard

    heard = run(main(), TIMEOUT * 10)
    words = re.findall(r"\w+", heard.lower())
    if fault.name == "an early end in good form" and first == "openai":
        assert words == re.findall(r"\w+", outcome.said.lower())
    else:
        assert words == ["hello", "there", "it", "is", "lovely", "to", "see", "you"]
        assert heard.endswith(".")


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("kill", range(9))
def test_a_provider_that_is_killed_at_any_chunk_is_replaced_without_a_repetition(
    kill: int, wire: Wire
) -> None:
    async def main() -> str:
        async with FakeProvider() as one, FakeProvider() as other:
            one.mode, one.breaks_at = "cut", kill
            brains = {
                "one": LLM_ENGINES.build(ENGINES[wire], {**options_for(wire, one, KEY), "max_retries": 0}),
                "other": LLM_ENGINES.build(ENGINES["openai"], options_for("openai", other, KEY)),
            }
            chain = FallbackBrain(brains, lambda *_: None, ours=list(brains.values()))
            async with chain:
                return "".join([str(piece) async for piece in chain.stream(PROMPT, PLAIN)])

    heard = run(main())
    assert re.findall(r"\w+", heard.lower()) == ["hello", "there", "it", "is", "lovely", "to", "see", "you"]
    assert heard.endswith(".")
