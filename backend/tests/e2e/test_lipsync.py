"""The judge of the mouth: what it must not let pass."""

import base64
import io
import wave
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from e2e.lipsync import Frame, Sound, correlation, decoded, judge

RATE = 24_000
FRAME_S = 1 / 50


def spoken(*syllables: float) -> Sound:
    """Return one 200 ms hump for each loudness; 0 is a silence."""
    time = np.arange(RATE // 5) / RATE
    hump = np.sin(np.pi * time / 0.2) ** 2 * np.sin(2 * np.pi * 220 * time) * 0.4
    return Sound(np.concatenate([hump * syllable for syllable in syllables]), RATE)


SPEECH = (spoken(1, 0.6, 0, 0.8), spoken(0.9, 0, 1, 0.5))


def drawn(sounds: Sequence[Sound], mouth: Callable[[float, float], float]) -> list[Frame]:
    """Return the frames of a page whose mouth is `mouth(loudness, seconds into the sound)`."""
    frames = []
    for index, sound in enumerate(sounds):
        for t in np.arange(0, sound.length + 0.8, FRAME_S):
            loud = float(sound.loudness([float(t)])[0])
            opening = mouth(loud, float(t))
            frames.append(Frame(index, float(t), opening, opening, 0.2 * loud, "joy"))
    return frames


def test_a_mouth_that_follows_the_sound_passes() -> None:
    verdict = judge(SPEECH, drawn(SPEECH, lambda loud, _: max(0.0, loud - 0.05)))
    assert verdict.faults == []
    assert verdict.correlation > 0.95
    assert verdict.silent_frames > 3
    assert verdict.frames_after > 3


def test_a_mouth_that_opens_once_more_after_the_last_word_is_a_fault() -> None:
    end = SPEECH[1].length

    def twitching(frame: Frame) -> Frame:
        return (
            replace(frame, mouth=0.15) if frame.sentence == 1 and end + 0.2 < frame.t < end + 0.4 else frame
        )

    frames = [twitching(frame) for frame in drawn(SPEECH, lambda loud, _: loud)]
    assert any("after she has spoken" in fault for fault in judge(SPEECH, frames).faults)


@pytest.mark.parametrize(
    ("mouth", "fault"),
    [
        (lambda _loud, _t: 0.0, "does not follow"),
        (lambda _loud, t: 0.5 + 0.5 * np.sin(31 * t), "does not follow"),
        (lambda loud, _t: 1 - loud, "does not follow"),
        (lambda loud, _t: 0.1 + 0.9 * loud, "while she is silent"),
        (lambda loud, _t: 0.1 + 0.9 * loud, "after she has spoken"),
    ],
    ids=["shut", "uncorrelated", "upside down", "ajar in silence", "ajar afterwards"],
)
def test_a_mouth_of_its_own_is_a_fault(mouth: Callable[[float, float], float], fault: str) -> None:
    assert any(fault in each for each in judge(SPEECH, drawn(SPEECH, mouth)).faults)


def test_a_mute_voice_is_a_fault() -> None:
    mute = (Sound(np.zeros(RATE), RATE),)
    faults = judge(mute, drawn(mute, lambda _loud, t: float(t % 0.3)))
    assert "sound 0 is mute" in faults.faults


def test_a_sentence_that_was_not_played_is_a_fault() -> None:
    frames = drawn(SPEECH[:1], lambda loud, _: loud)
    assert "sound 1 was not played" in judge(SPEECH, frames).faults


def test_a_voice_that_reaches_no_loudspeaker_is_a_fault() -> None:
    frames = [replace(frame, heard=0.0) for frame in drawn(SPEECH, lambda loud, _: loud)]
    assert "sound 0 did not reach the loudspeaker" in judge(SPEECH, frames).faults


def test_no_sound_at_all_is_a_fault() -> None:
    assert "no sound was sent" in judge((), []).faults


def test_loudness_is_measured_around_a_time_and_against_the_loudest() -> None:
    sound = spoken(1, 0, 0.5)
    middle, silence, softer, beyond = sound.loudness([0.1, 0.3, 0.5, 5.0])
    assert (middle, silence, softer, beyond) == pytest.approx((1, 0, 0.5, 0), abs=0.05)
    [(begin, end)] = sound.silences()
    assert (begin, end) == pytest.approx((0.2, 0.4), abs=0.04)


def test_a_wav_file_is_read_as_its_samples() -> None:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(RATE)
        writer.writeframes(np.array([0, 16384, -32768], "<i2").tobytes())
    sound = decoded(base64.b64encode(file.getvalue()).decode())
    assert sound.rate == RATE
    assert sound.samples.tolist() == [0.0, 0.5, -1.0]


def test_what_never_changes_correlates_with_nothing() -> None:
    assert correlation([1.0, 2.0, 3.0], [0.0, 0.0, 0.0]) == 0.0
