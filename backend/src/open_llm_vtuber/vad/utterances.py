"""Pure: frames that hold speech or do not → utterances with a beginning and an end."""

from collections import deque
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from open_llm_vtuber.engines import EngineOptions
from open_llm_vtuber.speech_events import SpeechBegan, SpeechEnded, SpeechEvent

FRAME = 512
"""Samples of 32 ms."""
FRAME_BYTES = 2 * FRAME
PRE_ROLL = 20
"""Frames in front of the first that counts: 0.64 s, so that no word loses its beginning."""
LONGEST = 30 * 16_000 // FRAME
"""Frames after which an utterance is ended: nobody speaks for half a minute without a breath, but music plays."""


class UtteranceOptions(EngineOptions):
    """When speech begins and ends, in frames of 32 ms."""

    required_hits: int = Field(3, ge=1, le=100)
    """Frames of speech in a row that begin an utterance; a click is shorter."""
    required_misses: int = Field(24, ge=1, le=300)
    """Frames without speech in a row that end it."""


class Frames:
    """Cuts a microphone's sound into frames; what is left waits for the next piece."""

    def __init__(self) -> None:
        self._rest = b""

    def cut(self, sound: bytes) -> list[bytes]:
        """Return the frames that are whole by now."""
        sound = self._rest + sound
        end = len(sound) - len(sound) % FRAME_BYTES
        self._rest = sound[end:]
        return [sound[start : start + FRAME_BYTES] for start in range(0, end, FRAME_BYTES)]


class Utterances:
    """Puts frames together: what was before an utterance is kept for it, what was in another one is not."""

    def __init__(self, options: UtteranceOptions) -> None:
        self._options = options
        self._before: deque[bytes] = deque(maxlen=PRE_ROLL + options.required_hits)
        self._spoken: list[bytes] = []
        self._in_a_row = 0
        """Frames that speak for a change of state."""

    def feed(self, frames: Sequence[bytes], are_speech: Sequence[bool]) -> Iterator[SpeechEvent]:
        """Take the next frames and yield what they brought."""
        for frame, is_speech in zip(frames, are_speech, strict=True):
            yield from self._speaking(frame, is_speech) if self._spoken else self._quiet(frame, is_speech)

    def _quiet(self, frame: bytes, is_speech: bool) -> Iterator[SpeechEvent]:  # noqa: FBT001  the detector's word
        self._before.append(frame)
        self._in_a_row = self._in_a_row + 1 if is_speech else 0
        if self._in_a_row == self._options.required_hits:
            self._spoken, self._in_a_row = list(self._before), 0
            self._before.clear()
            yield SpeechBegan()

    def _speaking(self, frame: bytes, is_speech: bool) -> Iterator[SpeechEvent]:  # noqa: FBT001  likewise
        self._spoken.append(frame)
        self._in_a_row = 0 if is_speech else self._in_a_row + 1
        if self._in_a_row == self._options.required_misses or len(self._spoken) >= LONGEST:
            utterance = b"".join(self._spoken)
            self._spoken, self._in_a_row = [], 0
            yield SpeechEnded(utterance)


def samples_of(frames: Sequence[bytes]) -> NDArray[np.float32]:
    """Return the frames' samples, one row for each."""
    return np.frombuffer(b"".join(frames), "<i2").reshape(-1, FRAME).astype(np.float32)


def decibels(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how loud each row of 16-bit samples is: 0 is next to nothing, 90 the loudest there is."""
    loudness: NDArray[np.float32] = 20 * np.log10(np.maximum(np.sqrt((samples**2).mean(axis=1)), 1.0))
    return loudness
