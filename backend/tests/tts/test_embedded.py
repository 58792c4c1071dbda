"""The embedded voice: its files are checked, and nothing that it meets in a text ends it."""

import asyncio
import importlib.util
import os
import threading
import time
from array import array
from collections.abc import Callable, Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import NoReturn

import pytest

from fake_provider import run
from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.tts import embedded
from open_llm_vtuber.tts.embedded import EmbeddedTTS


@pytest.fixture
def model(missing: Callable[[str, str], NoReturn]) -> None:
    for package in ("hibari", "onnxruntime"):
        if importlib.util.find_spec(package) is None:
            variable = "CI" if os.environ.get("CI") else "OLV_REQUIRE_ENGINES"
            missing(f"the embedded voice needs {package}", variable)


def voice() -> EmbeddedTTS:
    return EmbeddedTTS(EmbeddedTTS.Options())


async def sound(engine: EmbeddedTTS, text: str) -> "array[int]":
    return array("h", b"".join([chunk async for chunk in engine.synthesize(text)]))


@pytest.mark.usefixtures("model")
def test_whatever_a_viewer_types_is_spoken_or_left_out_or_refused() -> None:
    """Several promises with one start, which is dear."""

    async def main() -> None:
        async with voice() as engine:
            for silent in ("こんにちは", "\ud83c", "ﾊﾝ"):
                assert len(await sound(engine, silent)) == 0
            for spoken in (
                "½ ² ³",
                "\x00a",
                "<b>x</b>",
                "3/0",
                "Mr. Mr.",
                "ÀÉÎ",
                "1.2.3.4",
                "Well, 日本 is nice.",
            ):
                assert len(await sound(engine, spoken)) > 0
            with pytest.raises(EngineError, match="cannot say this sentence") as failed:
                await sound(engine, "1" * 400)
            assert not failed.value.retryable
            assert len(await sound(engine, "a" * 100_000)) < 24_000 * 300
            await _a_loud_sentence_is_bent_and_not_cut(engine)
            await _slow_is_an_error(engine)
            assert len(await sound(engine, "Still here.")) > 0

    run(main())


async def _a_loud_sentence_is_bent_and_not_cut(engine: EmbeddedTTS) -> None:
    samples = await sound(engine, "WOW! That is AMAZING! YES! Let's GO!")
    assert 10_000 < max(map(abs, samples)) < 32_113


async def _slow_is_an_error(engine: EmbeddedTTS) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(embedded, "_SENTENCE_LIMIT", 0.05)
        patch.setattr(embedded, "_next_pcm", lambda _: time.sleep(0.2))
        with pytest.raises(EngineError, match=r"took more than .* is the machine busy\?") as failed:
            await sound(engine, "Hello.")
    assert failed.value.retryable


def test_too_loud_sound_is_cut_and_not_wrapped_around() -> None:
    np = pytest.importorskip("numpy")
    ramp = np.linspace(-3, 3, 1001, dtype=np.float32)
    samples = array("h", embedded._next_pcm(iter([ramp])) or b"")
    assert list(samples) == sorted(samples), "louder stays louder"
    assert max(samples) == -min(samples) == 32_767
    assert samples[500] == 0
    assert embedded._next_pcm(iter([])) is None


def test_loads_and_speaks_in_one_thread_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[int] = []

    def load() -> tuple[Callable[[str], Iterator[None]], tuple[()]]:
        threads.append(threading.get_ident())
        return lambda _: iter([]), ()

    def speak(_: object) -> None:
        threads.append(threading.get_ident())

    monkeypatch.setattr(embedded, "_load", load)
    monkeypatch.setattr(embedded, "_next_pcm", speak)

    async def main() -> None:
        async with voice() as engine:
            await asyncio.gather(sound(engine, "one"), sound(engine, "two"))

    run(main())
    assert len(threads) == 3
    assert len(set(threads)) == 1
    assert threads[0] != threading.get_ident()


def starting_fails() -> EngineError:
    async def main() -> None:
        async with voice():
            pass

    with pytest.raises(EngineError) as failed:
        run(main())
    assert failed.value.engine == "embedded_tts"
    assert "/" not in str(failed.value)
    return failed.value


def test_a_missing_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "PACKAGE", "no_such_package")
    error = starting_fails()
    assert "needs the package hibari-tts: install it" in str(error)
    assert not error.retryable


@pytest.mark.parametrize("content", [b"not the model", None])
def test_a_changed_model_is_not_loaded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "assets").mkdir()
        (tmp_path / "assets" / embedded.MODEL).write_bytes(content)
    spec = ModuleSpec("hibari", None)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: spec)
    error = starting_fails()
    assert "damaged or not the ones we know: install hibari-tts again" in str(error)
    assert not error.retryable


def test_a_start_that_takes_too_long_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "_START_LIMIT", 0.05)
    monkeypatch.setattr(embedded, "_load", lambda: time.sleep(0.2))
    error = starting_fails()
    assert "was not ready after" in str(error)
    assert error.retryable


@pytest.mark.usefixtures("model")
def test_stopping_lets_a_running_sentence_end(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> bytes | None:
        engine = voice()
        async with engine:
            monkeypatch.setattr(embedded, "_next_pcm", lambda _: time.sleep(0.1))
            task = asyncio.create_task(engine._next(iter([])))
            await asyncio.sleep(0.02)
        return await task

    assert run(main()) is None
