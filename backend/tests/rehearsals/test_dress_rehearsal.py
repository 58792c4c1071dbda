"""Whole shows with simulated viewers, on virtual time."""

import pytest

import fakes
from fake_floor import settings, virtual_wall
from fakes import FakeVoice
from open_llm_vtuber.adapters.orphiq_adapter import OrphiqAdapter
from open_llm_vtuber.agent.agents.basic_memory_agent import BasicMemoryAgent
from open_llm_vtuber.autonomous.scheduler import EventScheduler
from open_llm_vtuber.autonomous.settings import AutonomousSettings
from open_llm_vtuber.llm.scripted import ScriptedLLM
from open_llm_vtuber.rehearsals import dress_rehearsal
from open_llm_vtuber.rehearsals.show_report import Said, ShowReport
from open_llm_vtuber.rehearsals.simulated_viewers import PROFILES, happenings
from open_llm_vtuber.show.show import Show
from open_llm_vtuber.shows import LocalShows
from virtual_time import run_virtual


def rehearsed(profile: str, minutes: float = 8, written: AutonomousSettings | None = None) -> ShowReport:
    report = ShowReport(profile, 1)
    told: list[Said] = []

    async def main() -> None:
        def build(name: str) -> Show:
            llm = ScriptedLLM(ScriptedLLM.Options())
            autonomy = EventScheduler(written or AutonomousSettings(enabled=True), wall=virtual_wall, seed=1)
            return fakes.show(
                OrphiqAdapter(BasicMemoryAgent(llm, "You are Mika.", ())),
                FakeVoice(1.5),
                name=name,
                shared=True,
                autonomy=autonomy,
            )

        async with LocalShows(build, ["main"]) as shows:
            script = happenings(profile, 1, minutes)
            await dress_rehearsal.play(shows, script, report, minutes * 60, told.append)

    run_virtual(main())
    assert told == report.said
    return report


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_the_same_show_has_the_same_report(profile: str) -> None:
    texts = [rehearsed(profile).as_text(dress_rehearsal.is_repeat) for _ in range(2)]
    assert texts[0] == texts[1]


def test_into_a_dead_chat_she_opens_talks_moves_and_greets_the_first_viewer() -> None:
    report = rehearsed("dead-chat")
    assert report.said[0].at < 2
    assert report.said[0].why == "event stream-online"
    assert report.said[1].why.startswith("trigger silence")
    assert report.longest_silence < 46
    assert report.repeats(dress_rehearsal.is_repeat) == 0
    first = next(each for each in report.said if each.waited is not None)
    assert "is anybody here?" in first.why
    assert first.waited is not None
    assert first.waited < 6
    assert report.faces > 0


def test_every_line_of_a_viewer_has_one_fate() -> None:
    for profile in ("steady", "raid", "hate-raid"):
        report = rehearsed(profile)
        assert report.messages > 20
        assert 0 <= report.messages - report.fates.total() <= 12, "a few may wait when the show ends"
        answers = sum(each.waited is not None for each in report.said)
        assert answers <= report.fates["answered"] <= answers + 1, "the last one may still be heard"


def test_a_show_without_a_will_of_its_own_says_nothing_unasked() -> None:
    report = rehearsed("dead-chat", written=settings(enabled=False))
    assert not [each for each in report.said if each.why.startswith("trigger")]
    assert report.longest_silence > 100
