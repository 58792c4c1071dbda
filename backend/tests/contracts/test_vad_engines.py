"""What every voice detector promises. A row added to the table is tested here, or fails until it can be."""

import os
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import NoReturn

import pytest

import spoken
from fake_provider import run
from open_llm_vtuber.ports import SpeechStream, VoiceActivityDetector
from open_llm_vtuber.speech_events import SpeechBegan, SpeechEnded, SpeechEvent
from open_llm_vtuber.vad import VAD_ENGINES

NEEDS = {"silero_vad": ("faster_whisper", "onnxruntime", "hibari"), "energy_vad": ("hibari",)}
"""hibari speaks: a tone is no speech to a model."""
Missing = Callable[[str, str], NoReturn]
SECOND = 32_000
CHUNK = 2 * 700
"""Bytes of a message; no multiple of a frame, so that something is carried over each time."""


@pytest.mark.parametrize("name", list(VAD_ENGINES))
def test_keeps_the_contract_of_a_voice_detector(name: str, missing: Missing) -> None:
    """One test for each engine; each promise is a function of its own."""
    if name not in NEEDS:
        pytest.fail(f"{name} is a new row: say in NEEDS what it needs")
    for package in NEEDS[name]:
        if find_spec(package) is None:
            missing(f"{name} needs {package}", "CI" if os.environ.get("CI") else "OLV_REQUIRE_ENGINES")

    async def main() -> None:
        long, short = await spoken.sentence("Hello there, how are you today?"), await spoken.sentence("Yes!")
        async with VAD_ENGINES.build(name, {}) as engine:
            await _hears_nothing_in_silence(engine)
            await _finds_two_utterances_with_a_click_between(engine, long, short)
            await _streams_know_nothing_of_each_other(engine, long)
            await _takes_sound_in_any_pieces(engine, long)

    run(main(), seconds=50)


async def heard(stream: SpeechStream, sound: bytes, chunk: int = CHUNK) -> list[SpeechEvent]:
    pieces = [sound[start : start + chunk] for start in range(0, len(sound), chunk)]
    return [event for piece in pieces for event in await stream.hear(piece)]


def utterances(events: Sequence[SpeechEvent]) -> list[bytes]:
    return [event.utterance for event in events if isinstance(event, SpeechEnded)]


async def _hears_nothing_in_silence(engine: VoiceActivityDetector) -> None:
    assert await heard(engine.listen(), bytes(3 * SECOND)) == []
    assert await heard(engine.listen(), spoken.noise(3.0, 50)) == []
    assert list(await engine.listen().hear(b"")) == []


async def _finds_two_utterances_with_a_click_between(
    engine: VoiceActivityDetector, long: bytes, short: bytes
) -> None:
    gap, click = bytes(2 * SECOND), spoken.noise(0.01, 30_000)
    whole = gap + long + gap + click + gap + short + gap
    events = await heard(engine.listen(), whole)
    assert [type(event) for event in events] == [SpeechBegan, SpeechEnded] * 2
    first, second = utterances(events)
    # All of it is there: from before the first word to after the last, and each sample once.
    assert _loud(long) in first
    assert _loud(short) in second
    assert click not in second
    assert all(each in whole for each in (first, second))


async def _streams_know_nothing_of_each_other(engine: VoiceActivityDetector, long: bytes) -> None:
    speaking, silent = engine.listen(), engine.listen()
    spoken_events, silent_events = list[SpeechEvent](), list[SpeechEvent]()
    for start in range(0, len(long) + 2 * SECOND, CHUNK):
        spoken_events += await speaking.hear((long + bytes(2 * SECOND))[start : start + CHUNK])
        silent_events += await silent.hear(bytes(CHUNK))
    assert [type(event) for event in spoken_events] == [SpeechBegan, SpeechEnded]
    assert silent_events == []


async def _takes_sound_in_any_pieces(engine: VoiceActivityDetector, long: bytes) -> None:
    sound = bytes(SECOND) + long + bytes(2 * SECOND)
    small, large = await heard(engine.listen(), sound), await heard(engine.listen(), sound, chunk=10 * SECOND)
    assert utterances(small) == utterances(large)
    assert len(utterances(small)) == 1


def _loud(sound: bytes) -> bytes:
    """Return the sound without what is before and after the words."""
    samples = memoryview(sound).cast("h")
    loud = [place for place, sample in enumerate(samples) if abs(sample) > 3_000]
    return sound[2 * loud[0] : 2 * loud[-1]]
