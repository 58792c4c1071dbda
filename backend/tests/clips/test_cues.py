"""Subtitles: an independent reader of each format gets back what was said, when."""

import html
import re
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from open_llm_vtuber.clips.cues import COLUMNS, LINES, Cue, cues, srt, vtt, wrapped
from open_llm_vtuber.text_rules import one_line
from open_llm_vtuber.units import Milliseconds

Read = list[tuple[int, int, list[str]]]
_TIMES = re.compile(r"(\d{2,}):(\d\d):(\d\d)[,.](\d{3}) --> (\d{2,}):(\d\d):(\d\d)[,.](\d{3})")
ANYTHING = st.text(max_size=400).map(one_line).filter(bool)
WORDS = st.lists(
    st.sampled_from(["Hello", "you,", "日本語の", "字幕です。", "שלום", "<b>", "-->", "🎉"]), min_size=1
)
TEXT = ANYTHING | WORDS.map(" ".join)
SPANS = st.lists(st.tuples(st.floats(0, 5), st.floats(0.01, 9), TEXT), max_size=8)


def read(text: str, *, is_srt: bool) -> Read:
    """Read either format as its description has it, knowing nothing of how we write it."""
    blocks = re.split(r"\n{2,}", text.strip("\n"))
    if not is_srt:
        assert blocks.pop(0).startswith("WEBVTT")
    found: Read = []
    for number, block in enumerate(filter(None, blocks), 1):
        lines = block.split("\n")
        if is_srt:
            assert lines.pop(0) == str(number)
        times = _TIMES.fullmatch(lines.pop(0))
        assert times
        assert lines
        first, last = (
            (int(h) * 60 + int(m)) * 60_000 + int(s) * 1000 + int(ms) for h, m, s, ms in _halves(times)
        )
        found.append((first, last, [line if is_srt else html.unescape(_no_tags(line)) for line in lines]))
    return found


def _halves(times: re.Match[str]) -> list[tuple[str, ...]]:
    groups = times.groups()
    return [groups[:4], groups[4:]]


def _no_tags(line: str) -> str:
    return re.sub(r"<[^>]*>", "", line)


def letters(text: str) -> str:
    return "".join(char for char in text if not char.isspace() and char not in "\u200f\u2060")


def timed(spans: list[tuple[float, float, str]]) -> list[tuple[float, float, str]]:
    at, found = 0.0, []
    for pause, length, text in spans:
        found.append((at + pause, at + pause + length, text))
        at += pause + length
    return found


@settings(deadline=None)  # a machine may be busy
@given(SPANS)
def test_cues_are_in_order_never_overlap_and_cover_every_sentence(
    spans: list[tuple[float, float, str]],
) -> None:
    sentences = timed(spans)
    made = cues(sentences)
    assert all(cue.begin < cue.end for cue in made)
    assert all(one.end <= other.begin for one, other in pairwise(made))
    for begin, end, text in sentences:
        within = [cue for cue in made if int(begin * 1000) <= cue.begin and cue.end <= int(end * 1000)]
        assert letters("".join(line for cue in within for line in cue.lines)) == letters(text)
        assert (within[0].begin, within[-1].end) == (int(begin * 1000), int(end * 1000))
        assert all(one.end == other.begin for one, other in pairwise(within))


@settings(deadline=None)  # a machine may be busy
@given(SPANS, st.booleans())
def test_what_is_written_reads_back(spans: list[tuple[float, float, str]], is_srt: bool) -> None:
    made = cues(timed(spans))
    back = read(srt(made) if is_srt else vtt(made, "A --> title"), is_srt=is_srt)
    assert [(begin, end) for begin, end, _ in back] == [(cue.begin, cue.end) for cue in made]
    assert [list(map(letters, lines)) for *_, lines in back] == [
        list(map(letters, cue.lines)) for cue in made
    ]


@settings(deadline=None)  # a machine may be busy
@given(TEXT)
def test_a_line_is_no_wider_than_the_screen(text: str) -> None:
    for line in wrapped(text):
        width = sum(
            2
            if unicodedata.east_asian_width(c) in "WF"
            else unicodedata.category(c) not in ("Mn", "Me", "Cf")
            for c in line
        )
        assert width <= COLUMNS or len(line) == 1 or _is_one_character(line)


def _is_one_character(line: str) -> bool:
    return "\u200d" in line or any(unicodedata.category(char) == "Mn" for char in line)


def test_words_stay_whole_and_a_cue_has_two_lines() -> None:
    text = "the quick brown fox jumps over the lazy dog " * 5
    made = cues([(0.0, 10.0, text.strip())])
    assert len(made) > 1
    assert all(1 <= len(cue.lines) <= LINES for cue in made)
    assert {word for cue in made for line in cue.lines for word in line.split()} == set(text.split())


def test_scripts_without_spaces_break_between_characters_and_never_before_a_full_stop() -> None:
    lines = wrapped(
        "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。何でも薄暗いじめじめした所で。"
    )
    assert [len(line) for line in lines[:-1]] == [21, 21] or all(len(line) <= 21 for line in lines)
    assert len(lines) > 1
    assert not any(line[0] in "、。」" for line in lines)


def test_a_word_wider_than_the_screen_is_broken_and_an_emoji_of_several_signs_is_not() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    assert all(len(line) <= COLUMNS for line in wrapped("x" * 100))
    assert all(line.count(family) * len(family) == len(line) for line in wrapped(family * 60))


def test_a_line_of_a_right_to_left_sentence_is_told_its_direction_where_its_first_letter_would_mislead() -> (
    None
):
    cue = Cue(Milliseconds(0), Milliseconds(1000), ("שלום לכולם", "OBS הוא נהדר"))
    assert "\nשלום לכולם\n\u200fOBS הוא נהדר\n" in vtt([cue])
    assert "\u200f" not in srt([Cue(Milliseconds(0), Milliseconds(1), ("Say שלום",))])


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "{\\an8}up", "a --> b", "&amp; <v Bob>"])
def test_what_looks_like_markup_is_shown_and_not_obeyed(text: str) -> None:
    made = cues([(0.0, 1.0, text)])
    assert not re.search(r"<(?!\u2060)|\{(?!\u2060)|-->(?! \d)", srt(made).split("\n", 2)[2])
    assert "<" not in vtt(made).split("\n", 3)[3]
    assert letters(read(vtt(made), is_srt=False)[0][2][0]) == letters(text)


def test_a_moment_too_short_for_its_words_is_one_cue() -> None:
    assert cues([(0.0, 0.002, "word " * 80)]) == [
        Cue(Milliseconds(0), Milliseconds(2), (" ".join(["word"] * 80),))
    ]
