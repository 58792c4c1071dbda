"""Whoever opens connections and never goes on holds none of them, and everybody else is served meanwhile.

Sixty of each kind here; `OLV_LORIS=600` is the long form, half a minute.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import httpx2
import pytest
import websockets

from live_server import Client, Serving, serving
from open_llm_vtuber.web import body_limit, patience

pytestmark = pytest.mark.slow

OF_EACH_KIND = int(os.environ.get("OLV_LORIS", "60"))
HALF = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
HALF_A_HANDSHAKE = b"GET /client-ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgr"
WHOLE = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
HALF_A_BODY = (
    b"POST /api/say HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    b"Content-Length: 100\r\n\r\n{"
)
BEGINNINGS: Sequence[bytes] = (b"", HALF, HALF_A_HANDSHAKE, WHOLE + HALF, HALF_A_BODY)
LATEST = 30.0
COMPRESSED = bytes((0xC1, 0x80, 0, 0, 0, 0))
"""A masked text frame that says it is compressed."""


async def held(server: Serving, beginning: bytes) -> bytes:
    """Begin, go on byte after byte, and return what came until the server closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(beginning)

    async def drip() -> None:
        while beginning:
            await asyncio.sleep(0.05)
            writer.write(b"x")

    async with asyncio.timeout(LATEST), asyncio.TaskGroup() as group:
        dripping = group.create_task(drip())
        try:
            return await reader.read()
        except ConnectionResetError:
            return b""
        finally:
            dripping.cancel()
            writer.close()


@asynccontextmanager
async def impatient(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Serving]:
    monkeypatch.setattr(patience, "HEAD_WITHIN", 1.0)
    monkeypatch.setattr(body_limit, "COMES_WITHIN", 1.0)
    async with serving() as server:
        yield server


def test_connections_on_which_no_request_comes_to_be_are_closed_and_the_others_are_served(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def main() -> None:
        async with impatient(monkeypatch) as server, Client.connect(server.ws("main")) as viewer:
            async with asyncio.TaskGroup() as group:
                slow = [
                    group.create_task(held(server, beginning))
                    for beginning in BEGINNINGS
                    for _ in range(OF_EACH_KIND)
                ]
                await viewer.send("text-input", text="hello")
                await viewer.until("backend-synth-complete", LATEST)
                async with httpx2.AsyncClient(trust_env=False) as client:
                    assert (await client.get(f"{server.http}/health")).status_code == 200
            answers = [each.result() for each in slow]
        of_kind = [answers[place * OF_EACH_KIND :][:OF_EACH_KIND] for place in range(len(BEGINNINGS))]
        assert set(of_kind[0] + of_kind[1] + of_kind[2]) == {b""}
        for answered, status in ((of_kind[3], b"HTTP/1.1 200"), (of_kind[4], b"HTTP/1.1 408")):
            # A close with bytes on their way may overtake the answer: the other end then finds a reset.
            assert {each[: len(status)] for each in answered} <= {status, b""}
            assert any(answered)

    asyncio.run(main())


def test_no_compression_is_agreed_on_and_a_frame_that_claims_it_closes_its_own_connection() -> None:
    async def main() -> None:
        async with serving() as server, Client.connect(server.ws("main")) as other:
            async with websockets.connect(server.ws("main"), compression="deflate") as bomber:
                assert not bomber.protocol.extensions
                bomber.transport.write(COMPRESSED)
                async with asyncio.timeout(LATEST):
                    with suppress(websockets.ConnectionClosed):
                        async for _ in bomber:
                            pass
                assert bomber.close_code == 1002
            await other.send("heartbeat")
            await other.until("heartbeat-ack")

    asyncio.run(main())
