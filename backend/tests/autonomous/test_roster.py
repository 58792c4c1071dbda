"""The triggers by name and the heap of when to look at them."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from fake_floor import EVENING
from open_llm_vtuber.autonomous.moments import Now
from open_llm_vtuber.autonomous.pulse import ChatPulse
from open_llm_vtuber.autonomous.roster import Roster
from open_llm_vtuber.autonomous.timing import Scene
from open_llm_vtuber.autonomous.triggers import (
    Action,
    CronTrigger,
    EventTrigger,
    IdleTrigger,
    IntervalTrigger,
    TriggerConfig,
)

SAY = Action(say=("Hi.",))


def at(seconds: float) -> Now:
    return Now(seconds, EVENING + timedelta(seconds=seconds))


def scene() -> Scene:
    return Scene(zone=ZoneInfo("UTC"), chat_at=0.0, speech_at=0.0, pulse=ChatPulse())


def every(seconds: float) -> IntervalTrigger:
    return IntervalTrigger(interval_s=seconds, action=SAY)


def roster(**triggers: TriggerConfig) -> Roster:
    made = Roster(lambda: 0.5)
    for name, trigger in triggers.items():
        made.put(name, trigger, at(0), scene())
    return made


def test_the_earliest_comes_first_and_is_armed_by_whoever_deals_with_it() -> None:
    made = roster(slow=every(20), fast=every(5))
    assert made.first() == ("fast", 5.0)
    found = made.pop_due(at(6), scene())
    assert found is not None
    entry, due = found
    assert (entry.name, due) == ("fast", 5.0)
    assert made.first() == ("slow", 20.0)
    made.settle(entry, at(6))
    made.arm(entry, at(6), scene())
    assert made.first() == ("fast", 10.0)


def test_a_silence_that_was_broken_meanwhile_is_only_looked_at_again() -> None:
    made, here = roster(idle=IdleTrigger(after_s=10, action=SAY)), scene()
    here.chat_at = 8.0
    assert made.pop_due(at(10), here) is None
    assert made.first() == ("idle", 18.0)


def test_a_trigger_of_the_same_name_takes_the_place_and_a_removed_one_never_comes() -> None:
    made = roster(one=every(5))
    made.put("one", every(50), at(0), scene())
    assert made.first() == ("one", 50.0)
    assert made.remove("one")
    assert not made.remove("one")
    assert made.first() is None
    assert (len(made), made.get("one"), "one" in made) == (0, None, False)


def test_those_of_a_kind_are_found_without_looking_at_all() -> None:
    made = roster(raid=EventTrigger(on="raid", action=SAY), tick=every(5))
    assert [entry.name for entry in made.of_kind("event")] == ["raid"]
    made.put("raid", every(5), at(0), scene())
    assert made.of_kind("event") == []


def test_one_that_is_switched_off_is_not_looked_at() -> None:
    made = roster(one=every(5))
    (entry,) = made
    made.switch_off(entry, "broken", at(0), scene())
    assert (made.first(), entry.fault) == (None, "broken")


def test_a_clock_that_was_set_moves_only_what_goes_by_it() -> None:
    made = roster(cron=CronTrigger(cron="0 * * * *", action=SAY), tick=every(7_000))
    assert made.first() == ("cron", 3_600.0)
    made.arm_wall_times(Now(10.0, EVENING + timedelta(seconds=10 + 3_000)), scene())
    assert made.first() == ("cron", 600.0)


@given(st.lists(st.tuples(st.floats(0.1, 100), st.floats(0, 50)), min_size=1, max_size=40))
def test_the_heap_never_forgets_one_and_never_grows_without_end(story: list[tuple[float, float]]) -> None:
    made, now = Roster(lambda: 0.5), 0.0
    for number, (interval, pause) in enumerate(story):
        made.put(f"t{number % 7}", every(interval), at(now), scene())
        now += pause
        while found := made.pop_due(at(now), scene()):
            entry, due = found
            assert due <= now + 1e-6
            made.settle(entry, at(now))
            made.arm(entry, at(now), scene())
        assert made.next_due() is not None
        assert made.next_due() == min(entry.due for entry in made if entry.due is not None)
        assert len(made._heap) <= 2 * len(made) + 65
