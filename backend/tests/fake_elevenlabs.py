"""ElevenLabs' streaming address on loopback; fails the way it is told to."""

import asyncio
import json
from types import TracebackType
from typing import Literal, Self

from fake_provider import BODY, tone

ElevenMode = Literal["ok", "hang first", "hang after", "cut", "empty"]


class FakeElevenLabs:
    """An async context manager; `base_url` is where it listens."""

    def __init__(self) -> None:
        self.mode: ElevenMode = "ok"
        self.status = 200
        self.requests: list[tuple[str, dict[str, str], dict[str, object]]] = []
        self.hung_up = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()

    @property
    def base_url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        assert self._server is not None
        self._server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._talks.add(task)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in head[1:] if line)}
            body = json.loads(await reader.readexactly(int(headers["content-length"])))
            self.requests.append((head[0], headers, body))
            await self._answer(writer, reader, str(body["text"]))
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            self._talks.discard(task)

    async def _answer(self, writer: asyncio.StreamWriter, reader: asyncio.StreamReader, text: str) -> None:
        if self.mode == "hang first":
            await self._until_hang_up(reader)
        if self.status != 200:
            body = json.dumps({"detail": {"message": BODY}}).encode()
            writer.write(b"HTTP/1.1 %d x\r\nContent-Type: application/json\r\n" % self.status)
            writer.write(b"Content-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body))
            await writer.drain()
            return
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: audio/pcm\r\nTransfer-Encoding: chunked\r\n")
        writer.write(b"Connection: close\r\n\r\n")
        sound = b"" if self.mode == "empty" else tone(len(text) * 60)
        for start in range(0, len(sound), 3333):  # odd: samples are cut apart
            if start > len(sound) // 2:
                if self.mode == "hang after":
                    await self._until_hang_up(reader)
                if self.mode == "cut":
                    return
            piece = sound[start : start + 3333]
            writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            await writer.drain()
        writer.write(b"0\r\n\r\n")
        await writer.drain()

    async def _until_hang_up(self, reader: asyncio.StreamReader) -> None:
        await reader.read(1)
        self.hung_up.set()
        raise ConnectionResetError
