"""Pieces of text become sentences as soon as each is complete."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.show.sentences import Sentence, SentenceSplitter, TagFilter

EMOTIONS = ("joy", "sadness")


def split(*pieces: str, first_clause: bool = False) -> list[Sentence]:
    splitter = SentenceSplitter(EMOTIONS, first_clause=first_clause)
    found = [sentence for piece in pieces for sentence in splitter.feed(piece)]
    return found + splitter.finish()


def texts(*pieces: str, first_clause: bool = False) -> list[str]:
    return [sentence.text for sentence in split(*pieces, first_clause=first_clause)]


def test_a_sentence_is_ready_once_the_next_one_begins() -> None:
    splitter = SentenceSplitter(EMOTIONS, first_clause=False)
    assert splitter.feed("Hello there!") == []
    assert [sentence.text for sentence in splitter.feed(" How")] == ["Hello there!"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I saw Dr. Smith today. Fine.", ["I saw Dr. Smith today.", "Fine."]),
        ("It costs $3.50... right?! Yes.", ["It costs $3.50... right?!", "Yes."]),
        ("こんにちは。元気ですか？はい！", ["こんにちは。", "元気ですか？", "はい！"]),
        ("No end", ["No end"]),
        ("", []),
        ("   \n ", []),
    ],
)
def test_sentences_end_where_a_reader_would_pause(text: str, expected: list[str]) -> None:
    assert texts(text) == expected
    assert texts(*text) == expected, "the same when it comes letter by letter"


def test_the_very_first_piece_may_end_at_a_comma_and_no_later_one_does() -> None:
    spoken = texts(*"Well you know what, I think, that is fine. And this, too, is.", first_clause=True)
    assert spoken == ["Well you know what,", "I think, that is fine.", "And this, too, is."]


def test_a_short_opening_does_not_end_at_its_comma() -> None:
    assert texts(*"Oh, hello there, friend.", first_clause=True)[0] == "Oh, hello there,"


def test_tags_name_emotions_and_are_never_shown() -> None:
    assert split("[joy] Hello! [SADNESS] Oh no.") == [
        Sentence("Hello!", ("joy",)),
        Sentence("Oh no.", ("sadness",)),
    ]


def test_an_unknown_tag_is_not_shown_either() -> None:
    assert split("[laughs loudly] Good one.") == [Sentence("Good one.")]


def test_a_tag_that_arrives_in_pieces_is_still_a_tag() -> None:
    assert split("[jo", "y", "] Hi", " there.") == [Sentence("Hi there.", ("joy",))]


def test_a_tag_does_not_count_for_the_first_clause() -> None:
    assert texts(*"[joy][sadness] Hi, you there, hello.", first_clause=True)[0] == "Hi, you there,"


@pytest.mark.parametrize(
    "pieces", [("<think>Let me. See.</think>Hello. You.",), tuple("<think>A. B.</think>Hello. You.")]
)
def test_thoughts_are_left_out(pieces: tuple[str, ...]) -> None:
    assert texts(*pieces) == ["Hello.", "You."]


def test_a_thought_without_an_end_is_left_out() -> None:
    assert texts("<think>For ever. And ever") == []


def test_a_sentence_without_an_end_is_cut_at_a_blank() -> None:
    spoken = texts("word " * 200)
    assert all(len(text) <= 300 for text in spoken)
    assert " ".join(spoken) == ("word " * 200).strip()


def test_only_what_has_letters_or_digits_is_speakable() -> None:
    assert Sentence("Hi").is_speakable
    assert Sentence("はい").is_speakable
    assert not Sentence("!!! 🎉").is_speakable


@given(
    st.text(alphabet=st.sampled_from("ab .,!?[]joy<>think/。\n"), max_size=200),
    st.booleans(),
    st.integers(1, 9),
)
def test_no_letter_is_lost_or_moved_however_the_text_arrives(
    text: str, first_clause: bool, size: int
) -> None:
    pieces = [text[i : i + size] for i in range(0, len(text), size)]
    whole, cut = texts(text, first_clause=first_clause), texts(*pieces, first_clause=first_clause)
    assert "".join("".join(cut).split()) == "".join("".join(whole).split())


@given(st.text(alphabet="[] joy\n", max_size=40), st.integers(0, 40))
def test_what_a_filter_takes_out_does_not_depend_on_how_the_text_is_cut(text: str, cut: int) -> None:
    whole, cut_up = TagFilter(("joy",)), TagFilter(("joy",))
    shown = whole.feed(text) + whole.finish()
    assert cut_up.feed(text[:cut]) + cut_up.feed(text[cut:]) + cut_up.finish() == shown


def test_a_filter_takes_out_tags_that_mean_something_with_the_blank_behind_them_and_nothing_else() -> None:
    tags = TagFilter(("joy",))
    assert tags.feed("[Joy] Hi [verse one] there [") == "Hi [verse one] there "
    assert tags.feed("joy") == ""
    assert tags.feed("] now") == "now"
    assert tags.feed("[joy") == ""
    assert tags.finish() == "[joy"
