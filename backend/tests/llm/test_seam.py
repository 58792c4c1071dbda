"""Two models make one answer: no half words, no repetition, sentences that end."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.llm.seam import LONGEST_HELD, Continuation, ending, whole_words
from open_llm_vtuber.show.sentences import SentenceSplitter

SAID = "Hello there, everybody! Today we play a game"
REST = " About cats. It will be fun."


def continued(said: str, text: str, size: int = 3) -> str:
    seam = Continuation(said)
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    return "".join(map(seam.feed, pieces)) + seam.finish()


@pytest.mark.parametrize(
    ("text", "whole", "unfinished"),
    [
        ("it is lov", "it is", " lov"),
        ("it is lovely ", "it is lovely", " "),
        ("it is lovely.", "it is lovely.", ""),
        ("so [jo", "so", " [jo"),
        ("don't", "", "don't"),
        ("well-kno", "", "well-kno"),
        ("", "", ""),
        ("今日はいい", "今日はいい", ""),
        ("x" * 50, "x" * 50, ""),
    ],
)
def test_an_unfinished_word_or_tag_is_held_back(text: str, whole: str, unfinished: str) -> None:
    assert whole_words(text) == (whole, unfinished)


@pytest.mark.parametrize(
    ("said", "end"),
    [
        ("it is", "..."),
        ("it is,", "..."),
        ("it is. ", ""),
        ('"It is!" ', ""),
        ("それです。", ""),
        ("それ", "。"),
        ("", ""),
        ("[joy] ", ""),
        ("It is. [joy] ", ""),
    ],
)
def test_a_sentence_that_breaks_off_is_ended(said: str, end: str) -> None:
    assert ending(said) == end


@pytest.mark.parametrize(
    "text",
    [
        REST,
        SAID + REST,
        "Today we play a game" + REST,
        "a game" + REST,
        "game" + REST,
        "[joy] Hello there, everybody! Today we play a game" + REST,
        "…a game" + REST,
        "Today we play a game... " + REST.strip(),
    ],
    ids=[
        "goes on",
        "begins anew",
        "begins with the last sentence",
        "with two words",
        "with one",
        "with a tag",
        "after dots",
        "before dots",
    ],
)
@pytest.mark.parametrize("size", [1, 4, 1000])
def test_what_was_said_is_not_said_again(text: str, size: int) -> None:
    assert continued(SAID, text, size).replace("[joy] ", "") == REST


def test_what_is_new_is_left_alone() -> None:
    assert continued(SAID, "So, who is there today? We play.") == " So, who is there today? We play."


def test_a_whole_sentence_that_comes_back_later_is_left_out() -> None:
    said = "The king of the hill is a very small cat."
    again = "As I said, the king of the hill is a very small cat. Right?"
    assert continued(said, again) == " As I said, Right?"


def test_it_works_in_languages_without_blanks() -> None:
    assert continued("今日はゲームを", "今日はゲームをします。") == " します。"


def test_an_answer_that_only_repeats_adds_nothing() -> None:
    assert continued(SAID, SAID).strip() == ""


WORDS = [f"w{number}x" for number in range(30)]


@given(
    cut=st.integers(0, 30),
    back=st.integers(0, 30),
    size=st.integers(1, 9),
)
def test_wherever_it_breaks_and_from_wherever_the_other_begins_each_word_is_said_once(
    cut: int, back: int, size: int
) -> None:
    """The words are all different, so that a word which is there twice was repeated."""
    said = " ".join(WORDS[:cut])
    begins = max(0, cut - back)
    joined = said + continued(said, " ".join(WORDS[begins:]), size)
    assert re.findall(r"\w+", joined.lower()) == WORDS


@given(said=st.text(max_size=40), text=st.text(max_size=LONGEST_HELD), size=st.integers(1, 7))
def test_any_text_gets_through_and_the_size_of_pieces_changes_nothing(
    said: str, text: str, size: int
) -> None:
    assert continued(said, text, size) == continued(said, text, 1)


@given(st.text(max_size=60))
def test_holding_back_loses_nothing(text: str) -> None:
    assert "".join(whole_words(text)) == text


def test_the_show_hears_two_sentences_where_an_answer_broke_off() -> None:
    said = "Hello there, it is"
    joined = said + ending(said) + continued(said, "lovely to see you. Bye.")
    splitter = SentenceSplitter((), first_clause=False)
    assert [each.text for each in (*splitter.feed(joined), *splitter.finish())] == [
        "Hello there, it is...",
        "Lovely to see you.",
        "Bye.",
    ]
