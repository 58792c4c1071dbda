"""The control room in a real browser, beside the stage that it commands.

OLV_WRITE_PICTURES=1 also writes the how-to's picture.
"""

import json
import os
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import pytest

from e2e.stage_chat import CHANNEL, SCRIPTED
from e2e.studio import PICTURES, Studio, Watched, on_air, until
from irc_server import IrcServer

pytestmark = pytest.mark.e2e

HOW_TO_PICTURE = Path(__file__).parents[3] / "docs/images/control-room.png"
AXE = Path(__file__).parents[3] / "frontend/node_modules/axe-core/axe.min.js"
SIZES = {"wide": (1440, 1000), "tablet": (820, 1180), "phone": (390, 844)}
PATIENT_VOICE = {**SCRIPTED, "tts_config": {"tts_model": "tone_tts", "tone_tts": {"ms_per_character": 150}}}
LINE = (
    "@badges=;color=#00B8FF;display-name={name};emotes=;first-msg=0;id={id};mod=0;room-id=1;subscriber=0;"
    "tmi-sent-ts=1640995200756;turbo=0;user-id={id};user-type= :{name}!{name}@{name}.tmi.twitch.tv "
    "PRIVMSG #" + CHANNEL + " :{text}"
)
EVIL = "<img src=x onerror=document.title='owned'> robot"
STOPS = 5
NOTE_CUTS = """() => {
    window.cutAt = [];
    const { stop } = AudioScheduledSourceNode.prototype;
    AudioScheduledSourceNode.prototype.stop = function (...when) {
        cutAt.push(performance.timeOrigin + performance.now());
        return stop.apply(this, when);
    };
}"""
NOTE_KEYS = """() => {
    window.pressedAt = [];
    addEventListener("keydown", ({ key, timeStamp }) => {
        if (key === "Escape") pressedAt.push(performance.timeOrigin + timeStamp);
    }, { capture: true });
}"""
AUDIT = """async () => {
    const found = await axe.run(document, { resultTypes: ["violations"] });
    return found.violations.filter(({ impact }) => impact === "serious" || impact === "critical")
        .map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`)}`);
}"""


@dataclass(frozen=True)
class Room:
    """A show with a stage and the control room beside it."""

    irc: IrcServer
    stage: Watched
    control: Watched

    async def written(self, id_: str, text: str, name: str = "ann") -> None:
        """Let a viewer write."""
        await self.irc.replay([LINE.format(id=id_, name=name, text=text)], channel=CHANNEL)

    async def have_her_say(self, text: str) -> None:
        await self.control.page.fill("#say", text)
        await self.control.page.click("text=Say exactly this")

    def sent(self, type_: str) -> list[dict[str, Any]]:
        return [message for message in self.control.sent if message["type"] == type_]

    async def preview(self, what: str) -> Any:
        """Return what an expression is in the preview."""
        frame = next(each for each in self.control.page.frames if "preview=1" in each.url)
        return await frame.evaluate(f"() => {what}")


@asynccontextmanager
async def control_room(
    studio: Studio, folder: Path, sections: Mapping[str, Any] | None = None, **options: Any
) -> AsyncIterator[Room]:
    async with IrcServer() as irc:
        config = {
            **(sections or {}),
            "character_config": PATIENT_VOICE,
            "live_config": {
                "twitch": {"endpoints": {"irc": irc.url}},
                "chat": {"moderation": {"hold": {"words": ["robot"]}}},
            },
        }
        async with on_air(folder, config, "--channel", CHANNEL, "--yes") as port:
            await irc.joined(CHANNEL)
            address = f"http://127.0.0.1:{port}"
            # One context: the two windows of one streamer.
            async with (
                studio.page(f"{address}/stage") as stage,
                studio.page(f"{address}/control", **options) as control,
            ):
                yield Room(irc, stage, control)


def test_stop_now_silences_the_stage_and_only_a_held_button_brings_her_back(
    studio: Studio, tmp_path: Path
) -> None:
    async def scene() -> None:
        async with control_room(studio, tmp_path) as room:
            page = room.control.page
            await room.have_her_say("This is a rather long sentence that nobody will hear to its end. " * 2)
            await room.stage.shows("stage.speech.speaking && stage.mouth > 0.1")
            await page.keyboard.press("Escape")
            await room.stage.shows("!stage.speech.speaking && stage.mouth < 0.05", 3)
            await room.control.shows("document.querySelector('#resume')")
            assert len(room.sent("stop")) == 1

            await page.click("#resume")
            assert room.sent("resume") == [], "a click is no hold"
            await page.focus("#resume")
            await page.keyboard.down("Enter")
            await room.control.shows("!document.querySelector('#resume')")
            await page.keyboard.up("Enter")
            await room.have_her_say("Back again.")
            await room.stage.shows("stage.speech.speaking")

    studio.play(scene())


def test_a_line_is_dropped_from_the_queue_and_a_held_message_is_let_through(
    studio: Studio, tmp_path: Path
) -> None:
    async def scene() -> None:
        async with control_room(studio, tmp_path) as room:
            page = room.control.page
            await room.have_her_say(
                "She has something to say that takes her a while to say, and she says it."
            )
            await room.stage.shows("stage.speech.speaking")
            for text in ("drop me", "keep me"):
                await room.have_her_say(text)
            await room.control.shows("document.querySelectorAll('#queue li').length === 2")
            await page.click("#queue button[aria-label^='Drop'][aria-label*='drop me']")
            await room.control.shows("document.querySelectorAll('#queue li').length === 1")
            assert "keep me" in await page.inner_text("#queue")

            await room.written("held-1", EVIL)
            await room.control.shows("document.querySelector('#held li')")
            assert EVIL in await page.inner_text("#held")
            assert await page.title() == "Control room", "what a viewer writes is text"
            assert "a word to be looked at" in await page.inner_text("#chat [data-id=held-1]")
            await page.click("#held button:text-is('Allow')")
            await room.control.shows("!document.querySelector('#held li')")
            await room.control.shows("document.querySelector('#chat [data-id=held-1].answered')", 30)
            assert room.sent("hold-decide") == [{"type": "hold-decide", "id": "held-1", "allow": True}]

    studio.play(scene())


def test_faces_gestures_and_modes_go_by_key_and_button(studio: Studio, tmp_path: Path) -> None:
    async def scene() -> None:
        async with control_room(studio, tmp_path) as room:
            page = room.control.page
            await room.control.shows("document.querySelectorAll('.order').length > 8")
            await page.keyboard.press("2")
            await room.stage.shows("stage.expressionName === 'joy'")
            await page.keyboard.press("Shift+1")
            await room.stage.shows("stage.motionName === 'Wave 0'")
            await page.fill("#say", "")
            await page.type("#say", "3")
            assert len(room.sent("expression-command")) == 1, "whoever types a digit means a digit"

            await page.click("[data-mode=autonomous]")
            await room.control.shows("document.querySelector('[data-mode=autonomous][aria-pressed=true]')")
            await page.click("#pause-chat")
            await room.control.shows("document.querySelector('#pause-chat[aria-pressed=true]')")

    studio.play(scene())


def test_the_preview_shows_her_in_silence_and_is_never_the_one_that_sets_the_pace(
    studio: Studio, tmp_path: Path
) -> None:
    async def scene() -> None:
        async with control_room(studio, tmp_path) as room:

            async def drawn() -> Any:
                return await room.preview("Boolean(window.stage && stage.frames > 5)")

            await until(drawn, "a preview that draws")
            primary = room.control.cues("character-state")[-1:] or room.control.cues("snapshot")[-1:]
            told = json.dumps(primary)
            own = {each["client_uid"] for each in room.control.cues("client-welcome")}
            assert len(own) == 2, "the page and its preview"
            assert not any(f'"primary": "{uid}"' in told for uid in own)
            await room.stage.page.close()

            async def nobody_plays() -> bool:
                return "No stage is open" in await room.control.page.inner_text("header")

            await until(nobody_plays, "a show without a stage")
            assert await room.preview("stage.muted")
            await room.have_her_say("Nobody hears this.")
            await room.control.hears("control", text="conversation-chain-end", limit_s=20)
            types = {message["type"] for message in room.control.sent}
            assert not types & {"frontend-playback-complete", "audio-play-start"}

    studio.play(scene())


def test_what_she_does_unasked_is_fired_switched_and_moved_on(studio: Studio, tmp_path: Path) -> None:
    autonomous = {
        "enabled": True,
        "triggers": [
            {"name": "water", "kind": "interval", "interval_s": 3600, "action": {"say": ["Water break!"]}}
        ],
        "rundown": {
            "autostart": False,
            "segments": [{"name": "hello", "minutes": 10}, {"name": "chess", "minutes": 60}],
        },
    }

    async def scene() -> None:
        async with control_room(studio, tmp_path, {"autonomous": autonomous}) as room:
            page = room.control.page
            await page.click("#autonomous [aria-label='Fire water now']")
            await room.stage.shows("stage.speech.text.includes('Water break')")
            await room.control.shows("document.querySelector('#saying').textContent.includes('own accord')")
            await page.click("#ask-why")
            await room.control.shows(
                "document.querySelector('#why').textContent.includes('own accord: water')"
            )
            await page.click("#saying button:text-is('Close')")
            await page.click("#autonomous button:text-is('Start')")
            await room.control.shows(
                "document.querySelector('#autonomous [aria-current]')?.textContent === 'hello'"
            )
            await page.click("#autonomous button:text-is('Next')")
            await room.control.shows(
                "document.querySelector('#autonomous [aria-current]')?.textContent === 'chess'"
            )
            await page.click("#autonomous [aria-label='water: On']")
            await room.control.shows(
                "document.querySelector('#autonomous [aria-label^=water][aria-pressed=false]')"
            )
            assert room.control.cues("error") == []
            await room.control.picture("control-unasked")

    studio.play(scene())


def test_it_is_worked_by_keyboard_alone(studio: Studio, tmp_path: Path) -> None:
    async def scene() -> None:
        async with control_room(studio, tmp_path) as room:
            page = room.control.page
            seen: list[str] = []
            for _ in range(60):
                await page.keyboard.press("Tab")
                seen.append(
                    await page.evaluate(
                        "() => { const it = document.activeElement;"
                        " const ring = getComputedStyle(it).outlineStyle;"
                        " return `${it.tagName} ${it.id || it.textContent.trim()} ${ring}`; }"
                    )
                )
            found = "\n".join(seen)
            for what in (
                "BUTTON stop",
                "INPUT say",
                "Ask her",
                "neutral",
                "pause-chat",
                "Autonomous",
                "Disconnect",
            ):
                assert re.search(f"{what}.* solid$", found, re.MULTILINE), what
            assert "IFRAME" not in found

    studio.play(scene())


@pytest.mark.parametrize("size", SIZES)
def test_how_it_looks(studio: Studio, tmp_path: Path, size: str) -> None:
    async def scene() -> None:
        width, height = SIZES[size]
        viewport = {"width": width, "height": height}
        async with control_room(studio, tmp_path, viewport=viewport, reduced_motion="reduce") as room:
            page = room.control.page
            await room.have_her_say("Welcome to the stream, it is lovely that you are here tonight!")
            await room.stage.shows("stage.speech.speaking")
            await room.have_her_say("And now for something else.")
            for number, text in enumerate(
                ("what a beautiful game", "is she a robot?", "WHO IS THAT SHOUTING HERE")
            ):
                await room.written(f"m{number}", text, f"viewer{number}")
            await page.keyboard.press("Tab")
            await room.control.shows(
                "document.querySelector('#held li') && document.querySelector('#queue li')"
            )
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
                "it scrolls sideways"
            )
            await room.control.picture(f"control-{size}", full_page=size != "phone")
            if size == "wide" and os.environ.get("OLV_WRITE_PICTURES"):
                await page.screenshot(path=HOW_TO_PICTURE)
            await page.keyboard.press("Escape")
            await room.control.shows("document.querySelector('#resume')")
            await room.control.picture(f"control-{size}-stopped")

    studio.play(scene())


def test_how_long_she_is_heard_after_the_key_is_written_down(studio: Studio, tmp_path: Path) -> None:
    async def scene() -> list[float]:
        async with control_room(studio, tmp_path) as room:
            await room.stage.page.evaluate(NOTE_CUTS)
            await room.control.page.evaluate(NOTE_KEYS)
            for _ in range(STOPS):
                await room.have_her_say(
                    "A sentence that is long enough to be cut in its middle, again and again."
                )
                await room.stage.shows("stage.speech.speaking && stage.mouth > 0.1")
                await room.control.page.keyboard.press("Escape")
                await room.stage.shows("!stage.speech.speaking", 3)
                await room.control.page.hover("#resume")
                await room.control.page.mouse.down()
                await room.control.shows("!document.querySelector('#resume')")
                await room.control.page.mouse.up()
            cuts, keys = await room.stage.look("cutAt"), await room.control.look("pressedAt")
            assert len(keys) == STOPS
            return [min(cut for cut in cuts if cut >= key) - key for key in keys]

    took = studio.play(scene())
    PICTURES.mkdir(exist_ok=True)
    (PICTURES / "stop-now-ms.json").write_text(json.dumps([round(each, 1) for each in took]))
    assert len(took) == STOPS


@pytest.mark.parametrize("path", ["/", "/stage?help", "/control"])
def test_axe_finds_nothing_serious(
    studio: Studio, tmp_path: Path, missing: Callable[[str, str], NoReturn], path: str
) -> None:
    if not AXE.exists():
        missing("axe-core is not installed", "OLV_REQUIRE_NODE")

    async def scene() -> list[str]:
        async with control_room(studio, tmp_path) as room:
            await room.have_her_say("Something to be seen and heard.")
            await room.written("m1", "is she a robot?")
            await room.control.shows("document.querySelector('#held li')")
            origin = room.control.page.url.removesuffix("/control")
            async with studio.page(origin + path) as page:
                await page.shows("document.querySelector('main')")
                await page.page.evaluate(AXE.read_text(encoding="utf-8"))
                found: list[str] = await page.page.evaluate(AUDIT)
                return found

    assert studio.play(scene()) == []
