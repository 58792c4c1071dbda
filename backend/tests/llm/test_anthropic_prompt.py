"""A prompt as Anthropic's messages have it, whatever the conversation was."""

from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.llm.anthropic_prompt import OPENING, conversation, offered, system_of
from open_llm_vtuber.stimulus import PromptMessage
from open_llm_vtuber.tool_use import Tool, ToolCall

CLOCK = ToolCall(id="call:1", name="clock", arguments='{"zone": "CET"}')


def said(role: str, content: str) -> PromptMessage:
    return PromptMessage(role=role, content=content)  # type: ignore[arg-type]  # a role of the table


def text(content: str) -> dict[str, str]:
    return {"type": "text", "text": content}


def test_the_instructions_stand_apart() -> None:
    messages = [said("system", "Be Mika."), said("user", "Hi!"), said("system", "Be brief.")]
    assert system_of(messages) == "Be Mika.\n\nBe brief."
    assert conversation(messages) == [{"role": "user", "content": [text("Hi!")]}]


def test_what_one_side_says_in_a_row_is_one_turn() -> None:
    messages = [said("user", "Anna: Hi!"), said("user", "Ben: Ho!"), said("assistant", "Hello!")]
    assert conversation(messages) == [
        {"role": "user", "content": [text("Anna: Hi!"), text("Ben: Ho!")]},
        {"role": "assistant", "content": [text("Hello!")]},
    ]


def test_a_conversation_begins_with_a_user_whoever_spoke_first() -> None:
    begun = conversation([said("assistant", "Hello!"), said("user", "Hi!")])
    assert begun[0] == {"role": "user", "content": [text(OPENING)]}
    assert [turn["role"] for turn in begun] == ["user", "assistant", "user"]


def test_tools_calls_and_results_are_blocks() -> None:
    messages = [
        said("user", "What time is it?"),
        PromptMessage(role="assistant", content="Let me see.", tool_calls=(CLOCK,)),
        PromptMessage(role="tool", content="noon", tool_call_id=CLOCK.id),
    ]
    assert conversation(messages)[1:] == [
        {
            "role": "assistant",
            "content": [
                text("Let me see."),
                {"type": "tool_use", "id": "call_1", "name": "clock", "input": {"zone": "CET"}},
            ],
        },
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": "call_1", "content": "noon"}],
        },
    ]
    tool = Tool(name="clock", description="Tells the time.", parameters={"type": "object"})
    assert offered([tool]) == [
        {"name": "clock", "description": "Tells the time.", "input_schema": {"type": "object"}}
    ]


MESSAGES = st.builds(said, st.sampled_from(["system", "user", "assistant"]), st.text(max_size=5))


@given(st.lists(MESSAGES, max_size=12))
def test_turns_alternate_and_nothing_is_empty(messages: list[PromptMessage]) -> None:
    roles = [turn["role"] for turn in conversation(messages)]
    assert roles == ["user", "assistant"] * (len(roles) // 2) + ["user"] * (len(roles) % 2)
    for turn in conversation(messages):
        blocks = turn["content"]
        assert isinstance(blocks, list)
        assert all(block["text"].strip() for block in blocks)
    told = [m.content for m in messages if m.role != "system" and m.content.strip()]
    heard = [b["text"] for turn in conversation(messages) for b in turn["content"]]  # type: ignore[attr-defined]  # see above
    assert [each for each in heard if each != OPENING] == told


@given(st.text(max_size=20))
def test_any_arguments_become_an_object(arguments: str) -> None:
    call = ToolCall(id="1", name="clock", arguments=arguments)
    turn = conversation(
        [said("user", "Hi!"), PromptMessage(role="assistant", content="", tool_calls=(call,))]
    )
    blocks = turn[1]["content"]
    assert isinstance(blocks, list)
    assert isinstance(blocks[0]["input"], dict)
