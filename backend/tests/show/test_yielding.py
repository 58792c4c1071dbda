"""Where a sentence may end before its end, and what was heard of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.show.yielding import INTO_THE_PAUSE, PAUSE, SILENT, clause_end, heard_part

SLICE = 0.02
SPOKEN = [0.0] * 10 + [0.8] * 40 + [0.02] * 12 + [0.6] * 40 + [0.0] * 4 + [0.9] * 20 + [0.0] * 30
"""Silence, a clause, a pause, a clause with the closure of a consonant in it, silence."""


@pytest.mark.parametrize(
    ("position", "end"),
    [
        (0.0, 1.0 + INTO_THE_PAUSE),
        (0.9, 1.0 + INTO_THE_PAUSE),
        (1.04, 1.04 + INTO_THE_PAUSE),
        (1.2, None),
        (2.5, None),
    ],
)
def test_a_clause_ends_at_the_next_pause_and_only_there(position: float, end: float | None) -> None:
    found = clause_end(SPOKEN, SLICE, position)
    assert found == (None if end is None else pytest.approx(end))


@given(st.lists(st.sampled_from((0.0, 0.05, 0.3, 1.0)), max_size=300), st.floats(0, 6))
def test_she_never_stops_in_the_middle_of_a_sound(volumes: list[float], position: float) -> None:
    end = clause_end(volumes, SLICE, position)
    if end is not None:
        first = round((end - INTO_THE_PAUSE) / SLICE)
        pause = volumes[first : first + round(PAUSE / SLICE)]
        assert len(pause) == round(PAUSE / SLICE)
        assert max(pause) <= SILENT
        assert end > position - SLICE
        assert max(volumes[:first]) > SILENT
        assert max(volumes[first:]) > SILENT, "behind it there is something that is not said"


@pytest.mark.parametrize(
    ("share", "heard"),
    [
        (1.0, "Well, I like cats, and you know it."),
        (0.55, "Well, I like cats,"),
        (0.45, "Well, I like cats,"),
        (0.75, "Well, I like cats, and you"),
        (0.0, ""),
    ],
)
def test_what_was_heard_ends_at_the_comma_that_is_near_or_at_a_word(share: float, heard: str) -> None:
    assert heard_part("Well, I like cats, and you know it.", share) == heard


@given(st.text(alphabet="ab ,.!\u3001", max_size=60), st.floats(0, 1), st.floats(0, 1))
def test_what_was_heard_is_a_beginning_and_later_there_is_not_less_of_it(
    text: str, one: float, other: float
) -> None:
    short, long = (heard_part(text, share) for share in sorted((one, other)))
    assert text.startswith(short)
    assert text.startswith(long)
    assert len(long) >= len(short) - len(text) * 0.3, "but for where a comma draws it"
