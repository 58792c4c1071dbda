"""Ids are remembered for a while, and not too many of them."""

from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.twitch.seen import Seen


def test_an_id_is_new_once() -> None:
    seen = Seen()
    assert seen.first("a", 0)
    assert not seen.first("a", 1)
    assert seen.first("b", 1)
    assert "a" in seen
    assert "c" not in seen


def test_after_a_quarter_of_an_hour_it_is_forgotten() -> None:
    seen = Seen()
    seen.first("a", 0)
    assert not seen.first("a", 15 * 60 - 1)
    # Seeing it again does not put it off: an id that keeps coming is let through once in a while.
    assert seen.first("a", 15 * 60)


def test_of_too_many_the_oldest_is_forgotten() -> None:
    seen = Seen(most=2)
    for name in "abc":
        assert seen.first(name, 0)
    assert len(seen) == 2
    assert seen.first("a", 0)


@given(st.lists(st.tuples(st.integers(0, 20), st.floats(0, 100))), st.integers(1, 10))
def test_it_never_grows_beyond_its_size(story: list[tuple[int, float]], most: int) -> None:
    seen = Seen(50, most)
    now = 0.0
    for name, pause in story:
        now += pause
        seen.first(str(name), now)
        assert len(seen) <= most
