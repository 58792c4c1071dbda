"""Has she said that lately?"""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.autonomous.content_generator import without_tags
from open_llm_vtuber.autonomous.repetition import REMEMBERED, RecentLines, groups, similarity
from open_llm_vtuber.autonomous.written_lines import LINES


@pytest.mark.parametrize(
    ("said", "again"),
    [
        ("I love rainy days!", "I LOVE rainy days..."),
        ("I love rainy days!", "Well, I love rainy days, you know."),
        ("Did you see that huge dragon over there?", "Did you see the huge dragon there?"),
        ("Héllo my friends, welcome back", "Hello my friends, welcome back"),
    ],
)
def test_another_spelling_or_frame_is_a_repeat(said: str, again: str) -> None:
    recent = RecentLines()
    recent.add(said)
    assert recent.is_repeat(again)


@pytest.mark.parametrize(
    "other", ["The weather in Oslo is splendid.", "Dragons eat at eight.", "Do you like sunny mornings?"]
)
def test_something_else_is_none(other: str) -> None:
    recent = RecentLines()
    recent.add("I love rainy days!")
    assert not recent.is_repeat(other)


def test_only_the_last_lines_count() -> None:
    recent = RecentLines(remembered=2)
    for line in ("The first line of all", "Something in between", "And the newest thing"):
        recent.add(line)
    assert not recent.is_repeat("The first line of all")
    assert recent.lines == ("Something in between", "And the newest thing")


@given(st.text(max_size=50), st.text(max_size=50))
def test_similarity_is_a_share_and_the_same_from_both_sides(first: str, second: str) -> None:
    one, other = groups(first), groups(second)
    assert 0 <= similarity(one, other) <= 1
    assert similarity(one, other) == similarity(other, one)
    assert similarity(one, one) == 1


def test_the_written_lines_are_more_than_are_remembered_and_none_is_near_another() -> None:
    assert len(LINES) > REMEMBERED
    plain = [groups(without_tags(line)) for line in LINES]
    assert max(similarity(one, other) for one, other in combinations(plain, 2)) < 0.35
