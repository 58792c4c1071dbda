"""Figures as Prometheus reads them."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from open_llm_vtuber.decided import TurnEnded
from open_llm_vtuber.figures import Figures
from open_llm_vtuber.spending import Budget, Ledger, Reservation
from open_llm_vtuber.stimulus import EngineStatus, Payer, Spending, TurnTimings
from open_llm_vtuber.units import Milliseconds
from open_llm_vtuber.web.metrics import Metric, exposition, figure_metrics, provider_metrics, spending_metrics

ROOT = Path(__file__).parents[3]
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


def values(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Read the figures as Prometheus does."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def key(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return name, frozenset(labels.items())


def test_spending_is_told_by_provider_and_model() -> None:
    told = values(exposition(spending_metrics(ledger(0.25, None), NOON)))
    model = {"provider": "openai", "model": "m"}
    assert told[key("olv_llm_requests_total", **model)] == 2
    assert told[key("olv_llm_tokens_total", **model, kind="answer")] == 40
    assert told[key("olv_llm_cost_total", **model, currency="USD")] == 0.25
    assert told[key("olv_llm_unpriced_requests_total", **model)] == 1
    assert told[key("olv_budget_spent", limit="per_hour", currency="USD")] == 0.25
    assert told[key("olv_budget_limit", limit="per_hour", currency="USD")] == 2.5
    assert key("olv_budget_limit", limit="per_stream", currency="USD") not in told


def test_without_any_spending_there_are_no_empty_figures() -> None:
    assert "olv_llm" not in exposition(spending_metrics(ledger(), NOON))


def test_engines_are_told_with_their_troubles_but_not_in_words() -> None:
    status = EngineStatus(engine="ollama", note="openai keeps failing: it is down.")
    text = exposition(provider_metrics({"llm": status, "tts": EngineStatus(engine="tone_tts")}))
    told = values(text)
    assert told[key("olv_engine_info", job="llm", engine="ollama")] == 1
    assert told[key("olv_engine_troubled", job="llm")] == 1
    assert told[key("olv_engine_troubled", job="tts")] == 0
    assert "down" not in text.replace("keeps failing.", "")


def test_large_figures_keep_their_digits() -> None:
    metric = Metric(name="m_total", help="h", kind="counter", samples=(({}, 123_456_789),))
    assert values(exposition([metric])) == {key("m_total"): 123_456_789}


def test_the_times_of_turns_are_a_histogram_in_seconds() -> None:
    figures = Figures()
    for ms in (40, 400, 40_000):
        timings = TurnTimings(first_audio_ms=Milliseconds(ms))
        figures.note(TurnEnded(turn_id="t", timings=timings, heard=0))
    told = values(exposition(figure_metrics(figures)))
    name, stage = "olv_turn_stage_seconds", "first_audio"
    assert told[key(f"{name}_bucket", stage=stage, le="0.05")] == 1
    assert told[key(f"{name}_bucket", stage=stage, le="0.5")] == 2
    assert told[key(f"{name}_bucket", stage=stage, le="30.0")] == 2
    assert told[key(f"{name}_count", stage=stage)] == 3
    assert told[key(f"{name}_sum", stage=stage)] == 40.44
    assert told[key("olv_turn_endings_total", how="whole")] == 3


@given(st.text(st.characters(codec="utf-8"), max_size=30))
def test_any_label_stays_on_its_line_and_is_read_as_it_was(label: str) -> None:
    metric = Metric(name="m", help="h", kind="gauge", samples=(({"a": label}, 1),))
    text = exposition([metric])
    assert text.count("\n") == 3
    assert values(text) == {key("m", a=label): 1}


def test_the_dashboard_asks_for_figures_that_there_are() -> None:
    dashboard = json.loads((ROOT / "deploy" / "grafana-dashboard.json").read_text(encoding="utf-8"))
    asked = {
        name
        for panel in dashboard["panels"]
        for target in panel["targets"]
        for name in re.findall(r"olv_[a-z_]+", target["expr"])
    }
    source = (ROOT / "backend/src/open_llm_vtuber/web/metrics.py").read_text(encoding="utf-8")
    told = set(re.findall(r'"(olv_[a-z_]+)"', source))
    assert {name.removesuffix("_bucket") for name in asked} <= told
    assert len(asked) > 8
