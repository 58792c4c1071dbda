"""A reply that takes tools stays within its limits, whatever model and tools do."""

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import FakeLLM, FakeToolbox
from open_llm_vtuber.agent.tool_rounds import (
    CALLS_A_ROUND,
    LONGEST_RESULT,
    RESULTS_TOGETHER,
    ROUNDS,
    TIME_FOR_TOOLS,
    ToolRounds,
)
from open_llm_vtuber.agent.window import CHARACTERS_A_TOKEN, length, length_of_tools
from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.stimulus import PromptMessage, TextAbilities, TextOptions
from open_llm_vtuber.tool_use import Tool, ToolCall, ToolResult, ToolUse
from virtual_time import run_virtual

Answer = Sequence[str | ToolCall | EngineError]
PROMPT = (PromptMessage(role="system", content="Be Mika."), PromptMessage(role="user", content="What time?"))
REFUSED = EngineError("It refused.", engine="fake", retryable=False)


def wish(name: str = "clock", arguments: str = "{}", call_id: str = "c0") -> ToolCall:
    return ToolCall(id=call_id, name=name, arguments=arguments)


class WishingLLM(FakeLLM):
    """Gives one answer after the other, the last one again and again; keeps what it was offered."""

    def __init__(self, *answers: Answer, tools: bool = True, prompt_tokens: int = 1_000) -> None:
        super().__init__(abilities=TextAbilities(emotion_tags=True, prompt_tokens=prompt_tokens, tools=tools))
        self.answers = list(answers)
        self.offered: list[list[str]] = []

    async def stream(  # type: ignore[override]
        self, messages: Sequence[PromptMessage], options: TextOptions
    ) -> AsyncGenerator[str | ToolCall, None]:
        self.prompts.append(list(messages))
        self.offered.append([tool.name for tool in options.tools])
        for piece in self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]:
            if isinstance(piece, EngineError):
                if options.tools:
                    raise piece
                continue
            yield piece


def replied(llm: WishingLLM, toolbox: FakeToolbox | None) -> list[str | ToolUse]:
    async def main() -> list[str | ToolUse]:
        return [piece async for piece in ToolRounds(llm, toolbox).stream(PROMPT)]

    return run_virtual(main())


def in_short(pieces: Sequence[str | ToolUse]) -> list[str]:
    return [piece if isinstance(piece, str) else piece.status for piece in pieces]


def test_a_tool_is_used_between_what_is_said_before_and_after_and_the_model_reads_its_result() -> None:
    llm = WishingLLM(["One moment. ", wish(arguments='{"zone": "CET"}')], ["It is five."])
    toolbox = FakeToolbox(clock=ToolResult(text="17:00"))
    pieces = replied(llm, toolbox)
    assert in_short(pieces) == ["One moment. ", "running", "completed", "It is five."]
    _, begun, done, _ = pieces
    assert isinstance(begun, ToolUse)
    assert isinstance(done, ToolUse)
    assert (begun.id, begun.name, begun.content) == (done.id, "clock", '{"zone": "CET"}')
    assert done.content == "17:00"
    assert toolbox.called == [("clock", {"zone": "CET"})]
    assert llm.prompts[1] == [
        *PROMPT,
        PromptMessage(
            role="assistant", content="One moment. ", tool_calls=(wish(arguments='{"zone": "CET"}'),)
        ),
        PromptMessage(role="tool", content="17:00", tool_call_id="c0"),
    ]


def test_ids_are_unique_although_the_models_are_not() -> None:
    llm = WishingLLM([wish(), wish()], [wish()], ["Done."])
    ids = [piece.id for piece in replied(llm, FakeToolbox()) if isinstance(piece, ToolUse)]
    assert len(ids) == 6
    assert len(set(ids)) == 3


def test_a_model_that_never_has_enough_is_asked_without_tools_in_the_end() -> None:
    llm = WishingLLM(["Again. ", wish()])
    pieces = replied(llm, FakeToolbox())
    assert llm.offered == [["clock"]] * ROUNDS + [[]]
    assert in_short(pieces) == ["Again. ", "running", "completed"] * ROUNDS + ["Again. "]


def test_of_very_many_calls_in_one_answer_only_the_first_are_made() -> None:
    toolbox = FakeToolbox()
    replied(WishingLLM([wish()] * 50, ["Done."]), toolbox)
    assert len(toolbox.called) == CALLS_A_ROUND


@pytest.mark.parametrize("arguments", ["{", "[]", "3", '{"a":', "[" * 50_000])
def test_arguments_that_are_no_object_cost_that_call_and_do_not_go_back_to_the_provider(
    arguments: str,
) -> None:
    toolbox = FakeToolbox()
    llm = WishingLLM([wish(arguments=arguments)], ["Sorry."])
    assert in_short(replied(llm, toolbox)) == ["running", "error", "Sorry."]
    assert toolbox.called == []
    assert llm.prompts[1][-2].tool_calls[0].arguments == "{}"


@pytest.mark.parametrize(
    ("result", "content"),
    [
        (ToolResult(text="No such town.", is_failure=True), "No such town."),
        (
            EngineError("The MCP server has stopped.", engine="x", retryable=True),
            "The MCP server has stopped.",
        ),
    ],
)
def test_a_tool_that_fails_costs_its_use_and_not_the_reply(
    result: ToolResult | EngineError, content: str
) -> None:
    llm = WishingLLM([wish()], ["Then not."])
    pieces = replied(llm, FakeToolbox(clock=result))
    assert in_short(pieces) == ["running", "error", "Then not."]
    assert llm.prompts[1][-1].content == content


def test_all_tools_together_get_so_much_time_and_then_the_model_has_to_answer() -> None:
    llm = WishingLLM([wish(), wish(), wish()], ["Enough."])
    toolbox = FakeToolbox(takes=TIME_FOR_TOOLS * 0.7)

    async def main() -> tuple[list[str | ToolUse], float]:
        pieces = [piece async for piece in ToolRounds(llm, toolbox).stream(PROMPT)]
        return pieces, asyncio.get_running_loop().time()

    pieces, took = run_virtual(main())
    assert took == pytest.approx(TIME_FOR_TOOLS)
    assert in_short(pieces) == ["running", "completed", "running", "error", "running", "error", "Enough."]
    assert llm.offered == [["clock"], []]
    assert toolbox.running == 0


def test_results_are_cut_to_what_a_model_can_read() -> None:
    llm = WishingLLM([wish(), wish(), wish()], ["Long."], prompt_tokens=10_000)
    pieces = replied(llm, FakeToolbox(clock=ToolResult(text="x" * 100_000)))
    lengths = [len(piece.content) for piece in pieces if isinstance(piece, ToolUse)][1::2]
    assert lengths == [LONGEST_RESULT, LONGEST_RESULT, RESULTS_TOGETHER - 2 * LONGEST_RESULT]
    assert all("x" not in message.content for message in llm.prompts[1] if message.role != "tool")


def test_a_model_that_cannot_use_tools_is_offered_none() -> None:
    llm = WishingLLM(["Hi."], tools=False)
    assert replied(llm, FakeToolbox()) == ["Hi."]
    assert llm.offered == [[]]


def test_a_server_that_refuses_tools_is_asked_without_them_from_then_on() -> None:
    llm = WishingLLM([REFUSED, "Hi."])
    rounds = ToolRounds(llm, FakeToolbox())

    async def main() -> list[str | ToolUse]:
        return [piece for _ in range(2) async for piece in rounds.stream(PROMPT)]

    assert run_virtual(main()) == ["Hi.", "Hi."]
    assert llm.offered == [["clock"], [], []]


def test_a_failure_that_may_pass_is_no_reason_to_give_up_tools() -> None:
    llm = WishingLLM([EngineError("Busy.", engine="fake", retryable=True)])
    with pytest.raises(EngineError, match="Busy"):
        replied(llm, FakeToolbox())


def test_closing_and_cancelling_interrupt_a_tool() -> None:
    toolbox = FakeToolbox(takes=10.0)

    async def main() -> None:
        rounds = ToolRounds(WishingLLM([wish()], ["Done."]), toolbox)

        async def listen() -> None:
            async for _ in rounds.stream(PROMPT):
                pass

        task = asyncio.create_task(listen())
        await asyncio.sleep(1)
        assert toolbox.running == 1
        task.cancel()
        await asyncio.wait([task])
        assert toolbox.running == 0
        assert task.cancelled()

    run_virtual(main())


_CALLS = st.builds(
    wish,
    name=st.sampled_from(["clock", "unknown"]),
    arguments=st.one_of(st.text(max_size=20), st.dictionaries(st.text(), st.integers()).map(json.dumps)),
)


@given(st.lists(st.lists(st.one_of(st.text(max_size=5), _CALLS), max_size=12), min_size=1, max_size=10))
def test_whatever_a_model_wants_every_use_ends_and_every_call_is_answered(
    answers: list[list[str | ToolCall]],
) -> None:
    llm = WishingLLM(*answers)
    uses = [piece for piece in replied(llm, FakeToolbox()) if isinstance(piece, ToolUse)]
    assert [use.status == "running" for use in uses] == [True, False] * (len(uses) // 2)
    assert len(llm.prompts) <= ROUNDS + 1
    messages = llm.prompts[-1]
    wanted = sum(len(message.tool_calls) for message in messages)
    assert wanted == sum(message.role == "tool" for message in messages)


_RESULTS = st.one_of(st.text(max_size=20), st.integers(0, 12_000).map("r".__mul__))
_LONG_CALLS = st.builds(
    wish,
    name=st.sampled_from(["clock", "unknown", "n" * 3_000]),
    arguments=st.integers(0, 3_000).map(lambda size: json.dumps({"x": "y" * size})),
    call_id=st.integers(1, 600).map("i".__mul__),
)
_WISHES = st.lists(st.one_of(st.integers(0, 3_000).map("s".__mul__), _LONG_CALLS), max_size=12)


@given(
    st.lists(_WISHES, min_size=1, max_size=8),
    _RESULTS,
    st.integers(100, 4_000),
    st.integers(0, 6),
    st.integers(0, 4_000),
)
def test_the_whole_prompt_with_tools_stays_within_the_models_window(
    answers: list[list[str | ToolCall]], result: str, tokens: int, past: int, described: int
) -> None:
    llm = WishingLLM(*answers, prompt_tokens=tokens)
    toolbox = DescribedToolbox(described, clock=ToolResult(text=result), other=ToolResult(text=""))
    exchanges = [PromptMessage(role=role, content="p" * 300) for role in ("user", "assistant")] * past

    async def main() -> None:
        async for _ in ToolRounds(llm, toolbox).stream([PROMPT[0], *exchanges, PROMPT[1]]):
            pass

    run_virtual(main())
    tools = {tool.name: tool for tool in toolbox.tools}
    for messages, offered in zip(llm.prompts, llm.offered, strict=True):
        taken = length(messages) + length_of_tools([tools[name] for name in offered])
        assert taken <= tokens * CHARACTERS_A_TOKEN
        assert messages[0] == PROMPT[0]
        assert PROMPT[1] in messages
        wanted = sum(len(message.tool_calls) for message in messages)
        assert wanted == sum(message.role == "tool" for message in messages)
    assert len(llm.prompts) <= ROUNDS + 1


class DescribedToolbox(FakeToolbox):
    """Its tools are described in so many characters."""

    def __init__(self, described: int, **results: ToolResult | EngineError) -> None:
        super().__init__(takes=0.0, **results)
        self._described = described

    @property
    def tools(self) -> Sequence[Tool]:
        return [replace(tool, description="d" * self._described) for tool in super().tools]


def test_tools_that_do_not_fit_are_not_offered_and_that_is_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    llm = WishingLLM(["Hi."])
    rounds = ToolRounds(llm, DescribedToolbox(1_600))

    async def main() -> None:
        for _ in range(3):
            async for _ in rounds.stream(PROMPT):
                pass

    run_virtual(main())
    assert llm.offered == [[]] * 3
    assert [record.message for record in caplog.records] == [
        "There is no room in the language model's window for the tools clock."
    ]


def test_a_model_whose_wishes_do_not_fit_has_to_answer() -> None:
    toolbox = FakeToolbox()
    llm = WishingLLM([wish(call_id="i" * 5_000)], ["Then without."])
    assert in_short(replied(llm, toolbox)) == ["Then without."]
    assert llm.offered == [["clock"], []]
    assert toolbox.called == []


def test_results_push_out_the_oldest_exchanges_and_not_the_question() -> None:
    llm = WishingLLM([wish()], ["Noon."])
    past = [
        PromptMessage(role=role, content=f"{number}" * 400)
        for number in range(3)
        for role in ("user", "assistant")
    ]

    async def main() -> None:
        rounds = ToolRounds(llm, FakeToolbox(clock=ToolResult(text="r" * 1_000)))
        async for _ in rounds.stream([PROMPT[0], *past, PROMPT[1]]):
            pass

    run_virtual(main())
    first, second = llm.prompts
    assert [message.content[:1] for message in first] == ["B", "0", "0", "1", "1", "2", "2", "W"]
    assert [message.content[:1] for message in second] == ["B", "1", "1", "2", "2", "W", "", "r"]
