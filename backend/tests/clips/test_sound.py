"""Sentences laid out in time: as long as the clip, each where it was, silence between."""

import io
import wave

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from open_llm_vtuber.clips.clip import clip_of_span
from open_llm_vtuber.clips.sound import laid_out, wav
from open_llm_vtuber.units import Hertz
from told_log import told, turn

RATE = Hertz(8_000)


def tone(seconds: float, level: int = 1_000) -> bytes:
    return np.full(round(seconds * RATE), level, "<i2").tobytes()


def heard_at(pcm: bytes) -> list[float]:
    """Return when sound begins and ends, in seconds."""
    sounds = np.frombuffer(pcm, "<i2") != 0
    edges = np.flatnonzero(np.diff(np.concatenate([[False], sounds, [False]]).astype(int)))
    return [round(edge / RATE, 3) for edge in edges]


def test_each_sentence_sounds_when_it_was_heard_and_silence_lies_between() -> None:
    clip = clip_of_span(told(turn("a", 1, (1, "One.", 2), (5, "Two.", 1), ended=9)), 0.5, 8)
    pcm, too_long = laid_out(clip, dict(zip(clip.lines, [tone(2), tone(1)], strict=True)), RATE)
    assert heard_at(pcm) == [0.5, 2.5, 4.5, 5.5]
    assert (len(pcm), too_long) == (round(7.5 * RATE) * 2, 0)


def test_a_sentence_that_was_cut_on_air_is_cut_there_softly() -> None:
    clip = clip_of_span(
        told(turn("a", 0, (0, "One two three.", 4), ended=2, heard=7), turn("b", 6, ended=8)), 0, 8
    )
    pcm, too_long = laid_out(clip, {clip.lines[0]: tone(4)}, RATE)
    assert (heard_at(pcm)[0], too_long) == (0, 0)
    assert 1.99 < heard_at(pcm)[1] <= 2
    end = np.frombuffer(pcm, "<i2")[2 * RATE - 160 : 2 * RATE].astype(int)
    assert (np.diff(end) <= 0).all()


def test_a_voice_that_is_slower_may_use_the_pause_behind_and_no_more() -> None:
    log = told(turn("a", 0, (0, "One.", 1), (2, "Two.", 1), (3, "Three.", 1), ended=6))
    clip = clip_of_span(log, 0, 6)
    pcm, too_long = laid_out(clip, dict(zip(clip.lines, [tone(1.5), tone(1.5), tone(1)], strict=True)), RATE)
    assert heard_at(pcm)[:2] == [0, 1.5]
    assert too_long == 1


def test_a_clip_that_begins_in_mid_sentence_begins_in_mid_sound() -> None:
    clip = clip_of_span(told(turn("a", 0, (0, "One.", 4), ended=4)), 1, 3)
    ramp = np.arange(4 * RATE).astype("<i2")
    pcm, too_long = laid_out(clip, {clip.lines[0]: ramp.tobytes()}, RATE)
    assert too_long == 0
    assert np.frombuffer(pcm, "<i2")[:10].tolist() == list(range(RATE, RATE + 10))


@settings(deadline=None)  # a machine may be busy
@given(
    st.lists(st.tuples(st.floats(0, 2), st.floats(0.01, 2), st.floats(0, 4)), max_size=5),
    st.floats(0, 4),
    st.floats(0.1, 9),
)
def test_the_wav_is_exactly_as_long_as_the_span(
    said: list[tuple[float, float, float]], begin: float, length: float
) -> None:
    at, sentences = 0.0, []
    for pause, sound, _ in said:
        at += pause
        sentences.append((at, "Well.", sound))
    clip = clip_of_span(told(turn("a", 0, *sentences, ended=60)), begin, begin + length)
    pcm, _ = laid_out(clip, {line: tone(said[line.index][2]) for line in clip.lines}, RATE)
    with wave.open(io.BytesIO(wav(pcm, RATE))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
        assert file.getnframes() == round(clip.length * RATE)
