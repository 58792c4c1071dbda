"""Signing in, a stage by its link, and what a revoked link ends, in a real browser."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Page

from e2e.stage_chat import SCRIPTED
from e2e.studio import Studio, Watched, on_air

pytestmark = pytest.mark.e2e

TOKEN = "the owner's own"
AXE = Path(__file__).parents[3] / "frontend/node_modules/axe-core/axe.min.js"
AUDIT = """async () => (await axe.run(document, { resultTypes: ["violations"] })).violations
    .filter(({ impact }) => impact === "serious" || impact === "critical").map(({ id }) => id)"""
REFUSED = re.compile(r"status of (401|403)|WebSocket connection to 'ws://127\\.0\\.0\\.1")
"""What Chromium itself says on the console about an answer that is a refusal."""


async def signed_in(page: Page, address: str) -> None:
    """Open a page as somebody whom nobody knows: it is looked at, and a wrong token tried first."""
    await page.goto(address)
    assert "/sign-in?next=" in page.url
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    assert await page.evaluate(AUDIT) == []
    await page.fill("#token", "wrong")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#problem:not(:empty)")
    await page.fill("#token", TOKEN)
    await page.keyboard.press("Enter")
    await page.wait_for_url(address)


def test_signed_in_once_stage_and_control_work_and_a_link_opens_a_stage_until_it_is_revoked(
    studio: Studio, tmp_path: Path
) -> None:
    async def scene() -> None:
        config = {"character_config": SCRIPTED, "system_config": {"access_token": TOKEN}}
        async with on_air(tmp_path, config) as port:
            home = f"http://127.0.0.1:{port}"
            async with studio.visitor(forgiven=REFUSED) as owner:
                await signed_in(owner.page, f"{home}/control")
                await owner.ready()
                stage = await owner.beside(f"{home}/stage")
                await owner.page.fill("#say", "Good evening.")
                await owner.page.click("text=Say exactly this")
                await stage.shows("stage.speech.speaking")

                address = await made_link(owner, "OBS")
                async with studio.page(address, forgiven=REFUSED) as obs:
                    await the_link_cannot_command(owner, obs)
                    await owner.page.get_by_role("button", name="Revoke the link OBS").click()
                    await owner.page.get_by_role("button", name="Really revoke").click()
                    await obs.shows("document.querySelector('#offline').textContent.includes('ended')")
                    await obs.page.reload()
                    await obs.page.wait_for_selector("text=opens nothing here")
                assert await stage.look("document.documentElement.dataset.ready") == "yes"

                await owner.page.get_by_role("button", name="Sign out").click()
                await owner.page.wait_for_selector("#token")
                assert await owner.look("document.cookie") == ""

    studio.play(scene())


async def made_link(owner: Watched, name: str) -> str:
    await owner.page.get_by_role("link", name="Settings").click()
    await owner.page.fill("#link-name", name)
    await owner.page.get_by_role("button", name="Make").click()
    return await owner.page.input_value("#fresh-link")


async def the_link_cannot_command(owner: Watched, obs: Watched) -> None:
    """Whatever a script in that page asks for, over either door, is refused."""
    status = await obs.page.evaluate(
        "async () => (await fetch('/api/stop' + location.search, { method: 'POST' })).status"
    )
    assert status == 403
    answer = await obs.page.evaluate(
        """() => new Promise((resolve) => {
            const socket = new WebSocket(`ws://${location.host}/client-ws${location.search}&show=main`);
            socket.onopen = () => socket.send('{"type":"stop"}');
            socket.onmessage = ({ data }) => JSON.parse(data).type === "error" && resolve(JSON.parse(data).code);
        })"""
    )
    assert answer == "forbidden"
    assert not await owner.look("document.body.classList.contains('is-stopped')")
