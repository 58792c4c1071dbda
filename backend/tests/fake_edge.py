"""The far end of edge-tts on loopback: takes its two messages and answers as Edge's service does, or fails."""

import asyncio
import json
import re
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Literal, Self
from unittest.mock import patch

import websockets
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

MP3 = (Path(__file__).parent / "tts" / "half_a_second.mp3").read_bytes()
CHARACTERS = 8
"""So many characters are half a second."""

EdgeMode = Literal["ok", "hang first", "hang after", "cut", "silent", "strange", "noise"]


class FakeEdge:
    """A context manager; inside it, edge-tts speaks to this."""

    def __init__(self) -> None:
        self.mode: EdgeMode = "ok"
        self.status = 0
        """Refuse the connection with it."""
        self.requests: list[str] = []
        self.gone = asyncio.Event()
        """A client has hung up before its answer was over."""
        self._server: Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await serve(self._answer, "127.0.0.1", 0, process_request=self._refuse)
        port = self._server.sockets[0].getsockname()[1]
        self._patch = patch("edge_tts.communicate.WSS_URL", f"ws://127.0.0.1:{port}/edge/v1?token=none")
        self._patch.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        assert self._server is not None
        self._patch.stop()
        self._server.close()
        await self._server.wait_closed()

    def _refuse(self, connection: ServerConnection, request: Request) -> Response | None:
        del request
        return connection.respond(HTTPStatus(self.status), "no") if self.status else None

    async def _answer(self, connection: ServerConnection) -> None:
        try:
            assert "speech.config" in str(await connection.recv())
            ssml = str(await connection.recv())
            self.requests.append(ssml)
            text = re.sub(r"<[^>]*>", "", ssml.partition("\r\n\r\n")[2])
            await self._speak(connection, text)
        except websockets.ConnectionClosed:
            self.gone.set()

    async def _speak(self, connection: ServerConnection, text: str) -> None:
        if self.mode == "hang first":
            await connection.wait_closed()
            self.gone.set()
            return
        if self.mode == "strange":
            await connection.send("Path:something.new\r\n\r\n{}")
            return
        await connection.send("X-RequestId:1\r\nPath:turn.start\r\n\r\n{}")
        await connection.send("X-RequestId:1\r\nPath:response\r\n\r\n{}")
        for number, sound in enumerate(() if self.mode == "silent" else self._sounds(text)):
            if number == 1:
                await connection.send(_where_it_begins(text))
            if number == 2 and self.mode == "hang after":
                await connection.wait_closed()
                self.gone.set()
                return
            if number == 2 and self.mode == "cut":
                connection.transport.abort()
                return
            await connection.send(_binary("Content-Type:audio/mpeg\r\nPath:audio", sound))
        await connection.send(_binary("Path:audio", b""))
        await connection.send("X-RequestId:1\r\nPath:turn.end\r\n\r\n{}")

    def _sounds(self, text: str) -> Iterator[bytes]:
        whole = (b"no mp3" if self.mode == "noise" else MP3) * max(1, len(text) // CHARACTERS)
        return (whole[start : start + 720] for start in range(0, len(whole), 720))


def _binary(head: str, data: bytes) -> bytes:
    block = f"X-RequestId:1\r\n{head}\r\n".encode()
    return len(block).to_bytes(2, "big") + block + data


def _where_it_begins(text: str) -> str:
    data = {"Offset": 0, "Duration": 10_000_000, "text": {"Text": text, "Length": len(text)}}
    body = json.dumps({"Metadata": [{"Type": "SentenceBoundary", "Data": data}]})
    return f"X-RequestId:1\r\nPath:audio.metadata\r\n\r\n{body}"
