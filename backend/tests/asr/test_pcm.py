"""When there is something to listen to, and the file that a provider gets."""

import io
import random
import wave
from array import array

from fake_provider import tone
from open_llm_vtuber.asr.pcm import as_wav, duration, is_audible

RATE = 16_000


def noise(loudest: int, seconds: float = 1.0) -> bytes:
    chance = random.Random(1)
    return array("h", (chance.randint(-loudest, loudest) for _ in range(round(RATE * seconds)))).tobytes()


def test_silence_hiss_and_clicks_hold_no_speech() -> None:
    assert not is_audible(b"")
    assert not is_audible(b"\x00")
    assert not is_audible(bytes(64_000))
    assert not is_audible(noise(100))
    assert not is_audible(bytes(32_000) + noise(20_000, 0.05) + bytes(32_000))


def test_anything_louder_and_longer_may() -> None:
    assert is_audible(tone(200, RATE))
    assert is_audible(bytes(32_000) + noise(1_000, 0.3))
    assert is_audible(tone(200, RATE) + b"\x00"), "half a sample more"


def test_a_wav_says_what_it_holds() -> None:
    sound = tone(500, RATE)
    with wave.open(io.BytesIO(as_wav(sound))) as file:
        assert file.getparams()[:4] == (1, 2, RATE, RATE // 2)
        assert file.readframes(RATE) == sound
    assert duration(sound) == 0.5
