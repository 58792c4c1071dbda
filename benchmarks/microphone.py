"""1200 pieces of a microphone's sound: through the message and into the buffer, and through the voice detection."""

import asyncio
import importlib.util
import json
import random
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

from benchmarks.instant import instant_character, instant_engines
from benchmarks.measure import Measured, milliseconds, skipped
from open_llm_vtuber import app
from open_llm_vtuber.config import Settings
from open_llm_vtuber.message_handler import MessageHandler
from open_llm_vtuber.protocol.client_messages import MicAudioEnd
from open_llm_vtuber.protocol.codec import decode
from open_llm_vtuber.protocol.server_messages import Error
from open_llm_vtuber.show.ears import Ears
from open_llm_vtuber.vad.silero import SileroVAD

CHUNKS = 1_200
SAMPLES = 4_096
ROUNDS = 3


class _NoEar:
    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        pass

    async def transcribe(self, utterance: bytes) -> str:
        """Hear nothing."""
        del utterance
        return ""


def measure() -> Iterator[Measured]:
    """Measure the buffer, the whole way of a message, and the detection."""
    note = f"{CHUNKS} chunks of {SAMPLES} samples, {ROUNDS} rounds"
    yield milliseconds("chunk → buffer", _into_the_buffer(), note)
    yield milliseconds(
        "chunk → message → show", asyncio.run(_through_the_handler()), f"{note}; 40 kB of JSON each"
    )
    if importlib.util.find_spec("faster_whisper") is None:
        yield skipped("chunk → voice detection (Silero)", "faster-whisper is not installed")
        return
    yield milliseconds(
        "chunk → voice detection (Silero)",
        asyncio.run(_through_detection()),
        f"{CHUNKS} chunks of {SAMPLES} samples",
    )


def _chunk() -> list[float]:
    chance = random.Random(1)
    return [round(chance.uniform(-0.5, 0.5), 6) for _ in range(SAMPLES)]


def _into_the_buffer() -> Iterator[float]:
    samples = tuple(_chunk())
    for _ in range(ROUNDS):
        ears = Ears(
            _NoEar(), longest=3_600.0
        )  # longer than it is allowed, so that the end of it costs as well
        for _ in range(CHUNKS):
            began = time.perf_counter()
            ears.take_in("bench", samples)
            yield time.perf_counter() - began
        assert len(ears.stimulus("bench", "Human").utterance or b"") == 2 * CHUNKS * SAMPLES


async def _through_the_handler() -> list[float]:
    text = json.dumps({"type": "mic-audio-data", "audio": _chunk()})
    character: dict[str, Any] = {**instant_character(), "asr_config": {"asr_model": "scripted_asr"}}
    settings = Settings.model_validate({"character_config": character})
    with instant_engines():
        async with app.on_air(settings, print) as parts, parts.shows.subscribe("main", "bench"):
            handler = MessageHandler(parts.shows, "main", "bench", "Human")
            return [each for _ in range(ROUNDS) for each in await _utterance(handler, text)]


async def _utterance(handler: MessageHandler, text: str) -> list[float]:
    taken: list[float] = []
    for _ in range(CHUNKS):
        began = time.perf_counter()
        message = decode(text)
        assert not isinstance(message, Error)
        await handler.handle(message)
        taken.append(time.perf_counter() - began)
    (answer,) = await handler.handle(MicAudioEnd())
    assert isinstance(answer, Error), "five minutes are too long"
    return taken


async def _through_detection() -> list[float]:
    samples, taken = _chunk(), list[float]()
    async with SileroVAD(SileroVAD.Options()) as detector:
        ears = Ears(_NoEar(), detector)
        await ears.find_speech("bench", samples)  # loads it
        for _ in range(CHUNKS):
            began = time.perf_counter()
            await ears.find_speech("bench", samples)
            taken.append(time.perf_counter() - began)
    return taken
