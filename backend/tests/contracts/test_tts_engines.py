"""What every voice promises. A row added to the table is tested here, or fails until it can be."""

import asyncio
import os
import sys
from array import array
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest

from fake_edge import FakeEdge
from fake_elevenlabs import FakeElevenLabs
from fake_provider import KEY, FakeProvider, run
from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.ports import SpeechSynthesizer
from open_llm_vtuber.tts import TTS_ENGINES
from open_llm_vtuber.tts.loudness import TARGET, levelled, loudness
from open_llm_vtuber.tts.pcm import encode
from open_llm_vtuber.units import Hertz

SENTENCE = "Hello chat, welcome to the stream!"
LONG = "I could talk about kittens all night, and I probably will. " * 12
UNSPEAKABLE = ("", "   ", "\n", "🎉🎉", "?!...", "♪")
NEEDS = {
    "embedded_tts": ("hibari", "onnxruntime"),
    "tone_tts": (),
    "openai_tts": ("openai",),
    "piper_tts": (),  # a stand-in for its program
    "kokoro_tts": (),  # a stand-in for the library in its program
    "edge_tts": ("edge_tts", "miniaudio"),
    "elevenlabs_tts": ("elevenlabs",),
}
TESTS = Path(__file__).parents[1]
Missing = Callable[[str, str], NoReturn]


def require(name: str, missing: Missing) -> None:
    if name not in NEEDS:
        pytest.fail(f"{name} is a new row: say in NEEDS and FAR_ENDS how this suite builds it")
    for package in NEEDS[name]:
        if find_spec(package) is None:
            missing(f"{name} needs {package}", "CI" if os.environ.get("CI") else "OLV_REQUIRE_ENGINES")


@asynccontextmanager
async def running(name: str, folder: Path) -> AsyncIterator[SpeechSynthesizer]:
    async with AsyncExitStack() as stack:
        options = await FAR_ENDS[name](stack, folder) if name in FAR_ENDS else {}
        yield await stack.enter_async_context(TTS_ENGINES.build(name, options))


async def _openai(stack: AsyncExitStack, _: Path) -> Mapping[str, object]:
    fake = await stack.enter_async_context(FakeProvider())
    return {"base_url": fake.base_url, "api_key": KEY}


async def _elevenlabs(stack: AsyncExitStack, _: Path) -> Mapping[str, object]:
    fake = await stack.enter_async_context(FakeElevenLabs())
    return {"base_url": fake.base_url, "api_key": KEY, "voice_id": "abc"}


async def _edge(stack: AsyncExitStack, _: Path) -> Mapping[str, object]:
    await stack.enter_async_context(FakeEdge())
    return {}


async def _piper(_: AsyncExitStack, folder: Path) -> Mapping[str, object]:
    program, model = folder / "piper", folder / "model.onnx"
    program.write_text(f"#!/bin/sh\nexec '{sys.executable}' '{TESTS}/fake_piper.py' \"$@\"\n")
    program.chmod(0o700)
    model.touch()
    return {"program": str(program), "model_path": str(model)}


async def _kokoro(stack: AsyncExitStack, folder: Path) -> Mapping[str, object]:
    patch = stack.enter_context(pytest.MonkeyPatch.context())
    patch.setenv("PYTHONPATH", str(TESTS / "stand_ins"), prepend=os.pathsep)
    patch.syspath_prepend(TESTS / "stand_ins")
    for name in ("model.onnx", "voices.bin"):
        (folder / name).touch()
    files = {"model_path": str(folder / "model.onnx"), "voices_path": str(folder / "voices.bin")}
    return {**files, "voice": "af_sky"}


FAR_ENDS: Mapping[str, Callable[[AsyncExitStack, Path], Awaitable[Mapping[str, object]]]] = {
    "openai_tts": _openai,
    "elevenlabs_tts": _elevenlabs,
    "edge_tts": _edge,
    "piper_tts": _piper,
    "kokoro_tts": _kokoro,
}
"""Starts what a voice speaks to and returns the options that lead there."""


async def samples_of(engine: SpeechSynthesizer, text: str) -> "array[int]":
    """Return the whole sound, after checking every chunk."""
    samples = array("h")
    async for chunk in engine.synthesize(text):
        assert chunk
        assert len(chunk) % 2 == 0
        samples.frombytes(chunk)
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


@pytest.mark.parametrize("name", list(TTS_ENGINES))
def test_keeps_the_contract_of_a_voice(name: str, missing: Missing, tmp_path: Path) -> None:
    """One test for each engine, because starting one can be dear; each promise is a function of its own."""
    require(name, missing)

    async def main() -> None:
        async with running(name, tmp_path) as engine:
            await _speaks_a_sentence(engine)
            await _says_nothing_when_there_is_nothing_to_say(engine)
            await _takes_a_long_text(engine)
            await _closing_stops_and_leaves_it_usable(engine)
            await _cancelling_stops_and_leaves_it_usable(engine)
            await _speaks_two_sentences_at_once(engine)
        await _is_no_use_after_its_end(name, engine)

    run(main(), seconds=45)


async def _speaks_a_sentence(engine: SpeechSynthesizer) -> None:
    samples = await samples_of(engine, SENTENCE)
    assert 1.0 < len(samples) / engine.sample_rate < 5.0
    loudest = max(map(abs, samples))
    assert 3000 < loudest < 32700, "neither silent nor clipped"
    assert sum(map(abs, samples)) / len(samples) > 200
    assert abs(_loudness_on_air(samples, engine.sample_rate) - TARGET) < 1.0


def _loudness_on_air(samples: "array[int]", rate: Hertz) -> float:
    return loudness(np.frombuffer(levelled(encode(samples), rate), "<i2") / 32768, rate)


async def _says_nothing_when_there_is_nothing_to_say(engine: SpeechSynthesizer) -> None:
    for text in UNSPEAKABLE:
        assert len(await samples_of(engine, text)) == 0, text


async def _takes_a_long_text(engine: SpeechSynthesizer) -> None:
    assert len(await samples_of(engine, LONG)) / engine.sample_rate > 15


async def _closing_stops_and_leaves_it_usable(engine: SpeechSynthesizer) -> None:
    stream = engine.synthesize(LONG)
    async with aclosing(stream):
        assert await anext(stream)
    with pytest.raises(StopAsyncIteration):
        await anext(stream)
    assert await samples_of(engine, SENTENCE)


async def _cancelling_stops_and_leaves_it_usable(engine: SpeechSynthesizer) -> None:
    for turns_of_the_loop in (0, 1, 3):
        task = asyncio.create_task(samples_of(engine, LONG))
        for _ in range(turns_of_the_loop):
            await asyncio.sleep(0)
        task.cancel()
        async with asyncio.timeout(2):
            await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()
    assert await samples_of(engine, SENTENCE)


async def _speaks_two_sentences_at_once(engine: SpeechSynthesizer) -> None:
    first, second = await asyncio.gather(samples_of(engine, SENTENCE), samples_of(engine, "Second one."))
    assert len(first) > len(second) > 0


async def _is_no_use_after_its_end(name: str, engine: SpeechSynthesizer) -> None:
    if name != "tone_tts":
        with pytest.raises(EngineError) as failed:
            await samples_of(engine, SENTENCE)
        assert not failed.value.retryable
        assert failed.value.engine == name
