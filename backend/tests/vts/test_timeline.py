"""When which sentence is heard."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.show.playback import Playback, reading_time
from open_llm_vtuber.vts.timeline import Timeline

SLICE = 0.02


def test_sentences_that_come_ahead_are_heard_one_after_the_other() -> None:
    timeline = Timeline()
    timeline.add([0.5] * 50, SLICE, "One.", now=10.0)
    timeline.add([1.0] * 50, SLICE, "Two.", now=10.0)
    assert [timeline.opening(at) for at in (10.0, 10.98, 11.0, 11.97, 12.01)] == [0.5, 0.5, 1.0, 1.0, 0.0]
    assert timeline.sound_ends_at == pytest.approx(12.0)


def test_one_that_comes_after_a_pause_begins_when_it_comes() -> None:
    timeline = Timeline()
    timeline.add([0.5] * 50, SLICE, "One.", now=10.0)
    timeline.add([1.0] * 50, SLICE, "Two.", now=20.0)
    assert [timeline.opening(at) for at in (15.0, 20.5)] == [0.0, 1.0]


def test_a_sentence_without_sound_takes_its_time_and_moves_nothing() -> None:
    timeline = Timeline()
    timeline.add([], SLICE, "x" * 100, now=0.0)
    timeline.add([1.0] * 10, SLICE, "Two.", now=0.0)
    assert [timeline.opening(at) for at in (4.9, 5.1)] == [0.0, 1.0]


def test_what_is_cut_is_not_heard_and_the_next_begins_at_once() -> None:
    timeline = Timeline()
    timeline.add([1.0] * 500, SLICE, "One.", now=0.0)
    timeline.add([1.0] * 500, SLICE, "Two.", now=0.0)
    timeline.cut(3.0)
    assert [timeline.opening(at) for at in (3.0, 12.0)] == [0.0, 0.0]
    assert timeline.sound_ends_at == 3.0
    timeline.add([0.5] * 50, SLICE, "Three.", now=13.0)
    assert timeline.opening(13.0) == 0.5


def test_loudness_that_is_none_is_kept_in_bounds() -> None:
    timeline = Timeline()
    timeline.add([7.0, -1.0], SLICE, "One.", now=0.0)
    assert [timeline.opening(at) for at in (0.01, 0.03)] == [1.0, 0.0]


@given(
    st.lists(st.tuples(st.floats(0, 30), st.integers(0, 200), st.text(max_size=100)), min_size=1, max_size=10)
)
def test_it_reckons_as_the_show_does(sentences: list[tuple[float, int, str]]) -> None:
    timeline, playback, now = Timeline(), Playback(), 0.0
    for pause, slices, text in sentences:
        now += pause
        timeline.add([1.0] * slices, SLICE, text, now=now)
        playback.add(text, slices * SLICE or reading_time(text), now=now)
    timeline.add([0.5], SLICE, "", now=now)
    assert timeline.sound_ends_at == pytest.approx(now + max(playback.left(now), 0) + SLICE)
