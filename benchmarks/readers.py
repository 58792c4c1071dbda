"""Clients that only count: what they cost would else hide what the server costs."""

import asyncio
import base64
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

BUFFER = 1 << 20
_HEADS = {126: 2, 127: 8}


class Reader(asyncio.BufferedProtocol):
    """Counts large frames, and never looks into them."""

    def __init__(self, least: int) -> None:
        """Frames of at least so many bytes count."""
        self._least = least
        self._buffer = memoryview(bytearray(BUFFER))
        self._head = b""
        self._left = 0
        self._is_open = False
        self.frames = 0
        self.bytes = 0
        self._transport: asyncio.WriteTransport | None = None
        self._news = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way to write."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def get_buffer(self, sizehint: int) -> memoryview:
        """Return where to read to."""
        del sizehint
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Count what has come."""
        place = 0
        while place < nbytes:
            if self._left:
                step = min(self._left, nbytes - place)
                self._left -= step
                place += step
            else:
                self._head += self._buffer[place : place + 1].tobytes()
                place += 1
                self._look_at_head()
        self._news.set()

    def _look_at_head(self) -> None:
        head = self._head
        if not self._is_open:
            if head.endswith(b"\r\n\r\n"):
                assert head.startswith(b"HTTP/1.1 101"), head
                self._is_open, self._head = True, b""
            return
        if len(head) < 2:
            return
        size = _HEADS.get(head[1], 0)
        if len(head) < 2 + size:
            return
        self._left = int.from_bytes(head[2:], "big") if size else head[1]
        self._head = b""
        if self._left >= self._least:
            self.frames += 1
            self.bytes += self._left

    def say(self, text: str) -> None:
        """Send a short text frame, masked with nothing."""
        data = text.encode()
        assert self._transport is not None
        size = bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + len(data).to_bytes(2, "big")
        self._transport.write(b"\x81" + size + bytes(4) + data)

    def open(self, url: str) -> None:
        """Ask for a WebSocket."""
        parts = urlsplit(url)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = (
            f"GET {parts.path}?{parts.query} HTTP/1.1",
            f"Host: {parts.netloc}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
        )
        assert self._transport is not None
        self._transport.write(("\r\n".join(lines) + "\r\n\r\n").encode())

    async def until(self, frames: int) -> None:
        """Wait until so many have begun to come, and the last is whole."""
        while self.frames < frames or self._left:
            self._news.clear()
            await self._news.wait()

    def close(self) -> None:
        """Leave."""
        assert self._transport is not None
        self._transport.close()


@asynccontextmanager
async def reading(url: str, least: int) -> AsyncIterator[Reader]:
    """Connect a reader."""
    parts = urlsplit(url)
    loop = asyncio.get_running_loop()
    _, reader = await loop.create_connection(lambda: Reader(least), str(parts.hostname), parts.port or 80)
    try:
        reader.open(url)
        yield reader
    finally:
        reader.close()
