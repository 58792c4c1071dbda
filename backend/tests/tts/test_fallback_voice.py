"""The voice that a show gets: someone always speaks, at one loudness and one rate."""

import asyncio
import math
from array import array
from collections.abc import AsyncGenerator
from types import TracebackType
from typing import Self

import numpy as np
import pytest

from fake_provider import run
from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.tts.fallback_voice import FallbackVoice
from open_llm_vtuber.tts.loudness import TARGET, loudness
from open_llm_vtuber.units import Hertz

SECONDS = 1.0


class Voice:
    """Hums a sentence in pieces, as loud and at the rate that it is told; may fail before or in the middle."""

    def __init__(self, rate: int, loud: float = 0.1, *, fails_after: int | None = None) -> None:
        self.sample_rate = Hertz(rate)
        self.fails_after = fails_after
        self.open = 0
        self._loud = loud

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        return None

    async def synthesize(self, text: str) -> AsyncGenerator[bytes, None]:
        self.open += 1
        try:
            for piece in range(10 if text else 0):
                await asyncio.sleep(0)
                if piece == self.fails_after:
                    raise EngineError("The voice is hoarse.", engine="fake", retryable=True)
                yield self._piece(piece)
        finally:
            self.open -= 1

    def _piece(self, piece: int) -> bytes:
        length = round(self.sample_rate * SECONDS / 10)
        turn = 2 * math.pi * 440 / self.sample_rate
        places = range(piece * length, (piece + 1) * length)
        return array("h", (round(32767 * self._loud * math.sin(turn * place)) for place in places)).tobytes()


def chain(*voices: Voice) -> tuple[FallbackVoice, list[tuple[str, str]]]:
    told: list[tuple[str, str]] = []
    return FallbackVoice(
        {f"voice {number}": each for number, each in enumerate(voices)}, lambda *state: told.append(state)
    ), told


async def heard(voice: FallbackVoice, text: str = "Hello.") -> list[bytes]:
    return [chunk async for chunk in voice.synthesize(text)]


@pytest.mark.parametrize("loud", [0.05, 0.1, 0.8])
def test_every_voice_is_equally_loud(loud: float) -> None:
    voice, _ = chain(Voice(24_000, loud))
    (sound,) = run(heard(voice))
    assert abs(loudness(np.frombuffer(sound, "<i2") / 32768, Hertz(24_000)) - TARGET) < 0.3


@pytest.mark.parametrize("fails_after", [0, 5, 9])
def test_a_sentence_is_spoken_whole_by_one_voice_wherever_another_breaks(fails_after: int) -> None:
    voice, told = chain(Voice(24_000, fails_after=fails_after), Voice(24_000, 0.2))
    (sound,) = run(heard(voice))
    assert len(sound) == 2 * 24_000 * SECONDS
    assert told == []


def test_whoever_speaks_the_rate_stays_that_of_the_first() -> None:
    voice, _ = chain(Voice(22_050, fails_after=0), Voice(48_000))
    assert voice.sample_rate == 22_050
    (sound,) = run(heard(voice))
    assert len(sound) == 2 * 22_050 * SECONDS


def test_nothing_to_say_is_no_failure_and_nothing_is_heard() -> None:
    voice, told = chain(Voice(24_000), Voice(24_000))
    assert run(heard(voice, "")) == []
    assert told == []


def test_which_voice_speaks_now_is_told() -> None:
    async def main() -> list[tuple[str, str]]:
        voice, told = chain(Voice(24_000, fails_after=0), Voice(24_000))
        for _ in range(4):
            await heard(voice)
        return told

    assert run(main()) == [("voice 1", "voice 0 keeps failing: The voice is hoarse.")]


def test_when_all_are_hoarse_that_is_an_error() -> None:
    voice, _ = chain(Voice(24_000, fails_after=0), Voice(24_000, fails_after=3))
    with pytest.raises(EngineError, match="hoarse"):
        run(heard(voice))


def test_cancelling_closes_the_voice() -> None:
    async def main() -> None:
        first, second = Voice(24_000), Voice(24_000)
        voice, _ = chain(first, second)
        task = asyncio.create_task(heard(voice))
        for _ in range(4):
            await asyncio.sleep(0)
        assert first.open == 1
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert (first.open, second.open) == (0, 0)

    run(main())
