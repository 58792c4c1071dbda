"""Plots: well-formed pictures that show what they were given."""

import itertools
import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from open_llm_vtuber.log_report import plots
from open_llm_vtuber.log_report.plots import HEIGHT, MOST_BINS, WIDTHS, binned, clock

LENGTHS = st.floats(0.1, 200_000)
POINTS = st.lists(st.tuples(st.floats(0, 0.1), st.floats(0, 1e6)), max_size=20)


def pictures(drawn: str) -> list[ET.Element]:
    found = list(ET.fromstring(f"<all>{drawn}</all>"))  # noqa: S314  our own
    assert [each.get("class") for each in found] == list(WIDTHS)
    return found


@settings(deadline=None)  # a machine may be busy
@given(st.lists(st.floats(0, 1), max_size=50), LENGTHS)
def test_every_time_is_counted_once_and_there_are_not_too_many_bars(
    shares: list[float], length: float
) -> None:
    size = plots.bin_length(length)
    counts = binned([share * length for share in shares], size, length)
    assert sum(counts) == len(shares)
    assert len(counts) <= MOST_BINS or length > 432_000


@settings(deadline=None)  # a machine may be busy
@given(POINTS, LENGTHS)
def test_whatever_is_drawn_lies_within_the_picture(points: list[tuple[float, float]], length: float) -> None:
    small = [(at, min(1.0, value)) for at, value in points]
    for drawn in (
        plots.dots([points, small], length, "dots", "s"),
        plots.steps(points, length, "steps"),
        plots.lines([small or [(0.0, 0.0)], [(0.0, -1.0)]], length, "lines"),
        plots.strip([(at, at) for at, _ in points], length, "strip"),
    ):
        for picture in pictures(drawn):
            width, height = (float(each) for each in (picture.get("viewBox") or "").split()[2:])
            for each in picture.iter():
                for name, most in (("x", width), ("cx", width), ("x1", width), ("y", height), ("cy", height)):
                    assert 0 <= float(each.get(name, 0)) <= most + 0.05


def test_bars_stand_upon_each_other_and_are_as_high_as_they_count() -> None:
    for picture in pictures(plots.bars([[1, 0, 2], [1, 0, 0]], 10, 30, "bars")):
        first, second, third = picture.iter("rect")
        assert (first.get("class"), second.get("class"), third.get("class")) == ("s0", "s1", "s0")
        assert float(first.get("height", 0)) == pytest.approx(float(third.get("height", 0)) / 2, abs=0.1)
        assert float(second.get("y", 0)) + float(second.get("height", 0)) == pytest.approx(
            float(first.get("y", 0)), abs=0.1
        )
        assert float(third.get("y", 0)) == pytest.approx(float(second.get("y", 0)), abs=0.1)


@pytest.mark.parametrize("most", [0, 5e-324, 0.0003, 0.9, 1, 3, 7, 99, 12_345, 1e9])
def test_a_scale_has_a_few_round_lines_and_ends_above_all_values(most: float) -> None:
    (wide, _) = pictures(plots.dots([[(1.0, most)]], 10, "scale", "s"))
    values = [float(each.text or "") for each in wide.iter("text") if each.get("class") == "value"]
    assert values[0] == 0
    assert values[-1] >= most * 0.999
    assert 2 <= len(values) <= 8


def test_a_label_is_escaped() -> None:
    drawn = plots.strip([], 10, '"><script>')
    assert "<script" not in drawn
    assert pictures(drawn)[0].get("aria-label") == '"><script>'


@pytest.mark.parametrize(("at", "shown"), [(0, "0:00"), (59.9, "0:59"), (61, "1:01"), (3_661, "1:01:01")])
def test_a_second_is_written_as_people_write_it(at: float, shown: str) -> None:
    assert clock(at) == shown


def test_clocks_below_a_plot_do_not_run_into_each_other() -> None:
    for length in (1, 59, 361, 3_600, 20_000, 90_000):
        for picture in pictures(plots.dots([[]], length, "clocks", "s")):
            places = [
                (float(each.get("x", 0)), each.text or "")
                for each in picture.iter("text")
                if re.match("time", each.get("class") or "")
            ]
            for (left, text), (right, _) in itertools.pairwise(places):
                assert right - left > len(text) * 6
    assert HEIGHT > 0
