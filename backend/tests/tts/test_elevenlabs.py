"""ElevenLabs' voices, through the real library, against a fake of its HTTP."""

import asyncio
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import NoReturn
from urllib.parse import parse_qs, urlsplit

import pytest

from fake_elevenlabs import ElevenMode, FakeElevenLabs
from fake_provider import BODY, KEY, run, tone
from open_llm_vtuber.errors import ConfigError, EngineError
from open_llm_vtuber.ports import SpeechSynthesizer
from open_llm_vtuber.tts import TTS_ENGINES, elevenlabs

SENTENCE = "Hello chat!"
SOUND = tone(len(SENTENCE) * 60)


@pytest.fixture(autouse=True)
def library(missing: Callable[[str, str], NoReturn]) -> None:
    if find_spec("elevenlabs") is None:
        missing("elevenlabs is not installed", "CI" if os.environ.get("CI") else "OLV_REQUIRE_ENGINES")


def voice(fake: FakeElevenLabs, **options: object) -> SpeechSynthesizer:
    given = {"base_url": fake.base_url, "api_key": KEY, "voice_id": "abc123", **options}
    return TTS_ENGINES.build("elevenlabs_tts", given)


async def heard(engine: SpeechSynthesizer) -> bytes:
    sound = b""
    async for chunk in engine.synthesize(SENTENCE):
        assert len(chunk) % 2 == 0
        sound += chunk
    return sound


def failure(mode: ElevenMode = "ok", status: int = 200) -> EngineError:
    async def main() -> EngineError:
        async with FakeElevenLabs() as fake:
            fake.mode, fake.status = mode, status
            async with voice(fake, timeout_s=0.5, chunk_timeout_s=0.3) as engine:
                with pytest.raises(EngineError) as failed:
                    await heard(engine)
                return failed.value

    error = run(main())
    shown = str(error) + "".join(traceback.format_exception(error))
    assert KEY not in shown
    assert BODY not in shown
    assert error.engine == "elevenlabs_tts"
    return error


def test_sends_what_is_set_and_gives_what_comes_in_whole_samples() -> None:
    async def main() -> tuple[bytes, tuple[str, dict[str, str], dict[str, object]]]:
        async with (
            FakeElevenLabs() as fake,
            voice(fake, stability=0.3, output_format="mp3_44100_128") as engine,
        ):
            return await heard(engine), fake.requests[0]

    sound, (line, headers, body) = run(main())
    assert sound == SOUND
    address = urlsplit(line.split()[1])
    assert address.path == "/v1/text-to-speech/abc123/stream"
    assert parse_qs(address.query) == {"output_format": ["pcm_24000"]}
    assert headers["xi-api-key"] == KEY
    assert body["text"] == SENTENCE
    assert body["model_id"] == "eleven_multilingual_v2"
    assert isinstance(body["voice_settings"], Mapping)
    assert body["voice_settings"]["stability"] == 0.3


@pytest.mark.parametrize(
    ("status", "sentence", "retryable"),
    [
        (401, "refused the key (401): check api_key", False),
        (402, "wants to be paid first (402)", False),
        (404, "refused the request (404): check voice_id and model_id", False),
        (429, "takes no more requests for now (429)", True),
        (503, "had a fault of its own (503)", True),
    ],
)
def test_says_what_a_refusal_means(status: int, sentence: str, *, retryable: bool) -> None:
    error = failure(status=status)
    assert sentence in str(error)
    assert error.retryable is retryable


@pytest.mark.parametrize(
    ("mode", "sentence"),
    [
        ("hang first", "did not answer in time"),
        ("hang after", "did not answer in time"),
        ("cut", "broke off"),
        ("empty", "answered without any sound"),
    ],
)
def test_says_how_an_answer_failed(mode: ElevenMode, sentence: str) -> None:
    error = failure(mode)
    assert sentence in str(error)
    assert error.retryable


def test_nobody_there_is_an_error() -> None:
    async def main() -> None:
        async with FakeElevenLabs() as fake:
            engine = voice(fake)
        async with engine:
            with pytest.raises(EngineError, match="cannot be reached"):
                await heard(engine)

    run(main())


def test_cancelling_hangs_up() -> None:
    async def main() -> None:
        async with FakeElevenLabs() as fake, voice(fake) as engine:
            fake.mode = "hang after"
            task = asyncio.create_task(heard(engine))
            while not fake.requests:  # noqa: ASYNC110  the fake has no event for it
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.05)
            task.cancel()
            async with asyncio.timeout(2):
                await fake.hung_up.wait()

    run(main())


def test_sound_without_end_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elevenlabs, "_LARGEST", 10_000)
    assert "more sound than a sentence can hold" in str(failure())


def test_without_its_library_it_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "elevenlabs.client", None)

    async def main() -> None:
        async with TTS_ENGINES.build("elevenlabs_tts", {"api_key": KEY, "voice_id": "abc"}):
            pass

    with pytest.raises(ConfigError, match=r"pip install 'open-llm-vtuber\[elevenlabs\]'"):
        run(main())


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"api_key": ""}, "api_key: is empty; copy it"),
        ({"api_key": f"{KEY} {KEY}"}, "api_key: holds a space"),
        ({"voice_id": "../v1/user"}, "voice_id: String should match"),
        ({"stability": 2}, "stability: Input should be less than or equal to 1"),
    ],
)
def test_a_wrong_setting_is_told_by_its_name(options: dict[str, object], sentence: str) -> None:
    with pytest.raises(ConfigError) as wrong:
        TTS_ENGINES.build("elevenlabs_tts", {"api_key": KEY, "voice_id": "abc", **options})
    assert sentence in str(wrong.value)
    assert KEY not in str(wrong.value)
