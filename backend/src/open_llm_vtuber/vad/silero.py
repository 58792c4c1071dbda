"""Voice detection by the Silero model (v6) that comes inside faster-whisper: speech, whatever else is loud."""

import asyncio
import hashlib
import importlib
import importlib.util
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, cast

import numpy as np
from pydantic import Field

from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.speech_events import SpeechEvent
from open_llm_vtuber.units import Seconds
from open_llm_vtuber.vad.utterances import Frames, UtteranceOptions, Utterances, decibels, samples_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Run = Callable[[list[str] | None, dict[str, NDArray[np.float32]]], list[NDArray[np.float32]]]

ENGINE = "silero_vad"
PACKAGE = "faster_whisper"
RUNTIME = "onnxruntime"
MODEL = "silero_vad_v6.onnx"
MODEL_SHA256 = "4cbf549b8326f60f80f2536d9eefeb450a9abe83365a098031c89719f1be17d2"

_CONTEXT = 64
"""Samples of the frame before that the model sees in front of each frame."""
_LIMIT: Seconds = 20.0
"""For one piece of sound; loading included."""


class SileroVAD:
    """The model once, in a thread of its own; a state of its own for each microphone."""

    class Options(UtteranceOptions):
        """From where on it is speech."""

        prob_threshold: float = Field(0.4, gt=0, lt=1)
        db_threshold: float = Field(40.0, ge=0, le=90)
        """What is quieter is no speech. Of 16-bit samples: 90 is the loudest there is."""
        smoothing_window: int = Field(5, ge=1, le=50)
        """Frames over which both are averaged."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._executor: ThreadPoolExecutor | None = None
        self._run: Run | None = None

    async def __aenter__(self) -> Self:
        for package in (PACKAGE, RUNTIME):
            if importlib.util.find_spec(package) is None:
                raise _missing(package)
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=ENGINE)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        executor, self._executor, self._run = self._executor, None, None
        if executor is not None:
            executor.shutdown(wait=False, cancel_futures=True)

    def listen(self) -> "SileroStream":
        """Return a stream of its own for one microphone."""
        return SileroStream(self, self._options)

    async def in_thread(self, work: "Callable[[Run], Sequence[SpeechEvent]]") -> Sequence[SpeechEvent]:
        """Do something with the model, which is loaded when it is first needed. Raises EngineError."""
        if self._executor is None:
            raise EngineError("The voice detection is not running.", engine=ENGINE, retryable=False)

        def with_model() -> Sequence[SpeechEvent]:
            self._run = self._run or _load()
            return work(self._run)

        try:
            async with asyncio.timeout(_LIMIT):
                return await asyncio.get_running_loop().run_in_executor(self._executor, with_model)
        except TimeoutError:
            msg = "The voice detection took too long: is the machine busy?"
            raise EngineError(msg, engine=ENGINE, retryable=True) from None


class SileroStream:
    """One microphone, and what the model remembers of it."""

    def __init__(self, engine: SileroVAD, options: SileroVAD.Options) -> None:
        self._engine = engine
        self._options = options
        self._frames = Frames()
        self._utterances = Utterances(options)
        self._memory = np.zeros((2, 1, 1, 128), np.float32)
        self._context = np.zeros((1, _CONTEXT), np.float32)
        self._recent: deque[tuple[float, float]] = deque(maxlen=options.smoothing_window)

    async def hear(self, sound: bytes) -> Sequence[SpeechEvent]:
        """Take the next piece and return what it brought. Raises EngineError."""
        frames = self._frames.cut(sound)
        if not frames:
            return ()
        return await self._engine.in_thread(lambda run: self._judge(frames, run))

    def _judge(self, frames: list[bytes], run: "Run") -> Sequence[SpeechEvent]:
        samples = samples_of(frames)
        probable = self._probabilities(samples / np.float32(32_768), run)
        are_speech = [self._is_speech(*each) for each in zip(probable, decibels(samples), strict=True)]
        return list(self._utterances.feed(frames, are_speech))

    def _probabilities(self, samples: "NDArray[np.float32]", run: "Run") -> "NDArray[np.float32]":
        before = np.concatenate([self._context, samples[:-1, -_CONTEXT:]])
        self._context = samples[-1:, -_CONTEXT:]
        seen = np.concatenate([before, samples], axis=1)
        found, hidden, cell = run(None, {"input": seen, "h": self._memory[0], "c": self._memory[1]})
        self._memory = np.stack([hidden, cell])
        return found.reshape(-1)

    def _is_speech(self, probability: float, loudness: float) -> bool:
        self._recent.append((probability, loudness))
        probable, loud = (sum(each) / len(self._recent) for each in zip(*self._recent, strict=True))
        return bool(probable > self._options.prob_threshold and loud > self._options.db_threshold)


def _load() -> "Run":
    """Return the model, ready to run. Raises EngineError."""
    model = _checked_model()
    try:
        runtime = importlib.import_module(RUNTIME)
    except ImportError as error:
        raise _missing(RUNTIME) from error
    options = runtime.SessionOptions()
    options.inter_op_num_threads = options.intra_op_num_threads = 1
    options.log_severity_level = 4
    session = runtime.InferenceSession(model, sess_options=options, providers=["CPUExecutionProvider"])
    return cast("Run", session.run)


def _checked_model() -> bytes:
    """Return the model after comparing it with what we know. Raises EngineError."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise _missing(PACKAGE)
    try:
        model = (Path(spec.submodule_search_locations[0]) / "assets" / MODEL).read_bytes()
    except OSError:
        model = b""
    if hashlib.sha256(model).hexdigest() != MODEL_SHA256:
        msg = "The voice detection's model is damaged or not the one we know: install faster-whisper 1.2.1."
        raise EngineError(msg, engine=ENGINE, retryable=False)
    return model


def _missing(package: str) -> EngineError:
    name = package.replace("_", "-")
    msg = f"The voice detection needs the package {name}: install it, or choose energy_vad."
    return EngineError(msg, engine=ENGINE, retryable=False)
