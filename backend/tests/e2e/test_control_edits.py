"""Settings edited in a real browser while she is on air: nothing is cut, the next turn and the next sentence use them."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from e2e.studio import Studio, Watched, on_air, until
from e2e.test_control_room import AUDIT, AXE
from fake_provider import FakeProvider
from twitch_mock import CLIENT_ID, STREAMER, TwitchMock

pytestmark = pytest.mark.e2e

SIZES = {"wide": (1440, 1000), "small": (1024, 768), "phone": (390, 844)}
CONF = """\
# The show of a test.
character_config:
  persona_prompt: |
    You are Mika, a cat.
    You like ${{WHAT_SHE_LIKES}}.
  agent_config:
    agent_settings: {{basic_memory_agent: {{llm_provider: openai_compatible_llm}}}}
    llm_configs:
      openai_compatible_llm: {{base_url: "{brain}", model: m, llm_api_key: sk-secret}}   # never shown
  tts_config: {{tts_model: tone_tts, tone_tts: {{ms_per_character: 60}}}}
live_config:
  twitch: {{client_id: {client}, endpoints: {twitch}}}
cue_sheets:
  # For raids.
  welcome:
    on: raid
    steps: [{{say: "Welcome {{username}}!"}}]
"""


class Gated(list[str]):
    """Words of which the last two wait until they may be said."""

    may_end = False

    def __iter__(self) -> Iterator[str]:
        *first, held, last = list(super().__iter__())
        yield from first
        while not self.may_end:
            yield ""
        yield from (held, last)


@dataclass(frozen=True)
class Room:
    folder: Path
    brain: FakeProvider
    twitch: TwitchMock
    stage: Watched
    control: Watched

    @property
    def conf(self) -> str:
        return (self.folder / "conf.yaml").read_text(encoding="utf-8")

    def prompt(self) -> str:
        messages: Any = self.brain.requests[-1].body["messages"]
        return str(messages[0]["content"])

    def has_other_file(self, before: str) -> Callable[[], Awaitable[object]]:
        return lambda: _is(self.conf != before)

    def let_her_end(self) -> None:
        assert isinstance(self.brain.words, Gated)
        self.brain.words.may_end = True

    async def ask(self, text: str) -> None:
        await self.control.page.evaluate("location.hash = '#air'")
        await self.control.page.fill("#say", text)
        await self.control.page.click("text=Ask her")

    async def edit(self, field: str, text: str) -> None:
        await self.control.page.evaluate("location.hash = '#edit'")
        await self.control.page.fill(field, text)

    async def save(self, section: str) -> None:
        await self.control.page.click(f"[data-save={section}]")
        await self.control.shows(
            f"document.querySelector('#edit-{section} .save-row').textContent.includes('✓ Saved')"
        )

    async def spoken(self) -> str:
        return str(await self.control.page.inner_text("#saying"))


@asynccontextmanager
async def editing(studio: Studio, folder: Path, **options: Any) -> AsyncIterator[Room]:
    async with FakeProvider() as brain, TwitchMock() as twitch:
        brain.words, brain.delay = (
            Gated(["I like tea. ", "I like soup. ", "And I like you. ", "So there."]),
            0.1,
        )
        endpoints = json.dumps(twitch.endpoints.model_dump())
        (folder / "conf.yaml").write_text(
            CONF.format(brain=brain.base_url, twitch=endpoints, client=CLIENT_ID), encoding="utf-8"
        )
        async with on_air(folder, None) as port:
            address = f"http://127.0.0.1:{port}"
            async with (
                studio.page(f"{address}/stage") as stage,
                studio.page(f"{address}/control", **options) as control,
            ):
                yield Room(folder, brain, twitch, stage, control)


def test_what_is_edited_while_she_speaks_cuts_nothing_counts_soon_and_is_undone(
    studio: Studio, tmp_path: Path
) -> None:
    async def scene() -> None:
        async with editing(studio, tmp_path) as room:
            page, written = room.control.page, room.conf
            await room.ask("Tell me what you like.")
            await room.stage.shows("stage.speech.speaking")
            await room.edit("#field-persona", "You are Ana, a knight.")
            await page.click("[data-check=persona]")
            await room.control.shows("document.querySelector('#edit-persona .diff')")
            assert "You are Mika, a cat." in await page.inner_text("#edit-persona .diff .goes >> nth=0")
            await room.save("persona")
            await room.edit("#field-moderation-output-words", "you")
            await room.save("moderation")
            room.let_her_end()
            await room.control.shows("document.querySelector('#saying').textContent.includes('Silent')", 30)
            said = " ".join((await room.spoken()).split())
            assert "I like tea. I like soup. So there." in said, (
                "the turn went on, but for what was banned meanwhile"
            )
            assert "First text" in said
            assert room.control.cues("interrupt-signal") == []
            assert room.prompt().startswith("You are Mika, a cat.")
            await room.ask("And now?")
            await until(lambda: _is(room.prompt().startswith("You are Ana, a knight.")), "the new persona")
            assert "# never shown" in room.conf

            await room.edit("#field-cue_sheets", "welcome:\n  on: raid\n  steps:\n  - jump: 3\n")
            await page.click("[data-save=cue_sheets]")
            await room.control.shows("document.querySelector('#edit-cue_sheets .fault')")
            assert "(line 4)" in await page.inner_text("#edit-cue_sheets .fault")
            await page.click("[data-discard=cue_sheets]")
            assert "# For raids." in await page.input_value("#edit-cue_sheets textarea")

            page_text = await page.evaluate("document.documentElement.outerHTML")
            told = json.dumps(room.control.received)
            assert "sk-secret" not in page_text + told
            if AXE.exists():
                await page.evaluate(AXE.read_text(encoding="utf-8"))
                assert await page.evaluate(AUDIT) == []
            for _ in range(2):
                before = room.conf
                await page.click("#undo:not([disabled])")
                await until(room.has_other_file(before), "an earlier file")
            assert room.conf == written
            await room.control.shows("document.querySelector('#undo').disabled")
            assert "You are Mika, a cat." in await page.input_value("#edit-persona textarea")
            (tmp_path / "conf.yaml").write_text(written + "  bye: [\n", encoding="utf-8")
            await room.control.shows("document.querySelector('#edit-file .fault')")
            (tmp_path / "conf.yaml").write_text(written.replace("a cat", "a dog"), encoding="utf-8")
            await room.control.shows(
                "document.querySelector('#edit-persona textarea').value.includes('a dog')"
            )

    studio.play(scene())


def test_order_viewers_and_twitch_by_keyboard_and_button(studio: Studio, tmp_path: Path) -> None:
    async def scene() -> None:
        async with editing(studio, tmp_path) as room:
            page = room.control.page
            await room.ask("Talk.")
            await room.stage.shows("stage.speech.speaking")
            for text in ("first", "second"):
                await room.ask(text)
            await room.control.shows("document.querySelectorAll('#queue li').length === 2")
            await page.focus("#queue [aria-label^=Up][aria-label$=second]")
            await page.keyboard.press("Enter")
            await room.control.shows("document.querySelector('#queue li').textContent.includes('second')")
            room.let_her_end()

            await page.fill("#viewer", "@Rude")
            await page.keyboard.press("Enter")
            await room.control.shows("document.querySelector('[aria-label=\"Unblock rude\"]')")
            await page.click("[aria-label='Unblock rude']")
            await room.control.shows("!document.querySelector('[aria-label=\"Unblock rude\"]')")

            token = room.twitch.grant()
            await page.fill("#channel", STREAMER)
            await page.fill("#token", f"oauth:{token}")
            await page.click("#twitch button:text-is('Connect')")
            await room.control.hears("twitch-connected")
            await room.control.shows("document.querySelector('#twitch .mark.good')")
            assert token not in await page.evaluate("document.documentElement.outerHTML")
            await page.click("#twitch button:text-is('Disconnect')")
            await room.control.shows("document.querySelector('#channel')")

            await page.click("#twitch button:text-is('Log in with a code')")
            await room.control.shows("document.querySelector('#twitch .code')")
            room.twitch.approved.add(await page.inner_text("#twitch .code"))
            await room.control.shows(
                "document.querySelector('#twitch').textContent.includes('Logged in.')", 30
            )
            await page.fill("#channel", STREAMER)
            await page.click("#twitch button:text-is('Connect')")
            await room.control.shows("document.querySelector('#twitch .mark.good')")

    studio.play(scene())


def test_how_the_editing_looks(studio: Studio, tmp_path: Path) -> None:
    async def scene() -> None:
        async with editing(studio, tmp_path, reduced_motion="reduce") as room:
            page = room.control.page
            await room.edit("#field-persona", "You are Ana, a knight.\nYou like chess.")
            await page.click("[data-check=persona]")
            await room.control.shows("document.querySelector('#edit-persona .diff')")
            await room.edit("#field-cue_sheets", "welcome:\n  on: raid\n  steps:\n  - jump: 3\n")
            await page.click("[data-save=cue_sheets]")
            await room.control.shows("document.querySelector('#edit-cue_sheets .fault')")
            for size, (width, height) in SIZES.items():
                await page.set_viewport_size({"width": width, "height": height})
                for place in ("#edit", "#air"):
                    await page.evaluate(f"location.hash = '{place}'")
                    wide = "document.documentElement.scrollWidth <= innerWidth"
                    assert await page.evaluate(wide), f"{place} scrolls sideways when it is {size}"
                    await room.control.picture(f"edits-{size}-{place[1:]}", full_page=True)

    studio.play(scene())


async def _is(condition: object) -> object:
    return condition
