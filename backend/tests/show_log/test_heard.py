"""What was heard of a show, by its log."""

import itertools
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from open_llm_vtuber.show.playback import reading_time
from open_llm_vtuber.show_log.frames import BadLog
from open_llm_vtuber.show_log.heard import NOBODY, SHORTEST, heard, lines_of
from open_llm_vtuber.show_log.records import Record
from told_log import told, turn


def shown(*records: Iterable[Record]) -> list[tuple[float, float, str]]:
    lines = lines_of(heard(told(*records)))
    return [(round(each.begin, 3), round(each.end, 3), each.text) for each in lines]


def test_a_sentence_begins_when_the_one_before_has_ended_or_when_it_went_out() -> None:
    said = turn("a", 1, (2, "One.", 2), (2.5, "Two.", 1), (9, "Three.", 1), ended=10)
    assert shown(said) == [(2, 4, "One."), (4, 5, "Two."), (9, 10, "Three.")]


def test_a_sentence_without_sound_stays_up_as_long_as_pages_show_it() -> None:
    assert shown(turn("a", 0, (0, "Only read.", None), ended=5)) == [
        (0, reading_time("Only read. "), "Only read.")
    ]


def test_of_a_turn_that_was_cut_only_what_was_heard_stays() -> None:
    said = turn("a", 0, (0, "One two.", 2), (0, "Three four.", 2), (0, "Five.", 2), ended=3, heard=14)
    assert shown(said) == [(0, 2, "One two."), (2, 3, "Three")]
    lines = lines_of(heard(told(said)))
    assert [each.is_cut for each in lines] == [False, True]
    assert lines[1].whole == "Three four."


def test_of_a_log_that_ends_in_mid_sentence_the_rest_is_not_made_up() -> None:
    said = turn("a", 0, (0, "One.", 2), (1, "Two.", 2), (3, "Three.", 9), ended=None)
    assert shown(said) == [(0, 2, "One."), (2, 3, "Two.")]


def test_what_a_moderator_took_back_is_gone() -> None:
    (found,) = heard(told(turn("a", 0, (0, "Bad.", 2), ended=1, heard=0, retracted="removed")))
    assert (found.lines, found.retracted) == ((), "removed")


def test_the_answer_to_a_forgotten_viewer_is_gone_and_their_name_in_other_sentences() -> None:
    theirs = turn("a", 0, (0, "Xxxx xx xxx.", 2), ended=2, message_id="erased-0123abcd4567cdef")
    others = turn("b", 3, (3, "Hello erased_0123abcd and all.", 2), ended=5)
    assert shown(theirs, others) == [(3, 5, f"Hello {NOBODY} and all.")]


def test_a_sentence_ends_before_the_next_turns_begins() -> None:
    assert shown(turn("a", 0, (0, "One.", 3), ended=2), turn("b", 2, (2, "Two.", 1), ended=3)) == [
        (0, 2, "One."),
        (2, 3, "Two."),
    ]


@settings(deadline=None)  # a machine may be busy
@given(
    st.lists(
        st.tuples(
            st.floats(0, 5),
            st.lists(st.tuples(st.floats(0, 3), st.floats(0, 4)), max_size=4),
            st.floats(0, 9),
        ),
        max_size=5,
    )
)
def test_sentences_are_in_order_and_never_overlap(
    turns: list[tuple[float, list[tuple[float, float]], float]],
) -> None:
    at, records = 0.0, []
    for number, (pause, said, rest) in enumerate(turns):
        at += pause
        began, sentences = at, []
        for gap, sound in said:
            at += gap
            sentences.append((at, "Well.", sound))
        at += rest
        records.append(turn(str(number), began, *sentences, ended=at))
    lines = lines_of(heard(told(*records)))
    for one, other in itertools.pairwise(lines):
        assert one.end <= other.begin
    assert all(each.end - each.begin >= SHORTEST for each in lines)


@pytest.mark.parametrize("sound", [float("nan"), float("inf"), -1.0, 1e9])
def test_a_length_that_cannot_be_is_refused(sound: float) -> None:
    with pytest.raises(BadLog):
        heard(told(turn("a", 0, (0, "One.", sound), ended=2)))


@pytest.mark.parametrize("at", [float("inf"), 1e12, -50.0])
def test_a_time_that_cannot_be_is_refused(at: float) -> None:
    with pytest.raises(BadLog):
        heard(told(turn("a", at, ended=None)))


def test_hostile_words_are_one_bounded_line() -> None:
    ((_, _, text),) = shown(turn("a", 0, (0, "a\n\n1\n00:00 --> b\x1b" + "x" * 9_000, 2), ended=2))
    assert "\n" not in text
    assert "\x1b" not in text
    assert len(text) <= 2_000
