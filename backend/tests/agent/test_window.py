"""What of a prompt fits into a language model's window."""

from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.agent.window import Prompt, fitting_tools, length, length_of_tools
from open_llm_vtuber.stimulus import PromptMessage
from open_llm_vtuber.tool_use import Tool, ToolCall

SYSTEM = PromptMessage(role="system", content="s" * 10)
QUESTION = PromptMessage(role="user", content="q" * 10)


def exchange(number: int, size: int = 10) -> list[PromptMessage]:
    return [
        PromptMessage(role="user", content=f"{number}" * (size // 2)),
        PromptMessage(role="assistant", content="a" * (size // 2)),
    ]


def tool(name: str, size: int) -> Tool:
    return Tool(name=name, description="d" * (size - len(name) - 2), parameters={})


def test_the_oldest_whole_exchanges_make_room_and_who_she_is_and_what_is_asked_stay() -> None:
    past = [message for number in (1, 2, 3) for message in exchange(number)]
    prompt = Prompt([SYSTEM, *past, QUESTION], 50)
    assert prompt.messages(0) == [SYSTEM, *past, QUESTION]
    assert prompt.messages(1) == [SYSTEM, *past[2:], QUESTION]
    result = PromptMessage(role="tool", content="r" * 9, tool_call_id="1")
    prompt.add(result)
    assert prompt.messages(0) == [SYSTEM, *past[2:], QUESTION, result]
    assert prompt.messages(30) == [SYSTEM, QUESTION, result]


def test_a_past_that_begins_with_a_reply_goes_with_it() -> None:
    reply = PromptMessage(role="assistant", content="a" * 10)
    assert Prompt([SYSTEM, reply, QUESTION], 29).messages(0) == [SYSTEM, QUESTION]


def test_room_is_what_is_left_beside_what_must_stay_and_never_less_than_none() -> None:
    assert Prompt([SYSTEM, *exchange(1), QUESTION], 50).room == 30
    assert Prompt([SYSTEM, QUESTION], 5).room == 0
    assert Prompt([QUESTION], 50).room == 40
    assert Prompt([SYSTEM], 50).room == 40


def test_a_call_takes_its_id_its_name_and_its_arguments() -> None:
    call = ToolCall(id="12", name="clock", arguments="{}")
    wish = PromptMessage(role="assistant", content="Hm.", tool_calls=(call,))
    assert length([wish, PromptMessage(role="tool", content="noon", tool_call_id="12")]) == 3 + 9 + 6


def test_tools_are_offered_as_far_as_they_fit_and_a_large_one_does_not_hide_the_next() -> None:
    small, large, last = tool("small", 40), tool("large", 400), tool("last", 50)
    assert fitting_tools([small, large, last], 90) == ([small, last], [large])
    assert length_of_tools([small, last]) == 90
    assert fitting_tools([small], 39) == ([], [small])


@given(st.lists(st.integers(2, 60), max_size=20), st.integers(0, 500), st.integers(0, 200))
def test_what_is_sent_fits_unless_what_must_stay_does_not(sizes: list[int], window: int, taken: int) -> None:
    past = [message for number, size in enumerate(sizes) for message in exchange(number % 10, size)]
    sent = Prompt([SYSTEM, *past, QUESTION], window).messages(taken)
    assert length(sent) + taken <= max(window, length([SYSTEM, QUESTION]) + taken)
    assert sent[1:-1] == past[len(past) - len(sent) + 2 :], "what is left of the past is its end"
    assert len(sent) % 2 == 0
