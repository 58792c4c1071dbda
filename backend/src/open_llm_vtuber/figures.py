"""Counts what shows decide, for whoever watches them from outside. Labels are words of ours, never a viewer's."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from open_llm_vtuber.decided import Claimed, Fired, Guarded, Settled, Spoken, TurnBegan, TurnEnded

BUCKETS_MS = (50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000)
"""Upper limits of the times of a turn; the last bucket, which has none, comes behind them."""


@dataclass(slots=True)
class Spread:
    """How often a time fell into each bucket, and what all came to."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS_MS) + 1))
    total_ms: int = 0

    def add(self, ms: int) -> None:
        """Count a time."""
        self.counts[bisect_left(BUCKETS_MS, ms)] += 1
        self.total_ms += ms

    @property
    def cumulative(self) -> tuple[int, ...]:
        """How many were at most each limit; the last is all of them."""
        return tuple(sum(self.counts[: place + 1]) for place in range(len(self.counts)))


class Figures:
    """What all named shows have come to since the program began."""

    def __init__(self) -> None:
        self.turns: Counter[str] = Counter()
        """By what they react to."""
        self.endings: Counter[str] = Counter()
        """whole, interrupted, retracted."""
        self.stages: dict[str, Spread] = {}
        """Point of a turn → when it was reached."""
        self.decisions: Counter[tuple[str, str]] = Counter()
        """Of chat: outcome and reason."""
        self.refused: Counter[str] = Counter()
        """Sentences kept off the air, by rule."""
        self.sentences = 0
        self.claims: Counter[tuple[str, str]] = Counter()
        """Of the body: kind and status."""
        self.unasked: Counter[str] = Counter()
        """What triggers came to, by outcome."""

    def note(self, fact: object) -> None:
        """Count it; what is not counted is passed over."""
        match fact:
            case TurnBegan():
                self.turns[fact.source] += 1
            case TurnEnded():
                self._ended(fact)
            case Settled():
                self.decisions[fact.outcome, fact.reason] += 1
            case Guarded() if fact.rule:
                self.refused[fact.rule] += 1
            case Spoken():
                self.sentences += 1
            case Claimed():
                self.claims[fact.kind, fact.status] += 1
            case Fired():
                self.unasked[fact.outcome] += 1
            case _:
                pass

    def _ended(self, fact: TurnEnded) -> None:
        how = "retracted" if fact.retracted else "interrupted" if fact.interrupted else "whole"
        self.endings[how] += 1
        timings: Mapping[str, int | None] = asdict(fact.timings)
        for point, ms in timings.items():
            if ms is not None:
                self.stages.setdefault(point.removesuffix("_ms"), Spread()).add(ms)
