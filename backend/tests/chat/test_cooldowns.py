"""Cooldowns: one viewer waits for himself and for all, and nothing grows."""

from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.chat.cooldowns import MOST_REMEMBERED, Cooldowns


def test_what_was_never_used_may_be_used_at_once() -> None:
    assert Cooldowns().left("say", "ana", 1_000.0, for_viewer=30, for_all=5) == 0


def test_a_viewer_waits_longer_than_the_others() -> None:
    cooldowns = Cooldowns()
    cooldowns.used("say", "ana", 10.0)
    assert cooldowns.left("say", "ana", 12.0, for_viewer=30, for_all=5) == 28
    assert cooldowns.left("say", "ben", 12.0, for_viewer=30, for_all=5) == 3
    assert cooldowns.left("say", "ben", 15.0, for_viewer=30, for_all=5) == 0
    assert cooldowns.left("motion", "ana", 12.0, for_viewer=30, for_all=5) == 0


def test_a_forgotten_viewer_waits_only_for_all() -> None:
    cooldowns = Cooldowns()
    cooldowns.used("say", "ana", 10.0)
    cooldowns.forget("ana")
    assert cooldowns.left("say", "ana", 12.0, for_viewer=30, for_all=5) == 3


def test_a_crowd_does_not_make_it_grow() -> None:
    cooldowns = Cooldowns()
    for number in range(MOST_REMEMBERED + 500):
        cooldowns.used("say", f"viewer{number}", float(number))
    assert len(cooldowns._by_viewer) == MOST_REMEMBERED


@given(st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 20)), max_size=30))
def test_no_two_uses_that_were_allowed_are_closer_than_the_cooldowns(tries: list[tuple[str, float]]) -> None:
    cooldowns, now, used = Cooldowns(), 0.0, list[tuple[str, float]]()
    for viewer, later in tries:
        now += later
        if cooldowns.left("x", viewer, now, for_viewer=10, for_all=3) == 0:
            cooldowns.used("x", viewer, now)
            assert all(now - at >= (9.999 if who == viewer else 2.999) for who, at in used)
            used.append((viewer, now))
