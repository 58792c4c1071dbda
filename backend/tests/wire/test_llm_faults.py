"""An LLM address that refuses, hangs or breaks: through the real engine, over real sockets."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from fake_provider import KEY, FakeProvider, Mode
from live_server import SCRIPTED, free_port, serving
from open_llm_vtuber.config import Settings
from wire.tab import Tab, browser_tab, kinds

QUICK = {"tts_model": "tone_tts", "tone_tts": {"ms_per_character": 5}}
TURN = ["conversation-chain-start", "conversation-chain-end"]
REPLY = "Hello there, it is lovely to see you. "


def asking(base_url: str, patience: float) -> Settings:
    """Return settings whose language model is at that address, with that much patience."""
    agent = {
        "agent_settings": {
            "basic_memory_agent": {"llm_provider": "openai_compatible_llm", "faster_first_response": False}
        },
        "llm_configs": {
            "openai_compatible_llm": {
                "base_url": base_url,
                "model": "some-model",
                "llm_api_key": KEY,
                "timeout_s": patience,
                "token_timeout_s": 0.25,
            }
        },
    }
    return Settings.model_validate(
        {"character_config": {**SCRIPTED, "agent_config": agent, "tts_config": QUICK}}
    )


@asynccontextmanager
async def two_tabs(base_url: str, patience: float = 5.0) -> AsyncIterator[tuple[Tab, Tab]]:
    """Open one tab that asks, and another with a show of its own."""
    async with (
        serving(asking(base_url, patience)) as server,
        browser_tab(server.ws()) as tab,
        browser_tab(server.ws()) as other,
    ):
        yield tab, other


async def fails(tab: Tab) -> str:
    """Ask; return the sentence of the one error in a chain that begins and ends."""
    await tab.type_text("hello")
    await tab.until_turns(1)
    assert [kind for kind in kinds(tab.frames) if kind.startswith("conversation")] == TURN
    (error,) = [frame for frame in tab.frames if frame["type"] == "error"]
    assert error["code"] == "engine-failed"
    assert tab.client.state == "idle"
    return str(error["message"])


@pytest.mark.parametrize(
    ("mode", "status", "words"),
    [
        ("hang first", 200, "did not begin to answer in time"),
        ("hang after", 200, "stopped in the middle"),
        ("cut", 200, "broke off in mid-answer"),
        ("malformed", 200, "cannot be read"),
        ("fault event", 200, "a fault of its own"),
        ("wrong type", 200, "base_url"),
        ("ok", 500, "fault of its own (500)"),
        ("ok", 401, "refused the key (401): check llm_api_key"),
    ],
)
def test_a_provider_that_fails_costs_one_turn_and_nobody_else_anything(
    mode: Mode, status: int, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    patience = 0.25 if mode == "hang first" else 5.0

    async def main() -> None:
        async with FakeProvider() as provider, two_tabs(provider.base_url, patience) as (tab, other):
            provider.mode, provider.status = mode, status
            sentence = await fails(tab)
            assert words in sentence
            assert KEY not in sentence
            assert other.client.toasts == []
            provider.mode, provider.status = "ok", 200
            await other.type_text("hello")
            await tab.type_text("again")
            await tab.until_turns(2)
            await other.until_turns(1)
            assert tab.client.bubbles[-1] == ("ai", REPLY)
            assert other.client.bubbles == [("human", "hello"), ("ai", REPLY)]

    with caplog.at_level(logging.INFO):
        asyncio.run(main())
    assert KEY not in caplog.text


def test_a_provider_that_refuses_connections_is_a_clear_error() -> None:
    async def main() -> None:
        address = f"http://127.0.0.1:{free_port()}/v1"
        async with two_tabs(address) as (tab, other):
            sentence = await fails(tab)
            assert "does not answer" in sentence
            assert address.removeprefix("http://").removesuffix("/v1") in sentence
            assert other.client.toasts == []
            await other.send("heartbeat")
            await other.until_came("heartbeat-ack")

    asyncio.run(main())


def test_an_interrupt_hangs_up_on_the_provider() -> None:
    async def main() -> None:
        async with FakeProvider() as provider, two_tabs(provider.base_url) as (tab, _):
            provider.mode = "hang first"
            await tab.type_text("hello")
            while not provider.requests:  # noqa: ASYNC110  the fake has a list and no event
                await asyncio.sleep(0.01)
            await tab.press_interrupt()
            await tab.until_came("control", text="conversation-chain-end")
            await asyncio.wait_for(provider.requests[0].hung_up.wait(), 2)
            assert tab.client.toasts == []

    asyncio.run(main())
