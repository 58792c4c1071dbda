"""Walking through the plan of a show."""

import pytest

from open_llm_vtuber.autonomous.content_generator import ContentGenerator
from open_llm_vtuber.autonomous.personality import MoodSettings, Personality, Traits
from open_llm_vtuber.autonomous.rundown import Rundown
from open_llm_vtuber.autonomous.topics import Topics
from open_llm_vtuber.autonomous.walk import Move, Walk
from open_llm_vtuber.autonomous.wants import Want
from open_llm_vtuber.errors import ProtocolError

SEGMENTS = [
    {"name": "hello", "minutes": 5, "opening": "Open.", "topics": ["cats"]},
    {"name": "free", "minutes": 5, "closing": "Close."},
]


def walk(*, autostart: bool = True) -> tuple[Walk, ContentGenerator, list[Want]]:
    generator = ContentGenerator(
        Personality(Traits(), MoodSettings(), 0.0), topics=Topics(["usual"]), draw=lambda: 0.0
    )
    wanted: list[Want] = []
    rundown = Rundown.model_validate({"segments": SEGMENTS, "autostart": autostart})
    return Walk(rundown, generator, 3600, wanted.append), generator, wanted


def test_the_segment_gives_the_topics_and_what_it_wants_said_is_wanted() -> None:
    walks, generator, wanted = walk()
    walks.begin(0)
    assert [want.prompt for want in wanted] == ["Open."]
    assert generator.topics.rested(0) == ["cats"]
    walks.advance(299)
    walks.advance(300)
    assert generator.topics.rested(300) == ["usual"]
    walks.advance(600)
    assert [want.prompt for want in wanted] == ["Open.", "Close."]
    assert walks.segment is None
    assert walks.ends is None


def test_an_operator_goes_about_in_it_once_it_runs() -> None:
    walks, _, wanted = walk(autostart=False)
    walks.begin(0)
    with pytest.raises(ProtocolError):
        walks.move("skip", 0, 0)
    moves: tuple[Move, ...] = ("start", "extend", "skip", "back", "stop")
    for move in moves:
        walks.move(move, 1, 10)
    assert [want.prompt for want in wanted] == ["Open.", "Open."]
    assert walks.segment is None


def test_a_topic_that_rests_in_a_segment_goes_on_resting() -> None:
    walks, generator, _ = walk()
    walks.begin(0)
    assert generator.topics.take(1, 0) == "cats"
    walks.advance(100)
    assert generator.topics.rested(100) == []
