"""What Hume hears in a voice becomes a face of ours."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from open_llm_vtuber.agent.prosody import EMOTIONS, WEAKEST, felt
from open_llm_vtuber.show.emotions import emotion_of

HUMES = """Admiration, Adoration, Aesthetic Appreciation, Amusement, Anger, Anxiety, Awe, Awkwardness, Boredom, Calmness,
    Concentration, Confusion, Contemplation, Contempt, Contentment, Craving, Desire, Determination, Disappointment,
    Disgust, Distress, Doubt, Ecstasy, Embarrassment, Empathic Pain, Entrancement, Envy, Excitement, Fear, Guilt, Horror,
    Interest, Joy, Love, Nostalgia, Pain, Pride, Realization, Relief, Romance, Sadness, Satisfaction, Shame,
    Surprise (negative), Surprise (positive), Sympathy, Tiredness, Triumph"""


def test_each_of_humes_48_emotions_has_its_place() -> None:
    named = [" ".join(name.split()) for name in HUMES.split(",")]
    assert len(named) == 48
    assert sorted(EMOTIONS) == sorted(named)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ({}, ()),
        ({"Joy": 0.05, "Anger": 0.09}, ()),
        ({"Joy": 0.3, "Excitement": 0.5, "Sadness": 0.4}, ("joy", "sadness")),
        ({"Calmness": 0.5, "Surprise (positive)": 0.2}, ("neutral", "surprise")),
        ({"A New Emotion": 0.9, "Contempt": 0.2}, ("disgust",)),
    ],
)
def test_the_strongest_comes_first_and_noise_is_nothing(
    scores: dict[str, float], expected: tuple[str, ...]
) -> None:
    assert felt(scores) == expected


def test_avatars_know_the_names_from_the_words_too() -> None:
    assert {emotion_of(word) for word in ("happy", "sad", "angry", "ew", "scared", "wow")} - {None} <= {
        *EMOTIONS.values()
    }


@settings(deadline=None)  # a busy machine is no fault
@given(st.dictionaries(st.sampled_from(sorted(EMOTIONS)), st.floats(0, 1)))
def test_nothing_is_felt_twice_or_weakly(scores: dict[str, float]) -> None:
    found = felt(scores)
    assert len(set(found)) == len(found)
    for emotion in found:
        assert max(score for name, score in scores.items() if EMOTIONS[name] == emotion) >= WEAKEST
