"""What was changed of the triggers on air: it comes back as it was, and the configuration has the last word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_floor import settings
from open_llm_vtuber.autonomous import changes
from open_llm_vtuber.autonomous.settings import trigger_from
from open_llm_vtuber.autonomous.triggers import TriggerConfig

SAY = {"say": ["Hi, {username}.", "Ho."]}
KINDS: tuple[dict[str, object], ...] = (
    {"kind": "interval", "interval_s": 300, "jitter_s": 60, "action": {"prompt": "Say something."}},
    {"kind": "idle", "after_s": 45, "silence_of": "chat", "action": {"expression": 3, "duration": 10}},
    {"kind": "cron", "cron": "0 20 * * FRI", "timezone": "Europe/Berlin", "action": SAY},
    {"kind": "date", "at": "2026-12-31T23:59:00+01:00", "action": {"motion": "any"}},
    {"kind": "date", "at": "2026-12-31T23:59:00", "action": {"motion": ["Wave", 0]}},
    {"kind": "event", "on": "redemption", "title": "Hydrate", "action": {"cue_sheet": "drink"}},
    {"kind": "event", "on": "viewers", "min_amount": 100, "missed": "drop", "action": SAY},
    {"kind": "chat", "keywords": ["cat"], "times": 2, "quiet_hours": ["22:00-06:00"], "action": SAY},
    {"kind": "chat", "sentiment_below": -0.5, "mode": ["autonomous"], "live": False, "action": SAY},
    {"kind": "random", "mean_s": 60, "cooldown_s": 5, "max_per_hour": 3, "enabled": False, "action": SAY},
)
TRIGGERS = st.dictionaries(st.sampled_from(("a", "b", "c", "d")), st.sampled_from(KINDS))


def named(given_: dict[str, dict[str, object]]) -> dict[str, TriggerConfig]:
    return {name: trigger_from(name, trigger) for name, trigger in given_.items()}


@given(TRIGGERS, TRIGGERS)
def test_whatever_was_changed_is_there_again_after_a_restart(
    before: dict[str, dict[str, object]], after: dict[str, dict[str, object]]
) -> None:
    told: list[str] = []
    configured, wanted = named(before), named(after)
    text = changes.written(configured, wanted.values())
    assert bool(text) is (configured != wanted)
    restored = {**configured, **changes.read(text, configured, told.append)}
    assert {name: trigger for name, trigger in restored.items() if trigger} == wanted
    assert not told


def test_a_file_that_was_changed_since_then_wins() -> None:
    told: list[str] = []
    tick, tock = KINDS[0], {**KINDS[0], "interval_s": 600}
    text = changes.written(named({"a": tick, "b": tick}), named({"a": tock, "b": tock}).values())
    kept = changes.read(text, named({"a": {**tick, "jitter_s": 0}, "b": tick}), told.append)
    assert kept == named({"b": tock})
    assert told == ["The trigger a is another one in the configuration now: a change made on air is dropped."]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", 0),
        ("nonsense", 1),
        ("[]", 1),
        ('{"a": {"over": null, "trigger": {"kind": "sometimes"}}}', 1),
        ('{"a": {"over": null, "trigger": {"kind": "cron", "cron": "hourly"}}}', 1),
        ('{"a": {"over": {"kind": "gone"}, "trigger": null}}', 1),
    ],
)
def test_a_note_that_cannot_be_read_costs_a_sentence_and_nothing_else(text: str, told: int) -> None:
    sentences: list[str] = []
    usual = {trigger.name: trigger for trigger in settings().triggers}
    assert changes.read(text, usual, sentences.append) == {}
    assert len(sentences) == told
