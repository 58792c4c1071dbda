"""When a trigger is due, and what keeps it from firing: pure, so that a story is a few calls."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_floor import EVENING
from open_llm_vtuber.autonomous.moments import Now
from open_llm_vtuber.autonomous.pulse import ChatPulse
from open_llm_vtuber.autonomous.timing import (
    Scene,
    TriggerState,
    criterion_holds,
    fired,
    handled,
    is_too_late,
    next_fire,
    obstacle,
)
from open_llm_vtuber.autonomous.triggers import (
    Action,
    ChatTrigger,
    CronTrigger,
    DateTrigger,
    EventTrigger,
    IdleTrigger,
    IntervalTrigger,
    RandomTrigger,
    TriggerConfig,
)

SAY = Action(say=("Hi.",))


def at(seconds: float) -> Now:
    return Now(seconds, EVENING + timedelta(seconds=seconds))


def scene(**named: object) -> Scene:
    usual = {"zone": ZoneInfo("UTC"), "chat_at": 0.0, "speech_at": 0.0, "pulse": ChatPulse(), **named}
    return Scene(**usual)  # type: ignore[arg-type] # the test's own business


def state(**named: object) -> TriggerState:
    return TriggerState(**{"since": 0.0, "seen": EVENING, **named})  # type: ignore[arg-type] # likewise


@given(
    st.lists(st.tuples(st.floats(0, 1_000), st.floats(0, 0.999)), min_size=1, max_size=30), st.floats(1, 100)
)
def test_an_interval_stays_on_its_grid_whenever_it_is_looked_at(
    looks: list[tuple[float, float]], interval: float
) -> None:
    trigger = IntervalTrigger(interval_s=interval, jitter_s=interval / 2, action=SAY)
    now, current = 0.0, state()
    for pause, chance in looks:
        now += pause
        due = next_fire(trigger, current, at(now), scene())
        assert due is not None
        off = due - (current.slot + 1) * interval
        assert abs(off) <= interval / 2 + 1e-6
        if due <= now:
            current = handled(trigger, current, at(now), chance)
            following = next_fire(trigger, current, at(now), scene())
            assert following is not None
            assert following > now - interval / 2, "what was missed is not made up for"


def test_a_silence_counts_from_whichever_ended_last() -> None:
    both = IdleTrigger(after_s=10, action=SAY)
    here = scene(chat_at=5.0, speech_at=7.0)
    assert next_fire(both, state(), at(8), here) == 17
    assert next_fire(replace_kind(both, "chat"), state(), at(8), here) == 15
    assert next_fire(replace_kind(both, "speech"), state(), at(8), here) == 17
    assert next_fire(both, state(handled=9.0), at(9), here) == 19
    assert next_fire(both, state(since=12.0), at(12), here) == 22


def replace_kind(trigger: IdleTrigger, silence_of: str) -> IdleTrigger:
    return trigger.model_copy(update={"silence_of": silence_of})


def test_while_she_speaks_no_silence_has_begun_and_her_mood_shortens_it() -> None:
    trigger = IdleTrigger(after_s=10, action=SAY)
    assert next_fire(trigger, state(), at(50), scene(speaks=True)) == 60
    assert next_fire(trigger, state(), at(0), scene(pace=0.5)) == 5


@given(st.floats(0, 0.9999))
def test_chance_never_comes_before_its_time(chance: float) -> None:
    due = next_fire(RandomTrigger(mean_s=60, action=SAY), state(chance=chance), at(0), scene())
    assert due is not None
    assert due >= 0


def test_cron_and_date_go_by_the_wall() -> None:
    cron = CronTrigger(cron="*/15 * * * *", action=SAY)
    assert next_fire(cron, state(), at(60), scene()) == 900
    date = DateTrigger.model_validate({"at": "2026-01-05T18:10:00", "action": SAY})
    assert next_fire(date, state(), at(60), scene()) == 600
    assert next_fire(date, handled(date, state(), at(700), 0.5), at(701), scene()) is None
    assert next_fire(EventTrigger(on="raid", action=SAY), state(), at(0), scene()) is None


@pytest.mark.parametrize(
    ("trigger", "named", "here", "reason"),
    [
        ({"enabled": False}, {}, {}, "disabled"),
        ({"mode": ["autonomous"]}, {}, {}, "mode"),
        ({"mode": ["orphiq"]}, {}, {}, None),
        ({"live": True}, {}, {"is_live": False}, "not-live"),
        ({"live": False}, {}, {"is_live": True}, "live"),
        ({"live": True}, {}, {}, None),
        ({"quiet_hours": ["18:00-19:00"]}, {}, {}, "quiet-hours"),
        ({"quiet_hours": ["18:00-19:00"], "timezone": "Asia/Tokyo"}, {}, {}, None),
        ({"cooldown_s": 60}, {"fired": (950.0,)}, {}, "cooldown"),
        ({"cooldown_s": 60}, {"fired": (940.0,)}, {}, None),
        ({"max_per_hour": 2}, {"fired": (10.0, 900.0)}, {}, "max-per-hour"),
        ({"max_per_hour": 3}, {"fired": (10.0, 900.0)}, {}, None),
    ],
)
def test_each_condition_keeps_it_back_by_its_name(
    trigger: dict[str, object], named: dict[str, object], here: dict[str, object], reason: str | None
) -> None:
    written = IntervalTrigger.model_validate({"interval_s": 5, "action": SAY, **trigger})
    assert obstacle(written, state(**named), at(1_000), scene(**here)) == reason


@given(st.lists(st.floats(0, 2_000), min_size=1, max_size=60), st.integers(1, 5))
def test_no_hour_holds_more_fires_than_its_maximum(pauses: list[float], most: int) -> None:
    trigger = IntervalTrigger(interval_s=5, max_per_hour=most, action=SAY)
    now, current, fires = 0.0, state(), list[float]()
    for pause in pauses:
        now += pause
        if obstacle(trigger, current, at(now), scene()) is None:
            current = fired(trigger, current, now)
            fires.append(now)
    assert all(later - first > 3_600 for first, later in zip(fires, fires[most:], strict=False))
    assert len(current.fired) <= most


def late(trigger: TriggerConfig, due: float, now: float) -> bool:
    return is_too_late(trigger, state(), due, at(now), scene())


def test_of_several_that_were_missed_the_last_one_counts() -> None:
    cron = CronTrigger(cron="*/10 * * * *", late_s=120, action=SAY)
    assert not late(cron, 600, 3_600 + 60)
    assert late(cron, 600, 3_600 + 300)
    every = IntervalTrigger(interval_s=100, late_s=20, action=SAY)
    assert not late(every, 100, 1_010)
    assert late(every, 100, 1_050)
    assert late(every.model_copy(update={"missed": "drop"}), 100, 1_010)
    assert late(RandomTrigger(mean_s=5, action=SAY), 10, 12)
    assert not late(RandomTrigger(mean_s=5, action=SAY), 10, 10.5)


def test_chat_holds_a_criterion_once() -> None:
    busy = ChatTrigger(rate_above_per_min=2, action=SAY)
    here = scene()
    for number in range(3):
        here.pulse.take_in(str(number), "what now?", float(number))
    assert criterion_holds(busy, state(), 3, here)
    assert handled(busy, state(), at(3), 0.5).holds
    assert not criterion_holds(busy, state(), 200, here)
    question = ChatTrigger(unanswered_s=10, action=SAY)
    assert next_fire(question, state(), at(3), here) == 10
    assert criterion_holds(question, state(), 10, here)
    assert not handled(question, state(), at(10), 0.5).holds
    assert next_fire(question, replace(state(), holds=True), at(3), here) is None


@pytest.mark.parametrize(
    ("criterion", "holds"),
    [
        ({"rate_below_per_min": 5}, False),
        ({"keywords": ["clip"], "times": 2}, True),
        ({"keywords": ["clip"], "times": 3}, False),
        ({"sentiment_above": 0.5}, True),
        ({"sentiment_below": -0.1}, False),
    ],
)
def test_every_criterion_is_looked_at(criterion: dict[str, object], holds: bool) -> None:
    here = scene()
    for number, text in enumerate(("clip this", "I love it", "CLIP")):
        here.pulse.take_in(str(number), text, 0.0)
    trigger = ChatTrigger.model_validate({"action": SAY, **criterion})
    assert criterion_holds(trigger, state(), 10, here) is holds
