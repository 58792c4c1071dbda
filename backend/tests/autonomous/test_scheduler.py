"""The scheduler on virtual time: hours of a show in seconds."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import fakes
from fake_floor import BROKEN, EVENING, SYLLABLES, FakeFloor, now, on_floor, settings
from open_llm_vtuber.autonomous.repetition import NEAR, REMEMBERED, groups, similarity
from open_llm_vtuber.autonomous.scheduler import EventScheduler
from open_llm_vtuber.autonomous.settings import AutonomousSettings
from open_llm_vtuber.autonomous.triggers import Trigger
from open_llm_vtuber.autonomy import Floor
from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.stimulus import ChannelEvent, Stimulus, StreamFacts
from open_llm_vtuber.units import Seconds
from virtual_time import run_virtual

HOUR = 3600.0
TALK = {"prompt": "Say something about {topic}."}


def played(
    written: AutonomousSettings,
    floor: FakeFloor,
    script: Callable[[EventScheduler], Awaitable[None]] | None = None,
    *,
    until: Seconds,
    start: datetime = EVENING,
) -> FakeFloor:
    """Run a scheduler for so long, with what a script does meanwhile, and return the floor."""

    async def main() -> None:
        async with on_floor(written, floor, start=start) as scheduler:
            if script:
                await script(scheduler)
            await asyncio.sleep(until - now())

    run_virtual(main())
    return floor


def raid(amount: int = 20, name: str = "Ana", event_id: str = "e1") -> ChannelEvent:
    return ChannelEvent(
        id=event_id,
        platform="twitch",
        channel="c",
        kind="raid",
        username="ana",
        display_name=name,
        amount=amount,
    )


def test_an_interval_keeps_its_beat_for_eight_hours_without_drift() -> None:
    written = settings(
        {"kind": "interval", "interval_s": 300, "jitter_s": 60, "action": {"motion": ["Wave", 0]}}
    )
    times: list[Seconds] = []

    async def note(scheduler: EventScheduler) -> None:
        while now() < 8 * HOUR:
            before = len(floor.own_body.moved)
            await asyncio.sleep(0.5)
            times.extend([now()] * (len(floor.own_body.moved) - before))
        assert scheduler.is_enabled

    floor = FakeFloor()
    played(written, floor, note, until=8 * HOUR + 1)
    assert len(times) in (95, 96)
    assert all(abs(time - 300 * (number + 1)) <= 61 for number, time in enumerate(times))
    assert len({round(time % 300) for time in times}) > 10, "the jitter is drawn anew each time"


def test_eight_hours_of_dead_chat_have_no_silence_longer_than_configured_and_no_near_repeat() -> None:
    written = settings(
        {"kind": "idle", "after_s": 45, "action": TALK},
        {"kind": "random", "mean_s": 60, "action": {"motion": "any"}},
    )
    floor = played(written, FakeFloor(writes_for=2.0), until=8 * HOUR)
    ends = [0.0, *(end for _, end in floor.quiet_from)]
    begins = [begin for begin, _ in floor.quiet_from]
    longest = max(begin - end for begin, end in zip(begins, ends, strict=False))
    assert longest <= 45 + 2.0 + 0.1
    assert 8 * HOUR - ends[-1] <= 45 + 2.0 + 8
    lines = [groups(text) for _, text in floor.said]
    assert len(lines) > 400
    nearest = max(
        similarity(line, before)
        for number, line in enumerate(lines)
        for before in lines[max(0, number - REMEMBERED) : number]
    )
    assert nearest < NEAR
    assert len(floor.own_body.moved) > 300


class Parrot(FakeFloor):
    """Its model has forty lines, and begins some of them differently."""

    def made_up(self) -> str:
        line = f"{SYLLABLES[self._draw.randrange(40) % len(SYLLABLES)]} " * 3 + "is a word that I like."
        return line if self._draw.random() < 0.5 else f"Well, {line}"


def test_eight_hours_with_a_model_that_repeats_itself_have_no_line_near_one_of_the_last() -> None:
    floor = played(settings({"kind": "idle", "after_s": 45, "action": TALK}), Parrot(), until=8 * HOUR)
    lines = [groups(text) for _, text in floor.said]
    assert len(lines) > 200
    assert len(floor.prompts) > 1.2 * len(lines), "many were thrown away"
    nearest = max(
        similarity(line, before)
        for number, line in enumerate(lines)
        for before in lines[max(0, number - REMEMBERED) : number]
    )
    assert nearest < NEAR


def test_she_goes_on_with_written_lines_when_no_model_answers_and_repeats_none_of_them_too_soon() -> None:
    floor = FakeFloor(*[BROKEN] * 2000)
    played(settings({"kind": "idle", "after_s": 45, "action": TALK}), floor, until=8 * HOUR)
    texts = [text for _, text in floor.said]
    assert len(texts) > 400
    assert all(text not in texts[max(0, number - REMEMBERED) : number] for number, text in enumerate(texts))


def test_the_maximum_per_hour_is_kept_in_every_window() -> None:
    written = settings(
        {"kind": "interval", "interval_s": 60, "max_per_hour": 7, "action": {"say": "Drink water."}}
    )
    floor = played(written, FakeFloor(), until=8 * HOUR)
    times = [time for time, _ in floor.said]
    assert len(times) >= 50
    assert all(later - first > HOUR for first, later in zip(times, times[7:], strict=False))


def test_quiet_hours_are_kept_in_the_zone_of_the_trigger() -> None:
    written = settings(
        {
            "kind": "interval",
            "interval_s": 600,
            "quiet_hours": ["22:00-00:30"],
            "timezone": "Europe/Berlin",
            "action": {"say": "Tick."},
        }
    )
    floor = played(written, FakeFloor(), until=8 * HOUR)
    spoken = [EVENING + timedelta(seconds=time) for time, _ in floor.said]
    quiet = [
        time
        for time in spoken
        if datetime(2026, 1, 5, 21, tzinfo=UTC) <= time < datetime(2026, 1, 5, 23, 30, tzinfo=UTC)
    ]
    assert not quiet
    assert len(spoken) == 47 - 15


def test_what_had_to_wait_is_not_said_into_the_quiet_hours_that_have_begun_meanwhile() -> None:
    written = settings(
        {
            "kind": "event",
            "on": "raid",
            "late_s": 600,
            "quiet_hours": ["19:00-20:00"],
            "action": {"say": "Hi!"},
        },
        timezone="UTC",
    )

    async def script(scheduler: EventScheduler) -> None:
        await asyncio.sleep(HOUR - 30)
        floor.is_closed = True
        scheduler.happened(raid())
        await asyncio.sleep(60)
        floor.is_closed = False
        scheduler.look()
        await asyncio.sleep(5)
        (trigger,) = scheduler.describe().triggers
        assert trigger.outcome == "dropped: quiet-hours"

    floor = FakeFloor()
    assert not played(written, floor, script, until=2 * HOUR).said


@pytest.mark.parametrize(
    ("start", "wanted"),
    [
        # The clock goes from 2:00 to 3:00: what falls between comes right after.
        (datetime(2026, 3, 28, 23, tzinfo=UTC), [2.0]),
        # It goes from 3:00 back to 2:00: half past two comes twice, and counts once.
        (datetime(2026, 10, 24, 22, tzinfo=UTC), [2.5]),
    ],
)
def test_a_cron_line_is_kept_through_a_change_of_summer_time(start: datetime, wanted: list[float]) -> None:
    line = {
        "kind": "cron",
        "cron": "30 2 * * *",
        "timezone": "Europe/Berlin",
        "action": {"say": "Half past two."},
    }
    floor = played(settings(line), FakeFloor(), until=8 * HOUR, start=start)
    assert [round(time / HOUR, 3) for time, _ in floor.said] == wanted


def test_an_hourly_cron_line_comes_every_hour_of_a_long_night() -> None:
    line = {
        "kind": "cron",
        "cron": "0 * * * *",
        "timezone": "Europe/Berlin",
        "action": {"say": "On the hour."},
    }
    start = datetime(2026, 10, 24, 22, 30, tzinfo=UTC)
    floor = played(settings(line), FakeFloor(), until=4 * HOUR, start=start)
    assert [round(time) for time, _ in floor.said] == [1800, 5400, 9000, 12600]


def test_a_date_fires_once() -> None:
    date = {
        "kind": "date",
        "at": "2026-01-05T20:00:00",
        "timezone": "Europe/Berlin",
        "action": {"say": "Now!"},
    }
    floor = played(settings(date), FakeFloor(), until=8 * HOUR)
    assert floor.said == [(3600.0, "Now!")]


def test_what_was_missed_while_the_clock_stood_still_becomes_one_or_nothing() -> None:
    """A machine that was asleep for three hours: the loop's clock stood, the wall's did not."""
    written = settings(
        {"kind": "cron", "name": "kept", "cron": "*/10 * * * *", "late_s": 900, "action": {"say": "Kept."}},
        {
            "kind": "cron",
            "name": "left",
            "cron": "*/10 * * * *",
            "missed": "drop",
            "action": {"say": "Left out."},
        },
    )
    slept = timedelta()

    async def main() -> list[str]:
        nonlocal slept
        floor = FakeFloor()
        scheduler = EventScheduler(written, wall=lambda: EVENING + timedelta(seconds=now()) + slept, seed=1)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(floor.run(scheduler)), group.create_task(scheduler.run(floor))]
            await asyncio.sleep(30)
            slept = timedelta(hours=3, minutes=5)
            await asyncio.sleep(120)
            for task in tasks:
                task.cancel()
        return [text for _, text in floor.said]

    assert run_virtual(main()) == ["Kept."]


class Failing(Trigger):
    """Raises, takes too long, or works, as it is told."""

    def __init__(self, name: str, how: str) -> None:
        self.name = name
        self.interval = 10.0
        self.how = how
        self.ran = 0

    async def should_trigger(self) -> bool:
        if self.how == "asks":
            raise RuntimeError("boom")
        return True

    async def execute(self, adapter: Floor) -> None:
        self.ran += 1
        if self.how == "raises":
            raise ValueError("secret: /etc/passwd")
        if self.how == "hangs":
            await asyncio.sleep(HOUR)
        pieces = [piece async for piece in adapter.generate_text("Hi")]
        assert pieces


def test_the_scheduler_lives_on_after_every_trigger_has_failed_once() -> None:
    written = settings(
        {"kind": "interval", "name": "no-face", "interval_s": 20, "action": {"expression": "horns"}},
        {"kind": "interval", "name": "no-motion", "interval_s": 20, "action": {"motion": ["Fly", 0]}},
        {"kind": "interval", "name": "no-sheet", "interval_s": 20, "action": {"cue_sheet": "missing"}},
        {"kind": "idle", "name": "no-brain", "after_s": 30, "action": TALK},
    )
    floor = FakeFloor(BROKEN)
    floor.own_body.lacks |= {"horns", "Fly"}
    told: list[str] = []

    async def main() -> None:
        async with on_floor(written, floor) as scheduler:
            scheduler._report = told.append
            good = Failing("works", "")
            for trigger in (
                Failing("asks", "asks"),
                Failing("raises", "raises"),
                Failing("hangs", "hangs"),
                good,
            ):
                scheduler.add_trigger(trigger)
            await asyncio.sleep(300)
            state = {trigger.name: trigger for trigger in scheduler.describe().triggers}
            assert {name for name, trigger in state.items() if trigger.fault} == {
                "no-face",
                "no-motion",
                "no-sheet",
                "asks",
                "raises",
                "hangs",
            }
            assert scheduler.summary().faulty == 6
            assert state["raises"].fault == "It raised ValueError.", "no secret and no path"
            assert good.ran > 20
            floor.own_body.lacks.clear()
            scheduler.fire("no-face")
            scheduler.set_trigger("no-face", None, enabled=True)
            await asyncio.sleep(30)
            assert floor.own_body.shown == ["horns", "horns"]

    run_virtual(main())
    assert len(told) == 6
    assert len(floor.said) > 4, "the first time with a written line"


def test_an_event_fires_with_what_is_known_of_it_and_only_from_its_amount_on() -> None:
    written = settings(
        {
            "kind": "event",
            "on": "raid",
            "min_amount": 10,
            "action": {"say": "Welcome {username} and {amount} friends!"},
        }
    )

    async def script(scheduler: EventScheduler) -> None:
        scheduler.happened(raid(9))
        await asyncio.sleep(5)
        scheduler.happened(raid(20, name="An\na{secret}"))

    floor = played(written, FakeFloor(), script, until=30)
    assert [text for _, text in floor.said] == ["Welcome An a{secret} and 20 friends!"]


def test_a_milestone_of_viewers_fires_when_it_is_reached() -> None:
    written = settings(
        {"kind": "event", "on": "viewers", "min_amount": 100, "action": {"say": "{viewers} of you!"}}
    )

    async def script(scheduler: EventScheduler) -> None:
        for viewers in (90, 110, 120, 80, 100):
            scheduler.happened(StreamFacts(channel="c", viewers=viewers))
            await asyncio.sleep(20)

    floor = played(written, FakeFloor(), script, until=120)
    assert [text for _, text in floor.said] == ["110 of you!", "100 of you!"]


def test_a_busy_chat_fires_once_until_it_has_calmed_down() -> None:
    written = settings({"kind": "chat", "rate_above_per_min": 20, "action": {"expression": "joy"}})

    async def script(scheduler: EventScheduler) -> None:
        for _ in range(2):
            for number in range(40):
                scheduler.happened(fakes.chat_message(f"{now()}{number}", "hi"))
                await asyncio.sleep(0.5)
            await asyncio.sleep(120)
            scheduler.happened(fakes.chat_message(f"{now()}", "calm"))

    floor = played(written, FakeFloor(), script, until=400)
    assert floor.own_body.shown == [1, 1]


def test_a_chat_that_falls_asleep_is_noticed_without_a_message() -> None:
    written = settings({"kind": "chat", "rate_below_per_min": 3, "action": {"say": "Anybody there?"}})

    async def script(scheduler: EventScheduler) -> None:
        for number in range(10):
            scheduler.happened(fakes.chat_message(f"m{number}", "hi"))
            await asyncio.sleep(10)

    floor = played(written, FakeFloor(), script, until=600)
    # The messages of seconds 0 to 90: only two of the last minute are left at second 130.
    assert floor.said == [(130.0, "Anybody there?")]


def test_a_question_that_nobody_answers_is_taken_up() -> None:
    written = settings({"kind": "chat", "unanswered_s": 20, "action": {"say": "Somebody asked: {message}"}})

    async def script(scheduler: EventScheduler) -> None:
        scheduler.happened(fakes.chat_message("q1", "What game is this?"))
        await asyncio.sleep(10)
        answer = Stimulus(text="", source="chat", author="Ana", message_id="q1")
        scheduler.turn_began(answer)
        scheduler.turn_ended(answer, "It is chess.")
        await asyncio.sleep(60)
        scheduler.happened(fakes.chat_message("q2", "Why is it raining?"))

    floor = played(written, FakeFloor(), script, until=200)
    assert floor.said == [(90.0, "Somebody asked: why is it raining?")]


def test_what_cannot_be_said_now_waits_once_and_not_for_ever() -> None:
    written = settings(
        {"kind": "event", "on": "raid", "late_s": 60, "action": {"say": "Welcome {username}!"}},
        {"kind": "event", "on": "follow", "missed": "drop", "action": {"say": "Thanks!"}},
    )

    async def script(scheduler: EventScheduler) -> None:
        floor.is_closed = True
        for name in ("Ana", "Ben"):
            scheduler.happened(raid(20, name))
        scheduler.happened(ChannelEvent(id="f", platform="twitch", channel="c", kind="follow"))
        await asyncio.sleep(30)
        floor.is_closed = False
        scheduler.turn_ended(Stimulus(text="", source="chat", author="x"), "An answer.")
        await asyncio.sleep(30)
        floor.is_closed = True
        scheduler.happened(raid(20, "Cleo"))
        await asyncio.sleep(90)
        floor.is_closed = False
        scheduler.turn_ended(Stimulus(text="", source="chat", author="x"), "An answer.")

    floor = FakeFloor()
    played(written, floor, script, until=300)
    assert floor.said == [(30.0, "Welcome Ben!")]


def test_a_viewers_turn_stops_the_writing_and_the_line_comes_after_it() -> None:
    written = settings({"kind": "event", "on": "raid", "action": {"prompt": "Welcome {username}."}})

    async def script(scheduler: EventScheduler) -> None:
        scheduler.happened(raid())
        await asyncio.sleep(1)
        answer = Stimulus(text="hi", source="chat", author="Ana")
        floor.is_closed = True
        scheduler.turn_began(answer)
        await asyncio.sleep(10)
        floor.is_closed = False
        scheduler.turn_ended(answer, "Hello!")

    floor = FakeFloor(writes_for=3.0)
    played(written, floor, script, until=60)
    assert [time for time, _ in floor.said] == [14.0]
    assert len(floor.prompts) == 2


def test_words_that_were_written_when_a_viewer_came_are_kept_for_afterwards() -> None:
    written = settings({"kind": "event", "on": "raid", "action": {"prompt": "Welcome {username}."}})

    async def script(scheduler: EventScheduler) -> None:
        scheduler.happened(raid())
        await asyncio.sleep(1)
        floor.is_closed = True  # somebody has written, and the turn has not begun yet
        await asyncio.sleep(4)
        floor.is_closed = False
        scheduler.turn_ended(Stimulus(text="hi", source="chat", author="Ana"), "Hello!")

    floor = FakeFloor(writes_for=3.0)
    played(written, floor, script, until=60)
    assert [time for time, _ in floor.said] == [5.0]
    assert len(floor.prompts) == 1, "nobody pays for them twice"


def test_nothing_fires_while_it_is_off_and_intervals_count_from_when_it_is_on() -> None:
    written = settings({"kind": "interval", "interval_s": 100, "action": {"say": "Tick."}}, enabled=False)

    async def script(scheduler: EventScheduler) -> None:
        await asyncio.sleep(450)
        scheduler.enable(on=True)
        await asyncio.sleep(250)
        scheduler.enable(on=False)

    floor = played(written, FakeFloor(), script, until=1000)
    assert [time for time, _ in floor.said] == [550.0, 650.0]


def test_the_autonomous_mode_switches_it_on() -> None:
    written = settings({"kind": "interval", "interval_s": 100, "action": {"say": "Tick."}}, enabled=False)
    floor = FakeFloor()
    floor.mode = "autonomous"
    played(written, floor, until=250)
    assert [time for time, _ in floor.said] == [100.0, 200.0]


def test_a_change_of_the_backend_mode_is_a_switch_like_any_other() -> None:
    """Into `autonomous`: clocks and plan begin then. Out of it: what was wanted is not said any more."""
    written = settings(
        {"kind": "interval", "interval_s": 100, "action": {"say": "Tick."}},
        {"kind": "event", "on": "raid", "late_s": 3600, "action": {"say": "Welcome!"}},
        enabled=False,
        rundown={"segments": [{"name": "hello", "minutes": 3, "opening": "Open the show."}]},
    )
    segments: list[str | None] = []

    def switch(scheduler: EventScheduler, mode: str) -> None:
        floor.mode = mode
        scheduler.look()  # as a show does when its state changes

    async def script(scheduler: EventScheduler) -> None:
        await asyncio.sleep(450)
        segments.append(scheduler.summary().segment)
        switch(scheduler, "autonomous")
        await asyncio.sleep(150)
        segments.append(scheduler.summary().segment)
        floor.is_closed = True
        scheduler.happened(raid())
        switch(scheduler, "orphiq")
        await asyncio.sleep(10)
        floor.is_closed = False
        scheduler.look()
        await asyncio.sleep(300)
        switch(scheduler, "autonomous")
        await asyncio.sleep(150)

    floor = FakeFloor("Good evening!", "Good evening again!", writes_for=1.0)
    played(written, floor, script, until=1200)
    assert segments == [None, "hello"]
    times = [time for time, text in floor.said if text == "Tick."]
    assert times[:2] == [550.0, 1010.0]
    assert not [text for _, text in floor.said if text == "Welcome!"]
    assert floor.said[0] == (451.0, "Good evening!")


def test_words_that_are_being_written_when_it_is_switched_off_stay_unsaid() -> None:
    written = settings({"kind": "interval", "interval_s": 10, "action": TALK}, enabled=False)

    async def script(scheduler: EventScheduler) -> None:
        floor.mode = "autonomous"
        scheduler.look()
        await asyncio.sleep(11)
        floor.mode = "orphiq"
        scheduler.look()

    floor = FakeFloor(writes_for=5.0)
    played(written, floor, script, until=60)
    assert len(floor.prompts) == 1
    assert not floor.said


def test_triggers_are_added_changed_switched_and_removed_while_she_is_on_air() -> None:
    async def script(scheduler: EventScheduler) -> None:
        scheduler.set_trigger(
            "tick", {"kind": "interval", "interval_s": 10, "action": {"say": "One."}}, enabled=None
        )
        await asyncio.sleep(15)
        scheduler.set_trigger(
            "tick", {"kind": "interval", "interval_s": 10, "action": {"say": "Two."}}, enabled=None
        )
        await asyncio.sleep(15)
        scheduler.set_trigger("tick", None, enabled=False)
        await asyncio.sleep(15)
        scheduler.fire("tick")
        await asyncio.sleep(5)
        scheduler.set_trigger("tick", None, enabled=True)
        await asyncio.sleep(15)
        scheduler.remove_trigger("tick")
        for act in (scheduler.fire, scheduler.remove_trigger):
            with pytest.raises(ProtocolError, match="no such trigger"):
                act("tick")
        with pytest.raises(ProtocolError, match="interval_s: Input should be greater than 0"):
            scheduler.set_trigger(
                "bad", {"kind": "interval", "interval_s": -1, "action": {"say": "x"}}, enabled=None
            )

    floor = played(settings(), FakeFloor(), script, until=200)
    assert floor.said == [(10.0, "One."), (25.0, "Two."), (45.0, "Two."), (60.0, "Two.")]


def test_a_change_of_a_trigger_gives_it_no_second_hours_worth() -> None:
    tick = {"kind": "interval", "interval_s": 60, "max_per_hour": 2, "action": {"say": "Tick."}}

    async def script(scheduler: EventScheduler) -> None:
        for _ in range(20):
            await asyncio.sleep(100)
            scheduler.set_trigger("tick", tick, enabled=None)

    floor = played(settings({**tick, "name": "tick"}), FakeFloor(), script, until=2500)
    assert len(floor.said) == 2


def test_a_client_that_asks_for_something_is_heard_at_once() -> None:
    async def script(scheduler: EventScheduler) -> None:
        scheduler.speak_up("Please say something.", "tab")

    floor = played(settings(), FakeFloor("Well then, good evening!"), script, until=30)
    assert floor.said == [(0.5, "Well then, good evening!")]
    assert "Please say something." in floor.prompts[0]


def test_the_plan_of_a_show_is_walked_through_and_a_break_is_kept() -> None:
    written = settings(
        {"kind": "interval", "interval_s": 60, "action": {"prompt": "Talk about {topic}."}},
        rundown={
            "segments": [
                {"name": "hello", "minutes": 3, "opening": "Open the show.", "topics": ["cats"]},
                {"name": "pause", "minutes": 5, "break": True},
                {
                    "name": "games",
                    "minutes": 3,
                    "topics": ["chess"],
                    "opening": "Play.",
                    "closing": "Say good night.",
                },
            ]
        },
    )

    async def script(scheduler: EventScheduler) -> None:
        await asyncio.sleep(9 * 60)
        scheduler.move_rundown("extend", 2)

    floor = played(written, FakeFloor(), script, until=20 * 60)
    times = [int(time // 60) for time, _ in floor.said]
    assert times[0] == 0
    assert not set(times) & {3, 4, 5, 6, 7} - {3}
    first, *_, last = [prompt.splitlines()[1] for prompt in floor.prompts[:9]]
    assert first == "Open the show."
    assert [line for line in floor.prompts if "cats" in line]
    assert [line for line in floor.prompts if "chess" in line]
    assert last
    closing = next(
        time for time, prompt in zip(times, floor.prompts, strict=True) if "Say good night." in prompt
    )
    assert closing == 13, "two minutes were added"


def test_what_happens_while_it_is_off_is_not_made_up_for_later() -> None:
    written = settings(
        {"kind": "event", "on": "raid", "late_s": 3600, "action": {"say": "Welcome!"}}, enabled=False
    )

    async def script(scheduler: EventScheduler) -> None:
        scheduler.happened(raid())
        await asyncio.sleep(30)
        scheduler.enable(on=True)
        await asyncio.sleep(30)
        scheduler.happened(raid(event_id="e2"))

    assert played(written, FakeFloor(), script, until=90).said == [(60.0, "Welcome!")]


def test_a_plan_is_not_begun_while_all_of_it_is_off() -> None:
    plan = {"segments": [{"name": "hello", "minutes": 3, "opening": "Open."}]}

    async def script(scheduler: EventScheduler) -> None:
        with pytest.raises(ProtocolError, match="switched off"):
            scheduler.move_rundown("start", 0)
        await asyncio.sleep(60)
        assert scheduler.summary().segment is None

    assert not played(settings(enabled=False, rundown=plan), FakeFloor(), script, until=90).said


def test_without_a_plan_nobody_can_go_about_in_it() -> None:
    async def script(scheduler: EventScheduler) -> None:
        with pytest.raises(ProtocolError, match="No run-down"):
            scheduler.move_rundown("skip", 0)

    played(settings(), FakeFloor(), script, until=1)


def test_the_mood_is_shown_and_moves_with_what_happens() -> None:
    moods: list[str] = []

    async def script(scheduler: EventScheduler) -> None:
        moods.append(scheduler.mood().name)
        for number in range(6):
            scheduler.happened(raid(200, event_id=f"r{number}"))
        moods.append(scheduler.mood().name)
        await asyncio.sleep(3 * HOUR)
        moods.append(scheduler.mood().name)

    played(settings(), FakeFloor(), script, until=4 * HOUR)
    assert moods == ["content", "excited", "content"]


def test_the_same_seed_gives_the_same_show() -> None:
    written = settings(
        {"kind": "idle", "after_s": 30, "action": TALK},
        {"kind": "random", "mean_s": 40, "action": {"motion": "any"}},
        {
            "kind": "interval",
            "interval_s": 90,
            "jitter_s": 40,
            "action": {"say": ["One.", "Two is more.", "Three!"]},
        },
    )
    shows = [played(written, FakeFloor(), until=HOUR) for _ in range(2)]
    assert shows[0].said == shows[1].said
    assert shows[0].own_body.moved == shows[1].own_body.moved
    assert len(shows[0].said) > 50


@given(
    st.lists(
        st.tuples(
            st.floats(0.1, 60), st.sampled_from(["chat", "raid", "turn", "off", "on", "viewers", "fire"])
        ),
        max_size=25,
    )
)
@hypothesis_settings(max_examples=60, deadline=None)
def test_whatever_happens_it_lives_on_and_at_most_one_thing_of_a_trigger_waits(
    happenings: list[tuple[float, str]],
) -> None:
    written = settings(
        {"kind": "interval", "interval_s": 7, "action": {"say": "Tick."}},
        {"kind": "idle", "after_s": 5, "action": TALK},
        {"kind": "event", "on": "raid", "action": {"say": "Welcome."}},
        {"kind": "chat", "rate_below_per_min": 2, "action": {"say": "Hello?"}},
    )

    async def script(scheduler: EventScheduler) -> None:
        for number, (pause, what) in enumerate(happenings):
            await asyncio.sleep(pause)
            match what:
                case "chat":
                    scheduler.happened(fakes.chat_message(f"m{number}", "hi?"))
                case "raid":
                    scheduler.happened(raid(event_id=f"r{number}"))
                case "turn":
                    stimulus = Stimulus(text="x", source="chat", author="a")
                    scheduler.turn_began(stimulus)
                    floor.is_closed = True
                    await asyncio.sleep(pause)
                    floor.is_closed = False
                    scheduler.turn_ended(stimulus, "An answer.")
                case "viewers":
                    scheduler.happened(StreamFacts(channel="c", viewers=number))
                case "fire":
                    scheduler.fire("interval")
                case _:
                    scheduler.enable(on=what == "on")
            assert len(scheduler._speaker._wants) <= 4
        scheduler.enable(on=True)
        floor.said.clear()
        await asyncio.sleep(60)
        assert floor.said

    floor = FakeFloor()
    run_virtual(_lived(written, floor, script))
    assert all(end <= begin for (_, end), (begin, _) in pairwise(floor.quiet_from))


async def _lived(
    written: AutonomousSettings, floor: FakeFloor, script: Callable[[EventScheduler], Awaitable[None]]
) -> None:
    async with on_floor(written, floor) as scheduler:
        await script(scheduler)


def test_the_triggers_of_a_file_that_was_edited_count_and_one_that_is_the_same_goes_on() -> None:
    def tick(name: str, seconds: int) -> dict[str, object]:
        return {"name": name, "kind": "interval", "interval_s": seconds, "action": {"say": name.upper()}}

    async def script(scheduler: EventScheduler) -> None:
        scheduler.set_trigger(
            "mine", {"kind": "interval", "interval_s": 500, "action": {"say": "M"}}, enabled=None
        )
        scheduler.set_trigger("changed", None, enabled=False)
        await asyncio.sleep(90)
        scheduler.configure([tick("same", 100), tick("changed", 95), tick("new", 1_000)])
        names = {each.name: each for each in scheduler.describe().triggers}
        assert set(names) == {"same", "changed", "new", "mine"}
        assert names["changed"].enabled, "the file was changed last"
        assert names["changed"].settings["interval_s"] == 95.0

    written = settings(triggers=[tick("same", 100), tick("changed", 60), tick("gone", 95)])
    floor = played(written, FakeFloor(), script, until=105)
    assert [text for _, text in floor.said] == ["SAME"], "its hundred seconds were not begun anew"


@pytest.mark.parametrize(
    ("back", "expected"),
    [
        (timedelta(hours=1), 0),  # up to the hour that it knows already
        (timedelta(days=365), 5),  # the clock was wrong, and is right now
    ],
)
def test_a_clock_that_is_set_back_repeats_nothing_unless_it_was_wrong(back: timedelta, expected: int) -> None:
    line = {"kind": "cron", "cron": "*/10 * * * *", "action": {"say": "Ten minutes."}}
    set_back = timedelta()

    async def main() -> int:
        nonlocal set_back
        floor = FakeFloor()
        scheduler = EventScheduler(
            settings(line), wall=lambda: EVENING + timedelta(seconds=now()) - set_back, seed=1
        )
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(floor.run(scheduler)), group.create_task(scheduler.run(floor))]
            await asyncio.sleep(15 * 60)
            said = len(floor.said)
            assert said
            set_back = back
            await asyncio.sleep(50 * 60)
            for task in tasks:
                task.cancel()
        return len(floor.said) - said

    assert run_virtual(main()) == expected
