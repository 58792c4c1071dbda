"""What a measurement is, and how it is shown: as a table for people, as JSON for comparing two runs."""

import os
import platform
import statistics
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rich.markup import escape
from rich.table import Table

from open_llm_vtuber import __version__


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Samples of one quantity; without samples it was skipped, and `note` says why."""

    what: str
    unit: str
    samples: tuple[float, ...] = ()
    note: str = ""
    more_is_better: bool = False

    @property
    def median(self) -> float:
        """Half of the samples are better."""
        return statistics.median(self.samples)

    @property
    def best(self) -> float:
        """The sample that the rest of the machine disturbed least."""
        return max(self.samples) if self.more_is_better else min(self.samples)

    @property
    def worst(self) -> float:
        """The other end."""
        return min(self.samples) if self.more_is_better else max(self.samples)

    @property
    def p95(self) -> float:
        """95 of 100 samples are at least as good (nearest rank)."""
        return self._better_than(95)

    @property
    def p99(self) -> float:
        """99 of 100 samples are at least as good."""
        return self._better_than(99)

    def _better_than(self, percent: int) -> float:
        ranked = sorted(self.samples, reverse=self.more_is_better)
        return ranked[max(0, -(-len(ranked) * percent // 100) - 1)]


def skipped(what: str, reason: str) -> Measured:
    """Return that something could not be measured here."""
    return Measured(what=what, unit="", note=f"skipped: {reason}")


def milliseconds(what: str, seconds: Iterable[float], note: str = "") -> Measured:
    """Return durations, given in seconds."""
    return Measured(what=what, unit="ms", samples=tuple(each * 1000 for each in seconds), note=note)


def table(title: str, results: Iterable[Measured]) -> Table:
    """Return the results as a table."""
    shown = Table(title=title, title_justify="left")
    shown.add_column("what", overflow="fold")
    for heading in ("n", "median", "best", "p95", "p99", "worst", "unit"):
        shown.add_column(heading, justify="left" if heading == "unit" else "right", no_wrap=True)
    for each in results:
        what = f"{escape(each.what)}\n[dim]{escape(each.note)}[/]" if each.note else escape(each.what)
        shown.add_row(what, *_figures(each))
    return shown


def machine() -> dict[str, str | float]:
    """Return what the figures depend on, and nothing that says whose machine it is."""
    return {
        "version": __version__,
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "system": platform.system(),
        "architecture": platform.machine(),
        "cpus": os.cpu_count() or 0,
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else 0,
    }


def as_json(results: dict[str, list[Measured]]) -> dict[str, Any]:
    """Return everything as plain data, every sample included."""
    return {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "results": {name: [_plain(each) for each in measured] for name, measured in results.items()},
    }


def _plain(each: Measured) -> dict[str, Any]:
    plain: dict[str, Any] = {"what": each.what, "unit": each.unit, "note": each.note}
    if each.samples:
        plain |= {"n": len(each.samples), "median": each.median, "p95": each.p95, "p99": each.p99}
        plain |= {"best": each.best, "worst": each.worst, "samples": each.samples}
    return plain


def _figures(each: Measured) -> Iterator[str]:
    if not each.samples:
        yield from ("-",) * 7
        return
    yield str(len(each.samples))
    for value in (each.median, each.best, each.p95, each.p99, each.worst):
        yield figure(value)
    yield each.unit


def figure(value: float) -> str:
    """Return a value with as many digits as mean something."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
