"""What is remembered, for how long, and what is taken back."""

from datetime import UTC, datetime
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.agent.memory import LONGEST_REMEMBERED, REMEMBERED_EXCHANGES, Memory
from open_llm_vtuber.stimulus import ChatRemoval, HistoryLine, Stimulus


def typed(text: str) -> Stimulus:
    return Stimulus(text=text, source="typed", author="Human")


def chat(text: str, message_id: str, username: str = "ana") -> Stimulus:
    return Stimulus(text=text, source="chat", author="Ana", message_id=message_id, username=username)


def removal(message_id: str | None = None, username: str | None = None) -> ChatRemoval:
    return ChatRemoval(platform="twitch", channel="c", message_id=message_id, username=username)


def contents(memory: Memory, room: int = 1_000_000) -> list[str]:
    return [message.content for message in memory.window(room)]


@given(st.lists(st.tuples(st.text(max_size=30), st.text(max_size=30)), max_size=12), st.integers(0, 300))
def test_the_window_holds_the_last_whole_exchanges_that_fit(said: list[tuple[str, str]], room: int) -> None:
    memory = Memory()
    for asked, answered in said:
        memory.remember(typed(asked), answered)
    kept = contents(memory, room)
    assert sum(map(len, kept)) <= room
    whole = [text for exchange in said for text in exchange if text]
    assert whole[len(whole) - len(kept) :] == kept
    following = [len(asked) + len(answered) for asked, answered in said]
    fitting = next((n for n in range(len(said), -1, -1) if sum(following[len(said) - n :]) <= room), 0)
    assert kept == [text for exchange in said[len(said) - fitting :] for text in exchange if text]


def test_memory_is_bounded_in_number_and_length() -> None:
    memory = Memory()
    for _ in range(10 * REMEMBERED_EXCHANGES):
        memory.remember(typed("x" * 10_000), "y" * 10_000)
    kept = contents(memory)
    assert len(kept) == 2 * REMEMBERED_EXCHANGES
    assert max(map(len, kept)) == LONGEST_REMEMBERED


def test_a_reply_that_nobody_heard_leaves_only_the_question() -> None:
    memory = Memory()
    memory.remember(typed("hello"), "")
    assert contents(memory) == ["hello"]


def test_it_forgets() -> None:
    memory = Memory()
    memory.remember(typed("hello"), "hi")
    memory.forget()
    assert contents(memory) == []


def test_a_stored_conversation_is_gone_on_with() -> None:
    def line(role: str, content: str) -> HistoryLine:
        return HistoryLine(role=role, name="", content=content, timestamp=datetime.now(UTC))  # type: ignore[arg-type]

    memory = Memory()
    memory.remember(typed("something else"), "gone")
    memory.recall([line("ai", "Welcome."), line("human", "hi"), line("ai", "One."), line("ai", "Two.")])
    assert contents(memory) == ["Welcome.", "hi", "One. Two."]


@pytest.mark.parametrize(
    ("taken_back", "left"),
    [
        (removal(message_id="m1"), ["typed", "Bo: two", "second"]),
        (removal(username="ana"), ["typed", "Bo: two", "second"]),
        (removal(username="nobody"), ["typed", "Ana: one", "first", "Bo: two", "second"]),
        (removal(), ["typed"]),
    ],
)
def test_what_a_moderator_removed_is_taken_back_with_its_answer_and_nothing_else(
    taken_back: ChatRemoval, left: list[str]
) -> None:
    memory = Memory()
    memory.remember(typed("typed"), "")
    memory.remember(chat("one", "m1"), "first")
    memory.remember(
        Stimulus(text="two", source="chat", author="Bo", message_id="m2", username="bo"), "second"
    )
    memory.take_back(taken_back)
    assert contents(memory) == left


def test_what_was_recalled_can_be_taken_back_too() -> None:
    memory = Memory()
    told: list[HistoryLine] = [
        HistoryLine(
            role=role, name="x", content=text, timestamp=datetime(2026, 1, 1, tzinfo=UTC), message_id=key
        )
        for role, text, key in SAID
    ]
    memory.recall(told)
    memory.take_back(removal(message_id="m1"))
    assert contents(memory) == ["hi", "Hello."]


SAID: list[tuple[Literal["human", "ai"], str, str]] = [
    ("human", "hi", ""),
    ("ai", "Hello.", ""),
    ("human", "bad", "m1"),
    ("ai", "Oh.", "m1"),
]
