"""Each turn as a trace of OpenTelemetry's, for whoever collects them; what is said and who wrote is in none.

Without the extra `otel` and `OTEL_EXPORTER_OTLP_ENDPOINT` nothing is made of it.
"""

import os
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import asdict

from opentelemetry import trace
from opentelemetry.trace import Span, Tracer

from open_llm_vtuber.decided import Asked, Guarded, Paid, Spoken, TurnBegan, TurnEnded
from open_llm_vtuber.errors import ConfigError

ADDRESS = "OTEL_EXPORTER_OTLP_ENDPOINT"
"""Where traces are sent, as OpenTelemetry's own tools know it."""
NAME = "open-llm-vtuber"
MOST_OPEN = 100
"""Turns under way whose traces are kept open: one for each show. Of more the oldest end."""


def begin(environment: Mapping[str, str] = os.environ) -> Callable[[], None]:
    """Have traces sent if an address is set; return what sends the last ones. Raises ConfigError without the extra."""
    if not environment.get(ADDRESS):
        return lambda: None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise ConfigError(
            f"{ADDRESS} is set, and the extra that sends traces is missing: pip install 'open-llm-vtuber[otel]'."
        ) from None
    provider = TracerProvider(resource=Resource.create({"service.name": NAME}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return provider.shutdown


class Traces:
    """Makes a span of each turn from what shows decide."""

    def __init__(self, tracer: Tracer | None = None) -> None:
        self._tracer = tracer or trace.get_tracer(NAME)
        self._open: OrderedDict[str, Span] = OrderedDict()

    def note(self, fact: object) -> None:
        """Take notice of a fact."""
        match fact:
            case TurnBegan():
                self._began(fact)
            case Guarded() if fact.rule:
                self._event(fact.turn_id, "refused", {"rule": fact.rule})
            case Spoken():
                self._event(fact.turn_id, "sentence", {"index": fact.index, "sound_s": fact.sound_s or 0.0})
            case Asked():
                self._event("", "model asked", {"model": fact.model})
            case Paid():
                self._event("", "model answered", {"model": fact.model, "tokens": fact.answer_tokens})
            case TurnEnded():
                self._ended(fact)
            case _:
                pass

    def _began(self, fact: TurnBegan) -> None:
        about: Mapping[str, str | int] = {
            "turn.id": fact.turn_id,
            "turn.source": fact.source,
            "turn.priority": fact.priority,
        }
        self._open[fact.turn_id] = self._tracer.start_span("turn", attributes=about)
        if len(self._open) > MOST_OPEN:
            self._open.popitem(last=False)[1].end()

    def _event(self, turn_id: str, name: str, about: Mapping[str, str | int | float]) -> None:
        # A model is asked for the turn that began last; texts on demand have none.
        found = self._open.get(turn_id) if turn_id else next(reversed(self._open.values()), None)
        if found:
            found.add_event(name, about)

    def _ended(self, fact: TurnEnded) -> None:
        span = self._open.pop(fact.turn_id, None)
        if span is None:
            return
        for point, ms in asdict(fact.timings).items():
            if ms is not None:
                span.set_attribute(f"turn.{point}", ms)
        span.set_attribute("turn.interrupted", fact.interrupted)
        span.set_attribute("turn.retracted", bool(fact.retracted))
        span.end()
