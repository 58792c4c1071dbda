"""A Live2D model on the stage: the real add-on, with a stand-in of ours for Cubism Core, which is not ours to ship."""

import base64
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from e2e.stage_chat import SCRIPTED, Observer
from e2e.studio import Studio, Watched, on_air, until
from live2d_stand_in import ENGINE, put_add_on, put_core, put_model
from open_llm_vtuber.routes import PAGE_HEADERS

pytestmark = pytest.mark.e2e

AXE = ENGINE / "axe-core" / "axe.min.js"
AUDIT = """async () => (await axe.run(document, { resultTypes: ["violations"] })).violations
    .filter(({ impact }) => impact === "serious" || impact === "critical").map(({ id }) => id)"""
CONFIG: dict[str, Any] = {
    "character_config": {
        **SCRIPTED,
        "conf_name": "Blocky",
        "live2d_model_name": "block",
        "tts_config": {"tts_model": "tone_tts", "tone_tts": {"ms_per_character": 100}},
    }
}
NOTE_CORE = """() => {
    window.core = (id) => {
        const { ids, values } = Live2DCubismCore.Model.made.at(-1).parameters;
        return values[ids.indexOf(id)];
    };
    window.mouths = [];
    const note = () => { requestAnimationFrame(note); mouths.push([core("ParamMouthOpenY"), stage.mouth]); };
    note();
}"""
MOUTH_COLOUR = (0xC2, 0x39, 0x5B)
STAND_IN_FACE = "document.querySelector('#avatar canvas') && !document.querySelector('#avatar svg')"
OWN_FACE = "document.querySelector('#avatar svg') && !document.querySelector('#avatar canvas')"
FILLS_ITS_PLACE = """innerWidth === 300 &&
    document.querySelector('#avatar canvas').clientWidth === document.querySelector('#avatar').clientWidth"""
NEVER_BLINKS = "Math.random = () => 1e6;"
SMALL = {"width": 480, "height": 360}
"""Without a graphics processor every pixel costs time."""
NO_GL = "HTMLCanvasElement.prototype.getContext = OffscreenCanvas.prototype.getContext = () => null;"
WARNED = "() => { window.warned = []; console.warn = (...words) => warned.push(words.join(' ')); }"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a configuration with a model, and a character with the built-in avatar beside it."""
    folder = tmp_path_factory.mktemp("live2d")
    put_model(folder)
    (folder / "characters").mkdir()
    (folder / "characters" / "mika.yaml").write_text(
        json.dumps({"character_config": {"conf_name": "Mika herself", "live2d_model_name": "mika"}})
    )
    return folder


def has_all(folder: Path) -> None:
    shutil.rmtree(folder / "data" / "live2d-addon", ignore_errors=True)
    put_add_on(folder / "data")
    put_core(folder)


async def mouth_height(page: Watched) -> int:
    """Return how many rows of the picture have the mouth's colour: what is drawn, whatever was computed."""
    png = await page.picture("live2d-stage")
    rows: int = await page.page.evaluate(
        """async ([file, colour]) => {
            const bytes = Uint8Array.from(atob(file), (char) => char.charCodeAt(0));
            const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
            const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
            context.drawImage(bitmap, 0, 0);
            const { data } = context.getImageData(bitmap.width / 2, 0, 1, bitmap.height);
            const isMouth = (_, y) => colour.every((part, i) => Math.abs(data[4 * y + i] - part) < 12);
            return Array.from({ length: bitmap.height }, (_, y) => y).filter((y) => isMouth(null, y)).length;
        }""",
        [base64.b64encode(png).decode(), MOUTH_COLOUR],
    )
    return rows


def test_the_stage_shows_a_model_with_the_messages_that_move_the_built_in_avatar(
    studio: Studio, folder: Path
) -> None:
    has_all(folder)

    async def scene() -> None:
        async with (
            on_air(folder, CONFIG) as port,
            Observer.joining(port) as operator,
            studio.page(
                f"http://127.0.0.1:{port}/stage?bg=pastel&fps=30", script=NEVER_BLINKS, viewport=SMALL
            ) as page,
        ):
            await page.shows(STAND_IN_FACE)
            await page.page.evaluate(NOTE_CORE)
            shut = await mouth_height(page)
            assert shut > 0, "nothing is drawn"
            await page.shows("core('ParamAngleX') > 1")  # the idle motion goes from one side
            await page.shows("core('ParamAngleX') < -1")  # to the other

            await operator.send("expression-command", expression_id="happy", duration=0)
            await page.shows("core('ParamBrowLY') === 1")
            await operator.send("motion-command", motion_group="Look", motion_index=0, loop=True)
            await page.shows("core('ParamAngleX') > 29")
            await operator.send("motion-release")
            await page.shows("core('ParamAngleX') < 5")

            await operator.send("text-input", text="tell me a long story of a princess and a dragon " * 3)

            async def is_open() -> bool:
                return await mouth_height(page) > 2 * shut

            await until(is_open, "a mouth that is drawn open")
            await page.shows("mouths.filter(([, mouth]) => mouth > 0.05).length > 10")
            await operator.send("interrupt-signal", text="")
            await page.shows("core('ParamMouthOpenY') < 0.01")
            heard = await page.look("mouths.filter(([, mouth]) => mouth > 0.05)")
            assert max(abs(shown - mouth) for shown, mouth in heard) < 0.2, "a frame apart at most"
            await page.page.set_viewport_size({"width": 300, "height": 400})
            await page.shows(FILLS_ITS_PLACE)
            await operator.send("switch-config", file="mika.yaml")
            await page.shows(OWN_FACE)
            await operator.send("switch-config", file="conf.yaml")
            await page.shows(STAND_IN_FACE)
            assert await mouth_height(page) > 0, "what was freed is drawn"
            policy = await page.look(
                "fetch('/stage').then(({ headers }) => headers.get('content-security-policy'))"
            )
            assert policy == PAGE_HEADERS["Content-Security-Policy"], "a model needs no wider policy"

    studio.play(scene())


def test_without_the_add_on_the_built_in_avatar_stands_in_and_one_line_says_why(
    studio: Studio, folder: Path
) -> None:
    has_all(folder)
    shutil.rmtree(folder / "data" / "live2d-addon")
    (folder / "live2d-models" / "live2dcubismcore.min.js").unlink()

    async def scene() -> None:
        async with on_air(folder, CONFIG) as port:
            address = f"http://127.0.0.1:{port}/stage"
            async with studio.page(address, script=f"({WARNED})()", viewport=SMALL) as page:
                await page.shows("!document.querySelector('#problem').hidden")
                assert await page.look(OWN_FACE)
                told = await page.look("document.querySelector('#problem').textContent")
                assert "the Live2D add-on is not installed: run `open-llm-vtuber live2d install`" in told
                assert told in await page.look("warned")
                async with Observer.joining(port) as operator:
                    await operator.send("expression-command", expression_id="happy", duration=0)
                    await page.shows(
                        "stage.expressionName === 'surprise'"
                    )  # what she feels, by her own name for it
                await page.picture("live2d-missing")

                put_add_on(folder / "data")
                put_core(folder, version=0x06000001)
                await page.page.reload()
                await page.ready()
                await page.shows("document.querySelector('#problem').textContent.includes('version 6.0.1')")
                assert await page.look(OWN_FACE)

                put_core(folder)
                await page.page.add_init_script(script=f"if (location.hash === '#no-gl') {NO_GL}")
                await page.page.goto(f"{address}#no-gl")
                await page.page.reload()
                await page.ready()
                await page.shows("document.querySelector('#problem').textContent.includes('WebGL')")
                assert await page.look(OWN_FACE)

                await page.page.goto(f"{address}?bg=pastel")
                await page.shows(STAND_IN_FACE)
                assert await page.look("document.querySelector('#problem').hidden")

    studio.play(scene())


def test_the_control_room_shows_what_is_wrong_previews_a_model_and_switches_to_who_has_it(
    studio: Studio, folder: Path
) -> None:
    has_all(folder)
    spoiled = folder / "live2d-models" / "spoiled"
    shutil.copytree(folder / "live2d-models" / "block", spoiled)
    (spoiled / "block.moc3").unlink()

    async def scene() -> None:
        async with on_air(folder, CONFIG) as port:
            async with studio.page(f"http://127.0.0.1:{port}/control#edit") as control:
                page = control.page
                await page.click("#models button")
                await control.shows("document.querySelectorAll('#models li').length === 3")
                words = await page.inner_text("#models")
                assert "block.moc3 is missing" in words
                assert "on air, Live2D, 2 faces, 2 gestures" in words
                await page.click('[aria-label="Preview block"]')
                inside = page.frame_locator("#models iframe")
                await inside.locator("#avatar canvas").wait_for()
                await inside.get_by_role("button", name="happy").click()
                await inside.get_by_role("button", name="Move the mouth").click()
                frame = next(each for each in page.frames if "/model" in each.url)
                is_moved = "stage.expressionName === 'happy' && stage.mouth > 0.3"
                await until(lambda: frame.evaluate(is_moved), "a happy face that opens its mouth")
                assert await frame.evaluate("stage.muted")
                await page.locator("#models").scroll_into_view_if_needed()
                await control.picture("live2d-control-room", full_page=True)
                if AXE.exists():
                    for place in (page, frame):
                        await place.evaluate(AXE.read_text(encoding="utf-8"))
                        assert await place.evaluate(AUDIT) == []
                await page.click('[aria-label="Preview mika"]')
                await page.click("text=Switch to Mika herself")
                await control.shows("document.querySelector('header .name').textContent.includes('Mika')")
            await plain_stage(studio, port)

    studio.play(scene())
    shutil.rmtree(spoiled)


async def plain_stage(studio: Studio, port: int) -> None:
    """See that a stage with the built-in avatar loads nothing for Live2D, although all of it is there."""
    async with studio.page(f"http://127.0.0.1:{port}/stage") as page:
        await page.shows(OWN_FACE)
        loaded: list[str] = await page.look(
            "performance.getEntriesByType('resource').map(({ name }) => name)"
        )
        assert any("mika.model3.json" in name for name in loaded)
        assert [name for name in loaded if "live2d/" in name or "addon" in name or "core" in name] == []
