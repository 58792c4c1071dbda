"""How often an address may be wrong about a token."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.web.guesses import AT_ONCE, FORGIVEN_EVERY, MOST_ADDRESSES, Guesses

HOME = "203.0.113.7"


def wrong(guesses: Guesses, times: int, now: float = 0.0, address: str = HOME) -> None:
    for _ in range(times):
        guesses.note(address, now)


def test_a_few_mistakes_cost_nothing_and_one_too_many_has_to_wait() -> None:
    guesses = Guesses()
    wrong(guesses, AT_ONCE - 1)
    assert guesses.wait(HOME, 0) == 0
    wrong(guesses, 1)
    assert guesses.wait(HOME, 0) == FORGIVEN_EVERY


def test_after_the_wait_one_more_is_looked_at_and_after_all_of_it_as_many_as_at_first() -> None:
    guesses = Guesses()
    wrong(guesses, AT_ONCE)
    later = float(guesses.wait(HOME, 0))
    assert guesses.wait(HOME, later) == 0
    wrong(guesses, 1, later)
    assert guesses.wait(HOME, later) > 0
    much_later = later + AT_ONCE * FORGIVEN_EVERY
    wrong(guesses, AT_ONCE - 1, much_later)
    assert guesses.wait(HOME, much_later) == 0


def test_one_address_does_not_keep_out_another() -> None:
    guesses = Guesses()
    wrong(guesses, AT_ONCE)
    assert guesses.wait("203.0.113.8", 0) == 0


@pytest.mark.parametrize(
    ("one", "other", "are_one"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:203.0.113.7", HOME, True),
        ("a proxy's name", "a proxy's name", True),
    ],
)
def test_addresses_of_one_subscriber_are_one_guesser(one: str, other: str, *, are_one: bool) -> None:
    guesses = Guesses()
    wrong(guesses, AT_ONCE, address=one)
    assert (guesses.wait(other, 0) > 0) is are_one


def test_no_number_of_addresses_fills_the_memory() -> None:
    guesses = Guesses()
    for number in range(MOST_ADDRESSES + 50):
        guesses.note(f"10.0.{number // 250}.{number % 250}", 0.0)
    assert len(guesses) == MOST_ADDRESSES


@given(st.lists(st.floats(0, 5), max_size=200))
def test_however_they_are_spread_no_more_are_looked_at_than_the_rate_allows(gaps: list[float]) -> None:
    guesses, now, looked_at = Guesses(), 0.0, 0
    for gap in gaps:
        now += gap
        if guesses.wait(HOME, now) == 0:
            looked_at += 1
            guesses.note(HOME, now)
    assert looked_at <= AT_ONCE + now / FORGIVEN_EVERY + 1
