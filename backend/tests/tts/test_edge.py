"""Edge's voices, through the real library, against a fake of the service's wire."""

import asyncio
import os
import threading
import traceback
from collections.abc import Callable
from importlib.util import find_spec
from typing import NoReturn

import pytest

from fake_edge import EdgeMode, FakeEdge
from fake_provider import run
from open_llm_vtuber.errors import ConfigError, EngineError
from open_llm_vtuber.tts import TTS_ENGINES, edge

SENTENCE = "Hello chat, welcome to the stream!"


@pytest.fixture(autouse=True)
def libraries(missing: Callable[[str, str], NoReturn]) -> None:
    for package in ("edge_tts", "miniaudio"):
        if find_spec(package) is None:
            missing(f"{package} is not installed", "CI" if os.environ.get("CI") else "OLV_REQUIRE_ENGINES")


def spoken(**switches: object) -> tuple[bytes, EngineError | None, FakeEdge]:
    """Return what was heard, the error if any, and the service with these switches of its."""

    async def main() -> tuple[bytes, EngineError | None, FakeEdge]:
        async with FakeEdge() as fake, TTS_ENGINES.build("edge_tts", {"voice": "en-GB-SoniaNeural"}) as voice:
            for name, value in switches.items():
                setattr(fake, name, value)
            try:
                return b"".join([chunk async for chunk in voice.synthesize(SENTENCE)]), None, fake
            except EngineError as error:
                return b"", error, fake

    return run(main())


def test_a_sentence_is_asked_for_and_comes_back_decoded() -> None:
    sound, error, fake = spoken()
    assert error is None
    assert 1.9 < len(sound) / 2 / 24_000 < 2.6
    assert (
        "<voice name='Microsoft Server Speech Text to Speech Voice (en-GB, SoniaNeural)'>" in fake.requests[0]
    )
    assert SENTENCE in fake.requests[0]


@pytest.mark.parametrize(
    ("mode", "sentence", "retryable"),
    [
        ("hang first", "did not answer in time", True),
        ("hang after", "did not answer in time", True),
        ("silent", "without any sound: is there a voice of that name?", False),
        ("strange", "answered something unknown", True),
        ("noise", "is not MP3", True),
    ],
)
def test_every_failure_is_told_in_a_sentence(mode: EdgeMode, sentence: str, *, retryable: bool) -> None:
    limits = {"timeout_s": 1.0, "chunk_timeout_s": 1.0}

    async def main() -> EngineError:
        async with FakeEdge() as fake, TTS_ENGINES.build("edge_tts", limits) as voice:
            fake.mode = mode
            with pytest.raises(EngineError) as failed:
                _ = [chunk async for chunk in voice.synthesize(SENTENCE)]
            return failed.value

    error = run(main())
    assert sentence in str(error)
    assert error.retryable is retryable
    assert error.engine == "edge_tts"
    assert "Traceback" not in str(error)


def test_a_service_that_breaks_off_is_not_taken_for_the_whole_sentence() -> None:
    sound, error, _ = spoken(mode="cut")
    assert sound == b""
    assert error is not None


@pytest.mark.parametrize("status", [403, 429, 500])
def test_a_refusal_is_an_error_without_the_address(status: int) -> None:
    _, error, _ = spoken(status=status)
    assert error is not None
    assert f"({status})" in str(error)
    assert "127.0.0.1" not in "".join(traceback.format_exception(error))


def test_nobody_there_is_an_error() -> None:
    async def main() -> None:
        async with FakeEdge() as fake:
            assert fake._server is not None
            fake._server.close()
            await fake._server.wait_closed()
            async with TTS_ENGINES.build("edge_tts", {}) as voice:
                with pytest.raises(EngineError, match="cannot be reached"):
                    _ = [chunk async for chunk in voice.synthesize(SENTENCE)]

    run(main())


def test_cancelling_hangs_up() -> None:
    async def main() -> None:
        async with FakeEdge() as fake, TTS_ENGINES.build("edge_tts", {}) as voice:
            fake.mode = "hang after"

            async def speak() -> None:
                _ = [chunk async for chunk in voice.synthesize(SENTENCE)]

            task = asyncio.create_task(speak())
            while not fake.requests:  # noqa: ASYNC110  the fake has no event for it
                await asyncio.sleep(0.01)
            task.cancel()
            async with asyncio.timeout(2):
                await fake.gone.wait()

    run(main())


def test_mp3_is_decoded_off_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[int] = []

    def noted(_: object, mp3: bytes) -> bytes:
        threads.append(threading.get_ident())
        return mp3[:2]

    monkeypatch.setattr(edge.EdgeTTS, "_decoded", noted)
    assert spoken()[1] is None
    assert threads[0] != threading.get_ident()


def test_more_than_a_sentence_can_hold_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge, "_LARGEST", 1000)
    assert "more than a sentence can hold" in str(spoken()[1])


@pytest.mark.parametrize("library", ["edge_tts", "miniaudio"])
def test_without_its_library_it_names_the_extra(monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    monkeypatch.setitem(__import__("sys").modules, library, None)

    async def main() -> None:
        async with TTS_ENGINES.build("edge_tts", {}):
            pass

    with pytest.raises(ConfigError, match=r"pip install 'open-llm-vtuber\[edge\]'"):
        run(main())


@pytest.mark.parametrize(
    ("options", "sentence"),
    [({"voice": "Sonia"}, "voice is no name of a voice"), ({"rate": "fast"}, "rate: String should match")],
)
def test_a_wrong_setting_is_told_by_its_name(options: dict[str, object], sentence: str) -> None:
    async def main() -> None:
        async with TTS_ENGINES.build("edge_tts", options):
            pass

    with pytest.raises(ConfigError, match=sentence):
        run(main())
