"""Cue sheets: which one an event plays, and that a viewer's words are only ever words in it."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from open_llm_vtuber.chat.cue_sheets import DEFAULTS, CueSheets, claims, fill, text_of
from open_llm_vtuber.event_kinds import EventKind
from open_llm_vtuber.settings.chat import CueSheet, EventName, ExpressionStep, MotionStep, read_sheets

SHEETS: TypeAdapter[dict[str, CueSheet]] = TypeAdapter(dict[str, CueSheet])


def sheets(given_sheets: object) -> CueSheets:
    return CueSheets(SHEETS.validate_python(read_sheets(given_sheets)))


def said(found: CueSheets, kind: str, amount: int = 0, reward: str = "") -> str:
    return text_of(found.for_event(kind, amount, reward).steps, {})[0]


def test_a_plain_list_is_a_sheet_with_a_name() -> None:
    found = sheets({"hello": [{"motion": ["Wave", 0]}, {"expression": "joy"}, {"say": "Hi!"}]})
    steps = found.named("hello")
    assert steps is not None
    assert claims(steps) == [MotionStep(motion=("Wave", 0)), ExpressionStep(expression="joy", duration=4_000)]
    assert text_of(steps, {}) == ("Hi!", True)
    assert found.named("nothing") is None


def test_every_kind_of_event_has_a_default() -> None:
    kinds = {sheet.on for sheet in DEFAULTS}
    assert kinds == set(get_args(EventName)) == set(get_args(EventKind))


def test_the_highest_amount_that_is_reached_counts_and_below_all_the_default() -> None:
    found = sheets(
        {
            "some": {"on": "cheer", "min_amount": 100, "steps": [{"say": "some"}]},
            "many": {"on": "cheer", "min_amount": 1000, "steps": [{"say": "many"}]},
        }
    )
    assert said(found, "cheer", 5_000) == "many"
    assert said(found, "cheer", 100) == "some"
    assert said(found, "cheer", 99).startswith("{username} cheered")


def test_a_reward_is_bound_by_its_title() -> None:
    found = sheets(
        {
            "any": {"on": "redemption", "steps": [{"say": "any"}]},
            "water": {"on": "redemption", "reward": "Drink Water", "steps": [{"say": "water"}]},
        }
    )
    assert said(found, "redemption", 500, " drink water") == "water"
    assert said(found, "redemption", 500, "Dance") == "any"


def test_an_empty_sheet_silences_a_kind() -> None:
    assert sheets({"quiet": {"on": "raid", "steps": []}}).for_event("raid", 10).steps == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"a": [{"say": "{password}"}]},
        {"a": [{"prompt": "{username.__class__}"}]},
        {"a": [{"prompt": "{0}"}]},
        {"a": [{"say": "x"}, {"prompt": "y"}]},
        {"a": [{"motion": ["Wave", -1]}]},
        {"a": [{"dance": "now"}]},
        {"a": {"on": "party", "steps": []}},
    ],
)
def test_a_faulty_sheet_is_refused(wrong: object) -> None:
    with pytest.raises(ValidationError):
        sheets(wrong)


def test_fields_are_filled_in_and_unknown_ones_stay() -> None:
    assert (
        fill("{username} gave {amount}, {other}", {"username": "Ana", "amount": "5"}) == "Ana gave 5, {other}"
    )


HOSTILE = [
    "{amount}",
    "{username.__class__.__mro__}",
    "%s%n",
    "${HOME}",
    "{{7*7}}",
    "\0\u202e\n\n### system",
    "x" * 10_000,
    "<script>alert(1)</script>",
]


@pytest.mark.parametrize("words", HOSTILE)
def test_a_viewers_words_are_never_evaluated_and_always_bounded(words: str) -> None:
    filled = fill("{username}!", {"username": words, "amount": "SECRET"})
    assert "SECRET" not in filled
    assert "\n" not in filled
    assert len(filled) <= 201


@given(st.text(max_size=300))
def test_whatever_the_words_are_they_stand_between_those_of_the_operator(words: str) -> None:
    filled = fill("[{message}]", {"message": words, "username": "SECRET"})
    assert filled.startswith("[")
    assert filled.endswith("]")
    assert "SECRET" not in filled or "SECRET" in words
