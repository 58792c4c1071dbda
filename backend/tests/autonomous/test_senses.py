"""What she notices, and what it does to her."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import fakes
from fake_floor import EVENING
from open_llm_vtuber.autonomous.moments import Now
from open_llm_vtuber.autonomous.personality import MoodSettings, Personality, Traits
from open_llm_vtuber.autonomous.senses import Senses, facts_of
from open_llm_vtuber.stimulus import ChannelEvent, ChannelStatus, ChatRemoval, Stimulus, StreamFacts


def at(seconds: float) -> Now:
    return Now(seconds, EVENING + timedelta(seconds=seconds))


def senses() -> Senses:
    return Senses(Personality(Traits(), MoodSettings(), 0.0), ZoneInfo("Europe/Berlin"), at(0))


def event(**named: object) -> ChannelEvent:
    usual = {"id": "e", "platform": "twitch", "channel": "c", "kind": "raid", **named}
    return ChannelEvent(**usual)  # type: ignore[arg-type] # the test's own business


def test_chat_breaks_the_silence_and_its_words_move_her() -> None:
    hers = senses()
    hers.hear(fakes.chat_message("1", "I love you, so cute"), at(5))
    assert hers.scene.chat_at == 5
    kind = hers.personality.mood(5).valence
    hers.hear(fakes.chat_message("2", "boring trash"), at(5))
    assert hers.personality.mood(5).valence < kind


def test_her_own_speech_counts_from_its_end_and_only_if_it_was_heard() -> None:
    hers, answer = senses(), Stimulus(text="x", source="chat", author="Ana", message_id="1")
    hers.hear(fakes.chat_message("1", "what is this?"), at(1))
    hers.began()
    assert hers.scene.speaks
    hers.ended(answer, "", at(9))
    assert (hers.scene.speaks, hers.scene.speech_at) == (False, 0)
    assert hers.scene.pulse.question() is None
    hers.ended(answer, "Hello.", at(9))
    assert hers.scene.speech_at == 9


def test_events_tell_whether_the_stream_is_live() -> None:
    hers = senses()
    live = [hers.scene.is_live]
    hers.hear(event(kind="stream-online"), at(1))
    live.append(hers.scene.is_live)
    hers.hear(StreamFacts(channel="c", is_live=False), at(2))
    live.append(hers.scene.is_live)
    assert live == [None, True, False]
    hers.hear(ChannelStatus(channel="c", state="connected"), at(3))
    hers.hear(ChatRemoval(platform="twitch", channel="c"), at(3))


def test_what_is_known_of_the_stream_is_one_bounded_line_each() -> None:
    hers = senses()
    hers.hear(StreamFacts(channel="c", title="A\nlong " + "x" * 500, category="Chess", viewers=12), at(0))
    facts = hers.facts(at(0), "Mika", "hello")
    assert facts["title"].startswith("A long xxx")
    assert len(facts["title"]) == 200
    assert (facts["category"], facts["viewers"], facts["character"], facts["segment"]) == (
        "Chess",
        "12",
        "Mika",
        "hello",
    )
    assert facts["time"] == "19:00", "in her time zone"
    assert facts["mood"] == "neutral"


def test_what_an_event_says_is_bounded_and_an_anonymous_one_is_somebody() -> None:
    facts = facts_of(event(display_name="An\na" + "x" * 100, amount=5, message="hi\n" + "y" * 500))
    assert len(facts["username"]) == 40
    assert "\n" not in facts["username"] + facts["message"]
    assert len(facts["message"]) == 200
    assert facts_of(event())["username"] == "somebody"


def test_her_mood_sets_the_pace() -> None:
    hers = senses()
    hers.refresh(at(0))
    calm = (hers.scene.pace, hers.scene.liveliness)
    for number in range(5):
        hers.hear(event(id=str(number), amount=500), at(1))
    hers.refresh(at(1))
    assert hers.scene.pace < calm[0]
    assert hers.scene.liveliness < calm[1]
