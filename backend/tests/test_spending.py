"""Money is put aside before a request and settled after it, so that no limit is passed unnoticed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.spending import STREAM_PAUSE, Budget, Ledger, Refusal, Reservation
from open_llm_vtuber.stimulus import Payer, Spending

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
MAIN = Payer(show="main")
ANNA = Payer(show="main", viewer="anna")


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def spent(
    cost: float | None, at: datetime = NOON, payer: Payer = MAIN, provider: str = "p", tokens: int = 10
) -> Spending:
    return Spending(
        at=at,
        provider=provider,
        model="m",
        payer=payer,
        prompt_tokens=tokens,
        answer_tokens=tokens,
        cost=cost,
    )


def pay(ledger: Ledger, cost: float, at: datetime = NOON, payer: Payer = MAIN) -> None:
    reservation = ledger.reserve(at, payer, cost)
    assert isinstance(reservation, Reservation)
    ledger.settle(reservation, spent(cost, at, payer))


def test_a_request_that_might_pass_the_limit_is_refused_with_the_limits_name() -> None:
    ledger = Ledger(Budget(per_hour=1.0))
    pay(ledger, 0.75)
    refusal = ledger.reserve(after(600), MAIN, 0.5)
    assert isinstance(refusal, Refusal)
    assert refusal.sentence == "The budget is used up: per_hour is 1 USD."
    assert refusal.retry_after == 3000
    assert isinstance(ledger.reserve(after(3600), MAIN, 0.5), Reservation)


def test_what_is_put_aside_counts_until_it_is_settled_or_released() -> None:
    ledger = Ledger(Budget(per_hour=1.0))
    aside = ledger.reserve(NOON, MAIN, 0.75)
    assert isinstance(aside, Reservation)
    assert isinstance(ledger.reserve(NOON, MAIN, 0.5), Refusal)
    ledger.settle(aside, spent(0.25))
    second = ledger.reserve(NOON, MAIN, 0.5)
    assert isinstance(second, Reservation)
    ledger.release(second)
    ledger.release(second)
    assert isinstance(ledger.reserve(NOON, MAIN, 0.75), Reservation)


def test_a_viewer_has_a_limit_of_the_own_hour() -> None:
    ledger = Ledger(Budget(per_viewer_hour=0.5))
    pay(ledger, 0.5, payer=ANNA)
    assert isinstance(ledger.reserve(NOON, ANNA, 0.1), Refusal)
    assert isinstance(ledger.reserve(NOON, Payer(show="main", viewer="ben"), 0.1), Reservation)
    assert isinstance(ledger.reserve(NOON, MAIN, 9.0), Reservation), "nobody is no viewer"
    assert ledger.hour(NOON, "anna").cost == 0.5


def test_a_streams_limit_lasts_until_a_new_stream() -> None:
    ledger = Ledger(Budget(per_stream=1.0))
    pay(ledger, 1.0)
    refusal = ledger.reserve(after(3 * 3600), MAIN, 0.1)
    assert isinstance(refusal, Refusal)
    assert refusal.retry_after is None
    assert isinstance(ledger.reserve(NOON + STREAM_PAUSE, MAIN, 0.1), Reservation)


def test_a_stream_begins_when_somebody_says_so_and_takes_in_what_was_spent_since() -> None:
    ledger = Ledger(Budget(per_stream=1.0))
    pay(ledger, 0.5)
    pay(ledger, 0.4, after(60))
    ledger.begin_stream(after(30))
    assert ledger.stream.total.cost == 0.4
    ledger.begin_stream(after(30))
    ledger.begin_stream(NOON)
    assert ledger.stream.total.cost == 0.4, "an older beginning changes nothing"


def test_steps_down_near_a_limit() -> None:
    ledger = Ledger(Budget(per_hour=1.0, per_stream=100.0))
    steps = []
    for _ in range(8):
        pay(ledger, 0.125)
        steps.append(ledger.step(NOON, MAIN))
    assert steps == ["full"] * 6 + ["small", "spent"]
    assert Ledger(Budget()).step(NOON, MAIN) == "full"
    assert Ledger(Budget(per_hour=0)).step(NOON, MAIN) == "spent"


def test_what_costs_nothing_is_always_granted() -> None:
    ledger = Ledger(Budget(per_hour=0, per_stream=0))
    assert isinstance(ledger.reserve(NOON, MAIN, 0.0), Reservation)


def test_counts_by_provider_and_show_and_says_what_has_no_price() -> None:
    ledger = Ledger(Budget())
    ledger.recall([spent(0.5), spent(None, provider="q"), spent(0.25, payer=Payer(show="other"))])
    assert ledger.stream.by_model["p", "m"].cost == 0.75
    assert ledger.stream.by_model["q", "m"].unpriced == 1
    assert ledger.stream.by_model["q", "m"].prompt_tokens == 10
    assert ledger.stream.by_show["other"].requests == 1
    assert ledger.hour(NOON).requests == 3


def test_what_was_spent_before_a_restart_counts() -> None:
    ledger = Ledger(Budget(per_hour=1.0, per_stream=2.0))
    ledger.recall([spent(0.9, after(-5 * 3600)), spent(0.9, after(-1800))])
    assert ledger.stream.total.cost == 0.9
    assert isinstance(ledger.reserve(NOON, MAIN, 0.2), Refusal)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["ask", "answer", "fail"]),
        st.floats(0, 600),
        st.floats(0.001, 0.4),
        st.floats(0, 2),
        st.sampled_from([MAIN, ANNA]),
    ),
    max_size=80,
)


@given(STEPS)
def test_no_limit_is_passed_by_more_than_what_was_in_flight(
    steps: list[tuple[str, float, float, float, Payer]],
) -> None:
    """Many at once, and what they really come to may be more or less than what was put aside."""
    budget = Budget(per_stream=3.0, per_hour=1.0, per_viewer_hour=0.5)
    ledger, now = Ledger(budget), NOON
    flying: list[tuple[Reservation, float]] = []
    beyond = 0.0
    """How much more all requests so far have cost than was put aside for them."""
    for what, pause, amount, factor, payer in steps:
        now += timedelta(seconds=pause)
        if what == "ask":
            granted = ledger.reserve(now, payer, amount)
            if isinstance(granted, Reservation):
                flying.append((granted, amount * factor))
        elif flying:
            reservation, real = flying.pop(0)
            if what == "fail":
                ledger.release(reservation)
            else:
                ledger.settle(reservation, spent(real, now, reservation.payer))
                beyond += max(0.0, real - reservation.amount)
        assert ledger.hour(now).cost <= budget.per_hour + beyond + 1e-9  # type: ignore[operator]  # it is set
        assert ledger.hour(now, "anna").cost <= budget.per_viewer_hour + beyond + 1e-9  # type: ignore[operator]  # see above
        assert ledger.stream.total.cost <= budget.per_stream + beyond + 1e-9  # type: ignore[operator]  # see above


@pytest.mark.parametrize("amount", [0.1, 0.2])
def test_many_at_once_share_what_is_left(amount: float) -> None:
    ledger = Ledger(Budget(per_hour=1.0))
    granted = [ledger.reserve(NOON, MAIN, amount) for _ in range(50)]
    assert sum(isinstance(each, Reservation) for each in granted) in (
        round(1 / amount),
        round(1 / amount) - 1,
    )


@pytest.mark.parametrize("ahead", [timedelta(hours=2), timedelta(days=365)])
def test_after_the_clock_was_set_back_the_budget_is_free_again_within_an_hour(ahead: timedelta) -> None:
    ledger = Ledger(Budget(per_hour=1.0))
    pay(ledger, 1.0, NOON + ahead)
    refusal = ledger.reserve(NOON, MAIN, 0.5)
    assert isinstance(refusal, Refusal), "what was spent still counts"
    assert refusal.retry_after == 3600
    assert isinstance(ledger.reserve(after(3600), MAIN, 0.5), Reservation)


def test_a_stream_ends_although_the_clock_was_ahead_while_it_began() -> None:
    ledger = Ledger(Budget(per_stream=1.0))
    pay(ledger, 1.0, NOON + timedelta(days=365))
    assert ledger.step(NOON, MAIN) == "spent"
    assert ledger.step(NOON + STREAM_PAUSE, MAIN) == "full"
