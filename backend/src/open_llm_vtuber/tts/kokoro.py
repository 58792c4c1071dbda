"""Kokoro's voices, through the library kokoro-onnx; optional (the extra `kokoro`).

It runs as a program of its own (`kokoro_program.py`): it brings espeak, which is under the GPL, and on a small
machine it computes for longer than it speaks.
"""

import sys
from collections.abc import AsyncGenerator
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import Field

from open_llm_vtuber.engines import EngineOptions
from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.tts.extras import require
from open_llm_vtuber.tts.pcm import RATE, speakable
from open_llm_vtuber.tts.speaking_program import SpeakingProgram
from open_llm_vtuber.units import Hertz

ENGINE = "kokoro_tts"
EXTRA = "kokoro"
MODULE = "kokoro_onnx"


class KokoroTTS:
    """One of Kokoro's voices."""

    sample_rate: Hertz = RATE

    class Options(EngineOptions):
        """Where the two files of kokoro-onnx's releases are, and which voice speaks."""

        model_path: Path
        voices_path: Path
        voice: str = Field("af_heart", pattern=r"^\w{1,32}$")
        speed: float = Field(1.0, ge=0.5, le=2.0)
        lang: str = Field("en-us", pattern=r"^[\w-]{2,16}$")

    def __init__(self, options: Options) -> None:
        self._options = options
        program = [sys.executable, "-P", "-m", "open_llm_vtuber.tts.kokoro_program"]
        settings = ("model_path", "voices_path", "voice", "speed", "lang")
        arguments = [f"--{name}={getattr(options, name)}" for name in settings]
        hint = "check model_path, voices_path, voice and lang."
        self._program = SpeakingProgram(ENGINE, [*program, *arguments], hint=hint)

    async def __aenter__(self) -> Self:
        for name in ("model_path", "voices_path"):
            if not getattr(self._options, name).is_file():
                raise ConfigError(f"{ENGINE}: there is no file at {name}.")
        require(MODULE, engine=ENGINE, extra=EXTRA)
        self.sample_rate = await self._program.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        await self._program.stop()

    async def synthesize(self, text: str) -> AsyncGenerator[bytes, None]:
        """Yield the sentence in one piece. Raises EngineError."""
        if speakable(text) and (pcm := (await self._program.say(text)).pcm):
            yield pcm
