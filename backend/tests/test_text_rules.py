"""Text rules: nothing invisible gets through, ordinary text stays as it was."""

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.text_rules import (
    bounded,
    collapse_blanks,
    encoding_of,
    limit_marks,
    name_pattern,
    normalised,
    one_line,
    readings,
    strip_invisible,
    words_pattern,
    writable,
)

hostile = st.text(
    st.one_of(
        st.characters(exclude_categories=[]),
        st.sampled_from(
            "\u200d\ufe0f\u20e3\u0301\u0300\U000e0000\U000e0041\u202e\0\x85\u2028 \t\n1#❤🏽👩💻éا\u0430a"
        ),
    )
)


@pytest.mark.parametrize(
    "text",
    [
        "hello there!",
        "Grüße, Jürgen",
        "привет",
        "こんにちは",
        "हिन्दी",
        "ไทย",
        "한국어",
        "👩🏽\u200d💻",
        "❤\ufe0f",
        "1\ufe0f\u20e3",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    assert one_line(text) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("hi \U000e0000", "hi "),
        ("!say\U000e0001\U000e0041\U000e007f", "!say"),
        ("a\u200bb\u200cc\u200dd\ufeffe", "abcde"),
        ("\u202eevil\u2066\u2069", "evil"),
        ("nul\0 bell\x07 escape\x1b[31m", "nul bell escape[31m"),
        ("\ud83d broken", " broken"),
        ("\u3164\uffa0\u2800\u115f", ""),
        ("a\ufe0fb\ufe0e", "ab"),
        ("a\U000e0100", "a"),
        ("two\nlines", "two\nlines"),
        ("🏴\U000e0067\U000e0062\U000e007f", "🏴"),
    ],
)
def test_what_draws_nothing_goes(text: str, left: str) -> None:
    assert strip_invisible(text) == left


@given(hostile)
def test_no_invisible_category_survives(text: str) -> None:
    left = strip_invisible(text).replace("\u200d", "")
    assert not [c for c in left if unicodedata.category(c) in {"Cf", "Cs", "Co"}]
    assert not [c for c in left if unicodedata.category(c) == "Cc" and not c.isspace()]
    assert not [c for c in left if 0xE0000 <= ord(c) < 0xE1000]


@given(hostile)
@pytest.mark.parametrize("rule", [strip_invisible, collapse_blanks, limit_marks, one_line, normalised])
def test_a_second_time_changes_nothing(rule: Callable[[str], str], text: str) -> None:
    assert rule(rule(text)) == rule(text)


@given(hostile)
@pytest.mark.parametrize("rule", [strip_invisible, collapse_blanks, limit_marks, one_line])
def test_never_longer(rule: Callable[[str], str], text: str) -> None:
    assert len(rule(text)) <= len(text)


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)))
@pytest.mark.parametrize("rule", [limit_marks, normalised, one_line])
def test_plain_text_becomes_the_same_alone_and_beside_what_is_not_plain(
    rule: Callable[[str], str], text: str
) -> None:
    beside = "\u00f8"
    assert collapse_blanks(f"{rule(text)} {rule(beside)}") == collapse_blanks(rule(f"{text} {beside}"))


@given(hostile)
def test_one_line_is_one_line(text: str) -> None:
    line = one_line(text)
    assert line.splitlines() in ([], [line])
    assert line == line.strip()


@given(hostile, st.integers(1, 50))
def test_bounded_counts_code_points(text: str, most: int) -> None:
    short = bounded(text, most)
    assert len(short) <= most
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))


def test_piled_up_marks_are_limited() -> None:
    assert limit_marks("h" + "\u0301" * 40 + "i") == "h\u0301\u0301i"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("\uff2d\uff29\uff2b\uff21", "mika"),
        ("\u041c\u0456\u043a\u0430", "mika"),
        ("\u039c\u0399\u039a\u0391", "mika"),
        ("m\u200bi\U000e0000ka", "mika"),
        ("Mi\u0301\u0301\u0301ka", "mika"),
        ("café  au\tlait", "CAFE AU LAIT"),
        ("straße", "STRASSE"),
    ],
)
def test_what_looks_the_same_compares_equal(one: str, other: str) -> None:
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize(
    "text", ["Mika?", "hi MIKA", "@mika hi", "\uff2d\uff49\uff4b\uff41", "mikaさん", "so,mika.", "m\u0456ka"]
)
def test_a_name_is_found_as_a_word(text: str) -> None:
    assert name_pattern("Mika").search(normalised(text))


@pytest.mark.parametrize("text", ["mikado", "amika", "mika_fan", "mika2", "mi ka", ""])
def test_a_part_of_a_word_is_no_name(text: str) -> None:
    assert not name_pattern("Mika").search(normalised(text))


def test_a_name_in_a_script_without_blanks_is_found_inside() -> None:
    assert name_pattern("美佳").search(normalised("hi美佳你好"))


@pytest.mark.parametrize("name", ["", " ", "\u200b"])
def test_an_empty_name_is_never_found(name: str) -> None:
    assert not name_pattern(name).search(normalised("anything"))


@pytest.mark.parametrize(
    "text", ["bad", "BAAAD", "b.a.d", "b a d", "b4d", "b@d", "b\u00e4d", "b-a-d", "b\u0430d"]
)
def test_a_word_is_among_the_readings_of_every_disguise(text: str) -> None:
    assert any("bad" in reading.split() for reading in readings(f"so {text} now"))


@given(st.text(max_size=200))
def test_readings_begin_with_the_plain_one_and_none_comes_twice(text: str) -> None:
    found = readings(text)
    assert found[0] == normalised(text)
    assert len(found) == len(set(found)) <= 6


def test_a_pattern_of_no_words_finds_nothing() -> None:
    assert not words_pattern([]).search("")
    assert not words_pattern(["", "\u200b"]).search("anything")


def test_words_and_phrases_are_found_as_a_whole() -> None:
    pattern = words_pattern(["cat", "big dog"])
    assert pattern.search("a cat!")
    assert pattern.search("my big dog")
    assert not pattern.search("concatenate big dogs")


@given(hostile)
def test_what_is_made_writable_can_be_written_and_keeps_its_length(text: str) -> None:
    assert len(writable(text)) == len(text)
    writable(text).encode()


@given(st.text(), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_a_text_file_of_an_editor_is_read_as_it_was_written(text: str, encoding: str) -> None:
    written = text.removeprefix("\ufeff").encode(encoding, "ignore")
    assert (
        written.decode(encoding_of(written)) == text.removeprefix("\ufeff").encode("utf-8", "ignore").decode()
    )
