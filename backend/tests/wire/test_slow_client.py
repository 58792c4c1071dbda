"""A client that stops reading costs nobody else anything."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import websockets

from live_server import Client, Serving, serving
from open_llm_vtuber import websocket_handler
from open_llm_vtuber.config import Settings
from open_llm_vtuber.show import audience
from open_llm_vtuber.show.commands import TakeSnapshot
from virtual_time import run_virtual
from wire.existing_client import ExistingClient
from wire.set_of_shows import set_of_shows
from wire.tab import browser_tab

SENTENCE = "This sentence is said over and over again, and it is a rather long one."
TALKATIVE = Settings.model_validate(
    {
        "character_config": {
            "agent_config": {
                "agent_settings": {"basic_memory_agent": {"llm_provider": "scripted_llm"}},
                "llm_configs": {"scripted_llm": {"lines": [" ".join([SENTENCE] * 24)]}},
            },
            "tts_config": {"tts_model": "tone_tts", "tone_tts": {"ms_per_character": 100}},
        }
    }
)
"""Megabytes of sound in each turn: more than the buffers of a machine hold."""


@asynccontextmanager
async def deaf(server: Serving) -> AsyncIterator[Client]:
    """Connect to main with small buffers and, from then on, read nothing."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", server.port))
    async with websockets.connect(server.ws("main"), sock=sock, max_queue=1) as connection:
        client = Client(connection)
        await client.until("set-model-and-conf")
        connection.transport.pause_reading()
        try:
            yield client
        finally:
            connection.transport.abort()


async def primary_of(server: Serving) -> object:
    (snapshot,) = await server.parts.shows.ask("main", TakeSnapshot("test"))
    return json.loads(snapshot.model_dump_json())["state"]["primary"]


def test_a_client_that_stops_reading_is_dropped_and_the_others_get_everything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(websocket_handler, "STALLED", 0.3)

    async def main() -> None:
        async with serving(TALKATIVE) as server, deaf(server), browser_tab(server.ws("main")) as tab:
            assert await primary_of(server) != tab.client.uid, "the deaf one was there first"
            await tab.type_text("hello")
            await tab.until_came("backend-synth-complete")
            assert tab.count("audio") >= 24
            async with asyncio.timeout(5):
                while await primary_of(server) != tab.client.uid:  # noqa: ASYNC110  nobody tells
                    await asyncio.sleep(0.05)
            await tab.press_interrupt()
            await tab.until_came("control", text="conversation-chain-end")

    asyncio.run(main())


def test_a_client_that_leaves_too_much_unread_is_closed_with_1013_and_nobody_else_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(audience, "OUTBOX_FRAMES", 40)

    async def main() -> None:
        async with (
            set_of_shows() as shows,
            shows.connected("main", capacity=10) as slow,
            shows.tab("main", ExistingClient(copies=0)) as tab,
        ):
            for number in range(1, 13):
                await tab.send("text-input", text="hello")
                await tab.until_came("control", number, text="conversation-chain-end")
            assert tab.count("audio") == 24
            assert await slow.closed() == 1013
            await tab.send("heartbeat")
            await tab.until_came("heartbeat-ack")

    monkeypatch.setattr(websocket_handler, "STALLED", 3600.0)
    run_virtual(main())


def test_a_client_that_takes_no_byte_loses_its_place_after_twenty_seconds() -> None:
    async def main() -> None:
        async with (
            set_of_shows() as shows,
            shows.connected("main", capacity=6) as deaf_one,
            shows.tab("main") as tab,
        ):
            await tab.type_text("hello")
            await tab.until_came("control", text="conversation-chain-start")
            await asyncio.sleep(19)
            assert not deaf_one.served.done()
            await asyncio.sleep(2)
            assert deaf_one.served.done()
            await tab.type_text("hello again")
            await tab.until_turns(2)

    run_virtual(main(), limit=60)
