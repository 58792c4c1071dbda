"""Words tell an emotion where the model does not."""

import pytest

from open_llm_vtuber.show.emotions import emotion_of


@pytest.mark.parametrize(
    ("text", "emotion"),
    [
        ("Hello! I'm so glad you're here!", "joy"),
        ("I'm sorry for your loss.", "sadness"),
        ("Whoa, really?!", "surprise"),
        ("Eww, that is gross.", "disgust"),
        ("That spooky ghost scares me!", "fear"),
        ("I'm so angry, this is unfair.", "anger"),
        ("Just kidding, hehe.", "smirk"),
        ("The table has four legs.", None),
        ("I am not happy.", None),
        ("", None),
        ("I don’t love it.", None),
    ],
)
def test_most_words_decide(text: str, emotion: str | None) -> None:
    assert emotion_of(text) == emotion


def test_of_equals_the_first_counts() -> None:
    assert emotion_of("sad but happy") == "sadness"
