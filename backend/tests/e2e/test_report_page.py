"""The report of a show in a browser: its own policy lets it look as it should, on a desk and on a phone."""

from base64 import b64encode

import pytest

from e2e.studio import Studio, Watched
from log_report.test_figures import evening
from open_llm_vtuber.log_report.figures import figures
from open_llm_vtuber.log_report.page import page

pytestmark = pytest.mark.e2e

SIZES = {"desk": ({"width": 1280, "height": 800}, "light"), "phone": ({"width": 390, "height": 800}, "dark")}


READY = "addEventListener('DOMContentLoaded', () => { document.documentElement.dataset.ready = 'yes'; });"


def test_a_report_fits_every_screen_and_breaks_no_rule_of_its_own(studio: Studio) -> None:
    text = page(figures(evening(), moods=[(0, 0.1, 0.2), (9, 0.3, -0.2)]))
    address = f"data:text/html;base64,{b64encode(text.encode()).decode()}"

    async def scene() -> None:
        for name, (size, scheme) in SIZES.items():
            async with studio.page(address, script=READY, viewport=size, color_scheme=scheme) as watched:
                await _looked_at(watched, name, size["width"])

    studio.play(scene())


async def _looked_at(watched: Watched, name: str, width: int) -> None:
    assert await watched.look("document.documentElement.scrollWidth") == width
    shown = "[...document.querySelectorAll('svg')].filter((svg) => svg.getBoundingClientRect().width > 100)"
    assert await watched.look(f"{shown}.length") == 6
    letters = "Math.min(...[...document.querySelectorAll('svg text')].map((text) => text.getBoundingClientRect().height).filter(Boolean))"
    assert await watched.look(letters) > 10
    await watched.page.click("summary >> nth=1")
    assert await watched.look("document.querySelectorAll('details[open] td').length") > 1
    await watched.picture(f"report-{name}", full_page=True)
