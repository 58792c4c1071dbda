"""A sentence's samples as the wire carries them."""

import array
import base64
import io
import math
import wave

from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.show.speech import speech
from open_llm_vtuber.units import Hertz

RATE = Hertz(8_000)


def tone(milliseconds: int, loudness: float) -> bytes:
    count = RATE * milliseconds // 1000
    return array.array("h", (round(32_000 * loudness * math.sin(i * 0.7)) for i in range(count))).tobytes()


def test_it_is_a_whole_wav_file_with_true_sizes() -> None:
    raw = base64.b64decode(speech(tone(250, 0.5), RATE).wav_base64)
    with wave.open(io.BytesIO(raw)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
        assert file.readframes(file.getnframes()) == tone(250, 0.5)
    assert int.from_bytes(raw[4:8], "little") == len(raw) - 8


def test_the_length_is_that_of_the_samples() -> None:
    assert speech(tone(250, 0.5), RATE).length == 0.25


def test_volumes_follow_the_loudness_of_each_20_milliseconds() -> None:
    volumes = speech(tone(40, 0.25) + tone(40, 0.5) + tone(30, 0.0), RATE).volumes
    assert len(volumes) == 6, "the last, shorter slice counts"
    assert max(volumes) == 1.0
    assert volumes[4:] == (0.0, 0.0)
    assert abs(volumes[0] - 0.5) < 0.05


def test_silence_is_silent_rather_than_a_division_by_nothing() -> None:
    assert speech(bytes(3200), RATE).volumes == (0.0,) * 10


@given(
    st.binary(max_size=2_000).map(lambda b: b[: len(b) // 2 * 2]),
    st.sampled_from([8_000, 16_000, 44_100, 48_000]),
)
def test_any_samples_give_a_volume_for_each_slice(pcm: bytes, rate: int) -> None:
    spoken = speech(pcm, Hertz(rate))
    assert len(spoken.volumes) == math.ceil(len(pcm) / 2 / (rate * 20 // 1000))
    assert all(0.0 <= volume <= 1.0 for volume in spoken.volumes)
