"""Which part of a show a clip is, and what is told of it. The files beside are what everything came to once."""

import json
from pathlib import Path

import pytest

from open_llm_vtuber.clips.clip import LONGEST, Clip, SoundTold, as_json, clip_of_span, clip_of_turn
from open_llm_vtuber.clips.cues import srt, vtt
from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.show_log.reader import ShowLog
from open_llm_vtuber.units import Hertz
from told_log import told, turn

GOLDEN = Path(__file__).parent / "golden"
SOUND = SoundTold(file="clip.wav", voice="tone_tts", rate=Hertz(24_000), cut=1, silent=0)
LONG = "I could talk about this for hours, and you would all have to listen, because that is how streams work, right?"


def evening() -> ShowLog:
    return told(
        turn("aaaa1111", 1, (1.25, "Hello, <everyone>!", 1.5), (1.25, LONG, 6.5), ended=9.25),
        turn(
            "bbbb2222",
            20,
            (20, "吾輩は猫である。名前はまだ無いし、どこで生れたかとんと見当がつかぬ。", 5),
            ended=25,
        ),
        turn("bbbb3333", 30, (30, "שלום לכולם וברוכים הבאים לשידור, OBS הוא נהדר", 4), ended=32, heard=21),
        turn("cccc4444", 40, ended=41),
        turn("dddd5555", 50, (50, "Gone.", 1), ended=50.5, heard=0, retracted="removed"),
        turn("eeee6666", 60, (60, "Xx xxx.", 1), ended=61, message_id="erased-0123abcd4567cdef"),
        turn("ffff7777", 5_000, ended=5_001),
    )


@pytest.mark.parametrize(
    ("file", "made"),
    [
        ("clip.srt", lambda clip: srt(clip.cues())),
        ("clip.vtt", lambda clip: vtt(clip.cues(), clip.character)),
        ("clip.json", lambda clip: as_json(clip, SOUND)),
    ],
)
def test_a_clip_comes_to_the_golden_file(file: str, made: object) -> None:
    assert callable(made)
    assert made(clip_of_span(evening(), 1, 35)) == (GOLDEN / file).read_text(encoding="utf-8")


def test_a_turn_reaches_from_its_first_word_to_its_last() -> None:
    clip = clip_of_turn(evening(), "aaaa1111")
    assert (clip.begin, clip.end, clip.name) == (1.25, 9.25, "turn-aaaa1111")
    assert clip.began == "2026-01-05T12:00:01.250+00:00"


@pytest.mark.parametrize(
    ("wanted", "found"), [("last", "bbbb3333"), ("aaaa", "aaaa1111"), ("bbbb2", "bbbb2222")]
)
def test_the_beginning_of_an_id_or_last_is_enough(wanted: str, found: str) -> None:
    assert {line.turn_id for line in clip_of_turn(evening(), wanted).lines} == {found}


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ("zzzz", "no such turn"),
        ("aaa", "no such turn"),
        ("", "no such turn"),
        ("bbbb", "Several turns"),
        ("cccc", "Nothing was heard"),
        ("dddd", "taken back"),
        ("eeee", "forgotten"),
    ],
)
def test_a_turn_of_which_there_is_no_clip_is_one_clear_sentence(wanted: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        clip_of_turn(evening(), wanted)


def test_a_show_without_a_word_has_no_last_turn() -> None:
    with pytest.raises(ConfigError, match="Nothing was heard"):
        clip_of_turn(told(), "last")


def test_a_span_has_what_lies_in_it_and_cuts_the_times_at_its_ends() -> None:
    clip = clip_of_span(evening(), 2, 22)
    assert [clip.within(line) for line in clip.lines] == [(0, 0.75), (0.75, 7.25), (18, 20)]


@pytest.mark.parametrize(
    ("begin", "end", "says"),
    [
        (5, 5, "before its end"),
        (9, 5, "before its end"),
        (6_000, None, "had ended"),
        (6_000, 7_000, "had ended"),
        (0, None, "minutes at the most"),
    ],
)
def test_a_span_that_cannot_be_is_one_clear_sentence(begin: float, end: float | None, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        clip_of_span(evening(), begin, end)


def test_a_span_may_end_behind_the_show() -> None:
    assert clip_of_span(evening(), 4_000, 4_000 + LONGEST).end == pytest.approx(5_001)


def test_a_hostile_id_makes_a_harmless_name() -> None:
    log = told(turn("../../etc/passwd\n", 1, (1, "Hi.", 1), ended=2))
    assert clip_of_turn(log, "last").name == "turn-etcpassw"


def test_the_json_says_what_was_cut_and_that_the_sound_was_left_out() -> None:
    clip: Clip = clip_of_turn(evening(), "bbbb3333")
    data = json.loads(as_json(clip, None))
    assert data["sound"] is None
    assert [each["was_cut"] for each in data["sentences"]] == [True]
