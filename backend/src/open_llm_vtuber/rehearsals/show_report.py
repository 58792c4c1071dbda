"""Pure: what a rehearsed show was like. What was said and why, the silences, the repeats, how long viewers waited."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from open_llm_vtuber.units import Seconds

LONGEST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Said:
    """One turn of hers. Times are seconds of the show."""

    at: Seconds
    """When her first sentence began."""
    ended: Seconds
    why: str
    """Whom or what she reacted to."""
    text: str
    waited: Seconds | None = None
    """How long the viewer had waited for the first sound."""
    is_unasked: bool = False
    """She said it of her own accord."""


@dataclass(slots=True)
class ShowReport:
    """What happened in a rehearsal."""

    profile: str
    seed: int
    length: Seconds = 0.0
    messages: int = 0
    events: Counter[str] = field(default_factory=Counter)
    said: list[Said] = field(default_factory=list)
    fates: Counter[str] = field(default_factory=Counter)
    """What became of viewers' lines: answered, or why not."""
    refusals: Counter[str] = field(default_factory=Counter)
    """Sentences of hers that were kept off the air, by rule."""
    retractions: int = 0
    faces: int = 0
    gestures: int = 0
    failures: Counter[str] = field(default_factory=Counter)

    @property
    def air_time(self) -> Seconds:
        """Return how long she spoke."""
        return sum(each.ended - each.at for each in self.said)

    @property
    def longest_silence(self) -> Seconds:
        """Return the longest time in which she said nothing, the beginning and the end included."""
        ends = [0.0, *(each.ended for each in self.said)]
        begins = [*(each.at for each in self.said), self.length]
        return max((begin - end for begin, end in zip(begins, ends, strict=True)), default=self.length)

    def repeats(self, is_repeat: Callable[[Sequence[str], str], bool]) -> int:
        """Return how many of the turns that nobody asked for were near-repeats of what she had said shortly before."""
        texts = [each.text for each in self.said]
        return sum(
            is_repeat(texts[:number], each.text) for number, each in enumerate(self.said) if each.is_unasked
        )

    def waits(self) -> str:
        """Return how long viewers waited for the first sound: median, 95 of 100, worst."""
        waits = sorted(each.waited for each in self.said if each.waited is not None)
        if not waits:
            return "-"
        shown = (waits[len(waits) // 2], waits[max(0, math.ceil(len(waits) * 0.95) - 1)], waits[-1])
        return "median {:.2f} s, 95 % {:.2f} s, worst {:.2f} s".format(*shown)

    def as_text(self, is_repeat: Callable[[Sequence[str], str], bool]) -> str:
        """Return the report as lines; the same show has the same lines."""
        rows = [
            ("length", _clock(self.length)),
            ("messages in", str(self.messages)),
            ("events in", _counted(self.events)),
            ("air time", f"{self.air_time:.1f} s ({100 * self.air_time / max(self.length, 1):.0f} %)"),
            ("longest silence", f"{self.longest_silence:.1f} s"),
            ("turns", f"{len(self.said)}, of them unasked {sum(each.is_unasked for each in self.said)}"),
            ("near-repeats", str(self.repeats(is_repeat))),
            ("viewers' lines", _counted(self.fates)),
            ("viewers waited", self.waits()),
            ("sentences refused", _counted(self.refusals)),
            ("turns retracted", str(self.retractions)),
            ("faces and gestures", f"{self.faces} and {self.gestures}"),
            ("failures", _counted(self.failures)),
        ]
        lines = [f"{_clock(each.at)}  [{each.why}] {each.text[:LONGEST_SHOWN]}" for each in self.said]
        return "\n".join(
            [f"Rehearsal of {self.profile}, seed {self.seed}", *lines, ""]
            + [f"{name:20}{value}" for name, value in rows]
        )


def _clock(seconds: Seconds) -> str:
    return f"{int(seconds // 60):3d}:{seconds % 60:04.1f}"


def _counted(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in sorted(counter.items())) or "none"
