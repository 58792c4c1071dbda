"""A connection on which no request comes to be is closed; whoever goes on in time may stay. Many at once: `load/`."""

import asyncio

import pytest

from live_server import Client, serving
from open_llm_vtuber.web import patience

WHOLE = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
LATEST = 30.0


@pytest.mark.parametrize("beginning", [b"", WHOLE[:20]])
def test_half_a_request_is_waited_for_and_then_no_longer(
    monkeypatch: pytest.MonkeyPatch, beginning: bytes
) -> None:
    monkeypatch.setattr(patience, "HEAD_WITHIN", 0.1)

    async def main() -> None:
        async with serving() as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(beginning)
            async with asyncio.timeout(LATEST):
                assert await reader.read() == b""
            writer.close()

    asyncio.run(main())


def test_a_client_that_goes_on_in_time_is_served_for_as_long_as_it_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def main() -> None:
        monkeypatch.setattr(patience, "HEAD_WITHIN", 1.0)
        async with serving() as server, Client.connect(server.ws("main")) as stays:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            for _ in range(3):
                writer.write(WHOLE)
                assert (await reader.readuntil(b"}}}")).startswith(b"HTTP/1.1 200")
                await asyncio.sleep(0.6)
            writer.close()
            await stays.send("heartbeat")
            await stays.until("heartbeat-ack")

    asyncio.run(main())
