"""Whatever a client sends costs that client an error, and nobody else anything."""

import asyncio
import contextlib
import json
from typing import Any

import pytest
import websockets

from live_server import Client, serving
from open_llm_vtuber.errors import ErrorCode
from open_llm_vtuber.serving import LARGEST_FRAME
from virtual_time import run_virtual
from wire.set_of_shows import FakeLLM, set_of_shows
from wire.tab import browser_tab, kinds
from wire.test_text_turn import saying

TURN = ("conversation-chain-start", "conversation-chain-end")


async def refused(client: Client, frame: str | bytes) -> dict[str, Any]:
    """Send a frame; return the error that answers it."""
    await client.connection.send(frame)
    seen = await client.until("error")
    return seen[-1]


async def close_code(connection: websockets.ClientConnection) -> int | None:
    """Read to the end; return how it was closed."""
    with contextlib.suppress(websockets.ConnectionClosed):
        async with asyncio.timeout(10):
            while True:
                await connection.recv()
    return connection.close_code


BAD: tuple[tuple[str | bytes, ErrorCode, str], ...] = (
    ("hello?", "bad-json", "JSON"),
    ("", "bad-json", "JSON"),
    ('{"type":"text-input","text":"cut', "bad-json", "JSON"),
    ('{"type":"text-input","text":"\\ud800"}', "bad-json", "JSON"),
    ("[" * 100_000, "bad-json", "JSON"),
    ("[1, 2]", "bad-message", "object"),
    ("17", "bad-message", "object"),
    ("null", "bad-message", "object"),
    ("{}", "bad-message", "'type'"),
    ('{"text":"hello"}', "bad-message", "'type'"),
    ('{"type":7}', "unknown-type", "type"),
    ('{"type":"TEXT-INPUT","text":"x"}', "unknown-type", "TEXT-INPUT"),
    ('{"type":"text-input"}', "bad-message", "text"),
    ('{"type":"text-input","text":5}', "bad-message", "text"),
    ('{"type":"text-input","text":"  "}', "bad-message", "text"),
    ('{"type":"text-input","text":"x","images":"none"}', "bad-message", "images"),
    ('{"type":"interrupt-signal","text":["x"]}', "bad-message", "text"),
    ('{"type":"client-hello","capabilities":["fly"]}', "bad-message", "capabilities"),
    ('{"type":"heartbeat","request_id":5}', "bad-message", "request_id"),
    (json.dumps({"type": "text-input", "text": "x" * 100_000}), "too-long", "text"),
    (json.dumps({"type": "heartbeat", "request_id": "x" * 201}), "too-long", "request"),
    (b"\x00\x01", "bad-frame", "text frame"),
)
"""A frame, the code of the error that answers it, and words of that error."""


def test_a_bad_frame_gets_one_clear_error_and_the_connection_stays() -> None:
    async def main() -> None:
        async with serving() as server, Client.connect(server.ws()) as client:
            await client.until("set-model-and-conf")
            for frame, code, words in BAD:
                error = await refused(client, frame)
                assert error["code"] == code, frame[:50]
                assert words in error["message"]
                assert len(error["message"]) < 300
                await client.send("heartbeat", request_id="alive")
                ending = await client.until("heartbeat-ack", request_id="alive")
                assert [message["type"] for message in ending].count("error") == 0

    asyncio.run(main())


@pytest.mark.parametrize("text", ["", "x" * 100_000, 7])
def test_a_refused_line_ends_the_chain_that_an_existing_client_waits_for(text: object) -> None:
    async def main() -> None:
        async with serving() as server, Client.connect(server.ws()) as client:
            await client.send("text-input", text=text, images=[], request_id="r1")
            seen = await client.until("control", text="conversation-chain-end")
            error = seen[-2]
            assert (error["type"], error["request_type"], error["request_id"]) == (
                "error",
                "text-input",
                "r1",
            )
            await client.send("text-input", text="hello")
            assert "conversation-chain-start" in kinds(
                await client.until("control", text="conversation-chain-start")
            )

    asyncio.run(main())


def test_a_prompt_of_sixteen_thousand_characters_is_fine_and_one_more_is_not() -> None:
    async def main() -> None:
        async with serving() as server, Client.connect(server.ws()) as client:
            await client.send("text-input", text="x" * 16_001)
            await client.until("error", code="too-long")
            await client.send("text-input", text="x" * 16_000)
            await client.until("audio")

    asyncio.run(main())


def test_nobody_else_notices_another_clients_rubbish() -> None:
    async def main() -> None:
        async with (
            serving(saying("Yes.")) as server,
            browser_tab(server.ws("main")) as tab,
            Client.connect(server.ws("main"), max_queue=None) as vandal,
        ):
            await tab.type_text("hello")
            for frame in ("{", b"\x00", '{"type":"?"}', '{"type":"text-input"}', "[" * 5000) * 20:
                await vandal.connection.send(frame)
            await tab.until_turns(1)
            assert (tab.client.toasts, tab.client.lost) == ([], [])
            assert [kind for kind in kinds(tab.frames) if kind in TURN] == list(TURN)
            assert len(tab.client.played) == tab.count("audio") > 0

    asyncio.run(main())


def test_a_frame_over_the_limit_closes_its_own_connection_with_1009_and_no_other() -> None:
    async def main() -> None:
        async with serving(saying("Yes.")) as server, browser_tab(server.ws("main")) as tab:
            async with websockets.connect(server.ws("main"), max_size=None) as giant:
                with contextlib.suppress(websockets.ConnectionClosed, OSError):
                    await giant.send("x" * (LARGEST_FRAME + 1))
                assert await close_code(giant) == 1009
            await tab.type_text("hello")
            await tab.until_turns(1)
            assert len(tab.client.played) > 0

    asyncio.run(main())


def test_a_text_frame_that_is_not_utf_8_closes_its_own_connection_with_1007_and_no_other() -> None:
    async def main() -> None:
        async with serving(saying("Yes.")) as server, browser_tab(server.ws("main")) as tab:
            async with websockets.connect(server.ws("main")) as broken:
                await broken.send(b"\xff\xfe{}", text=True)
                assert await close_code(broken) == 1007
            await tab.type_text("hello")
            await tab.until_turns(1)

    asyncio.run(main())


def test_a_client_that_vanishes_without_a_close_leaves_the_others_alone() -> None:
    async def main() -> None:
        async with serving(saying("Yes.")) as server, browser_tab(server.ws("main")) as tab:
            async with websockets.connect(server.ws("main")) as vanishing:
                await vanishing.send('{"type":"text-input","text":"hello"}')
                await tab.until_came("audio")
                vanishing.transport.abort()
            await tab.until_turns(1)
            assert len(tab.client.played) == tab.count("audio")

    asyncio.run(main())


def test_more_lines_than_can_wait_are_refused_as_busy_and_the_rest_is_answered() -> None:
    async def main() -> None:
        async with set_of_shows(lambda _: "Yes.") as shows, shows.tab() as tab:
            for number in range(40):
                await tab.send("text-input", text=f"line {number}", request_id=f"r{number}")
            await tab.until_came("error", code="busy")
            await tab.until(lambda: tab.count("audio") + tab.count("error") == 40, limit_s=300)
            assert 6 <= tab.count("error", code="busy", request_type="text-input") <= 8
            assert all(frame["request_id"] for frame in tab.frames if frame["type"] == "error")

    run_virtual(main())


def test_a_bug_in_a_turn_is_an_error_that_says_nothing_and_the_next_turn_works() -> None:
    secret = "secret of the house"

    def reply(said: str) -> str:
        if said == "crash":
            raise RuntimeError(secret)
        return "Fine."

    async def main() -> None:
        async with set_of_shows(llm=FakeLLM(reply)) as shows, shows.tab() as tab:
            await tab.type_text("crash")
            await tab.until_turns(1)
            (error,) = [frame for frame in tab.frames if frame["type"] == "error"]
            assert error["code"] == "internal"
            assert secret not in error["message"]
            await tab.type_text("again")
            await tab.until_turns(2)
            assert tab.client.bubbles[-1] == ("ai", "Fine. ")

    run_virtual(main())
