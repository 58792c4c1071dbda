"""How it looks: pictures of every face, of a speaking mouth and of both pages, for tests and for people.

They are in test-results/ afterwards. OLV_WRITE_PICTURES=1 also writes the README's picture.
"""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import FloatRect

from e2e.pictures import WIDTH, Picture, difference, pixels
from e2e.stage_chat import Observer
from e2e.studio import Studio, Watched
from live_server import process
from open_llm_vtuber.llm.scripted import ScriptedLLM

pytestmark = pytest.mark.e2e

README_PICTURE = Path(__file__).parents[3] / "docs/images/mika.png"
LARGEST_PICTURE = 300_000
Features = dict[str, float]
"""The avatar's parameters by name."""
EXPRESSIONS = ("neutral", "joy", "anger", "sadness", "surprise", "fear", "disgust", "smirk")
SILENT, SPOKEN = f"[{{word}}] {'…' * 150}", "[joy] Hi, I am Mika! Shall we talk?"
"""A face without a voice, for as long as it takes to read it; and a voice with a smile."""
CONFIG: dict[str, Any] = {
    "character_config": {
        "agent_config": {
            "agent_settings": {"basic_memory_agent": {"llm_provider": "scripted_llm"}},
            "llm_configs": {"scripted_llm": {"lines": [SILENT, SPOKEN]}},
        },
        # So slow that the mouth stays open long enough for a picture of it.
        "tts_config": {"tts_model": "tone_tts", "tone_tts": {"ms_per_character": 400}},
    }
}
DESK = {"width": 1280, "height": 800}
CALM = "Math.random = () => 1e6;"
"""Eyes that look ahead and, but for once at first, never blink: pictures then differ by what they are to show."""
STILL = """() => new Promise((done) => {
    let before = {}, since = performance.now();
    const look = (now) => {
        const params = { ...stage.params, ParamBreath: 0 };
        const moves = Object.keys(params).some((id) => Math.abs(params[id] - (before[id] ?? 9)) > 0.002);
        if (moves) since = now;
        before = params;
        if (now - since > 400) done(); else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
})"""
"""Waits until a face has faded in and does not blink, and the hair has stopped swinging; she goes on breathing."""


FEATURES = """() => Object.fromEntries(
    Object.entries(stage.params).filter(([id]) => !/^Param(Breath|Body|Angle|EyeBall)/.test(id))
        .map(([id, value]) => [id, Math.round(value * 20) / 20])
)"""
"""What makes a face, without what comes and goes by itself."""
APART = 0.5
"""A feature that differs by less does not make another face."""


@pytest.fixture(scope="module")
def slow_show(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Return the port of a program that makes every face that it is asked for."""
    with process(tmp_path_factory.mktemp("looks"), CONFIG) as port:
        yield port


def talk(port: int) -> str:
    return f"http://127.0.0.1:{port}/"


def asking_for(line: str, word: str) -> str:
    """Return a message that the scripted model answers with that line."""
    llm = ScriptedLLM(ScriptedLLM.Options(lines=(SILENT, SPOKEN)))
    wanted = line.replace("{word}", word)
    return next(text for number in range(99) if llm._line(text := f"{word} {number}") == wanted)


async def ask(page: Watched, line: str, word: str) -> None:
    """Ask for it on the talk page; whatever is going on ends."""
    await page.page.fill("#text", asking_for(line, word))
    await page.page.press("#text", "Enter")


async def portrait(page: Watched, name: str, file: str, clip: FloatRect) -> tuple[Features, Picture]:
    """Return a face that has faded in and its picture, with hair that has stopped swinging."""
    await ask(page, SILENT, name)
    await page.shows(f"stage.expressionName === '{name}'")
    await page.page.evaluate(STILL)
    png = await page.picture(file, clip=clip)
    features: Features = await page.page.evaluate(FEATURES)
    assert await page.look("stage.expressionName") == name
    return features, await pixels(page.page, png)


def distance(left: Features, right: Features) -> float:
    """Return by how much the feature differs that differs most; without a value it is at rest."""
    return max(abs(left.get(name, 0.0) - right.get(name, 0.0)) for name in left.keys() | right.keys())


IN_A_VOWEL = "stage.expressionName === 'joy' && stage.mouth > 0.75"


def test_every_face_can_be_told_from_the_neutral_one_and_from_every_other(
    studio: Studio, slow_show: int
) -> None:
    async def scene() -> None:
        async with studio.page(talk(slow_show), script=CALM, reduced_motion="reduce", viewport=DESK) as page:
            clip = await avatar(page)
            faces = {name: await portrait(page, name, f"face-{name}", clip) for name in EXPRESSIONS}
            again = await portrait(page, "neutral", "face-neutral-again", clip)
            await page.page.keyboard.press("Escape")

            features = {name: face for name, (face, _) in faces.items()}
            distances = {
                f"{left} and {right}": distance(features[left], features[right])
                for left, right in itertools.combinations(features, 2)
            }
            print(distances)  # noqa: T201  pytest shows it when this fails
            assert distance(features["neutral"], again[0]) < APART
            assert {pair for pair, found in distances.items() if found < APART} == set()

            shots = {name: shot for name, (_, shot) in faces.items()}
            noise = difference(shots["neutral"], again[1])
            seen = {name: difference(shots["neutral"], shots[name]) for name in EXPRESSIONS[1:]}
            print(noise, seen)  # noqa: T201
            assert {name for name, found in seen.items() if found <= noise} == set()

    studio.play(scene())


async def avatar(page: Watched) -> FloatRect:
    """Return where the avatar is on the page."""
    box = await page.page.locator("#avatar").bounding_box()
    assert box is not None
    return box


def test_a_speaking_mouth_can_be_told_from_a_silent_one(studio: Studio, slow_show: int) -> None:
    async def scene() -> None:
        async with studio.page(talk(slow_show), script=CALM, reduced_motion="reduce", viewport=DESK) as page:
            clip = await avatar(page)
            await ask(page, SPOKEN, "hello")
            await page.shows(IN_A_VOWEL)
            speaking = await pixels(page.page, await page.picture("mouth-speaking", clip=clip))
            await page.shows("stage.mouth === 0 && stage.speech.speaking")
            silent = await pixels(page.page, await page.picture("mouth-silent", clip=clip))
            await page.page.keyboard.press("Escape")
            assert difference(speaking, silent) > 40

    studio.play(scene())


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["desk", "phone"])
def test_the_talk_page_fits(studio: Studio, slow_show: int, size: tuple[int, int]) -> None:
    width, height = size

    async def scene() -> None:
        async with studio.page(talk(slow_show), viewport={"width": width, "height": height}) as page:
            await page.picture(f"talk-{width}x{height}-welcome")
            await fits(page, width, height, "#avatar", "#text", "#send")
            await ask(page, SPOKEN, "hello")
            await page.shows(IN_A_VOWEL)
            await page.picture(f"talk-{width}x{height}")
            await fits(page, width, height, "#avatar", "#text", "#stop", "#log .bubble.reply")
            await page.page.keyboard.press("Escape")

    studio.play(scene())


async def fits(page: Watched, width: int, height: int, *parts: str) -> None:
    """Check that these are on the page as a whole, and that nothing sticks out of it."""
    assert await page.look("document.documentElement.scrollWidth") <= width
    assert await page.look("document.documentElement.scrollHeight") <= height
    for part in parts:
        box = await page.page.locator(part).last.bounding_box()
        assert box is not None, part
        assert box["x"] >= 0, part
        assert box["x"] + box["width"] <= width + 1, part
        assert box["y"] >= 0, part
        assert box["y"] + box["height"] <= height + 1, part


async def speak_on_stage(page: Watched, visitor: Observer) -> None:
    """Return in the middle of a long vowel."""
    await visitor.send("text-input", text=asking_for(SPOKEN, "hello"))
    await page.shows(IN_A_VOWEL)


def test_the_stage_is_transparent_around_the_character(studio: Studio, slow_show: int) -> None:
    async def scene() -> None:
        size = {"width": 1920, "height": 1080}
        async with (
            studio.page(f"{talk(slow_show)}stage", viewport=size) as page,
            Observer.joining(slow_show) as visitor,
        ):
            await speak_on_stage(page, visitor)
            png = await page.picture("stage-1920x1080", omit_background=True)
            await visitor.send("interrupt-signal", text="")
            alphas = (await pixels(page.page, png))[3::4]
            assert [alphas[place] for place in (0, WIDTH - 1, -WIDTH, -1)] == [0, 0, 0, 0]
            assert alphas.count(255) > len(alphas) // 10

    studio.play(scene())


def test_the_picture_for_the_readme_shows_her_speaking(
    studio: Studio, slow_show: int, tmp_path: Path
) -> None:
    path = README_PICTURE if os.environ.get("OLV_WRITE_PICTURES") else tmp_path / README_PICTURE.name

    async def scene() -> None:
        size = {"width": 880, "height": 550}
        async with (
            studio.page(f"{talk(slow_show)}stage?bg=pastel", viewport=size) as page,
            Observer.joining(slow_show) as visitor,
        ):
            await speak_on_stage(page, visitor)
            await page.page.screenshot(path=path)
            await visitor.send("interrupt-signal", text="")
            assert path.stat().st_size < LARGEST_PICTURE

    studio.play(scene())
