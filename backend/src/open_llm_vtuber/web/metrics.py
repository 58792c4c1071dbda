"""`/metrics`: figures as Prometheus reads them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from fastapi import FastAPI, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.metrics_core import (
    Metric as Family,
)
from prometheus_client.registry import Collector

from open_llm_vtuber.figures import BUCKETS_MS, Figures
from open_llm_vtuber.protocol.live_client_messages import GetSnapshot
from open_llm_vtuber.protocol.live_server_messages import Snapshot
from open_llm_vtuber.protocol.parts import State
from open_llm_vtuber.shows import Shows
from open_llm_vtuber.spending import Ledger
from open_llm_vtuber.stimulus import Providers
from open_llm_vtuber.web.api import ON_AIR, answer_to


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One figure with its samples: labels and value."""

    name: str
    help: str
    kind: Literal["counter", "gauge"]
    samples: tuple[tuple[Mapping[str, str], float], ...]

    @property
    def family(self) -> Family:
        """It, as the library has it."""
        make = CounterMetricFamily if self.kind == "counter" else GaugeMetricFamily
        family = make(self.name, self.help)
        for labels, value in self.samples:
            family.add_sample(self.name, dict(labels), value)
        return family


class _Told(Collector):
    def __init__(self, metrics: tuple["Metric | Family", ...]) -> None:
        self.metrics = metrics

    def collect(self) -> Iterator[Family]:
        for each in self.metrics:
            if isinstance(each, Family):
                yield each
            elif each.samples:
                yield each.family


def exposition(metrics: Iterable[Metric | Family]) -> str:
    """Return them as text; a figure without a sample is left out."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Told(tuple(metrics)))
    return generate_latest(registry).decode()


Metrics = Callable[[], Iterable[Metric | Family]]


def add_metrics(app: FastAPI, shows: Shows, metrics: Metrics) -> None:
    """Add the route: what `metrics` returns, and how the show on air is."""

    @app.get("/metrics", tags=["server"], response_class=PlainTextResponse)
    async def figures() -> Response:
        """Tell Prometheus how the show is, what it has come to, what was spent, and who does which job."""
        state = (await answer_to(Snapshot, shows, ON_AIR, GetSnapshot())).state
        return Response(exposition([*show_metrics(state), *metrics()]), media_type=CONTENT_TYPE_PLAIN_0_0_4)


def show_metrics(state: State) -> Iterator[Metric]:
    """Yield how the show on air is just now."""
    waiting: dict[str, int] = {}
    for each in state.waiting:
        waiting[each.source] = waiting.get(each.source, 0) + 1
    yield Metric(
        name="olv_waiting",
        help="What waits for its turn, by source; at most twenty are told.",
        kind="gauge",
        samples=tuple(({"source": source}, number) for source, number in sorted(waiting.items())),
    )
    flags = {
        "speaking": state.speaking,
        "stopped": state.is_stopped,
        "chat_paused": state.is_chat_paused,
        "held": bool(state.held),
    }
    yield Metric(
        name="olv_show",
        help="1 while the show on air is so.",
        kind="gauge",
        samples=tuple(({"state": name}, float(is_so)) for name, is_so in flags.items()),
    )
    if state.twitch:
        yield Metric(
            name="olv_twitch_connected",
            help="1 while the channel is being read.",
            kind="gauge",
            samples=(({}, float(state.twitch.state == "connected")),),
        )


def figure_metrics(figures: Figures) -> Iterator[Metric | Family]:
    """Yield what all named shows have come to since the program began."""
    yield _counted("olv_turns_total", "Turns, by what they react to.", "source", figures.turns)
    yield _counted(
        "olv_turn_endings_total", "Turns that are over, by how they ended.", "how", figures.endings
    )
    yield _counted("olv_refused_sentences_total", "Sentences kept off the air.", "rule", figures.refused)
    yield _counted("olv_unasked_total", "What triggers came to.", "outcome", figures.unasked)
    yield Metric(
        name="olv_sentences_total",
        help="Sentences that went out.",
        kind="counter",
        samples=(({}, figures.sentences),),
    )
    yield Metric(
        name="olv_chat_decisions_total",
        help="What was decided about lines of chat; a line may be decided about more than once.",
        kind="counter",
        samples=tuple(
            ({"outcome": outcome, "reason": reason}, number)
            for (outcome, reason), number in sorted(figures.decisions.items())
        ),
    )
    yield Metric(
        name="olv_body_claims_total",
        help="Claims to face and gestures.",
        kind="counter",
        samples=tuple(
            ({"kind": kind, "status": status}, number)
            for (kind, status), number in sorted(figures.claims.items())
        ),
    )
    stages = HistogramMetricFamily(
        "olv_turn_stage_seconds", "When a turn reached its points.", labels=["stage"]
    )
    limits = [*(str(ms / 1_000) for ms in BUCKETS_MS), "+Inf"]
    for stage, spread in sorted(figures.stages.items()):
        buckets = list(zip(limits, spread.cumulative, strict=True))
        stages.add_metric([stage], buckets, spread.total_ms / 1_000)
    yield stages


def _counted(name: str, what: str, label: str, counts: Mapping[str, int]) -> Metric:
    samples = tuple(({label: key}, number) for key, number in sorted(counts.items()))
    return Metric(name=name, help=what, kind="counter", samples=samples)


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
