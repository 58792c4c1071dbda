"""A character whose agent is Hume, through the whole server: existing clients see, hear and interrupt her."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from fake_hume import KEY, FakeHume, HumeMode
from fake_provider import run
from live_server import SCRIPTED, Serving, leaving_nothing, serving
from open_llm_vtuber import app
from open_llm_vtuber.config import Settings
from open_llm_vtuber.errors import ConfigError
from wire.tab import Tab, browser_tab, kinds

RATE = 24_000


def humes(hume: FakeHume, key: str = KEY, **block: Any) -> Settings:
    """Return settings as an existing file has them, but for the host."""
    agent = {
        "conversation_agent_choice": "hume_ai_agent",
        "agent_settings": {"hume_ai_agent": {"api_key": key, "host": hume.host, **block}},
    }
    return Settings.model_validate({"character_config": {**SCRIPTED, "agent_config": agent}})


@asynccontextmanager
async def on_stage(hume: FakeHume, **block: Any) -> AsyncIterator[tuple[Serving, Tab]]:
    async with serving(humes(hume, **block)) as server, browser_tab(server.ws()) as tab:
        yield server, tab


def sounds(tab: Tab) -> list[dict[str, Any]]:
    return [frame for frame in tab.frames if frame["type"] == "audio"]


def seconds(frame: dict[str, Any]) -> float:
    wav = base64.b64decode(frame["audio"])
    assert int.from_bytes(wav[24:28], "little") == RATE
    return (len(wav) - 44) / (2 * RATE)


def test_a_turn_is_seen_heard_and_felt() -> None:
    async def main() -> None:
        async with FakeHume() as hume, on_stage(hume) as (server, tab):
            await tab.type_text("hello")
            await tab.until_turns(1)
            first, second = sounds(tab)
            assert first["display_text"]["text"] == "Hello there! "
            assert [round(seconds(frame), 2) for frame in (first, second)] == [0.2, 0.2]
            assert len(first["volumes"]) == 10
            assert first["actions"] != second["actions"], "joy, then sadness"
            assert tab.client.bubbles[-2:] == [("human", "hello"), ("ai", "Hello there! How are you? ")]
            assert server.parts.providers["llm"].engine == "hume_ai_agent"
            assert not server.parts.providers["llm"].is_demo
            await tab.type_text("and you?")
            await tab.until_turns(2)
            assert hume.asked() == ["hello", "and you?"]
            assert len(hume.chats) == 1
        assert not hume.open, "nothing is left open when the server ends"

    run(main())


def test_an_interrupt_in_mid_answer_reaches_hume_and_the_next_turn_is_whole() -> None:
    async def main() -> None:
        async with FakeHume(*[f"This is sentence number {n}." for n in range(30)]) as hume:
            hume.pause = 0.02
            async with on_stage(hume) as (_, tab):
                await tab.type_text("hello")
                await tab.until_came("audio", 2)
                await tab.press_interrupt()
                await tab.until_came("control", text="conversation-chain-end")
                assert kinds(tab.frames)[-3:] == [
                    "interrupt-signal",
                    "force-new-message",
                    "conversation-chain-end",
                ]
                async with asyncio.timeout(2):
                    await hume.left.wait()
                came = tab.count("audio")
                await asyncio.sleep(0.2)
                assert tab.count("audio") == came
                hume.pause, hume.sentences = 0.0, ("Here I am.",)
                await tab.type_text("again")
                await tab.until_turns(2)
                assert tab.client.bubbles[-1] == ("ai", "Here I am. ")
                told = hume.settings()["context"]["text"]
                assert "you: This is sentence number 0." in told
                assert "number 29" not in told

    run(main())


def test_the_sound_of_what_must_not_be_said_is_in_no_frame() -> None:
    async def main() -> None:
        async with (
            FakeHume("You should kill yourself.", "That was a joke.") as hume,
            on_stage(hume) as (_, tab),
        ):
            await tab.type_text("hello")
            await tab.until_turns(1)
            (only,) = sounds(tab)
            assert only["display_text"]["text"] == "That was a joke. "
            assert "kill" not in json.dumps(tab.frames)

    run(main())


@pytest.mark.parametrize(
    ("mode", "said"),
    [("no sound", ["Hello there! ", "How are you? "]), ("bad sound", ["Hello there! ", "How are you? "])],
)
def test_words_that_came_without_sound_are_said_by_the_configured_voice(
    mode: HumeMode, said: list[str]
) -> None:
    async def main() -> None:
        async with FakeHume() as hume, on_stage(hume) as (_, tab):
            hume.mode = mode
            await tab.type_text("hello")
            await tab.until_turns(1)
            assert [frame["display_text"]["text"] for frame in sounds(tab)] == said
            assert all(frame["audio"] for frame in sounds(tab))

    run(main())


def test_the_configured_voice_says_everything_where_that_is_wished() -> None:
    async def main() -> None:
        async with FakeHume() as hume, on_stage(hume, voice="tts") as (_, tab):
            await tab.type_text("hello")
            await tab.until_turns(1)
            assert [frame["display_text"]["text"] for frame in sounds(tab)] == [
                "Hello there! ",
                "How are you? ",
            ]

    run(main())


@pytest.mark.parametrize(
    ("mode", "status", "sentence", "heard"),
    [
        ("ok", 401, "refused the key (401): check agent_settings.hume_ai_agent.api_key", 0),
        ("close first", 200, "closed the chat before it had answered", 0),
        ("cut", 200, "broke off in mid-answer", 1),
        ("rubbish", 200, "sent something that cannot be read", 1),
        ("fault", 200, "reported a fault (E0500)", 1),
    ],
)
def test_what_goes_wrong_is_one_clear_error_and_the_turn_ends(
    mode: HumeMode, status: int, sentence: str, heard: int
) -> None:
    async def main() -> None:
        async with FakeHume() as hume, on_stage(hume) as (_, tab):
            hume.mode, hume.status = mode, status
            await tab.type_text("hello")
            await tab.until_turns(1)
            (error,) = [frame for frame in tab.frames if frame["type"] == "error"]
            assert error["code"] == "engine-failed"
            assert sentence in error["message"]
            assert len(sounds(tab)) == heard
            assert KEY not in json.dumps(tab.frames)
            hume.mode, hume.status = "ok", 200
            await tab.type_text("again")
            await tab.until_turns(2)
            assert len(sounds(tab)) == heard + 2

    run(main())


def test_a_text_on_demand_comes_while_she_speaks() -> None:
    async def main() -> None:
        async with FakeHume() as hume, on_stage(hume) as (_, tab):
            await tab.type_text("hello")
            await tab.send("text-generation-request", prompt="Write.", request_id="r1")
            await tab.until_came("text-generation-response")
            await tab.until_turns(1)
            (answer,) = [frame for frame in tab.frames if frame["type"] == "text-generation-response"]
            assert answer["text"] == "Hello there! How are you?"
            assert answer["metadata"]["model"] == "hume-evi"
            assert len(hume.chats) == 2

    run(main())


def test_without_a_key_the_server_does_not_start() -> None:
    async def main() -> None:
        async with FakeHume() as hume:
            with pytest.raises(ConfigError, match="hume_ai_agent: api_key: is empty"):
                async with app.on_air(leaving_nothing(humes(hume, key="")), lambda _: None):
                    pass

    run(main())
