"""Her own voice in a microphone: real speech by the embedded voice, through rooms of several sizes."""

import asyncio
import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import spoken
from open_llm_vtuber.show.echo import EchoGate, Played
from open_llm_vtuber.units import Hertz, Seconds

Samples = NDArray[np.float64]
RATE = Hertz(16_000)
BEGINS: Seconds = 10.0
HERS = "Well, I really like playing video games with all of you, because it is so much fun every single time."
STREAMERS = "Mika, could you please tell me what we are going to play tonight, I have no idea."


@functools.cache
def said(text: str) -> Samples:
    return np.frombuffer(asyncio.run(spoken.sentence(text)), "<i2").astype(np.float64)


def in_a_room(sound: Samples, *, echoing: float, loudness: float, seed: int = 1) -> Samples:
    """Return it as a microphone across the room gets it: the direct way, and half a second of reverberation."""
    chance = np.random.default_rng(seed)
    times = np.arange(RATE // 2)
    way = chance.standard_normal(len(times)) * np.exp(-6.9 * times / len(times)) * echoing / 24
    way[0] = 1.0
    size = 1 << (len(sound) + len(way)).bit_length()
    reverberated: Samples = np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(way, size), size)
    return loudness * reverberated[: len(sound) + len(way)]


def microphone(*sounds: tuple[Seconds, Samples]) -> bytes:
    """Return nine seconds of a microphone: each sound from its second on, and a little hiss."""
    line = np.random.default_rng(2).standard_normal(9 * RATE) * 15
    for begins, sound in sounds:
        first = round(begins * RATE)
        line[first : first + len(sound)] += sound[: len(line) - first]
    return np.clip(line, -32_767, 32_767).astype("<i2").tobytes()


def gated(sound: bytes, *, plays: bool = True, piece: int = 3_200) -> bytes:
    """Return what the gate lets through of a microphone that is heard while she says her sentence."""
    played = Played()
    if plays:
        played.add(("t", 0), said(HERS).astype("<i2").tobytes(), RATE, at=BEGINS)
    gate = EchoGate(played)
    ends = [min(start + piece, len(sound)) for start in range(0, len(sound), piece)]
    through = b"".join(
        gate.filtered(sound[start:end], BEGINS + end / (2 * RATE))
        for start, end in zip([0, *ends], ends, strict=False)
    )
    return through + gate.rest()


def share_of(sound: bytes, of: bytes) -> float:
    """Return how much of the energy is left."""
    return float(
        (np.frombuffer(sound, "<i2").astype(float) ** 2).sum()
        / (np.frombuffer(of, "<i2").astype(float) ** 2).sum()
    )


@pytest.mark.parametrize("delay", [0.05, 0.4, 1.4])
@pytest.mark.parametrize(("echoing", "loudness"), [(0.0, 0.05), (0.3, 0.3), (0.9, 0.3), (0.3, 1.5)])
def test_next_to_nothing_of_her_own_voice_comes_through(
    echoing: float, loudness: float, delay: Seconds
) -> None:
    heard = microphone((delay, in_a_room(said(HERS), echoing=echoing, loudness=loudness)))
    assert share_of(gated(heard), heard) < 0.03


def test_all_of_somebody_else_comes_through_as_it_was_although_she_speaks() -> None:
    heard = microphone((1.0, said(STREAMERS)))
    assert gated(heard) == heard


@pytest.mark.parametrize("loudness", [0.05, 0.3])
def test_who_speaks_louder_than_her_echo_is_heard_through_it(loudness: float) -> None:
    alone = microphone((1.0, said(STREAMERS)))
    echo = in_a_room(said(HERS), echoing=0.3, loudness=loudness)
    through = gated(microphone((0.2, echo), (1.0, said(STREAMERS))))
    assert share_of(through, alone) > 0.9
    rest = slice(2 * round(6.3 * RATE), None)
    assert not any(through[rest][: 2 * RATE // 4]) or share_of(through[rest], alone[rest]) < 1.2, (
        "then it is silent"
    )


@settings(max_examples=25, deadline=None)
@given(piece=st.integers(1, 8_000).map(lambda samples: 2 * samples), plays=st.booleans())
def test_every_sample_comes_through_as_it_was_or_as_silence_and_none_is_lost(
    *, piece: int, plays: bool
) -> None:
    heard = microphone((0.3, in_a_room(said(HERS), echoing=0.3, loudness=0.3)))[: 6 * RATE]
    before, after = (np.frombuffer(sound, "<i2") for sound in (heard, gated(heard, plays=plays, piece=piece)))
    assert len(before) == len(after)
    assert ((after == before) | (after == 0)).all()
    assert plays or (after == before).all()


def test_while_she_is_silent_nothing_is_held_back() -> None:
    gate = EchoGate(Played())
    assert gate.filtered(b"\1\0" * 100, 5.0) == b"\1\0" * 100
    assert gate.rest() == b""


def test_a_sentence_that_begins_late_takes_those_behind_it_along() -> None:
    played = Played()
    for index in range(3):
        played.add(("t", index), b"\0\x10" * RATE, RATE, at=BEGINS + index)
    played.begins(("t", 1), BEGINS + 4.0)
    assert [played.is_audible(BEGINS + at + 0.1, BEGINS + at + 0.9) for at in range(7)] == [
        *(True, False, False, False),
        *(True, True, False),
    ]
    assert played.between(BEGINS + 3.5, BEGINS + 4.5).tolist()[:4_000:1_000] == [0.0] * 4
    played.begins(("another", 0), BEGINS)  # which it does not know


def test_sound_that_comes_after_a_break_is_not_taken_for_what_was_heard_before() -> None:
    heard = microphone((0.3, in_a_room(said(HERS), echoing=0.3, loudness=0.3)))
    played = Played()
    played.add(("t", 0), said(HERS).astype("<i2").tobytes(), RATE, at=BEGINS)
    gate = EchoGate(played)
    first = gate.filtered(heard[: 2 * RATE], BEGINS + 1.0)
    second = gate.filtered(heard[2 * RATE : 4 * RATE], BEGINS + 60.0)
    assert len(first) + len(second) == 4 * RATE, "long after she fell silent all of it passes"
    assert second[-2 * RATE :] == heard[2 * RATE : 4 * RATE]
