"""Voice detection by loudness alone: whatever is loud for long enough is taken for speech."""

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from pydantic import Field

from open_llm_vtuber.speech_events import SpeechEvent
from open_llm_vtuber.vad.utterances import Frames, UtteranceOptions, Utterances, decibels, samples_of


class EnergyVAD:
    """For machines without a model. A fan beside the microphone is speech to it."""

    class Options(UtteranceOptions):
        """From where on it is loud."""

        db_threshold: float = Field(50.0, ge=0, le=90)
        """Of 16-bit samples: 90 is the loudest there is."""

    def __init__(self, options: Options) -> None:
        self._options = options

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        return

    def listen(self) -> "EnergyStream":
        """Return a stream of its own for one microphone."""
        return EnergyStream(self._options)


class EnergyStream:
    """One microphone."""

    def __init__(self, options: EnergyVAD.Options) -> None:
        self._threshold = options.db_threshold
        self._frames = Frames()
        self._utterances = Utterances(options)

    async def hear(self, sound: bytes) -> Sequence[SpeechEvent]:
        """Take the next piece and return what it brought."""
        frames = self._frames.cut(sound)
        are_loud = decibels(samples_of(frames)) > self._threshold
        return list(self._utterances.feed(frames, are_loud.tolist()))
