"""A server of language models on loopback that only lists what it has, or does so badly."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager


def listing(models: Sequence[str]) -> bytes:
    """Return what `/v1/models` answers."""
    return json.dumps(
        {"object": "list", "data": [{"id": name, "object": "model"} for name in models]}
    ).encode()


@asynccontextmanager
async def fake_ollama(
    body: bytes | None, *, status: int = 200, location: str = "", asked: list[str] | None = None
) -> AsyncIterator[str]:
    """Yield the address, with /v1; None as a body never answers. The first lines of requests go into `asked`."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            if asked is not None:
                asked.append(head.decode().splitlines()[0])
            if body is None:
                await reader.read()
                return
            more = f"Location: {location}\r\n" if location else ""
            writer.write(
                f"HTTP/1.1 {status} x\r\nContent-Type: application/json\r\n{more}"
                f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
                + body
            )
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
