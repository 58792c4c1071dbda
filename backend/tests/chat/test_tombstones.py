"""A removal that overtakes its message still counts, and nothing grows."""

from fakes import chat_message
from open_llm_vtuber.chat.tombstones import MOST_IDS, MOST_VIEWERS, Tombstones
from open_llm_vtuber.stimulus import ChatRemoval


def removal(message_id: str | None = None, username: str | None = None, channel: str = "c") -> ChatRemoval:
    return ChatRemoval(platform="twitch", channel=channel, message_id=message_id, username=username)


def test_a_message_that_was_deleted_before_it_came_is_covered_for_good() -> None:
    stones = Tombstones()
    stones.note(removal(message_id="1"), 0.0)
    assert stones.covers(chat_message("1", "hi"), 9_999.0)
    assert not stones.covers(chat_message("2", "hi"), 0.0)


def test_only_that_channel_is_meant() -> None:
    stones = Tombstones()
    stones.note(removal(message_id="1", channel="elsewhere"), 0.0)
    assert not stones.covers(chat_message("1", "hi"), 0.0)


def test_a_banned_viewers_late_lines_are_covered_and_later_ones_are_not() -> None:
    stones = Tombstones()
    stones.note(removal(username="rude"), 10.0)
    assert stones.covers(chat_message("1", "hi", username="rude"), 12.0)
    assert not stones.covers(chat_message("2", "hi", username="rude"), 14.0)
    assert not stones.covers(chat_message("3", "hi", username="ana"), 12.0)


def test_a_cleared_chat_covers_nothing_that_is_written_afterwards() -> None:
    stones = Tombstones()
    stones.note(removal(), 0.0)
    assert not stones.covers(chat_message("1", "hi"), 0.0)


def test_it_does_not_grow() -> None:
    stones = Tombstones()
    for number in range(MOST_IDS + 10):
        stones.note(removal(message_id=str(number)), 0.0)
        stones.note(removal(username=str(number)), 0.0)
    assert (len(stones._ids), len(stones._viewers)) == (MOST_IDS, MOST_VIEWERS)
