"""Speech that comes with its words sounds as loud as every voice."""

import numpy as np
import pytest

from fake_hume import wav
from open_llm_vtuber.tts.given_speech import given_speech
from open_llm_vtuber.tts.loudness import TARGET, loudness
from open_llm_vtuber.tts.pcm import RATE


def measured(pcm: bytes) -> float:
    return loudness(np.frombuffer(pcm, "<i2") / np.float32(32768), RATE)


def test_the_pieces_of_a_sentence_become_one_at_the_rate_and_loudness_of_every_voice() -> None:
    for level in (2_000, 20_000):
        pcm = given_speech([wav(0.5, level=level), wav(0.7, level=level)])
        assert len(pcm) == 2 * round(RATE * 1.2)
        assert measured(pcm) == pytest.approx(TARGET, abs=0.3)


def test_what_a_lower_rate_cannot_carry_is_left_out_and_not_folded_back() -> None:
    assert measured(given_speech([wav(1.0, hertz=18_000)])) < -50


def test_no_sound_at_all_is_none() -> None:
    assert given_speech([wav(0.0)]) == b""


@pytest.mark.parametrize("pieces", [[b"RIFF"], [wav(0.1), b"\0" * 100], [wav(0.1), wav(0.1, rate=24_000)]])
def test_what_is_no_sound_is_a_value_error(pieces: list[bytes]) -> None:
    with pytest.raises(ValueError, match=r"WAV|rates"):
        given_speech(pieces)
