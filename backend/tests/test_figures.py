"""What shows decide is counted."""

from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.decided import Claimed, Edited, Fired, Guarded, Settled, Spoken, TurnBegan, TurnEnded
from open_llm_vtuber.figures import BUCKETS_MS, Figures, Spread
from open_llm_vtuber.stimulus import TurnTimings
from open_llm_vtuber.units import Milliseconds


def ended(ms: int, *, interrupted: bool = False, retracted: str = "") -> TurnEnded:
    timings = TurnTimings(first_audio_ms=Milliseconds(ms))
    return TurnEnded(turn_id="t", timings=timings, heard=0, interrupted=interrupted, retracted=retracted)


def test_turns_are_counted_by_what_they_react_to_and_how_they_ended() -> None:
    figures = Figures()
    for fact in (
        TurnBegan(turn_id="t", source="chat", priority=5),
        TurnBegan(turn_id="t", source="event", priority=12),
        ended(90),
        ended(90, interrupted=True),
        ended(90, interrupted=True, retracted="deleted"),
    ):
        figures.note(fact)
    assert figures.turns == {"chat": 1, "event": 1}
    assert figures.endings == {"whole": 1, "interrupted": 1, "retracted": 1}
    assert figures.stages.keys() == {"first_audio"}
    assert figures.stages["first_audio"].total_ms == 270


def test_decisions_refusals_claims_and_triggers_are_counted() -> None:
    figures = Figures()
    for fact in (
        Settled(message_id="m", outcome="skipped", reason="stale"),
        Settled(message_id="n", outcome="skipped", reason="stale"),
        Guarded(turn_id="t", text="x", before=0, rule="slur"),
        Guarded(turn_id="t", text="x", before=0),
        Spoken(turn_id="t", index=0, text="x", sound_s=1.0, face=None),
        Claimed(kind="motion", owner="api", priority=10, what="Wave 0", status="success"),
        Fired(trigger="idle", outcome="held", reason="quiet"),
        Edited(name="banned_words", added=(), removed=()),
    ):
        figures.note(fact)
    assert figures.decisions == {("skipped", "stale"): 2}
    assert figures.refused == {"slur": 1}
    assert figures.sentences == 1
    assert figures.claims == {("motion", "success"): 1}
    assert figures.unasked == {"held": 1}


@given(st.lists(st.integers(0, 100_000)))
def test_every_time_is_in_one_bucket_and_none_above_its_limit(times: list[int]) -> None:
    spread = Spread()
    for ms in times:
        spread.add(ms)
    expected = [sum(ms <= limit for ms in times) for limit in BUCKETS_MS]
    assert list(spread.cumulative) == [*expected, len(times)]
    assert spread.total_ms == sum(times)
