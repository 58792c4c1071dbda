"""Sound as microphones and files bring it, in the form that all ears take."""

import io
import math
import wave
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.show import sound
from open_llm_vtuber.show.sound import NotSound, pcm, read_wav

SAMPLES = st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=200)


def numbers(data: bytes) -> list[int]:
    return [int(number) for number in np.frombuffer(data, "<i2")]


def wav(samples: Sequence[int], *, rate: int = 16_000, channels: int = 1, width: int = 2) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(channels)
        writer.setsampwidth(width)
        writer.setframerate(rate)
        writer.writeframes(b"".join(each.to_bytes(width, "little", signed=True) for each in samples))
    return file.getvalue()


def tone(hertz: float, rate: int, seconds: float = 0.5) -> list[int]:
    return [round(10_000 * math.sin(2 * math.pi * hertz * i / rate)) for i in range(round(rate * seconds))]


def pitch(data: bytes) -> float:
    samples = np.frombuffer(data, "<i2")
    return float(np.abs(np.fft.rfft(samples)).argmax() * 16_000 / len(samples))


@given(SAMPLES.filter(lambda samples: any(sample % 1 for sample in samples)))
def test_samples_keep_their_loudness(samples: list[float]) -> None:
    assert all(
        abs(number / 32_767 - sample) < 1 / 32_000
        for number, sample in zip(numbers(pcm(samples)), samples, strict=True)
    )


@given(st.lists(st.integers(-32_768, 32_767), max_size=200))
def test_samples_that_are_16_bit_numbers_are_recognised_however_quiet(samples: list[int]) -> None:
    assert numbers(pcm(samples)) == [max(-32_767, sample) for sample in samples]


def test_what_is_too_loud_is_cut_and_what_is_no_number_is_silent() -> None:
    assert numbers(pcm([1.4, -1.2, math.nan, math.inf, 0.5])) == [32_767, -32_767, 0, 0, 16_384]
    assert pcm([]) == b""


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_wav_of_any_rate_and_channels_keeps_pitch_and_length(rate: int, channels: int) -> None:
    samples = [sample for sample in tone(440, rate) for _ in range(channels)]
    heard = read_wav(wav(samples, rate=rate, channels=channels))
    assert sound.length(heard) == pytest.approx(0.5, abs=0.001)
    assert pitch(heard) == pytest.approx(440, abs=3)
    assert max(numbers(heard)) == pytest.approx(10_000, rel=0.1)


def test_what_is_too_high_for_our_rate_does_not_come_back_as_something_lower() -> None:
    heard = read_wav(wav(tone(10_000, 48_000), rate=48_000))
    assert max(map(abs, numbers(heard))) < 500


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"RIFF", "Invalid WAV file: File too small"),
        (b"ID3" + bytes(100), "Invalid WAV file: 16-bit PCM is needed"),
        (wav([1, 2, 3], width=1), "Invalid WAV file: 16-bit PCM at 4 to 192 kHz is needed"),
        (wav([1, 2, 3], rate=100), "Invalid WAV file: 16-bit PCM at 4 to 192 kHz is needed"),
        (wav([]), "Empty audio data"),
        (wav([1, 2, 3])[:-1], "Invalid audio data: Buffer size must be even"),
    ],
)
def test_what_is_no_wav_of_ours_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(NotSound) as refused:
        read_wav(data)
    assert str(refused.value) == reason


def test_a_recording_that_is_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound, "LONGEST_WAV", 0.25)
    with pytest.raises(NotSound, match="longer than"):
        read_wav(wav(tone(440, 16_000)))


@given(st.binary(max_size=300), st.integers(0, 44))
def test_whatever_is_in_a_file_it_is_sound_or_refused(rubbish: bytes, kept: int) -> None:
    try:
        heard = read_wav(wav([1] * 30)[:kept] + rubbish)
    except NotSound:
        return
    assert len(heard) % 2 == 0
