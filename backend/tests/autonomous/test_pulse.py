"""How chat is doing: rate, mood, keywords, and the question that nobody answered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.autonomous.pulse import WINDOW, ChatPulse, is_question, sentiment


def pulse(*lines: tuple[float, str]) -> ChatPulse:
    made = ChatPulse()
    for number, (at, text) in enumerate(lines):
        made.take_in(f"m{number}", text, at)
    return made


def test_the_rate_is_that_of_the_last_minute() -> None:
    chat = pulse(*((float(second), "hi") for second in range(0, 120, 10)))
    assert chat.rate(110) == 6
    assert chat.rate(150) == 2
    assert chat.rate(300) == 0


@given(st.lists(st.floats(0, 200), max_size=30), st.floats(0.5, 20), st.floats(0, 100))
def test_it_falls_below_a_rate_exactly_when_it_says(times: list[float], rate: float, after: float) -> None:
    chat = pulse(*((time, "hi") for time in sorted(times)))
    now = max(times, default=0.0) + after
    when = chat.falls_below(rate, now)
    assert chat.rate(when) < rate
    if when > now:
        assert chat.rate(when - 0.001) >= rate


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("I love this, so cute", 1),
        ("this is boring trash", -1),
        ("not boring at all", 1),
        ("never great", -1),
        ("the map is north of here", 0),
        ("POG", 1),
        ("ResidentSleeper", -1),
        ("L\u043eve", 1),
    ],
)
def test_the_sentiment_is_that_of_the_words(text: str, kind: int) -> None:
    assert sentiment(text) * kind > 0 if kind else sentiment(text) == 0


@given(st.text())
def test_the_sentiment_of_any_text_stays_in_its_bounds(text: str) -> None:
    assert -1 <= sentiment(text) <= 1


def test_the_mood_is_that_of_those_who_say_something_about_it() -> None:
    chat = pulse((0, "hello"), (1, "I love it"), (2, "love"), (3, "boring"))
    assert chat.mood(4) == pytest.approx(1 / 3)
    assert chat.mood(4 + WINDOW) == 0


def test_keywords_count_messages_and_not_words() -> None:
    chat = pulse((0, "Clip it CLIP"), (5, "clip that"), (6, "no"))
    assert chat.mentions(("clip",), 30, 10) == 2
    assert chat.mentions(("clip",), 6, 10) == 1


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("what game is this?", True),
        ("how long have you been live", True),
        ("what a game", False),
        ("?!?", False),
        ("hello", False),
        ("wie alt bist du?", True),
    ],
)
def test_a_question_is_known_by_its_mark_or_its_first_word(text: str, asks: bool) -> None:
    assert is_question(text) is asks


def test_the_first_question_waits_until_it_is_answered() -> None:
    chat = pulse((0, "what game is this?"), (5, "who are you?"))
    assert chat.question() == (0, "what game is this?")
    chat.answered("m1")
    assert chat.question() is not None
    chat.answered("m0")
    assert chat.question() is None
