"""Frames become utterances: nothing is lost, nothing is heard twice, a click is no speech."""

from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.speech_events import SpeechBegan, SpeechEnded, SpeechEvent
from open_llm_vtuber.vad.utterances import (
    FRAME_BYTES,
    LONGEST,
    PRE_ROLL,
    Frames,
    UtteranceOptions,
    Utterances,
    decibels,
    samples_of,
)

OPTIONS = UtteranceOptions(required_hits=3, required_misses=4)


def frame(number: int) -> bytes:
    return number.to_bytes(4, "little") * (FRAME_BYTES // 4)


def numbers(utterance: bytes) -> list[int]:
    starts = range(0, len(utterance), FRAME_BYTES)
    return [int.from_bytes(utterance[start : start + 4], "little") for start in starts]


def heard(pattern: str) -> list[SpeechEvent]:
    """Feed one frame for each character, which counts them; `#` is speech."""
    frames = [frame(number) for number in range(len(pattern))]
    return list(Utterances(OPTIONS).feed(frames, [mark == "#" for mark in pattern]))


def spoken(events: list[SpeechEvent]) -> list[list[int]]:
    return [numbers(event.utterance) for event in events if isinstance(event, SpeechEnded)]


def test_an_utterance_has_its_pre_roll_and_every_frame_once() -> None:
    events = heard("." * 50 + "#####" + "." * 10)
    assert [type(event) for event in events] == [SpeechBegan, SpeechEnded]
    assert spoken(events) == [list(range(50 - PRE_ROLL, 50 + 5 + OPTIONS.required_misses))]


def test_a_click_is_no_speech_and_is_in_no_utterance_that_comes_later() -> None:
    assert heard("....##......##....") == []
    (only,) = spoken(heard("##" + "." * 40 + "###" + "...."))
    assert 0 not in only


def test_a_short_utterance_ends_and_does_not_begin_the_next_one() -> None:
    first, second = spoken(heard("###....###...."))
    assert first == list(range(7))
    assert second == list(range(7, 14))


def test_a_pause_is_no_end() -> None:
    assert len(spoken(heard("###...###...###...."))) == 1


def test_speech_without_end_is_ended() -> None:
    events = heard("#" * (LONGEST * 2 + 10) + "....")
    assert [len(each) for each in spoken(events)[:2]] == [LONGEST, LONGEST]


@given(st.text("#.", max_size=300))
def test_begin_and_end_take_turns_and_no_frame_is_heard_twice(pattern: str) -> None:
    events = heard(pattern)
    kinds = [type(event) for event in events]
    assert kinds == ([SpeechBegan, SpeechEnded] * len(kinds))[: len(kinds)]
    all_frames = [number for each in spoken(events) for number in each]
    assert all_frames == sorted(set(all_frames))


@given(st.lists(st.integers(0, 3 * FRAME_BYTES), max_size=12))
def test_however_sound_is_cut_the_frames_are_the_same(lengths: list[int]) -> None:
    frames, whole = Frames(), bytes(place % 251 for place in range(sum(lengths)))
    ends = [sum(lengths[: number + 1]) for number in range(len(lengths))]
    cut = [
        each
        for length, end in zip(lengths, ends, strict=True)
        for each in frames.cut(whole[end - length : end])
    ]
    assert all(len(each) == FRAME_BYTES for each in cut)
    assert b"".join(cut) == whole[: len(whole) - len(whole) % FRAME_BYTES]


def test_loudness_is_that_of_16_bit_samples() -> None:
    silent, loud = bytes(FRAME_BYTES), b"\xe8\x03" * (FRAME_BYTES // 2)
    assert [round(float(each)) for each in decibels(samples_of([silent, loud]))] == [0, 60]
