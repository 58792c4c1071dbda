"""Kokoro as a program of its own, with a stand-in for its library in that program."""

import os
import sys
from array import array
from itertools import pairwise
from pathlib import Path

import pytest

from fake_provider import run
from open_llm_vtuber.errors import ConfigError, EngineError
from open_llm_vtuber.tts import TTS_ENGINES, kokoro

STAND_INS = Path(__file__).parents[1] / "stand_ins"


@pytest.fixture
def options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """Return settings with which the child finds the stand-in."""
    monkeypatch.setenv("PYTHONPATH", str(STAND_INS), prepend=os.pathsep)
    monkeypatch.syspath_prepend(STAND_INS)
    for name in ("model.onnx", "voices.bin"):
        (tmp_path / name).touch()
    return {
        "model_path": str(tmp_path / "model.onnx"),
        "voices_path": str(tmp_path / "voices.bin"),
        "voice": "af_sky",
        "speed": 2.0,
    }


def test_speaks_with_the_voice_and_the_speed_that_are_set(options: dict[str, object]) -> None:
    async def main() -> "array[int]":
        async with TTS_ENGINES.build("kokoro_tts", options) as voice:
            assert voice.sample_rate == 24_000
            return array("h", b"".join([chunk async for chunk in voice.synthesize("So loud now")]))

    samples = run(main())
    assert len(samples) == 11 * 1440 // 2
    assert (min(samples), max(samples)) == (-32767, 32767), "too loud is cut, not wrapped around"
    assert max(abs(a - b) for a, b in pairwise(samples)) < 4000
    assert "kokoro_onnx" not in sys.modules


def test_a_crash_is_an_error_and_the_voice_goes_on(options: dict[str, object]) -> None:
    async def main() -> bytes:
        async with TTS_ENGINES.build("kokoro_tts", options) as voice:
            with pytest.raises(EngineError, match="ended or failed: check model_path, voices_path") as failed:
                _ = [chunk async for chunk in voice.synthesize("crash")]
            assert "native" not in str(failed.value)
            return b"".join([chunk async for chunk in voice.synthesize("Hello")])

    assert run(main())


@pytest.mark.parametrize("setting", ["model_path", "voices_path"])
def test_a_file_that_is_not_there_is_told_by_its_setting(options: dict[str, object], setting: str) -> None:
    async def main() -> None:
        async with TTS_ENGINES.build("kokoro_tts", {**options, setting: "no-such-file"}):
            pass

    with pytest.raises(ConfigError, match=f"there is no file at {setting}"):
        run(main())


def test_without_its_library_it_names_the_extra(
    options: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kokoro, "MODULE", "no_such_package")

    async def main() -> None:
        async with TTS_ENGINES.build("kokoro_tts", options):
            pass

    with pytest.raises(ConfigError, match=r"pip install 'open-llm-vtuber\[kokoro\]'"):
        run(main())
