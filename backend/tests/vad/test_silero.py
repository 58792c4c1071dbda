"""The Silero detector: its file is checked, it is loaded late, and every microphone has a memory of its own."""

import importlib.util
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fake_provider import run, tone
from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.speech_events import SpeechBegan, SpeechEnded
from open_llm_vtuber.vad import silero
from open_llm_vtuber.vad.silero import SileroVAD

LOUD = tone(640, 16_000)


class FakeModel:
    """Takes what is loud for speech and counts, for each microphone, the frames in the memory that it is given."""

    def __init__(self) -> None:
        self.frames: list[np.ndarray[Any, Any]] = []
        self.loads = 0

    def load(self) -> Callable[..., list[np.ndarray[Any, Any]]]:
        self.loads += 1
        return self.run

    def run(self, _: None, inputs: dict[str, np.ndarray[Any, Any]]) -> list[np.ndarray[Any, Any]]:
        seen = inputs["input"]
        self.frames.extend(seen)
        found = (np.abs(seen[:, 64:]).max(axis=1) > 0.1).astype(np.float32)
        return [found.reshape(-1, 1), inputs["h"] + len(seen), inputs["c"]]


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> FakeModel:
    fake = FakeModel()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: ModuleSpec(name, None))
    monkeypatch.setattr(silero, "_load", fake.load)
    return fake


def test_a_frame_is_seen_once_with_the_end_of_the_one_before_however_the_sound_is_cut(
    model: FakeModel,
) -> None:
    async def main() -> None:
        async with SileroVAD(SileroVAD.Options()) as engine:
            stream = engine.listen()
            assert model.loads == 0, "nothing was heard yet"
            for start in range(0, len(LOUD), 700):
                await stream.hear(LOUD[start : start + 700])

    run(main())
    frames = np.stack(model.frames)
    assert frames.shape == (20, 576)
    assert np.allclose(frames[:, 64:].reshape(-1) * 32_768, np.frombuffer(LOUD, "<i2"))
    assert np.array_equal(frames[1:, :64], frames[:-1, -64:])
    assert model.loads == 1


def test_two_microphones_share_the_model_and_nothing_else(model: FakeModel) -> None:
    async def main() -> list[list[type]]:
        async with SileroVAD(SileroVAD.Options(required_misses=5)) as engine:
            streams = [engine.listen(), engine.listen()]
            kinds: list[list[type]] = [[], []]
            for sound in (LOUD, bytes(len(LOUD))):
                kinds[0] += [type(event) for event in await streams[0].hear(sound)]
                kinds[1] += [type(event) for event in await streams[1].hear(bytes(1_024))]
            assert [float(stream._memory[0].max()) for stream in streams] == [40, 2]
            return kinds

    assert run(main()) == [[SpeechBegan, SpeechEnded], []]
    assert model.loads == 1


@pytest.mark.parametrize("options", [{"db_threshold": 85}, {"required_hits": 50}])
def test_the_settings_of_existing_files_count(model: FakeModel, options: dict[str, Any]) -> None:
    del model

    async def main() -> int:
        async with SileroVAD(SileroVAD.Options.model_validate({"orig_sr": 16_000, **options})) as engine:
            return len(await engine.listen().hear(LOUD))

    assert run(main()) == 0


def test_a_changed_or_missing_model_is_not_loaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    spec = ModuleSpec("faster_whisper", None)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: spec)

    async def main() -> None:
        async with SileroVAD(SileroVAD.Options()) as engine:
            await engine.listen().hear(LOUD)

    for content in (None, b"not the model"):
        if content:
            (tmp_path / "assets").mkdir()
            (tmp_path / "assets" / silero.MODEL).write_bytes(content)
        with pytest.raises(EngineError, match="damaged or not the one we know") as failed:
            run(main())
        assert "/" not in str(failed.value)


def test_a_missing_package_is_noticed_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silero, "PACKAGE", "no_such_package")

    async def main() -> None:
        async with SileroVAD(SileroVAD.Options()):
            pass

    with pytest.raises(EngineError, match="needs the package no-such-package"):
        run(main())
