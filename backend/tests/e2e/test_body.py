"""Faces and gestures in a real browser: what an operator asks for, over and between what she does by herself."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from e2e.stage_chat import Observer
from e2e.studio import Studio, Watched, until
from live_server import process

pytestmark = pytest.mark.e2e

CONFIG: dict[str, Any] = {
    "character_config": {
        "agent_config": {
            "agent_settings": {"basic_memory_agent": {"llm_provider": "scripted_llm"}},
            "llm_configs": {
                "scripted_llm": {"lines": ["[sadness] {word} is a long and rather gloomy tale to tell."]}
            },
        },
        "tts_config": {"tts_model": "tone_tts", "tone_tts": {"ms_per_character": 200}},
    }
}
NEVER_BLINKS = "Math.random = () => 1e6;"
JOY = "stage.params.ParamEffectSparkle > 0.98 && !(stage.params.ParamEffectTear > 0.02)"
SADNESS = "stage.params.ParamEffectTear > 0.98 && !(stage.params.ParamEffectSparkle > 0.02)"
NEUTRAL = "!(stage.params.ParamEffectTear > 0.02) && !(stage.params.ParamEffectSparkle > 0.02)"
NOTE_PARAMETERS = """() => {
    window.noted = [];
    const note = () => {
        requestAnimationFrame(note);
        const { params, expressionName, motionName, mouth, speech } = stage;
        noted.push({ at: performance.now() / 1000, params, expressionName, motionName, mouth, speaking: speech.speaking });
    };
    requestAnimationFrame(note);
}"""


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Return the port of a program that answers sadly and takes its time."""
    with process(tmp_path_factory.mktemp("body"), CONFIG) as port:
        yield port


def stage(port: int) -> str:
    return f"http://127.0.0.1:{port}/stage"


async def noted(page: Watched) -> list[dict[str, Any]]:
    frames: list[dict[str, Any]] = await page.look("noted")
    return frames


def leap(frames: list[dict[str, Any]], name: str) -> float:
    """Return by how much a parameter changes at most within a fiftieth of a second."""
    changes: list[float] = [
        abs(after["params"].get(name, 0.0) - before["params"].get(name, 0.0))
        / max(1.0, (after["at"] - before["at"]) / 0.02)
        for before, after in itertools.pairwise(frames)
    ]
    return max(changes)


def test_an_operators_joy_shows_for_its_time_over_a_replys_sadness_which_then_comes_back(
    studio: Studio, show: int
) -> None:
    async def scene() -> None:
        async with (
            Observer.joining(show) as operator,
            studio.page(stage(show), script=NEVER_BLINKS) as page,
        ):
            await page.page.evaluate(NOTE_PARAMETERS)
            await operator.send("text-input", text="winter")
            await page.shows(f"{SADNESS} && stage.speech.speaking")
            await page.picture("body-1-sadness-of-the-reply")
            await operator.send("expression-command", expression_id="joy", duration=2000, priority=10)
            await page.shows(JOY)
            await page.picture("body-2-joy-of-the-operator")
            await page.shows(SADNESS)
            assert await page.look("stage.speech.speaking")
            await page.picture("body-3-sadness-again")
            await page.hears("control", text="conversation-chain-end", limit_s=30)
            await page.shows(NEUTRAL)

            frames = await noted(page)
            shown = [frames[0]["expressionName"]]
            for frame in frames:
                if frame["expressionName"] != shown[-1]:
                    shown.append(frame["expressionName"])
            assert shown == ["neutral", "sadness", "joy", "sadness", "neutral"]
            joyful = [frame["at"] for frame in frames if frame["expressionName"] == "joy"]
            assert 1.7 < joyful[-1] - joyful[0] < 2.5
            ack = operator.cues("expression-ack")[0]
            assert ack["result"]["status"] == "success"
            ended = [
                cue["reason"]
                for cue in operator.cues("claim-ended")
                if cue["claim_id"] == ack["result"]["claim_id"]
            ]
            assert ended == ["expired"]
            faded = [frame["params"].get("ParamEffectSparkle", 0) for frame in frames]
            assert sum(0.05 < value < 0.95 for value in faded) >= 4, "it fades in and out"
            spoke = [
                frame["mouth"] for frame in frames if frame["expressionName"] == "joy" and frame["speaking"]
            ]
            assert max(spoke) > 0.3
            assert min(spoke) < 0.05, "also a face with an open mouth shuts it where the voice is silent"

    studio.play(scene())


def test_a_loop_is_cut_by_a_higher_gesture_and_resumes_and_nothing_jumps(studio: Studio, show: int) -> None:
    async def scene() -> None:
        async with (
            Observer.joining(show) as operator,
            studio.page(stage(show), script=NEVER_BLINKS) as page,
        ):
            await page.page.evaluate(NOTE_PARAMETERS)
            await operator.send("motion-command", motion_group="Wave", motion_index=0, loop=True)
            await page.shows("stage.motionName === 'Wave 0' && stage.params.ParamArmRA > 0.95")
            await page.picture("body-4-waving")
            await operator.send("motion-command", motion_group="Nod", motion_index=0, priority=20)
            await page.shows("stage.motionName === 'Nod 0'")
            await page.shows("stage.motionName === 'Wave 0' && stage.params.ParamArmRA > 0.95")

            async with studio.page(stage(show)) as late:
                await late.shows("stage.motionName === 'Wave 0'")

            await operator.send("motion-release")
            await page.shows("!stage.motionName && !(stage.params.ParamArmRA > 0.01)")

            frames = await noted(page)
            names = [frame["motionName"] for frame in frames]
            played = [
                names[0],
                *(after for before, after in itertools.pairwise(names) if after != before),
            ]
            assert [name for name in played if name] == ["Wave 0", "Nod 0", "Wave 0"]
            assert leap(frames, "ParamArmRA") < 0.2, "an arm that is up does not come down in one frame"
            assert max(frame["params"].get("ParamArmRA", 0) for frame in frames) > 0.95

    studio.play(scene())


def test_who_joins_late_sees_the_face_that_shows(studio: Studio, show: int) -> None:
    async def scene() -> None:
        async with Observer.joining(show) as operator:
            await operator.send("expression-command", expression_id="anger")
            async with studio.page(stage(show)) as page:
                await page.shows("stage.expressionName === 'anger'")
                await operator.send("expression-release")
                await page.shows("stage.expressionName === 'neutral'")

    studio.play(scene())


def test_the_talk_page_has_a_button_for_each_face_and_gesture(studio: Studio, show: int) -> None:
    async def scene() -> None:
        async with studio.page(f"http://127.0.0.1:{show}/", viewport={"width": 1280, "height": 800}) as page:
            await page.page.click("#moves summary")
            await page.picture("body-5-buttons")
            await page.page.click("#moves button:text-is('surprise')")
            await page.shows("stage.expressionName === 'surprise'")
            await page.page.click("#moves button:text-is('Wave')")
            await page.shows("stage.motionName === 'Wave 0'")
            await page.picture("body-6-buttons-used")
            await until(lambda: page.look("stage.expressionName === 'neutral'"), "the end of the face")
            texts = await page.page.locator("#moves button").all_inner_texts()
            assert [text.lower() for text in texts][8:12] == ["wave", "nod", "shake", "bounce"]
            assert len(texts) == 8 + 11 + 3

    studio.play(scene())
