"""Sound for ears: real speech by the embedded voice, and what is no speech."""

import functools
import math
import random
from array import array

import numpy as np

from open_llm_vtuber.show.sound import read_wav
from open_llm_vtuber.tts import TTS_ENGINES

RATE = 16_000
_SPOKEN: dict[str, bytes] = {}


async def sentence(text: str) -> bytes:
    """Return a spoken sentence as ears take it: 16-bit mono at 16 kHz."""
    from fake_provider import wav

    if text not in _SPOKEN:
        async with TTS_ENGINES.build("embedded_tts", {}) as voice:
            sound = b"".join([chunk async for chunk in voice.synthesize(text)])
        _SPOKEN[text] = read_wav(wav(sound, rate=voice.sample_rate))
    return _SPOKEN[text]


def samples(sound: bytes) -> list[float]:
    """Return the numbers that a microphone message holds."""
    return [round(number / 32_767, 6) for number in np.frombuffer(sound, "<i2").tolist()]


@functools.cache
def noise(seconds: float, loudest: int) -> bytes:
    """Return hiss."""
    chance = random.Random(1)
    return array("h", (chance.randint(-loudest, loudest) for _ in range(round(RATE * seconds)))).tobytes()


@functools.cache
def babble(seconds: float) -> bytes:
    """Return a loud hum without a word in it."""
    numbers = (
        round(9_000 * math.sin(2 * math.pi * 200 * place / RATE)) for place in range(round(RATE * seconds))
    )
    return array("h", numbers).tobytes()
