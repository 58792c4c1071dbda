"""One line at a time, and never before a viewer's answer."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from fake_floor import EVENING, FakeFloor, now
from open_llm_vtuber.autonomous.content_generator import Content, ContentGenerator
from open_llm_vtuber.autonomous.moments import Now
from open_llm_vtuber.autonomous.personality import MoodSettings, Personality, Traits
from open_llm_vtuber.autonomous.speaker import Speaker
from open_llm_vtuber.autonomous.topics import Topics
from open_llm_vtuber.autonomous.wants import IDLE, Want
from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.stimulus import Stimulus
from virtual_time import run_virtual

VIEWER = Stimulus(text="hi", source="chat", author="Ana")


class Stage(FakeFloor):
    """Keeps what it is told to say."""

    def __init__(self, *lines: str | Exception, writes_for: float = 1.0) -> None:
        super().__init__(*lines, writes_for=writes_for)
        self.handed: list[Stimulus] = []
        self.is_full = False

    def say(self, stimulus: Stimulus) -> None:
        if self.is_full:
            raise ProtocolError("Too much is waiting already.", code="busy")
        self.handed.append(stimulus)


class Case:
    """A speaker, its floor, and what it told."""

    def __init__(self, floor: Stage) -> None:
        self.floor = floor
        self.told: list[tuple[str, str, str]] = []
        self.forbidden: str | None = None
        generator = ContentGenerator(
            Personality(Traits(), MoodSettings(), 0.0), topics=Topics(()), draw=lambda: 0.0
        )
        self.speaker = Speaker(
            generator,
            clock=lambda: Now(now(), EVENING + timedelta(seconds=now())),
            objection=lambda _: self.forbidden,
            facts=dict,
            told=self._note,
        )

    def _note(self, want: Want, outcome: str, reason: str, content: Content | None, stimulus: str) -> None:
        del content, stimulus
        self.told.append((want.name, outcome, reason))

    def want(self, name: str = "talk", late_s: float = 60.0) -> None:
        self.speaker.want(Want(name=name, rank=IDLE, since=now(), prompt="Talk.", late_s=late_s))


def played(floor: Stage, script: Callable[[Case, asyncio.TaskGroup], Awaitable[None]]) -> Case:
    async def main() -> Case:
        case = Case(floor)
        async with asyncio.TaskGroup() as group:
            await script(case, group)
        return case

    return run_virtual(main())


def test_a_line_is_written_and_handed_over() -> None:
    async def script(case: Case, group: asyncio.TaskGroup) -> None:
        case.want()
        case.want("more")
        case.speaker.look(case.floor, group)
        case.speaker.look(case.floor, group)
        await asyncio.sleep(5)
        assert len(case.floor.prompts) == 1, "one at a time"

    case = played(Stage("A fine line."), script)
    (said,) = case.floor.handed
    assert (said.text, said.source, said.priority, said.verbatim) == ("A fine line.", "unasked", 0, True)
    assert case.told == [("talk", "said", "")]


def test_somebody_elses_turn_stops_the_writing_even_before_its_first_step() -> None:
    async def script(case: Case, group: asyncio.TaskGroup) -> None:
        for pause in (0.0, 0.5):
            case.want()
            case.speaker.look(case.floor, group)
            await asyncio.sleep(pause)
            case.speaker.began(VIEWER)
            await asyncio.sleep(3)
            assert not case.floor.handed
            assert "talk" in case.speaker._wants
        case.speaker.look(case.floor, group)
        await asyncio.sleep(3)

    assert played(Stage("Later.", "Later still."), script).told == [("talk", "said", "")]


def test_her_own_turn_stops_nothing() -> None:
    async def script(case: Case, group: asyncio.TaskGroup) -> None:
        case.want("first")
        case.speaker.look(case.floor, group)
        await asyncio.sleep(2)
        case.want("second")
        case.speaker.look(case.floor, group)
        case.speaker.began(case.floor.handed[0])
        await asyncio.sleep(2)

    assert [name for name, *_ in played(Stage("One thing.", "Quite another."), script).told] == [
        "first",
        "second",
    ]


def test_a_line_that_gave_way_before_its_first_word_comes_again_and_nobody_writes_it_twice() -> None:
    async def script(case: Case, group: asyncio.TaskGroup) -> None:
        case.want()
        case.speaker.look(case.floor, group)
        await asyncio.sleep(2)
        case.speaker.ended(case.floor.handed[0], "", gave_way=True)
        case.speaker.look(case.floor, group)
        await asyncio.sleep(0)
        case.speaker.ended(case.floor.handed[1], "A fine", gave_way=True)
        case.speaker.look(case.floor, group)
        await asyncio.sleep(2)

    case = played(Stage("A fine line."), script)
    assert [stimulus.text for stimulus in case.floor.handed] == ["A fine line."] * 2
    assert len(case.floor.prompts) == 1


def test_what_is_forbidden_by_then_is_not_said() -> None:
    async def script(case: Case, group: asyncio.TaskGroup) -> None:
        case.want()
        case.speaker.look(case.floor, group)
        case.forbidden = "quiet-hours"
        await asyncio.sleep(2)

    case = played(Stage("A line."), script)
    assert (case.floor.handed, case.told) == ([], [("talk", "dropped", "quiet-hours")])


def test_a_full_inbox_is_a_reason_and_no_crash() -> None:
    floor = Stage("A line.")
    floor.is_full = True

    async def script(case: Case, group: asyncio.TaskGroup) -> None:
        case.want()
        case.speaker.look(case.floor, group)
        await asyncio.sleep(2)

    assert played(floor, script).told == [("talk", "dropped", "Too much is waiting already.")]


def test_what_comes_too_late_or_is_taken_back_is_never_said() -> None:
    async def script(case: Case, group: asyncio.TaskGroup) -> None:
        case.floor.is_closed = True
        case.want("late", late_s=1.0)
        case.want("taken-back")
        await asyncio.sleep(2)
        case.speaker.forget("taken-back")
        case.floor.is_closed = False
        case.speaker.look(case.floor, group)
        case.want("being-written")
        case.speaker.look(case.floor, group)
        case.speaker.forget("being-written")
        case.want("all")
        case.speaker.look(case.floor, group)
        case.speaker.forget_all()
        await asyncio.sleep(5)

    case = played(Stage("A line."), script)
    assert (case.floor.handed, case.told) == ([], [("late", "dropped", "too late")])
