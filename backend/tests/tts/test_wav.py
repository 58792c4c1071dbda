"""WAV as servers send it."""

from array import array
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_provider import tone, wav
from open_llm_vtuber.tts.wav import read_wav

SOUND = tone(200)


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 44100, 48000])
def test_any_rate_becomes_ours_and_keeps_its_length_and_pitch(rate: int) -> None:
    samples = array("h", read_wav(wav(tone(500, rate), rate=rate)))
    assert abs(len(samples) - 12_000) <= 2
    rising = sum(1 for a, b in pairwise(samples) if a < 0 <= b)
    assert abs(rising - 110) <= 1
    assert 7000 < max(samples) < 8100


def test_channels_are_mixed() -> None:
    left, right = array("h", [1000, -2000, 32767]), array("h", [3000, -4000, 32767])
    both = array("h", (value for pair in zip(left, right, strict=True) for value in pair))
    assert list(array("h", read_wav(wav(both.tobytes(), channels=2)))) == [2000, -3000, 32767]


def test_a_sound_that_was_cut_gives_what_there_is() -> None:
    whole = wav(SOUND)
    assert read_wav(whole[:-101]) == SOUND[:-102]


def test_what_follows_the_sound_is_no_sound() -> None:
    assert read_wav(wav(SOUND) + b"LIST\x04\x00\x00\x00abcd") == SOUND


def test_the_extensible_header_is_read() -> None:
    plain = wav(SOUND)
    start = plain.index(b"fmt ") + 4
    layout = b"\xfe\xff" + plain[start + 6 : start + 20]
    extra = b"\x16\x00\x10\x00\x04\x00\x00\x00" + b"\x01\x00" + bytes(14)
    chunk = (40).to_bytes(4, "little") + layout + extra
    assert read_wav(plain[:start] + chunk + plain[start + 20 :]) == SOUND


@pytest.mark.parametrize(
    "data", [b"", b"RIFF", wav(SOUND, kind=3), wav(SOUND, channels=0), wav(SOUND, rate=1), b"ID3" + SOUND]
)
def test_what_is_not_ours_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_wav(data)


@given(st.binary(max_size=80), st.integers(0, 60))
def test_no_bytes_do_any_other_harm(noise: bytes, place: int) -> None:
    data = wav(SOUND[:40])
    for broken in (noise, data[:place] + noise, data[:place] + noise + data[place + len(noise) :]):
        with suppress(ValueError):
            assert len(read_wav(broken)) % 2 == 0
