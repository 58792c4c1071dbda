"""Pure: figures for `/metrics`, as Prometheus reads them (text format 0.0.4)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from open_llm_vtuber.spending import Ledger
from open_llm_vtuber.stimulus import Providers

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One figure with its samples: labels and value."""

    name: str
    help: str
    kind: Literal["counter", "gauge"]
    samples: tuple[tuple[Mapping[str, str], float], ...]


def exposition(metrics: Iterable[Metric]) -> str:
    """Return them as text; a figure without a sample is left out."""
    return "".join(f"{line}\n" for metric in metrics if metric.samples for line in _lines(metric))


def spending_metrics(ledger: Ledger, now: datetime) -> Iterator[Metric]:
    """Yield what remote language models came to since this process began, and how far the budget is used."""
    models = [
        ({"provider": provider, "model": model}, total)
        for (provider, model), total in sorted(ledger.since_start.items())
    ]
    currency = {"currency": ledger.budget.currency}
    yield Metric(
        name="olv_llm_requests_total",
        help="Requests that remote language models answered.",
        kind="counter",
        samples=tuple((labels, total.requests) for labels, total in models),
    )
    yield Metric(
        name="olv_llm_tokens_total",
        help="Tokens of prompts and answers.",
        kind="counter",
        samples=(
            *(({**labels, "kind": "prompt"}, total.prompt_tokens) for labels, total in models),
            *(({**labels, "kind": "answer"}, total.answer_tokens) for labels, total in models),
        ),
    )
    yield Metric(
        name="olv_llm_cost_total",
        help="What they cost, as far as prices are known.",
        kind="counter",
        samples=tuple(({**labels, **currency}, total.cost) for labels, total in models),
    )
    yield Metric(
        name="olv_llm_unpriced_requests_total",
        help="Requests whose price is not known.",
        kind="counter",
        samples=tuple((labels, total.unpriced) for labels, total in models if total.unpriced),
    )
    yield from _budget_metrics(ledger, now, currency)


def provider_metrics(providers: Providers) -> Iterator[Metric]:
    """Yield which engine does each job, and whether there is something that the operator should know."""
    jobs = sorted(providers.items())
    yield Metric(
        name="olv_engine_info",
        help="The engine that does a job now.",
        kind="gauge",
        samples=tuple(({"job": job, "engine": status.engine}, 1) for job, status in jobs),
    )
    yield Metric(
        name="olv_engine_troubled",
        help="1 while an engine's status carries a note, for example about another one that keeps failing.",
        kind="gauge",
        samples=tuple(({"job": job}, float(bool(status.note))) for job, status in jobs),
    )


def _budget_metrics(ledger: Ledger, now: datetime, currency: Mapping[str, str]) -> Iterator[Metric]:
    hour, stream, budget = ledger.hour(now).cost, ledger.stream.total.cost, ledger.budget
    limits = {"per_stream": budget.per_stream, "per_hour": budget.per_hour}
    yield Metric(
        name="olv_budget_spent",
        help="Spent in this stream and in the last hour.",
        kind="gauge",
        samples=(({"limit": "per_stream", **currency}, stream), ({"limit": "per_hour", **currency}, hour)),
    )
    yield Metric(
        name="olv_budget_limit",
        help="What may be spent.",
        kind="gauge",
        samples=tuple(
            ({"limit": name, **currency}, limit) for name, limit in limits.items() if limit is not None
        ),
    )


def _lines(metric: Metric) -> Iterator[str]:
    yield f"# HELP {metric.name} {metric.help}"
    yield f"# TYPE {metric.name} {metric.kind}"
    for labels, value in metric.samples:
        named = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
        yield f"{metric.name}{{{named}}} {value:.12g}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
