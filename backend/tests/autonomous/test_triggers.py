"""Triggers as they are written: what is accepted, and what each fault is called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from open_llm_vtuber.autonomous.triggers import TriggerConfig, free_name, named

READ: TypeAdapter[TriggerConfig] = TypeAdapter(TriggerConfig)
SAY = {"say": "Hi."}


@pytest.mark.parametrize(
    "written",
    [
        {"kind": "interval", "interval_s": 300, "jitter_s": 60, "action": {"prompt": "Say something."}},
        {"kind": "idle", "after_s": 45, "action": {"prompt": "…"}},
        {"kind": "cron", "cron": "0 * * * *", "timezone": "Europe/Berlin", "action": {"say": "…"}},
        {"kind": "event", "on": "raid", "action": {"cue_sheet": "welcome_raid"}},
        {"kind": "chat", "rate_above_per_min": 120, "action": {"expression": "surprise"}},
        {"kind": "random", "mean_s": 600, "action": {"motion": ["Wave", 0]}},
        {"kind": "date", "at": "2026-12-24T20:00:00+01:00", "action": {"say": ["One.", "Two."]}},
        {
            "kind": "event",
            "on": "redemption",
            "title": "Hydrate",
            "action": SAY,
            "quiet_hours": ["22:00-06:00"],
        },
        {"kind": "chat", "unanswered_s": 30, "action": SAY, "missed": "merge", "late_s": 5},
        {"kind": "random", "mean_s": 60, "action": {"motion": "any"}},
        {"kind": "random", "mean_s": 60, "action": {"expression": 3, "duration": 0}},
    ],
)
def test_what_the_documentation_shows_is_read(written: dict[str, object]) -> None:
    trigger = READ.validate_python(written)
    assert trigger.kind == written["kind"]
    again = READ.validate_python(
        {**trigger.model_dump(mode="json", exclude_defaults=True), "kind": trigger.kind}
    )
    assert again == trigger, "what is shown can be sent back"


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ({"kind": "sometimes", "action": SAY}, "does not match any of the expected tags"),
        ({"kind": "interval", "interval_s": -5, "action": SAY}, "greater than 0"),
        ({"kind": "interval", "interval_s": 0, "action": SAY}, "greater than 0"),
        ({"kind": "interval", "interval_s": float("inf"), "action": SAY}, "finite|less than"),
        ({"kind": "interval", "interval_s": 10, "jitter_s": 6, "action": SAY}, "half of interval_s"),
        ({"kind": "interval", "interval_s": 10, "jitter_s": -1, "action": SAY}, "greater than or equal to 0"),
        ({"kind": "idle", "after_s": 5}, "Field required"),
        ({"kind": "idle", "after_s": 5, "action": {}}, "an action is one of"),
        ({"kind": "idle", "after_s": 5, "action": {"say": "a", "prompt": "b"}}, "not prompt and say"),
        ({"kind": "idle", "after_s": 5, "action": {"say": []}}, "an action is one of"),
        ({"kind": "idle", "after_s": 5, "action": SAY, "cooldwon_s": 5}, "Extra inputs"),
        ({"kind": "idle", "after_s": 5, "action": SAY, "mode": ["turbo"]}, "Input should be"),
        ({"kind": "idle", "after_s": 5, "action": SAY, "name": "Big Name"}, "pattern"),
        ({"kind": "idle", "after_s": 5, "action": SAY, "max_per_hour": 0}, "greater than or equal to 1"),
        ({"kind": "cron", "cron": "60 * * * *", "action": SAY}, "is not a cron line"),
        ({"kind": "cron", "cron": "0 * * * *", "timezone": "Europe/Berlln", "action": SAY}, "no time zone"),
        ({"kind": "date", "at": "tomorrow", "action": SAY}, "datetime"),
        ({"kind": "event", "on": "birthday", "action": SAY}, "Input should be"),
        ({"kind": "event", "on": "viewers", "action": SAY}, "needs min_amount"),
        ({"kind": "chat", "action": SAY}, "exactly one of"),
        ({"kind": "chat", "rate_above_per_min": 5, "sentiment_below": 0, "action": SAY}, "exactly one of"),
        ({"kind": "random", "mean_s": 5, "action": {"prompt": "{username.__class__}"}}, "plain name"),
        ({"kind": "random", "mean_s": 5, "action": {"say": "{username"}}, "template is broken"),
        ({"kind": "random", "mean_s": 5, "action": {"motion": ["Wave", -1]}}, "greater than or equal to 0"),
    ],
)
def test_each_fault_has_its_sentence(written: dict[str, object], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        READ.validate_python(written)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=3)
)


@given(
    st.dictionaries(st.sampled_from(["kind", "action", "interval_s", "cron", "on", "name", "late_s"]), JSON)
)
def test_anything_is_a_trigger_or_a_fault(written: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        READ.validate_python(written)


def test_triggers_without_a_name_get_one_of_their_kind() -> None:
    idle = READ.validate_python({"kind": "idle", "after_s": 5, "action": SAY})
    own = READ.validate_python({"kind": "idle", "after_s": 5, "action": SAY, "name": "idle-2"})
    assert [trigger.name for trigger in named((idle, own, idle))] == ["idle", "idle-2", "idle-3"]
    with pytest.raises(ValueError, match="two triggers are named 'idle-2'"):
        named((own, own))
    assert free_name("idle", {"idle", "idle-2"}) == "idle-3"
