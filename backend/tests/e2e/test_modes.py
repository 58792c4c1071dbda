"""Where her words come from, changed on the talk page while a stage is on: each mode is heard, and texts are written."""

from pathlib import Path
from typing import Any

import pytest

from e2e.studio import Studio, Watched, on_air, until
from fake_provider import FakeProvider

pytestmark = pytest.mark.e2e

OWN = "Own words."
REMOTE = ("Remote ", "words ", "here.")


def config(endpoint: str) -> dict[str, Any]:
    return {
        "character_config": {
            "agent_config": {
                "agent_settings": {"basic_memory_agent": {"llm_provider": "scripted_llm"}},
                "llm_configs": {"scripted_llm": {"lines": [OWN]}},
            },
            "tts_config": {"tts_model": "tone_tts", "tone_tts": {"ms_per_character": 120}},
            "asr_config": {"asr_model": "none"},
        },
        "external_api": {"provider": "custom", "model": "m", "endpoint": endpoint, "api_key": "k"},
    }


async def choose(page: Watched, mode: str) -> None:
    if not await page.look("document.getElementById('backstage').open"):
        await page.page.click("#backstage summary")
    await page.page.select_option("#mode", mode)


async def say(page: Watched, text: str) -> None:
    await page.page.fill("#text", text)
    await page.page.press("#text", "Enter")


async def heard(page: Watched) -> None:
    """Wait for a sentence with sound, and for the mouth that says it."""

    async def has_sound() -> bool:
        return any(cue["audio"] for cue in page.cues("audio"))

    await until(has_sound, "a sentence with sound")
    await page.shows("stage.mouth > 0.2")


async def ended(page: Watched) -> None:
    async def is_over() -> bool:
        return any(cue["text"] == "conversation-chain-end" for cue in page.cues("control"))

    await until(is_over, "the end of the turn", 30)


def test_each_mode_is_heard_on_the_stage_and_a_text_is_written_or_said(
    studio: Studio, tmp_path: Path
) -> None:
    async def scene() -> None:
        async with FakeProvider() as fake:
            fake.words = REMOTE
            async with on_air(tmp_path, config(fake.base_url)) as port:
                address = f"http://127.0.0.1:{port}"
                async with studio.page(f"{address}/stage") as stage, studio.page(f"{address}/") as talk:
                    await talk.shows("document.querySelectorAll('#mode option').length === 3")
                    for number, (mode, words) in enumerate(
                        (("orphiq", OWN), ("external-api", "Remote words here."), ("autonomous", "Remote")), 1
                    ):
                        await choose(talk, mode)
                        await talk.shows(f"document.getElementById('mode').value === '{mode}'")
                        await say(talk, f"line {number}")
                        await heard(stage)
                        await talk.shows(f"document.getElementById('log').textContent.includes('{words}')")
                        await ended(stage)
                        stage.received.clear()
                    await choose(talk, "orphiq")
                    await talk.page.fill("#prompt", "A title")
                    await talk.page.click("#write")
                    await talk.shows(f"document.getElementById('written').textContent === '{OWN}'")
                    assert stage.cues("audio") == []
                    await talk.page.check("#speak")
                    await talk.page.click("#write")
                    await heard(stage)
                    await talk.picture("backstage")

    studio.play(scene())
