"""The inbox: bounded, in order, and a removal is never lost."""

import asyncio
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.stimulus import ChannelStatus, ChatEvent, ChatMessage, ChatRemoval
from open_llm_vtuber.twitch.inbox import Inbox


def message(number: int) -> ChatMessage:
    return ChatMessage(
        id=str(number),
        platform="twitch",
        channel="example",
        username="v",
        display_name="v",
        text="hi",
        timestamp=datetime(2026, 1, 1, tzinfo=UTC),
    )


def removal(number: int | None) -> ChatRemoval:
    message_id = None if number is None else str(number)
    return ChatRemoval(platform="twitch", channel="example", message_id=message_id)


def status(reason: str) -> ChannelStatus:
    return ChannelStatus(channel="example", state="down", reason=reason)


async def drained(inbox: Inbox) -> list[ChatEvent]:
    events: list[ChatEvent] = []
    try:
        while True:
            async with asyncio.timeout(0):
                events.append(await inbox.take())
    except TimeoutError:
        return events


def left_of(size: int, events: list[ChatEvent]) -> tuple[list[ChatEvent], int]:
    async def main() -> tuple[list[ChatEvent], int]:
        inbox = Inbox(size)
        for event in events:
            inbox.put(event)
        return await drained(inbox), inbox.shed

    return asyncio.run(main())


def test_the_oldest_message_is_shed_and_removals_stay() -> None:
    events: list[ChatEvent] = [removal(0), message(1), message(2), removal(1), message(3)]
    assert left_of(2, events) == ([removal(0), message(2), removal(1), message(3)], 1)


def test_too_many_removals_become_one_of_everything() -> None:
    events: list[ChatEvent] = [message(1), removal(1), removal(2), removal(3), message(4)]
    assert left_of(2, events) == ([removal(None), message(4)], 1)


def test_only_the_latest_status_waits() -> None:
    assert left_of(2, [status("a"), message(1), status("b")]) == ([message(1), status("b")], 0)


def test_a_taken_event_makes_room() -> None:
    async def main() -> None:
        inbox = Inbox(1)
        for number in range(5):
            inbox.put(message(number))
            assert await inbox.take() == message(number)
        assert inbox.shed == 0

    asyncio.run(main())


@given(st.integers(1, 5), st.lists(st.sampled_from("mrs"), max_size=60))
def test_it_never_grows_and_never_forgets_a_removal(size: int, kinds: list[str]) -> None:
    events: list[ChatEvent] = [
        message(number) if kind == "m" else removal(number) if kind == "r" else status(str(number))
        for number, kind in enumerate(kinds)
    ]
    left, shed = left_of(size, events)
    messages = [event for event in left if isinstance(event, ChatMessage)]
    removals = [event for event in left if isinstance(event, ChatRemoval)]
    assert len(messages) <= size
    assert len(removals) <= size
    assert len(messages) + shed == kinds.count("m")
    assert len(removals) == kinds.count("r") or removal(None) in removals
    assert [event for event in events if event in messages] == messages
