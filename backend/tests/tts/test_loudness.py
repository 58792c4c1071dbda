"""One loudness for every voice: the measure is the broadcasters', and nothing is ever cut off or blown up."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from open_llm_vtuber.tts.loudness import CEILING, TARGET, levelled, loudness, resampled
from open_llm_vtuber.units import Hertz

RATE = Hertz(24_000)
RATES = (8_000, 16_000, 22_050, 24_000, 44_100, 48_000)


def sine(frequency: float, seconds: float, loud: float = 1.0, rate: int = RATE) -> NDArray[np.float64]:
    return loud * np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate)


def speechlike(seconds: float, loud: float, seed: int = 1, rate: int = RATE) -> NDArray[np.float64]:
    """Return bursts of noise with quiet in between, whose peaks stand out like those of a voice."""
    noise = np.random.default_rng(seed).laplace(0, loud, round(seconds * rate))
    syllables = np.clip(sine(3, seconds, rate=rate) + 0.5, 0, None)
    return np.clip(noise * syllables, -1, 1)


def pcm(samples: NDArray[np.float64]) -> bytes:
    return np.rint(samples * 32767).astype("<i2").tobytes()


def samples(sound: bytes) -> NDArray[np.float64]:
    return np.frombuffer(sound, "<i2") / 32768


@pytest.mark.parametrize("rate", RATES)
def test_a_full_sine_measures_what_the_standard_says(rate: int) -> None:
    assert abs(loudness(sine(997, 3, rate=rate), Hertz(rate)) - -3.01) < 0.05


@pytest.mark.parametrize(
    ("frequency", "expected"),
    [(60, -17.09 + 10.46), (10_000, -3.01 + 3.3)],  # the high-pass takes, the shelf gives
)
def test_low_and_high_tones_are_weighted(frequency: float, expected: float) -> None:
    assert abs(loudness(sine(frequency, 3, rate=48_000), Hertz(48_000)) - expected) < 0.15


def test_pauses_do_not_count() -> None:
    tone = sine(997, 2, 0.1)
    assert abs(loudness(np.concatenate((tone, np.zeros(RATE * 4), tone)), RATE) - loudness(tone, RATE)) < 0.5


@pytest.mark.parametrize("loud", [0.02, 0.05, 0.1, 0.2])
@pytest.mark.parametrize("seconds", [0.25, 0.6, 3.0, 12.0])
def test_every_sentence_comes_out_at_the_target(loud: float, seconds: float) -> None:
    sound = samples(levelled(pcm(speechlike(seconds, loud)), RATE))
    assert abs(loudness(sound, RATE) - TARGET) < 1.0
    assert np.abs(sound).max() <= CEILING


def test_a_voice_with_sharp_peaks_is_as_loud_as_the_others() -> None:
    voice = speechlike(2, 0.03)
    voice[::2400] = 1.0
    sound = samples(levelled(pcm(voice), RATE))
    assert abs(loudness(sound, RATE) - TARGET) < 1.0


@pytest.mark.parametrize("quiet", [0.0, 0.001])
def test_silence_and_noise_stay_what_they_are(quiet: float) -> None:
    sound = pcm(speechlike(2, quiet))
    assert levelled(sound, RATE) == sound


def test_nothing_is_raised_by_more_than_20_decibels() -> None:
    whisper = speechlike(2, 0.004)
    raised = samples(levelled(pcm(whisper), RATE))
    assert 9 < np.abs(raised).max() / np.abs(whisper).max() < 10.5


def test_around_a_peak_all_is_turned_down_and_nothing_is_bent() -> None:
    sound = sine(200, 2, 0.2)
    sound[RATE : RATE + 240] *= 4.5
    after = samples(levelled(pcm(sound), RATE))
    gain = after[RATE // 2 + 30] / sound[RATE // 2 + 30]
    assert np.allclose(after[: RATE - 480], sound[: RATE - 480] * gain, atol=1e-3)
    assert np.abs(np.diff(after)).max() < 4 * np.abs(np.diff(sound)).max()


@given(
    st.binary(max_size=4_000).map(lambda b: b[: len(b) // 2 * 2]),
    st.sampled_from(RATES),
)
def test_any_samples_keep_their_number_and_stay_below_the_ceiling(sound: bytes, rate: int) -> None:
    after = levelled(sound, Hertz(rate))
    assert len(after) == len(sound)
    assert not after or np.abs(samples(after)).max() <= CEILING + 1 / 32768


@pytest.mark.parametrize("rate", RATES)
def test_resampling_keeps_pitch_length_and_loudness(rate: int) -> None:
    after = samples(resampled(pcm(sine(440, 1, 0.5, rate)), Hertz(rate), RATE))
    assert len(after) == RATE
    middle = slice(RATE // 10, -RATE // 10)
    assert np.allclose(after[middle], sine(440, 1, 0.5)[middle], atol=0.01)


def test_resampling_folds_nothing_back() -> None:
    high = resampled(pcm(sine(15_000, 1, 0.5, 48_000)), Hertz(48_000), RATE)
    assert np.abs(samples(high)[2400:-2400]).max() < 0.01


@given(st.binary(max_size=400).map(lambda b: b[: len(b) // 2 * 2]), st.sampled_from(RATES))
def test_any_samples_can_be_resampled(sound: bytes, rate: int) -> None:
    after = resampled(sound, Hertz(rate), RATE)
    assert len(after) // 2 == round(len(sound) // 2 * RATE / rate)
