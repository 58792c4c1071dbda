"""How long the points of a turn took."""

from dataclasses import asdict, replace
from typing import Literal

from open_llm_vtuber import course
from open_llm_vtuber.stimulus import TurnTimings
from open_llm_vtuber.units import Milliseconds

Point = Literal["first_token_ms", "first_sentence_ms", "first_audio_ms", "end_ms"]


class Stopwatch:
    """Runs from the moment it is made. Of each point the first time counts."""

    def __init__(self) -> None:
        self.timings = TurnTimings()
        self._began = course.now()

    def reached(self, point: Point) -> None:
        """Note that the turn has come this far."""
        if getattr(self.timings, point) is None:
            passed = Milliseconds(round((course.now() - self._began) * 1000))
            self.timings = replace(self.timings, **{point: passed})

    def in_words(self) -> str:
        """Return the points that were reached."""
        points = asdict(self.timings).items()
        return ", ".join(
            f"{name.removesuffix('_ms').replace('_', ' ')} {ms} ms" for name, ms in points if ms is not None
        )
