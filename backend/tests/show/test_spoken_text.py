"""What the voice says of a sentence that is shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.show.spoken_text import SpokenText


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ("Hello there.", "Hello there."),
        ("*waves* Hello.", "Hello."),
        ("I **really** mean it.", "I really mean it."),
        ("Well (laughs), fine.", "Well, fine."),
        ("A (b (c) d) e [f] <g> h.", "A e h."),
        ("Nice（笑）!", "Nice!"),
        ("Love it 🎉!", "Love it!"),
        ("2 + 2 = 4, that is 3 * 3 - 5 and 5 $.", "2 + 2 = 4, that is 3 * 3 - 5 and 5 $."),
        ("a < b and c > d", "a < b and c > d"),
        ("an (open one", "an (open one"),
        ("(sighs)", ""),
        ("नमस्ते", "नमस्ते"),
    ],
)
def test_asides_are_shown_and_not_spoken(shown: str, said: str) -> None:
    assert SpokenText()(shown) == said


@given(st.text())
def test_with_everything_switched_off_a_text_stays_as_it_is(text: str) -> None:
    off = SpokenText(brackets=False, parentheses=False, asterisks=False, angle_brackets=False, special=False)
    assert off(text) == text


@given(st.text(alphabet="ab ()[]<>*", max_size=60))
def test_nothing_is_spoken_that_is_not_shown(text: str) -> None:
    said = SpokenText()(text)
    letters = iter(text)
    assert all(letter in letters for letter in said.replace(" ", ""))


@pytest.mark.parametrize("text", ["(" * 5_000, "*a" * 5_000, "(" * 2_500 + ")" * 2_500])
@pytest.mark.timeout(5)
def test_a_text_of_brackets_takes_no_time(text: str) -> None:
    SpokenText()(text[:2_000])
