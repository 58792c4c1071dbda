"""From the key to the silence, in a real browser: a stage that speaks and the control room beside it."""

import asyncio
import shutil
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measure import Measured, milliseconds, skipped
from benchmarks.server import ROOT

sys.path.append(str(ROOT / "backend" / "tests"))

STOPS = 30
WARM_UP = 2
LIMIT_S = 300.0
LINE = "A sentence that is long enough to be cut in its middle, again and again."
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WHAT = "Esc in the control room → the stage's sound is stopped"


def measure() -> Iterator[Measured]:
    """Press it over and over, in the middle of a sentence."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None or find_spec("playwright") is None:
        yield skipped(WHAT, "there is no Chromium, or no playwright")
        return
    took = _pressed(Path(browser))[WARM_UP:]
    yield milliseconds(WHAT, took, "both pages' clocks; key down → the source node's stop; aim: under 100 ms")


def _pressed(browser: Path) -> list[float]:
    from e2e.studio import Studio  # only here: it needs playwright
    from e2e.test_control_room import NOTE_CUTS, NOTE_KEYS, control_room

    async def scene(studio: Studio, folder: Path) -> list[float]:
        async with control_room(studio, folder) as room:
            await room.stage.page.evaluate(NOTE_CUTS)
            await room.control.page.evaluate(NOTE_KEYS)
            for _ in range(WARM_UP + STOPS):
                await room.have_her_say(LINE)
                await room.stage.shows("stage.speech.speaking && stage.mouth > 0.1")
                await room.control.page.keyboard.press("Escape")
                await room.stage.shows("!stage.speech.speaking", 3)
                await room.control.page.hover("#resume")
                await room.control.page.mouse.down()
                await room.control.shows("!document.querySelector('#resume')")
                await room.control.page.mouse.up()
            cuts, keys = await room.stage.look("cutAt"), await room.control.look("pressedAt")
            assert len(keys) == WARM_UP + STOPS
            return [(min(cut for cut in cuts if cut >= key) - key) / 1000 for key in keys]

    with asyncio.Runner() as runner, TemporaryDirectory() as folder:
        studio = Studio(runner, browser)
        studio.play(studio.open())
        try:
            return studio.play(scene(studio, Path(folder)), LIMIT_S)
        finally:
            studio.play(studio.close())
