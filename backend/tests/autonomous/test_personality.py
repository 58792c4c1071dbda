"""Her mood: moved by what happens, never past its ends, and back at rest in the end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.autonomous.personality import Happening, MoodSettings, Personality, Traits

HAPPENINGS: tuple[Happening, ...] = (
    "follow",
    "subscribe",
    "gift",
    "cheer",
    "raid",
    "hostile-word",
    "kind-word",
    "blocked",
    "chat-rush",
    "spoken",
    "ad-break",
    "stream-offline",
    "other",
)


def person(**traits: float) -> Personality:
    return Personality(Traits(**traits), MoodSettings(), 0.0)


@given(
    st.lists(st.tuples(st.sampled_from(HAPPENINGS), st.floats(0, 600), st.integers(-5, 10_000)), max_size=60)
)
def test_a_mood_stays_in_its_bounds_and_comes_back_to_rest(story: list[tuple[Happening, float, int]]) -> None:
    her, now = person(), 0.0
    for happening, pause, amount in story:
        now += pause
        mood = her.feel(happening, now, amount)
        assert -1 <= mood.valence <= 1
        assert -1 <= mood.arousal <= 1
        assert 0.5 <= her.pace(now) <= 1
        assert 0.5 <= her.liveliness(now) <= 1
        assert 1 <= her.sentences(now) <= 4
    rested = her.mood(now + 24 * 3600)
    assert rested.valence == pytest.approx(0.2)
    assert rested.arousal == pytest.approx(0.0)


@given(st.lists(st.tuples(st.sampled_from(HAPPENINGS), st.floats(0, 600)), max_size=30))
def test_the_same_story_makes_the_same_mood(story: list[tuple[Happening, float]]) -> None:
    moods = []
    for _ in range(2):
        her, now = person(), 0.0
        for happening, pause in story:
            now += pause
            her.feel(happening, now)
        moods.append(her.mood(now + 10))
    assert moods[0] == moods[1]


def test_half_of_it_is_gone_after_its_half_life() -> None:
    her = person()
    moved = her.feel("raid", 0.0, 100)
    later = her.mood(300.0)
    assert later.arousal == pytest.approx(moved.arousal / 2)


def test_traits_shape_how_she_takes_things() -> None:
    assert person(warmth=1.0).feel("kind-word", 0).valence > person(warmth=0.0).feel("kind-word", 0).valence
    assert person(composure=1.0).feel("raid", 0).arousal < person(composure=0.0).feel("raid", 0).arousal
    assert person(talkativeness=1.0).pace(0) < person(talkativeness=0.0).pace(0)
    assert person(playfulness=1.0).liveliness(0) < person(playfulness=0.0).liveliness(0)
    assert person(talkativeness=1.0).sentences(0) > person(talkativeness=0.0).sentences(0)


def test_a_crowd_moves_her_more_than_one_and_ten_thousand_not_ten_thousand_times_more() -> None:
    one, many = person().feel("raid", 0, 1), person().feel("raid", 0, 10_000)
    assert one.arousal < many.arousal <= 1


def test_moods_have_names_and_faces() -> None:
    her = person()
    assert her.mood(0).name == "content"
    assert her.face(0) == "neutral"
    for _ in range(6):
        her.feel("raid", 1.0, 100)
    assert (her.mood(1).name, her.face(1)) == ("excited", "joy")
    for _ in range(60):
        her.feel("hostile-word", 2.0)
    assert her.mood(2).valence < 0
    assert her.face(2) in ("anger", "sadness")


def test_her_manner_says_tone_traits_and_mood() -> None:
    manner = person(playfulness=0.9, warmth=0.1, curiosity=0.9).manner(0)
    for word in ("casual", "playful", "aloof", "curious", "content"):
        assert word in manner


def test_a_gesture_fits_the_mood() -> None:
    motions = {"Idle": 2, "Wave": 1, "Nod": 2}
    her = person()
    assert her.gesture(motions, 0, 0.0) == ("Nod", 0)
    assert her.gesture(motions, 0, 0.999) == ("Wave", 0)
    her.feel("stream-offline", 1.0)
    sleepy = her.gesture(motions, 1.0, 0.5)
    assert sleepy is not None
    assert sleepy[0] == "Idle"
    assert her.gesture({}, 0, 0.5) is None
    assert her.gesture({"Wave": 1}, 1.0, 0.5) == ("Wave", 0), "better a lively one than none"
