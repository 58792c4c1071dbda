"""Tool calls, put together from their pieces."""

from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.llm.tool_calls import LONGEST_ARGUMENTS, MOST_CALLS, ToolCallPart, ToolCallParts
from open_llm_vtuber.tool_use import ToolCall


def part(index: int = 0, call_id: str = "", name: str = "", arguments: str = "") -> ToolCallPart:
    return ToolCallPart(index=index, id=call_id, name=name, arguments=arguments)


def put_together(*parts: ToolCallPart) -> list[ToolCall]:
    calls = ToolCallParts()
    calls.feed(parts)
    return calls.whole()


@given(st.lists(st.text(max_size=5), max_size=5), st.lists(st.text(max_size=5), max_size=5))
def test_pieces_of_several_calls_may_come_in_any_mixture(one: list[str], other: list[str]) -> None:
    mixed = [part(0, "a", "clock"), part(1, "b", "dice")]
    for index in range(5):
        mixed += [part(0, arguments=each) for each in one[index : index + 1]]
        mixed += [part(1, "b", arguments=each) for each in other[index : index + 1]]
    assert put_together(*mixed) == [
        ToolCall(id="a", name="clock", arguments="".join(one)),
        ToolCall(id="b", name="dice", arguments="".join(other)),
    ]


def test_a_new_id_under_the_same_number_is_a_new_call() -> None:
    calls = put_together(part(0, "a", "clock", "{}"), part(0, "b", "dice", "{"), part(0, "", "", "}"))
    assert [(call.name, call.arguments) for call in calls] == [("clock", "{}"), ("dice", "{}")]


def test_a_call_without_an_id_gets_one() -> None:
    [call] = put_together(part(name="clock"))
    assert call.id


def test_no_more_is_kept_than_anybody_needs() -> None:
    calls = put_together(*[part(n, f"c{n}", "clock", "x" * 2 * LONGEST_ARGUMENTS) for n in range(100)])
    assert len(calls) == MOST_CALLS
    assert len(calls[0].arguments) == LONGEST_ARGUMENTS
