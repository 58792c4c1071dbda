"""The OpenAI-compatible ear against a provider that fails in every way we know."""

import asyncio
import traceback

import pytest

from fake_provider import KEY, WORDS, FakeProvider, Mode, run, tone
from open_llm_vtuber.asr import ASR_ENGINES
from open_llm_vtuber.asr.openai_transcription import OpenAIASR
from open_llm_vtuber.asr.pcm import as_wav
from open_llm_vtuber.errors import ConfigError, EngineError

pytest.importorskip("openai")

SOUND = tone(500, 16_000)


def built(base_url: str, **options: object) -> OpenAIASR:
    engine = ASR_ENGINES.build("openai_asr", {"base_url": base_url, "api_key": KEY, **options})
    assert isinstance(engine, OpenAIASR)
    return engine


def heard(
    options: dict[str, object] | None = None, sound: bytes = SOUND, **switches: object
) -> tuple[str | EngineError, FakeProvider]:
    """Return the words or the error, and the provider, with these switches of its."""

    async def main() -> tuple[str | EngineError, FakeProvider]:
        async with FakeProvider() as fake:
            for name, value in switches.items():
                setattr(fake, name, value)
            async with built(fake.base_url, **(options or {})) as engine:
                try:
                    return await engine.transcribe(sound), fake
                except EngineError as error:
                    return error, fake

    words, fake = run(main())
    if isinstance(words, EngineError):
        shown = str(words) + "".join(traceback.format_exception(words))
        assert KEY not in shown
        assert "provider's own words" not in shown
        assert words.engine == "openai_asr"
    return words, fake


def form_of(fake: FakeProvider) -> bytes:
    form = fake.requests[0].body["form"]
    assert isinstance(form, bytes)
    return form


def test_sends_a_wav_and_what_is_set_and_returns_the_words() -> None:
    words, fake = heard({"model": "whisper-large", "language": "en"})
    assert words == "".join(WORDS)
    form = form_of(fake)
    assert as_wav(SOUND) in form
    assert b"whisper-large" in form
    assert b'name="language"' in form
    assert fake.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_without_a_language_the_provider_finds_out() -> None:
    assert b'name="language"' not in form_of(heard()[1])


def test_silence_is_not_sent_anywhere() -> None:
    words, fake = heard(sound=bytes(64_000))
    assert words == ""
    assert fake.requests == []


def test_a_provider_that_hears_nothing_is_believed() -> None:
    assert heard(mode="empty")[0] == ""


@pytest.mark.parametrize(
    ("status", "sentence", "retryable"),
    [
        (401, "refused the key (401): check api_key.", False),
        (404, "does not know this (404): check base_url and model.", False),
        (500, "had a fault of its own (500)", True),
    ],
)
def test_says_what_a_refusal_means(status: int, sentence: str, *, retryable: bool) -> None:
    error, _ = heard(status=status)
    assert isinstance(error, EngineError)
    assert sentence in str(error)
    assert error.retryable is retryable


@pytest.mark.parametrize(
    ("mode", "sentence"),
    [
        ("hang first", "did not begin to answer in time"),
        ("cut", "does not answer"),
        ("strange", "does not answer like an ear: check base_url"),
        ("wrong type", "does not answer like an ear: check base_url"),
        ("malformed", "cannot be read"),
    ],
)
def test_says_how_an_answer_failed(mode: Mode, sentence: str) -> None:
    error, _ = heard({"timeout_s": 1.5}, mode=mode)
    assert isinstance(error, EngineError)
    assert str(error).startswith("The ear at 127.0.0.1:")
    assert sentence in str(error)


def test_cancelling_hangs_up() -> None:
    async def main() -> None:
        async with FakeProvider() as fake, built(fake.base_url) as engine:
            fake.delay = 5.0
            task = asyncio.create_task(engine.transcribe(SOUND))
            request = await fake.asked.get()
            task.cancel()
            async with asyncio.timeout(1):
                await request.hung_up.wait()

    run(main())


def test_a_faulty_setting_is_named() -> None:
    with pytest.raises(ConfigError, match="base_url"):
        built("ftp://nowhere")


def test_it_is_no_use_before_its_start() -> None:
    with pytest.raises(EngineError, match="not started"):
        run(built("http://127.0.0.1:1/v1").transcribe(SOUND))
