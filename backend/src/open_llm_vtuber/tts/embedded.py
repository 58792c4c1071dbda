"""The voice that comes along: hibari-tts, English, on the CPU, about a hundred times faster than speech."""

import asyncio
import hashlib
import importlib
import importlib.util
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar, cast

from open_llm_vtuber.engines import EngineOptions
from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.tts.pcm import RATE, speakable
from open_llm_vtuber.units import Hertz, Seconds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Voice = Callable[[str], Iterator[NDArray[np.float32]]]

T = TypeVar("T")

ENGINE = "embedded_tts"
PACKAGE = "hibari"
MODEL = "hibari.onnx"
MODEL_FILES = {
    MODEL: "5f70741d4e900f4e85d0037498736cc1b3e1b9a63a13546a5da1e63abf4fccd8",
    "oov.onnx": "d3cfd8122c5f172a98c8de38268bf1213ee09f2c2ae4df6e055fc6532590fe76",
}
"""File in the package's assets → sha256."""

_START_LIMIT: Seconds = 60.0
_SENTENCE_LIMIT: Seconds = 30.0
_LONGEST = 2000
"""Characters of one sentence. Longer is not speech; it would only occupy the voice."""


class EmbeddedTTS:
    """hibari's `heart` voice, in a thread of its own: onnxruntime leaves the loop alone there."""

    sample_rate: Hertz = RATE

    class Options(EngineOptions):
        """Nothing to set: the package holds one voice."""

    def __init__(self, options: Options) -> None:
        del options
        self._executor: ThreadPoolExecutor | None = None
        self._voice: Voice | None = None
        self._failures: tuple[type[Exception], ...] = ()

    async def __aenter__(self) -> Self:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=ENGINE)
        try:
            async with asyncio.timeout(_START_LIMIT):
                self._voice, self._failures = await self._in_thread(_load)
        except TimeoutError:
            self._leave()
            msg = f"The embedded voice was not ready after {_START_LIMIT:.0f} seconds: is the machine busy?"
            raise EngineError(msg, engine=ENGINE, retryable=True) from None
        except BaseException:
            self._leave()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self._leave()

    async def synthesize(self, text: str) -> AsyncGenerator[bytes, None]:
        """Yield the sound, one chunk for each sentence in the text; other scripts than Latin have none.

        Raises EngineError when the voice cannot say the text.
        """
        if not speakable(text):
            return
        voice = self._voice
        if voice is None:
            msg = "The embedded voice is not running."
            raise EngineError(msg, engine=ENGINE, retryable=False)
        sentences = voice(text[:_LONGEST])
        while (sound := await self._next(sentences)) is not None:
            if sound:
                yield sound

    async def _next(self, sentences: "Iterator[NDArray[np.float32]]") -> bytes | None:
        """Return the next sentence's pcm, None after the last."""
        try:
            async with asyncio.timeout(_SENTENCE_LIMIT):
                return await self._in_thread(lambda: _next_pcm(sentences))
        except TimeoutError:
            msg = f"The embedded voice took more than {_SENTENCE_LIMIT:.0f} seconds: is the machine busy?"
            raise EngineError(msg, engine=ENGINE, retryable=True) from None
        except self._failures:
            msg = "The embedded voice cannot say this sentence."
            raise EngineError(msg, engine=ENGINE, retryable=False) from None

    async def _in_thread(self, work: Callable[[], T]) -> T:
        """Run `work` in the voice's thread. Cancelled, it is done to its end there and comes to nothing."""
        if self._executor is None:
            msg = "The embedded voice is not running."
            raise EngineError(msg, engine=ENGINE, retryable=False)
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    def _leave(self) -> None:
        """Let the thread end after what it is doing."""
        executor, self._executor, self._voice = self._executor, None, None
        if executor is not None:
            executor.shutdown(wait=False)


def _load() -> "tuple[Voice, tuple[type[Exception], ...]]":
    """Return the voice, ready to speak, and what it may raise. Raises EngineError."""
    model = _checked_model()
    try:
        hibari = importlib.import_module(PACKAGE)
        state = importlib.import_module("onnxruntime.capi.onnxruntime_pybind11_state")
    except ImportError as error:
        raise _missing() from error
    # What Python itself raises for a text that the package did not expect, and onnxruntime's own errors,
    # which have no common base.
    failures: tuple[type[Exception], ...] = (
        ArithmeticError,
        AttributeError,
        LookupError,
        OSError,
        RuntimeError,
        TypeError,
        ValueError,
    )
    failures += (state.Fail, state.InvalidArgument, state.RuntimeException)
    try:
        voice = cast("Voice", hibari.Hibari(model=str(model), threads=1).stream)
        list(voice("Hello."))  # the first sentence loads the dictionaries
    except failures:
        msg = "The embedded voice cannot be loaded: install hibari-tts again, or choose another voice."
        raise EngineError(msg, engine=ENGINE, retryable=False) from None
    return voice, failures


def _checked_model() -> Path:
    """Return the model's file after comparing it and its companion with what we know. Raises EngineError."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise _missing()
    assets = Path(spec.submodule_search_locations[0]) / "assets"
    for name, expected in MODEL_FILES.items():
        try:
            found = hashlib.sha256((assets / name).read_bytes()).hexdigest()
        except OSError:
            found = ""
        if found != expected:
            msg = "The embedded voice's files are damaged or not the ones we know: install hibari-tts again."
            raise EngineError(msg, engine=ENGINE, retryable=False)
    return assets / MODEL


def _missing() -> EngineError:
    """Return the error for a package that is not there."""
    msg = "The embedded voice needs the package hibari-tts: install it, or choose another voice."
    return EngineError(msg, engine=ENGINE, retryable=False)


def _next_pcm(sentences: "Iterator[NDArray[np.float32]]") -> bytes | None:
    """Synthesize one more sentence and return its pcm; None after the last."""
    import numpy as np  # comes with the voice's package

    sound = next(sentences, None)
    if sound is None:
        return None
    return np.rint(np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes()
