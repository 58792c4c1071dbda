"""Pure: series of numbers → inline SVG. Colours come from classes, so that the page decides them, also on paper.

Each plot is drawn twice, for a wide and for a narrow page: letters in a picture that is only made smaller cannot be read.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

from open_llm_vtuber.units import Seconds

HEIGHT = 200
WIDTHS = {"wide": 880, "narrow": 340}
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 8, 10, 26
_LETTER = 7
_STEPS = (1, 2, 5, 10)
_TIMES = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400, 432_000)
MOST_BINS = 60
RADII = (3.2, 2.0)
HOUR = 3_600
SMALLEST = 1e-6
"""What is less is nothing."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a point stands: x is a second of the show, y a value."""

    width: int
    length: Seconds
    low: float
    high: float

    def x(self, at: Seconds) -> float:
        """Return the column of a second."""
        return _LEFT + (self.width - _LEFT - _RIGHT) * at / max(self.length, 0.001)

    def y(self, value: float) -> float:
        """Return the row of a value."""
        share = (value - self.low) / ((self.high - self.low) or 1.0)
        return HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * min(1.0, max(0.0, share))


Drawing = Callable[[Frame], Iterator[str]]


def bin_length(length: Seconds) -> Seconds:
    """Return over how many seconds is counted, so that there are not too many bars."""
    return next((float(each) for each in _TIMES[1:] if length / each <= MOST_BINS), float(_TIMES[-1]))


def binned(times: Sequence[Seconds], size: Seconds, length: Seconds) -> list[int]:
    """Return how many there are in each bin."""
    counts = [0] * max(1, ceil(length / size))
    for at in times:
        counts[min(len(counts) - 1, int(at // size))] += 1
    return counts


def bars(series: Sequence[Sequence[int]], size: Seconds, length: Seconds, label: str) -> str:
    """Return bars, those of several series upon each other."""
    totals = [sum(each) for each in zip(*series, strict=True)]

    def drawn(frame: Frame) -> Iterator[str]:
        for number, total in enumerate(totals):
            left, right = frame.x(number * size), frame.x(min((number + 1) * size, length))
            below = 0
            for place, each in enumerate(series):
                if not each[number]:
                    continue
                top, bottom = frame.y(below + each[number]), frame.y(below)
                yield (
                    f'<rect class="s{place}" x="{left + 0.5:.1f}" y="{top:.1f}" width="{max(0.5, right - left - 1):.1f}" '
                    f'height="{bottom - top:.1f}"><title>{clock(number * size)}: {total}</title></rect>'
                )
                below += each[number]

    return _plot(drawn, length, 0.0, _nice(max(totals, default=0)), label)


def dots(series: Sequence[Sequence[tuple[Seconds, float]]], length: Seconds, label: str, unit: str) -> str:
    """Return a dot for each point; those of the second series are small."""

    def drawn(frame: Frame) -> Iterator[str]:
        for place, points in enumerate(series):
            for at, value in points:
                yield (
                    f'<circle class="s{place}" cx="{frame.x(at):.1f}" cy="{frame.y(value):.1f}" r="{RADII[place]}">'
                    f"<title>{clock(at)}: {value:.1f} {escape(unit)}</title></circle>"
                )

    return _plot(
        drawn, length, 0.0, _nice(max((value for each in series for _, value in each), default=0)), label
    )


def steps(points: Sequence[tuple[Seconds, float]], length: Seconds, label: str) -> str:
    """Return what adds up: a line that rises where a point is."""

    def drawn(frame: Frame) -> Iterator[str]:
        path = [f"M{frame.x(0):.1f} {frame.y(0):.1f}"]
        for at, value in points:
            path.append(f"H{frame.x(at):.1f}V{frame.y(value):.1f}")
        path.append(f"H{frame.x(length):.1f}")
        yield f'<path class="l0" d="{"".join(path)}"/>'

    return _plot(drawn, length, 0.0, _nice(points[-1][1] if points else 0), label)


def lines(series: Sequence[Sequence[tuple[Seconds, float]]], length: Seconds, label: str) -> str:
    """Return a line for each series, of values between -1 and 1."""

    def drawn(frame: Frame) -> Iterator[str]:
        for place, points in enumerate(series):
            path = "L".join(f"{frame.x(at):.1f} {frame.y(value):.1f}" for at, value in points)
            yield f'<path class="l{place}" d="M{path}"/>'

    return _plot(drawn, length, -1.0, 1.0, label)


def strip(spans: Sequence[tuple[Seconds, Seconds]], length: Seconds, label: str) -> str:
    """Return when something went on, as one band."""
    return "".join(_strip(name, width, spans, length, label) for name, width in WIDTHS.items())


def clock(at: Seconds) -> str:
    """Return a second of the show as people write it."""
    whole = int(at)
    minutes = f"{whole // 60 % 60:02d}:{whole % 60:02d}"
    return f"{whole // HOUR}:{minutes}" if whole >= HOUR else f"{whole // 60}:{whole % 60:02d}"


def _plot(drawn: Drawing, length: Seconds, low: float, high: float, label: str) -> str:
    pictures = []
    for name, width in WIDTHS.items():
        frame = Frame(width, length, low, high)
        inside = "".join([*_values(frame), *_clocks(frame, HEIGHT), *drawn(frame)])
        pictures.append(_picture(name, width, HEIGHT, label, inside))
    return "".join(pictures)


def _strip(
    name: str, width: int, spans: Sequence[tuple[Seconds, Seconds]], length: Seconds, label: str
) -> str:
    height = 66
    frame = Frame(width, length, 0, 1)
    band = f'<rect class="band" x="{_LEFT}" y="8" width="{width - _LEFT - _RIGHT}" height="32" rx="3"/>'
    said = (
        f'<rect class="s0" x="{frame.x(begin):.1f}" y="8" width="{max(0.5, frame.x(end) - frame.x(begin)):.1f}" height="32"/>'
        for begin, end in spans
    )
    return _picture(name, width, height, label, "".join([band, *said, *_clocks(frame, height)]))


def _picture(name: str, width: int, height: int, label: str, inside: str) -> str:
    return f'<svg class="{name}" role="img" aria-label="{escape(label)}" viewBox="0 0 {width} {height}">{inside}</svg>'


def _values(frame: Frame) -> Iterator[str]:
    step = (frame.high - frame.low) / 4 if frame.low < 0 else _step(frame.high)
    value = frame.low
    while value <= frame.high * 1.0001:
        row = frame.y(value)
        kind = "zero" if abs(value) < step / 1000 else "grid"
        yield f'<line class="{kind}" x1="{_LEFT}" x2="{frame.width - _RIGHT}" y1="{row:.1f}" y2="{row:.1f}"/>'
        yield f'<text class="value" x="{_LEFT - 6}" y="{row + 4:.1f}">{value:.4g}</text>'
        value += step


def _clocks(frame: Frame, height: int) -> Iterator[str]:
    most = max(2, (frame.width - _LEFT - _RIGHT) // (_LETTER * 9))
    step = next((each for each in _TIMES if frame.length / each <= most), _TIMES[-1])
    at = 0.0
    while at <= frame.length:
        column = frame.x(at)
        is_at_the_edge = frame.width - column < _LETTER * 3
        kind = "time last" if is_at_the_edge else "time"
        yield f'<line class="tick" x1="{column:.1f}" x2="{column:.1f}" y1="{height - _BOTTOM}" y2="{height - _BOTTOM + 5}"/>'
        yield f'<text class="{kind}" x="{column:.1f}" y="{height - 6}">{clock(at)}</text>'
        at += step


def _nice(most: float) -> float:
    """Return a round number that is not below, for the top of a scale."""
    step = _step(most)
    return max(1, ceil(most / step - 1e-9)) * step


def _step(most: float) -> float:
    """Return the distance of about four lines of a scale; whole numbers from 1 on."""
    if most < SMALLEST:
        return 1.0
    rough = most / 4
    power = 10.0 ** floor(log10(rough))
    return next(each * power for each in _STEPS if each * power >= rough * 0.999)
