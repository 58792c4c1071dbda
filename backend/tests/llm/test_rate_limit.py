"""Our own side of a provider's limits."""

from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.llm.rate_limit import WINDOW, RateLimit


def test_so_many_requests_go_through_in_a_minute_and_then_as_the_first_ones_pass() -> None:
    limit = RateLimit(requests=2)
    assert limit.take(0, 1) == 0
    assert limit.take(10, 1) == 0
    assert limit.take(20, 1) == 40
    assert limit.take(60, 1) == 0
    assert limit.take(61, 1) == 9


def test_tokens_count_as_well() -> None:
    limit = RateLimit(requests=100, tokens=100)
    assert limit.take(0, 60) == 0
    assert limit.take(5, 40) == 0
    assert limit.take(6, 50) == 54
    assert limit.take(6, 90) == 59
    limit.correct(60, 10)
    assert limit.take(7, 50) == 0


def test_one_request_that_is_too_large_for_any_minute_gets_an_empty_one() -> None:
    limit = RateLimit(requests=10, tokens=100)
    assert limit.take(0, 500) == 0
    assert limit.take(1, 500) == 59
    assert limit.take(60, 500) == 0


def test_a_pause_that_the_provider_asked_for_is_kept() -> None:
    limit = RateLimit(requests=10)
    limit.hold(5, 20)
    limit.hold(5, 3)
    assert limit.take(10, 1) == 15
    assert limit.take(25, 1) == 0


@given(
    st.integers(1, 5),
    st.integers(10, 100),
    st.lists(st.tuples(st.floats(0, 30), st.integers(1, 60)), max_size=60),
)
def test_no_minute_ever_holds_more_and_a_wait_that_was_kept_is_enough(
    requests: int, tokens: int, asked: list[tuple[float, int]]
) -> None:
    limit, now = RateLimit(requests=requests, tokens=tokens), 0.0
    sent: list[tuple[float, int]] = []
    for pause, size in asked:
        now += pause
        wait = limit.take(now, size)
        if wait:
            now += wait + 1e-6
            assert limit.take(now, size) == 0, "it was told how long to wait"
        sent.append((now, size))
        minute = [each for each in sent if now - each[0] < WINDOW - 1e-6]
        assert len(minute) <= requests
        assert sum(each[1] for each in minute) <= tokens or len(minute) == 1
