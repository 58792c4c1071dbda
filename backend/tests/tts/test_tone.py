"""The humming voice: a mouth that follows its loudness opens and closes."""

import asyncio
import time
from array import array
from itertools import pairwise

import pytest

from fake_provider import run
from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.tts import TTS_ENGINES


def sound(text: str, **options: object) -> "array[int]":
    async def main() -> bytes:
        async with TTS_ENGINES.build("tone_tts", options) as voice:
            return b"".join([chunk async for chunk in voice.synthesize(text)])

    return array("h", run(main()))


@pytest.mark.parametrize(
    ("text", "milliseconds", "options"),
    [
        ("kittens", 7 * 60, {}),
        ("Oh, kittens!", 12 * 60, {}),
        ("Hi", 200, {}),
        ("kittens", 7 * 20, {"ms_per_character": 20}),
        ("大好きです", 5 * 60, {}),
    ],
)
def test_is_as_long_as_its_text(text: str, milliseconds: int, options: dict[str, object]) -> None:
    wanted = max(milliseconds, 200)
    assert len(sound(text, **options)) == 24 * wanted


def test_is_silent_between_words_and_loud_within() -> None:
    samples = sound("aaa   bbb")
    letter = 24 * 60
    assert max(map(abs, samples[: 3 * letter])) > 3000
    assert not any(samples[3 * letter : 6 * letter])
    assert max(map(abs, samples[6 * letter :])) > 3000


def test_opens_once_for_each_syllable_without_a_click() -> None:
    samples = sound("abcdef")
    syllable = 3 * 24 * 60
    assert max(map(abs, samples[syllable - 24 : syllable + 24])) < 200
    assert max(abs(a - b) for a, b in pairwise(samples)) < 3000


def test_sounds_the_same_each_time_and_not_the_same_for_other_words() -> None:
    assert sound("kitten") == sound("kitten")
    assert sound("kitten") != sound("puppies"[:6])


def test_makes_a_sentence_in_no_time() -> None:
    async def main() -> float:
        async with TTS_ENGINES.build("tone_tts", {}) as voice:
            best = 1.0
            for _ in range(5):
                start = time.perf_counter()
                async for _ in voice.synthesize("Oh, kittens! I could talk about that all night."):
                    pass
                best = min(best, time.perf_counter() - start)
            return best

    assert run(main()) < 0.02


def test_a_long_text_lets_others_have_their_turn() -> None:
    async def main() -> int:
        async with TTS_ENGINES.build("tone_tts", {}) as voice:
            turns = 0

            async def other() -> None:
                nonlocal turns
                while True:
                    turns += 1
                    await asyncio.sleep(0)

            task = asyncio.create_task(other())
            async for _ in voice.synthesize("kitten " * 200):
                pass
            task.cancel()
            return turns

    assert run(main()) > 200


@pytest.mark.parametrize("value", [0, 501, "fast"])
def test_refuses_a_speed_that_is_none(value: object) -> None:
    with pytest.raises(ConfigError, match="tone_tts: ms_per_character"):
        TTS_ENGINES.build("tone_tts", {"ms_per_character": value})
