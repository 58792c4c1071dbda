"""`POST /asr`: a recording goes in, its words come back, and nothing that is uploaded breaks anything."""

import asyncio
import importlib.util
import io
import wave
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

import spoken
from fake_provider import wav
from live_server import SCRIPTED, Serving, serving
from open_llm_vtuber.config import Settings
from open_llm_vtuber.web import body_limit

HEARD = {"text": "Hello, can you hear me?"}
SPEECH = spoken.noise(1.0, 9_000)


def settings(asr: dict[str, Any] | None = None, **system: Any) -> Settings:
    character = {**SCRIPTED, **({"asr_config": asr} if asr else {})}
    return Settings.model_validate({"character_config": character, "system_config": system})


def uploaded(data: bytes, given: Settings | None = None, **headers: str) -> httpx2.Response:
    async def main() -> httpx2.Response:
        async with serving(given or settings()) as server:
            return await upload(server, data, **headers)

    return asyncio.run(main())


async def upload(server: Serving, data: bytes, **headers: str) -> httpx2.Response:
    async with httpx2.AsyncClient(timeout=30, trust_env=False) as client:
        files = {"file": ("a.wav", data, "audio/wav")}
        return await client.post(f"{server.http}/asr", files=files, headers=headers)


@pytest.mark.parametrize(("rate", "channels"), [(16_000, 1), (48_000, 2), (8_000, 1)])
def test_a_recording_of_any_rate_is_written_down(rate: int, channels: int) -> None:
    answer = uploaded(wav(SPEECH, rate=rate, channels=channels))
    assert (answer.status_code, answer.json()) == (200, HEARD)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"RIFF", "Invalid WAV file: File too small"),
        (b"\xff\xfb" * 100, "Invalid WAV file: 16-bit PCM is needed"),
        (wav(SPEECH, kind=3), "Invalid WAV file: 16-bit PCM is needed"),
    ],
)
def test_what_is_no_wav_is_refused_with_a_reason(data: bytes, error: str) -> None:
    answer = uploaded(data)
    assert (answer.status_code, answer.json()) == (400, {"error": error})


def test_a_request_without_a_file_is_unprocessable() -> None:
    async def main() -> int:
        async with serving(settings()) as server, httpx2.AsyncClient(trust_env=False) as client:
            return (await client.post(f"{server.http}/asr")).status_code

    assert asyncio.run(main()) == 422


def test_an_ear_that_fails_is_an_error_without_details() -> None:
    asr = {
        "asr_model": "openai_asr",
        "openai_asr": {"base_url": "http://127.0.0.1:9/v1", "timeout_s": 2},
        "fallback": [],
    }
    answer = uploaded(wav(SPEECH, rate=16_000), settings(asr))
    assert (answer.status_code, answer.json()) == (
        500,
        {"error": "Internal server error during transcription"},
    )


def test_without_ears_that_is_said() -> None:
    answer = uploaded(wav(SPEECH, rate=16_000), settings({"asr_model": "none"}))
    assert answer.status_code == 503
    assert "cannot hear" in answer.json()["error"]


def test_it_asks_for_the_token_where_one_is_set() -> None:
    given = settings(access_token="secret")
    assert uploaded(wav(SPEECH), given).status_code == 401
    assert uploaded(wav(SPEECH), given, Authorization="Bearer secret").status_code == 200


def test_a_body_that_is_too_large_is_refused_whether_or_not_it_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(body_limit, "LARGER", {"/asr": 20_000})

    async def endless(boundary: bytes) -> AsyncIterator[bytes]:
        yield b'--%s\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n' % boundary
        for _ in range(100):
            yield bytes(1_000)

    async def main() -> tuple[int, int, int]:
        async with serving(settings()) as server, httpx2.AsyncClient(trust_env=False) as client:
            told = await upload(server, wav(SPEECH))
            kind = {"Content-Type": "multipart/form-data; boundary=b"}
            untold = await client.post(f"{server.http}/asr", content=endless(b"b"), headers=kind)
            fine = await upload(server, wav(SPEECH[:8_000]))
            return told.status_code, untold.status_code, fine.status_code

    assert asyncio.run(main()) == (413, 413, 200)


@pytest.mark.skipif(importlib.util.find_spec("faster_whisper") is None, reason="it needs faster-whisper")
def test_the_embedded_ear_writes_down_what_the_embedded_voice_says() -> None:
    async def main() -> str:
        sound = await spoken.sentence("What is your favourite colour?")
        file = io.BytesIO()
        with wave.open(file, "wb") as writer:
            writer.setparams((1, 2, 16_000, 0, "NONE", ""))
            writer.writeframes(sound)
        async with serving(settings({"asr_model": "embedded_asr"})) as server:
            answer = await upload(server, file.getvalue())
        return str(answer.json()["text"])

    assert asyncio.run(main()).lower().startswith("what is your favorite color")
