"""Prompts are cut to what a model can take, and never so that they make no sense."""

from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.llm.tokens import CHARACTERS_A_TOKEN, estimated, fitted, prompt_tokens
from open_llm_vtuber.stimulus import PromptMessage, TextAbilities
from open_llm_vtuber.tool_use import Tool, ToolCall

CALL = ToolCall(id="1", name="clock", arguments="{}")


def said(role: str, content: str) -> PromptMessage:
    return PromptMessage(role=role, content=content)  # type: ignore[arg-type]  # a role of the table


def abilities(tokens: int, *, tools: bool = False) -> TextAbilities:
    return TextAbilities(emotion_tags=True, prompt_tokens=tokens, tools=tools)


def test_a_prompt_that_fits_is_left_alone() -> None:
    prompt = [said("system", "Be Mika."), said("user", "Hi!")]
    assert fitted(prompt, abilities(100)) == prompt


def test_the_oldest_lines_go_first_and_the_question_stays() -> None:
    prompt = [
        said("system", "x" * 30),
        said("user", "a" * 30),
        said("assistant", "b" * 30),
        said("user", "c" * 30),
    ]
    assert fitted(prompt, abilities(30)) == [prompt[0], prompt[2], prompt[3]]
    assert fitted(prompt, abilities(15)) == [said("system", "x" * 15), prompt[3]]


def test_a_model_without_tools_is_told_of_none() -> None:
    prompt = [
        said("user", "What time is it?"),
        PromptMessage(role="assistant", content="", tool_calls=(CALL,)),
        PromptMessage(role="tool", content="noon", tool_call_id="1"),
    ]
    assert fitted(prompt, abilities(100)) == prompt[:1]
    assert fitted(prompt, abilities(100, tools=True)) == prompt


MESSAGES = st.lists(
    st.builds(said, st.sampled_from(["user", "assistant"]), st.text(min_size=1, max_size=40)), min_size=1
)


@given(messages=MESSAGES, persona=st.text(max_size=60), tokens=st.integers(1, 60))
def test_it_fits_unless_the_question_alone_does_not(
    messages: list[PromptMessage], persona: str, tokens: int
) -> None:
    prompt = [said("system", persona), *messages]
    kept = fitted(prompt, abilities(tokens))
    assert kept[-1] == prompt[-1]
    length = sum(len(message.content) for message in kept)
    assert length <= max(tokens * CHARACTERS_A_TOKEN, len(prompt[-1].content))


def test_tools_and_calls_count() -> None:
    prompt = [PromptMessage(role="assistant", content="", tool_calls=(CALL,))]
    tool = Tool(name="clock", description="Tells the time. " * 10, parameters={})
    assert prompt_tokens(prompt, [tool]) > prompt_tokens(prompt) > 0
    assert estimated("") == 0
    assert estimated("four") == 2
