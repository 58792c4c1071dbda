"""Turns as OpenTelemetry's SDK hands them to an exporter."""

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from open_llm_vtuber import traces
from open_llm_vtuber.decided import Asked, Guarded, Spoken, TurnBegan, TurnEnded
from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.stimulus import PromptMessage, TurnTimings
from open_llm_vtuber.traces import ADDRESS, MOST_OPEN, Traces
from open_llm_vtuber.units import Milliseconds

WORDS = "what nobody but the audience may read"


def exporting() -> tuple[Traces, InMemorySpanExporter]:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return Traces(provider.get_tracer("test")), exporter


def test_a_turn_is_a_span_with_its_points_and_sentences_and_without_a_word() -> None:
    kept, exporter = exporting()
    for fact in (
        TurnBegan(turn_id="t1", source="chat", priority=5),
        Asked(model="m", messages=(PromptMessage(role="user", content=WORDS),)),
        Spoken(turn_id="t1", index=0, text=WORDS, sound_s=1.5, face=None),
        Guarded(turn_id="t1", text=WORDS, before=0, rule="slur"),
        Guarded(turn_id="t1", text=WORDS, before=0),
        TurnEnded(turn_id="t1", timings=TurnTimings(first_audio_ms=Milliseconds(120)), heard=10),
    ):
        kept.note(fact)
    (span,) = exporter.get_finished_spans()
    assert span.name == "turn"
    assert dict(span.attributes or {}) == {
        "turn.id": "t1",
        "turn.source": "chat",
        "turn.priority": 5,
        "turn.first_audio_ms": 120,
        "turn.interrupted": False,
        "turn.retracted": False,
    }
    assert [event.name for event in span.events] == ["model asked", "sentence", "refused"]
    assert WORDS not in span.to_json()


def test_turns_that_never_end_are_not_kept_for_ever() -> None:
    kept, exporter = exporting()
    for number in range(MOST_OPEN + 3):
        kept.note(TurnBegan(turn_id=f"t{number}", source="chat", priority=5))
    assert len(exporter.get_finished_spans()) == 3


def test_an_end_without_a_begin_is_nothing() -> None:
    kept, exporter = exporting()
    kept.note(TurnEnded(turn_id="t", timings=TurnTimings(), heard=0))
    assert not exporter.get_finished_spans()


def test_without_an_address_nothing_is_set_up() -> None:
    traces.begin({})()


def test_an_address_without_the_extra_is_said_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        __import__("sys").modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None
    )
    with pytest.raises(ConfigError, match=r"open-llm-vtuber\[otel\]"):
        traces.begin({ADDRESS: "http://127.0.0.1:9"})
