"""`/tts-ws` over real sockets, and the sounds that can be fetched for a while."""

import asyncio
import io
import json
import wave
from typing import Any
from urllib.request import urlopen

import pytest
import websockets

from fakes import FakeVoice
from live_server import SCRIPTED, Serving, serving
from open_llm_vtuber.config import Settings
from open_llm_vtuber.web.speech_socket import KEPT, LONGEST_TEXT, MOST_SOUNDS, SoundCache
from virtual_time import run_virtual


def address(live: Serving) -> str:
    return f"ws://127.0.0.1:{live.port}/tts-ws"


def fetched(live: Serving, path: str) -> bytes:
    with urlopen(f"{live.http}/{path}", timeout=5) as answer:  # noqa: S310  our own server
        assert answer.headers["content-type"] == "audio/wav"
        found: bytes = answer.read()
        return found


async def asked(socket: websockets.ClientConnection, frame: str | bytes) -> list[dict[str, Any]]:
    """Return all answers to a request."""
    await socket.send(frame)
    answers: list[dict[str, Any]] = []
    async with asyncio.timeout(10):
        while not answers or answers[-1]["status"] == "partial":
            answers.append(json.loads(await socket.recv()))
    return answers


def test_each_sentence_is_a_file_and_numbers_are_not_cut() -> None:
    async def main() -> None:
        async with serving() as live, websockets.connect(address(live)) as socket:
            text = "Pi is 3.14 or so. Dr. Mika said that! [joy] Really?"
            *partial, last = await asked(socket, json.dumps({"text": text}))
            assert [each["text"] for each in partial] == [
                "Pi is 3.14 or so.",
                "Dr. Mika said that!",
                "Really?",
            ]
            assert last == {"status": "complete"}
            assert len({each["audioPath"] for each in partial}) == 3
            for each in partial:
                assert set(each) == {"status", "audioPath", "text"}
                data = await asyncio.to_thread(fetched, live, each["audioPath"])
                with wave.open(io.BytesIO(data)) as sound:
                    assert (sound.getnchannels(), sound.getsampwidth()) == (1, 2)
                    assert sound.getnframes() > 0

    asyncio.run(main())


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        ("", "holds JSON"),
        ("{", "holds JSON"),
        (b"\x00\x01", "holds JSON"),
        ("[" * 50_000, "holds JSON"),
        ("[]", "an object with a text"),
        ("{}", "an object with a text"),
        ('{"text": 3}', "an object with a text"),
        ('{"text": null}', "an object with a text"),
        ('{"text": ""}', "nothing to speak"),
        ('{"text": " ?! "}', "nothing to speak"),
        (json.dumps({"text": "a" * (LONGEST_TEXT + 1)}), f"at most {LONGEST_TEXT} characters"),
    ],
)
def test_what_cannot_be_spoken_is_an_error_and_the_next_text_is_spoken(
    frame: str | bytes, sentence: str
) -> None:
    async def main() -> None:
        async with serving() as live, websockets.connect(address(live)) as socket:
            (error,) = await asked(socket, frame)
            assert error["status"] == "error"
            assert sentence in error["message"]
            assert (await asked(socket, '{"text": "Hello."}'))[-1] == {"status": "complete"}

    asyncio.run(main())


def test_texts_that_come_at_once_are_spoken_one_after_the_other() -> None:
    async def main() -> list[str]:
        async with serving() as live, websockets.connect(address(live)) as socket:
            for text in ("One. Two.", "Three."):
                await socket.send(json.dumps({"text": text}))
            async with asyncio.timeout(10):
                answers = [json.loads(await socket.recv()) for _ in range(5)]
            return [each.get("text", each["status"]) for each in answers]

    assert asyncio.run(main()) == ["One.", "Two.", "complete", "Three.", "complete"]


def test_a_hoarse_voice_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with serving() as live:
            monkeypatch.setattr(type(live.parts.voice), "synthesize", FakeVoice(broken="bad").synthesize)
            async with websockets.connect(address(live)) as socket:
                first, last = await asked(socket, '{"text": "Good one. A bad one. Another."}')
                assert first["text"] == "Good one."
                assert last == {"status": "error", "message": "The voice is hoarse."}

    asyncio.run(main())


def test_a_page_of_another_origin_may_not_connect() -> None:
    async def main() -> None:
        async with serving() as live:
            with pytest.raises(websockets.InvalidStatus):
                await websockets.connect(address(live), origin=websockets.Origin("https://evil.example"))

    asyncio.run(main())


def test_with_an_access_token_it_is_asked_for_here_too() -> None:
    system = {"access_token": "very-secret"}
    settings = Settings.model_validate({"character_config": SCRIPTED, "system_config": system})

    async def main() -> None:
        async with serving(settings) as live:
            with pytest.raises(websockets.InvalidStatus):
                await websockets.connect(address(live))
            async with websockets.connect(f"{address(live)}?token=very-secret") as socket:
                assert (await asked(socket, '{"text": "Hello."}'))[-1] == {"status": "complete"}

    asyncio.run(main())


@pytest.mark.parametrize("path", ["cache/none.wav", "cache/", "cache/..%2f..%2fconf.yaml"])
def test_what_is_not_there_is_not_found(path: str) -> None:
    async def main() -> None:
        async with serving() as live:
            with pytest.raises(OSError, match="404"):
                await asyncio.to_thread(fetched, live, path)

    asyncio.run(main())


def test_a_sound_is_gone_after_a_minute() -> None:
    async def main() -> None:
        cache = SoundCache()
        name = cache.put(b"sound")
        await asyncio.sleep(KEPT - 1)
        assert cache.get(name) == b"sound"
        await asyncio.sleep(2)
        assert cache.get(name) is None
        assert cache._bytes == 0

    run_virtual(main())


def test_when_it_is_full_the_oldest_go() -> None:
    async def main() -> None:
        cache = SoundCache()
        names = [cache.put(bytes(10)) for _ in range(MOST_SOUNDS + 3)]
        assert [cache.get(name) for name in names[:3]] == [None] * 3
        assert all(cache.get(name) for name in names[3:])
        large = [cache.put(bytes(20_000_000)) for _ in range(3)]
        assert [bool(cache.get(name)) for name in large] == [False, True, True]

    run_virtual(main())
