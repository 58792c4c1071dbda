"""Pure: this run beside a run of before, quantity by quantity. It judges nothing where the two overlap."""

import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from rich.markup import escape
from rich.table import Table

from benchmarks.measure import Measured, figure

FEW = 5
"""With fewer samples there is no spread to speak of, only a ratio."""

Verdict = Literal["better", "worse", "within the spread", "few samples", "new"]


@dataclass(frozen=True, slots=True)
class Compared:
    """One quantity of both runs; without one of before it is new."""

    name: str
    what: str
    unit: str
    now: float
    before: float | None
    verdict: Verdict

    @property
    def ratio(self) -> float | None:
        """Now against before; None where there is no before, or it was nothing."""
        return self.now / self.before if self.before else None


def compared(before: Mapping[str, Any], now: Mapping[str, Sequence[Measured]]) -> Iterator[Compared]:
    """Return every quantity of this run that was measured; `before` is what `measure.as_json` gave then."""
    then = {
        (name, each["what"]): each["samples"]
        for name, results in before["results"].items()
        for each in results
        if each.get("samples")
    }
    for name, results in now.items():
        for each in results:
            if each.samples:
                yield _one(name, each, then.get((name, each.what)))


def _one(name: str, now: Measured, then: Sequence[float] | None) -> Compared:
    before = statistics.median(then) if then else None
    return Compared(name, now.what, now.unit, now.median, before, _verdict(now, then))


def _verdict(now: Measured, then: Sequence[float] | None) -> Verdict:
    """Call it a change where the middle halves of both runs' samples do not touch."""
    if not then:
        return "new"
    if min(len(now.samples), len(then)) < FEW:
        return "few samples"
    (low, high), (old_low, old_high) = _middle(now.samples), _middle(then)
    if low <= old_high and old_low <= high:
        return "within the spread"
    return "better" if (low > old_high) == now.more_is_better else "worse"


def _middle(samples: Sequence[float]) -> tuple[float, float]:
    first, _, third = statistics.quantiles(samples, n=4, method="inclusive")
    return first, third


def table(before: Mapping[str, Any], rows: Iterable[Compared]) -> Table:
    """Return the comparison as a table."""
    machine = before.get("machine", {})
    title = f"against {before.get('when', 'before')} (version {machine.get('version')}, load {machine.get('load')})"
    shown = Table(title=title, title_justify="left")
    shown.add_column("what", overflow="fold")
    for heading in ("before", "now", "ratio"):
        shown.add_column(heading, justify="right", no_wrap=True)
    shown.add_column("unit")
    shown.add_column("")
    for each in rows:
        ratio = "-" if each.ratio is None else f"{each.ratio:.2f}"
        old = "-" if each.before is None else figure(each.before)
        shown.add_row(
            escape(f"{each.name}: {each.what}"), old, figure(each.now), ratio, each.unit, each.verdict
        )
    return shown
