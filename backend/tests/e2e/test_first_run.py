"""A stranger's first minutes in a real browser: no file, three steps, a rehearsed show with a character of one's own."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page

from e2e.studio import LOST_CONNECTION, Studio, Watched, until
from e2e.test_control_room import AUDIT, AXE
from fake_provider import KEY, FakeProvider
from live_server import launched

pytestmark = pytest.mark.e2e

SIZES = {"wide": (1280, 900), "tablet": (820, 1180), "phone": (390, 844)}
WAITS = re.compile(rf"{LOST_CONNECTION.pattern}|net::ERR_(CONNECTION|EMPTY)|status of (422|502)")
"""What Chromium says of a server that begins again, and of a request that was refused as it should be."""


@asynccontextmanager
async def first_run(studio: Studio, folder: Path) -> AsyncIterator[tuple[Watched, str]]:
    """Start the program without any file, and open the page that opens."""
    with ExitStack() as stack:
        port, _ = await asyncio.to_thread(stack.enter_context, launched(folder))
        address = f"http://127.0.0.1:{port}"
        async with studio.page(f"{address}/", forgiven=WAITS) as watched:
            yield watched, address
        await asyncio.to_thread(stack.close)


async def step(page: Page, title: str) -> None:
    await page.wait_for_selector(f"h2:has-text('{title}')", timeout=15_000)


async def fault(page: Page) -> str:
    return await page.inner_text("form .fault:visible")


async def look_at(watched: Watched, name: str) -> None:
    """Look at the step in three sizes, and let axe look, too."""
    page = watched.page
    for size, (width, height) in SIZES.items():
        await page.set_viewport_size({"width": width, "height": height})
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
            f"{name} scrolls sideways"
        )
        await watched.picture(f"setup-{name}-{size}", full_page=True)
    await page.set_viewport_size({"width": 1280, "height": 900})
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE.read_text(encoding="utf-8"))
    assert await page.evaluate(AUDIT) == []


def test_from_nothing_to_a_rehearsed_show_with_a_character_of_ones_own(
    studio: Studio, tmp_path: Path
) -> None:
    async def scene() -> None:
        async with FakeProvider() as provider, first_run(studio, tmp_path) as (watched, address):
            page = watched.page
            await page.click("#invitation a")
            await who_she_is(watched, provider)
            await her_voice(watched, provider)
            await her_first_show(watched)
            assert KEY not in await page.content()
            await page.click("text=End the rehearsal and go live")
            await step(page, "Nova <b>& is live")
            await page.goto(f"{address}/")
            await until(lambda: says(page, "#name", "Nova <b>&"), "her name on the talk page")
            assert not await page.query_selector("#invitation")

    studio.play(scene(), 90)
    text = (tmp_path / "conf.yaml").read_text(encoding="utf-8")
    assert "You are Nova <b>&. A dry-witted space pilot" in text
    log = (tmp_path / "log").read_text(encoding="utf-8")
    assert "/setup" in log
    assert "rehearses with simulated viewers" in log
    assert KEY not in text + log
    assert (tmp_path / "keys.env").read_text(encoding="utf-8").endswith(f"LLM_API_KEY={KEY}\n")


async def who_she_is(watched: Watched, provider: FakeProvider) -> None:
    """Answer the first step, with what is mostly got wrong there."""
    page = watched.page
    await step(page, "Who she is")
    await page.click("button.main")
    assert await fault(page) == "Give her a name."
    assert await page.evaluate("document.activeElement.id") == "field-name"
    await page.keyboard.type("Nova <b>&")
    await page.click("text=a space pilot")
    await page.click("text=Another server")
    await page.fill("#field-brain-address", provider.base_url)
    await page.fill("#field-brain-model", "m")
    await page.fill("#field-brain-key", KEY)
    provider.status = 401
    await page.click("button.main")
    await until(lambda: page.is_visible("text=refused the key (401)"), "the refusal, beside the brain")
    assert await page.inner_text("button.main") == "Go on all the same"
    provider.status = 200
    await page.click("text=Try it")
    await until(lambda: page.is_visible("q:has-text('Hello there')"), "her first words")
    await look_at(watched, "brain")
    await page.focus("button.main")
    await page.keyboard.press("Enter")


async def her_voice(watched: Watched, provider: FakeProvider) -> None:
    """Choose a voice after listening to it."""
    page = watched.page
    await step(page, "Her voice")
    await page.click("text=OpenAI's speech")
    await page.fill("#field-voice-address", provider.base_url)
    heard = len(provider.requests)
    await page.click("text=Listen")
    await until(lambda: page.is_enabled("text=Listen"), "a sample that plays")
    assert "I am Nova <b>&" in str(provider.requests[heard].body["input"])
    await look_at(watched, "voice")
    await page.click("button.main")


async def her_first_show(watched: Watched) -> None:
    """Go back and forth, and see her answer simulated viewers."""
    page = watched.page
    await step(page, "Her first show")
    await page.click("text=Back")
    await step(page, "Her voice")
    assert (await page.input_value("#field-voice-address")).startswith("http://127.0.0.1")
    await page.click("button.main")
    await step(page, "Her first show")
    await look_at(watched, "show")
    await page.click("button.main")
    await step(page, "Nova <b>& rehearses")
    frame = await page.wait_for_selector("iframe")
    stage = await frame.content_frame() if frame else None
    assert stage is not None
    await until(lambda: stage.evaluate("Boolean(window.stage?.speech.speaking)"), "her voice on the stage")
    lines = "document.querySelectorAll('#chat > *').length > 0"
    await until(lambda: stage.evaluate(lines), "a viewer's line", 30)
    await look_at(watched, "rehearsal")


async def says(page: Page, selector: str, text: str) -> bool:
    return await page.inner_text(selector) == text
