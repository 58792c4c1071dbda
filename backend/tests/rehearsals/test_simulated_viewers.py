"""Simulated viewers: the same seed brings the same evening."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.rehearsals.simulated_viewers import OPENING, PROFILES, happenings, show_time
from open_llm_vtuber.stimulus import ChannelEvent, ChatMessage, ChatRemoval


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_the_same_seed_brings_the_same_and_another_one_something_else(profile: str) -> None:
    assert happenings(profile, 3, 20) == happenings(profile, 3, 20)
    assert happenings(profile, 3, 20) != happenings(profile, 4, 20)


@given(st.sampled_from(sorted(PROFILES)), st.integers(), st.floats(0.1, 30))
def test_everything_happens_in_order_within_the_show_and_no_id_comes_twice(
    profile: str, seed: int, minutes: float
) -> None:
    script = happenings(profile, seed, minutes)
    times = [each.at for each in script]
    assert times == sorted(times)
    assert 0 <= times[0] <= times[-1] <= minutes * 60
    ids = Counter(each.event.id for each in script if isinstance(each.event, ChatMessage | ChannelEvent))
    assert all(number == 1 for number in ids.values())


def test_a_dead_chat_has_one_viewer_who_comes_late() -> None:
    messages = [each for each in happenings("dead-chat", 1, 20) if isinstance(each.event, ChatMessage)]
    assert len({each.event.username for each in messages if isinstance(each.event, ChatMessage)}) == 1
    assert messages[0].at > 20 * 60 * 0.25


def test_a_hate_raid_is_cleared_away_by_moderators() -> None:
    script = happenings("hate-raid", 1, 10)
    removed = {each.event.message_id for each in script if isinstance(each.event, ChatRemoval)}
    assert len(removed) > 50


def test_a_raid_and_a_sub_bomb_have_their_events() -> None:
    def kinds(profile: str) -> Counter[str]:
        return Counter(
            each.event.kind for each in happenings(profile, 1, 10) if isinstance(each.event, ChannelEvent)
        )

    assert kinds("raid")["raid"] == 1
    assert kinds("sub-bomb")["gift"] == 4
    assert kinds("sub-bomb")["hype-train"] == 2
    assert kinds("steady")["follow"] > 0


def test_the_evening_begins_at_the_opening() -> None:
    assert show_time(lambda: 90.0) - OPENING == show_time(lambda: 90.0) - show_time(lambda: 0.0)
