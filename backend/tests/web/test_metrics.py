"""Figures as Prometheus reads them."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.spending import Budget, Ledger, Reservation
from open_llm_vtuber.stimulus import EngineStatus, Payer, Spending
from open_llm_vtuber.web.metrics import Metric, exposition, provider_metrics, spending_metrics

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def ledger(*costs: float | None) -> Ledger:
    kept = Ledger(Budget(per_hour=2.5))
    for cost in costs:
        payer = Payer(show="main")
        reservation = kept.reserve(NOON, payer, 0.0)
        assert isinstance(reservation, Reservation)
        kept.settle(
            reservation,
            Spending(
                at=NOON,
                provider="openai",
                model="m",
                payer=payer,
                prompt_tokens=100,
                answer_tokens=20,
                cost=cost,
            ),
        )
    return kept


def test_spending_is_told_by_provider_and_model() -> None:
    text = exposition(spending_metrics(ledger(0.25, None), NOON))
    assert text.splitlines()[:3] == [
        "# HELP olv_llm_requests_total Requests that remote language models answered.",
        "# TYPE olv_llm_requests_total counter",
        'olv_llm_requests_total{provider="openai",model="m"} 2',
    ]
    assert 'olv_llm_tokens_total{provider="openai",model="m",kind="answer"} 40\n' in text
    assert 'olv_llm_cost_total{provider="openai",model="m",currency="USD"} 0.25\n' in text
    assert 'olv_llm_unpriced_requests_total{provider="openai",model="m"} 1\n' in text
    assert 'olv_budget_spent{limit="per_hour",currency="USD"} 0.25\n' in text
    assert 'olv_budget_limit{limit="per_hour",currency="USD"} 2.5\n' in text
    assert "per_stream" not in text.split("olv_budget_limit")[-1]


def test_without_any_spending_there_are_no_empty_figures() -> None:
    assert "olv_llm" not in exposition(spending_metrics(ledger(), NOON))


def test_engines_are_told_with_their_troubles_but_not_in_words() -> None:
    status = EngineStatus(engine="ollama", note="openai keeps failing: it is down.")
    text = exposition(provider_metrics({"llm": status, "tts": EngineStatus(engine="tone_tts")}))
    assert 'olv_engine_info{job="llm",engine="ollama"} 1\n' in text
    assert 'olv_engine_troubled{job="llm"} 1\n' in text
    assert 'olv_engine_troubled{job="tts"} 0\n' in text
    assert "down" not in text.replace("keeps failing.", "")


def test_large_figures_keep_their_digits() -> None:
    metric = Metric(name="m", help="h", kind="counter", samples=(({}, 123_456_789),))
    assert exposition([metric]).endswith("m{} 123456789\n")


@given(st.text(max_size=30))
def test_any_label_stays_on_its_line(label: str) -> None:
    metric = Metric(name="m", help="h", kind="gauge", samples=(({"a": label}, 1),))
    lines = exposition([metric]).split("\n")
    assert len(lines) == 4
    assert lines[2].endswith('"} 1')
