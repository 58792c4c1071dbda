"""What is told of mood, triggers and run-down."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from fake_floor import EVENING
from open_llm_vtuber.autonomous.moments import Now
from open_llm_vtuber.autonomous.personality import Mood, MoodSettings, Personality, Traits
from open_llm_vtuber.autonomous.pulse import ChatPulse
from open_llm_vtuber.autonomous.reports import described, mood_state, summarised
from open_llm_vtuber.autonomous.roster import Roster
from open_llm_vtuber.autonomous.rundown import Rundown, ShowPlan
from open_llm_vtuber.autonomous.settings import trigger_from
from open_llm_vtuber.autonomous.timing import Scene

NOW = Now(0.0, EVENING)
TICK = {"kind": "interval", "interval_s": 60.0, "action": {"say": ["Hi."]}}


def roster() -> Roster:
    made = Roster(lambda: 0.5)
    scene = Scene(zone=ZoneInfo("UTC"), chat_at=0.0, speech_at=0.0, pulse=ChatPulse())
    made.put("tick", trigger_from("tick", TICK), NOW, scene)
    raid = {"kind": "event", "on": "raid", "action": {"say": ["Hi."]}}
    made.switch_off(made.put("raid", trigger_from("raid", raid), NOW, scene), "It broke.", NOW, scene)
    return made


def plan() -> ShowPlan:
    made = ShowPlan(Rundown.model_validate({"segments": [{"name": "hello", "minutes": 5}]}))
    made.start(0.0)
    return made


def test_the_summary_says_what_comes_next_and_what_is_broken() -> None:
    told = summarised(roster(), plan(), None, NOW, is_enabled=True)
    assert told.next is not None
    assert (told.next.trigger, told.next.at) == ("tick", "2026-01-05T18:01:00.000+00:00")
    assert (told.triggers, told.faulty, told.segment) == (2, 1, "hello")
    assert summarised(roster(), None, None, NOW, is_enabled=False).next is None


def test_the_description_can_be_sent_back() -> None:
    personality = Personality(Traits(warmth=0.9), MoodSettings(), 0.0)
    told = described(roster(), plan(), personality, (), NOW, is_enabled=True)
    tick, raid = told.triggers
    assert trigger_from("tick", tick.settings) == trigger_from("tick", TICK)
    assert (raid.enabled, raid.fault, raid.next_at) == (False, "It broke.", None)
    assert told.traits["warmth"] == 0.9
    assert told.rundown is not None
    assert told.rundown.ends_at == (EVENING + timedelta(minutes=5)).isoformat(timespec="milliseconds")


def test_a_mood_is_rounded() -> None:
    assert mood_state(Mood(0.123, -0.987)).model_dump() == {
        "name": "relaxed",
        "valence": 0.12,
        "arousal": -0.99,
    }
