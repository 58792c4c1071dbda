"""Piper's voices; optional (the extra `piper`). Piper is under the GPL: it runs as a program of its own, always."""

import shutil
import sys
from collections.abc import AsyncGenerator
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import Field

from open_llm_vtuber.engines import EngineOptions
from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.tts.extras import require
from open_llm_vtuber.tts.pcm import speakable
from open_llm_vtuber.tts.speaking_program import SpeakingProgram
from open_llm_vtuber.units import Hertz

ENGINE = "piper_tts"
EXTRA = "piper"
MODULE = "piper"


class PiperTTS:
    """A voice of Piper's: fast on any machine, in some forty languages."""

    sample_rate: Hertz = Hertz(22050)
    """Until it has started; then the voice's own."""

    class Options(EngineOptions):
        """Which voice and how it speaks; what is None is left to the voice."""

        model_path: Path
        speaker_id: int | None = Field(None, ge=0)
        length_scale: float | None = Field(None, gt=0, le=5)
        noise_scale: float | None = Field(None, ge=0, le=2)
        noise_w: float | None = Field(None, ge=0, le=2)
        use_cuda: bool = False
        program: str = ""
        """A piper of your own instead of the extra's, for example piper."""

    def __init__(self, options: Options) -> None:
        self._options = options
        hint = "check model_path and the .onnx.json file beside it."
        self._program = SpeakingProgram(ENGINE, [*_program(options.program), *_arguments(options)], hint=hint)

    async def __aenter__(self) -> Self:
        if not self._options.model_path.is_file():
            raise ConfigError(f"{ENGINE}: there is no file at model_path.")
        if not self._options.program:
            require(MODULE, engine=ENGINE, extra=EXTRA)
        elif shutil.which(self._options.program) is None:
            raise ConfigError(f"{ENGINE}: there is no program of the name that `program` gives.")
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


def _program(own: str) -> list[str]:
    # -P: a folder named piper in the working directory is not the program.
    return [own] if own else [sys.executable, "-P", "-m", MODULE]


def _arguments(options: PiperTTS.Options) -> list[str]:
    """Return the settings as both the present and the former piper read them."""
    numbers = {
        "--speaker": options.speaker_id,
        "--length_scale": options.length_scale,
        "--noise_scale": options.noise_scale,
        "--noise_w": options.noise_w,
    }
    given = [word for name, number in numbers.items() if number is not None for word in (name, str(number))]
    return ["--model", str(options.model_path), *given, *(["--cuda"] if options.use_cuda else [])]
