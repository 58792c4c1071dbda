"""The inbox: bounded, in order, and a removal is never lost."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.stimulus import (
    ChannelEvent,
    ChannelStatus,
    ChatEvent,
    ChatMessage,
    ChatRemoval,
    EventKind,
    StreamFacts,
)
from open_llm_vtuber.twitch.inbox import MOST_KEPT, Inbox


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


def happened(number: int, kind: EventKind = "gift") -> ChannelEvent:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return ChannelEvent(id=f"e{number}", platform="twitch", channel="example", kind=kind, timestamp=at)


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


def test_events_of_weight_are_never_shed_and_others_are_as_messages() -> None:
    events: list[ChatEvent] = [happened(number) for number in range(10)]
    light: list[ChatEvent] = [happened(number, "other") for number in range(20, 23)]
    raid = happened(30, "raid")
    assert left_of(2, [*events, *light, raid, message(1)]) == ([*events, light[2], raid, message(1)], 2)


def test_of_the_streams_facts_only_the_latest_waits() -> None:
    facts = [StreamFacts(channel="example", viewers=number) for number in range(3)]
    assert left_of(2, [facts[0], message(1), facts[1], facts[2]]) == ([message(1), facts[2]], 0)


def test_too_many_removals_leave_the_money_alone() -> None:
    events: list[ChatEvent] = [happened(1), removal(1), message(1), removal(2), happened(2), removal(3)]
    assert left_of(2, events) == ([happened(1), happened(2), removal(None)], 1)


def test_whoever_reads_waits_for_room_when_too_much_money_waits() -> None:
    async def main() -> None:
        inbox = Inbox(1)
        for number in range(MOST_KEPT):
            await inbox.room()
            inbox.put(happened(number))
        waiting = asyncio.ensure_future(inbox.room())
        await asyncio.sleep(0)
        assert not waiting.done()
        assert await inbox.take() == happened(0)
        await waiting

    asyncio.run(main())


def test_a_taken_event_makes_room() -> None:
    async def main() -> None:
        inbox = Inbox(1)
        for number in range(5):
            inbox.put(message(number))
            assert await inbox.take() == message(number)
        assert inbox.shed == 0

    asyncio.run(main())


@given(st.integers(1, 5), st.lists(st.sampled_from("mrsg"), max_size=60))
def test_it_never_grows_and_never_forgets_a_removal(size: int, kinds: list[str]) -> None:
    make: dict[str, Callable[[int], ChatEvent]] = {
        "m": message,
        "r": removal,
        "s": lambda number: status(str(number)),
        "g": happened,
    }
    events = [make[kind](number) for number, kind in enumerate(kinds)]
    left, shed = left_of(size, events)
    messages = [event for event in left if isinstance(event, ChatMessage)]
    removals = [event for event in left if isinstance(event, ChatRemoval)]
    assert len(messages) <= size
    assert len(removals) <= size
    assert len(messages) + shed == kinds.count("m")
    assert len(removals) == kinds.count("r") or removal(None) in removals
    assert [event for event in events if event in messages] == messages
    gifts = [event for event in events if isinstance(event, ChannelEvent)]
    assert [event for event in left if isinstance(event, ChannelEvent)] == gifts
