"""The OpenAI-compatible voice against a provider that fails in every way we know."""

import asyncio
import threading
import traceback
from contextlib import aclosing

import pytest

from fake_provider import KEY, FakeProvider, Mode, run, tone, wav
from open_llm_vtuber.errors import ConfigError, EngineError
from open_llm_vtuber.tts import TTS_ENGINES, openai_speech
from open_llm_vtuber.tts.openai_speech import OpenAITTS

pytest.importorskip("openai")

SENTENCE = "Hello chat!"
SOUND = tone(len(SENTENCE) * 60)


def built(base_url: str, **options: object) -> OpenAITTS:
    engine = TTS_ENGINES.build("openai_tts", {"base_url": base_url, "api_key": KEY, **options})
    assert isinstance(engine, OpenAITTS)
    return engine


async def listen(engine: OpenAITTS) -> tuple[bytes, EngineError | None]:
    heard = b""
    try:
        async for chunk in engine.synthesize(SENTENCE):
            assert len(chunk) % 2 == 0
            heard += chunk
    except EngineError as error:
        return heard, error
    return heard, None


def spoken(
    options: dict[str, object] | None = None, **switches: object
) -> tuple[bytes, EngineError | None, FakeProvider]:
    """Return what was heard, the error if any and the provider, with these switches of its."""

    async def main() -> tuple[bytes, EngineError | None, FakeProvider]:
        async with FakeProvider() as fake:
            for name, value in switches.items():
                setattr(fake, name, value)
            limits = {"timeout_s": 4, "chunk_timeout_s": 0.3}
            async with built(fake.base_url, **{**limits, **(options or {})}) as engine:
                return *(await listen(engine)), fake

    heard, error, fake = run(main())
    if error is not None:
        shown = str(error) + "".join(traceback.format_exception(error))
        assert KEY not in shown
        assert "provider's own words" not in shown
        assert error.engine == "openai_tts"
    return heard, error, fake


def test_sends_what_is_set_and_gives_what_comes_in_whole_samples() -> None:
    heard, error, fake = spoken({"voice": "nova", "model": "kokoro"})
    assert error is None
    assert heard == SOUND
    assert fake.requests[0].body == {
        "input": SENTENCE,
        "model": "kokoro",
        "voice": "nova",
        "response_format": "pcm",
    }
    assert fake.requests[0].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    ("status", "sentence", "retryable"),
    [
        (401, "refused the key (401): check api_key.", False),
        (404, "does not know this (404): check base_url and model.", False),
        (500, "had a fault of its own (500)", True),
    ],
)
def test_says_what_a_refusal_means(status: int, sentence: str, *, retryable: bool) -> None:
    heard, error, _ = spoken(status=status)
    assert heard == b""
    assert error is not None
    assert sentence in str(error)
    assert error.retryable is retryable


@pytest.mark.parametrize(
    ("mode", "sentence", "begun", "retryable"),
    [
        ("hang first", "did not begin to answer in time", False, True),
        ("hang after", "stopped in the middle of its answer", True, True),
        ("cut", "broke off in mid-answer", True, True),
        ("empty", "answered without any sound", False, True),
        ("wrong type", "does not answer like a voice: check base_url", False, False),
    ],
)
def test_says_how_an_answer_failed(mode: Mode, sentence: str, *, begun: bool, retryable: bool) -> None:
    heard, error, fake = spoken({"timeout_s": 0.5}, mode=mode)
    assert error is not None
    assert str(error).startswith("The voice at 127.0.0.1:")
    assert sentence in str(error)
    assert error.retryable is retryable
    assert (0 < len(heard) < len(SOUND)) is begun
    assert SOUND.startswith(heard)
    assert len(fake.requests) == 1


def test_nothing_is_sent_for_what_cannot_be_spoken() -> None:
    async def main() -> int:
        async with FakeProvider() as fake, built(fake.base_url) as engine:
            async for _ in engine.synthesize("🎉 ?!"):
                pytest.fail("there is nothing to hear")
            return len(fake.requests)

    assert run(main()) == 0


@pytest.mark.parametrize("extension", ["pcm", "wav"])
def test_closing_and_cancelling_hang_up(extension: str) -> None:
    async def main() -> None:
        async with FakeProvider() as fake, built(fake.base_url, file_extension=extension) as engine:
            fake.delay = 0.05
            task = asyncio.create_task(listen(engine))
            request = await fake.asked.get()
            await asyncio.sleep(0.1)
            task.cancel()
            async with asyncio.timeout(1):
                await request.hung_up.wait()
            if extension == "pcm":
                async with aclosing(engine.synthesize(SENTENCE)) as stream:
                    await anext(stream)
                async with asyncio.timeout(1):
                    await fake.requests[1].hung_up.wait()

    run(main())


@pytest.mark.parametrize("streamed", [False, True])
def test_a_wav_is_unpacked(*, streamed: bool) -> None:
    heard, error, fake = spoken({"file_extension": "wav"}, sound=wav(SOUND, streamed=streamed))
    assert error is None
    assert heard == SOUND
    assert fake.requests[0].body["response_format"] == "wav"


def test_a_wav_is_unpacked_in_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[int] = []

    def noted(_: bytes) -> bytes:
        threads.append(threading.get_ident())
        return b"ok"

    monkeypatch.setattr(openai_speech, "read_wav", noted)
    assert spoken({"file_extension": "wav"})[0] == b"ok"
    assert threads[0] != threading.get_ident()


@pytest.mark.parametrize("sound", [b"ID3 this is no wav at all", wav(SOUND, kind=3), wav(SOUND)[:30]])
def test_a_wav_that_is_none_is_an_error(sound: bytes) -> None:
    heard, error, _ = spoken({"file_extension": "wav"}, sound=sound)
    assert heard == b""
    assert error is not None
    assert "sent no 16-bit WAV" in str(error)
    assert not error.retryable


def test_a_server_that_sends_mp3_is_told_apart() -> None:
    _, error, _ = spoken(content_type="audio/mpeg")
    assert "sends MP3, which cannot be played: set file_extension" in str(error)


def test_sound_without_end_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai_speech, "_LARGEST", 10_000)
    heard, error, _ = spoken()
    assert len(heard) <= 10_000
    assert "more sound than a sentence can hold" in str(error)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"file_extension": "mp3"}, "mp3 cannot be played as it comes; set pcm, or wav"),
        ({"file_extension": "ogg"}, "file_extension: Input should be 'pcm' or 'wav'"),
        ({"base_url": "localhost"}, "must be an http:// or https:// address"),
        ({"api_key": f"{KEY} {KEY}"}, "api_key: holds a space"),
    ],
)
def test_a_wrong_setting_is_told_by_its_name(options: dict[str, object], sentence: str) -> None:
    with pytest.raises(ConfigError, match=r"^openai_tts: ") as wrong:
        built(**{"base_url": "http://localhost/v1", **options})  # type: ignore[arg-type]
    assert sentence in str(wrong.value)
    assert KEY not in str(wrong.value)
