"""A provider of language (the OpenAI way and Anthropic's) and voice, on loopback; it fails in whichever way it is told to."""

import asyncio
import json
import math
import struct
from array import array
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Self, TypeVar

T = TypeVar("T")

Mode = Literal[
    "ok",
    "hang first",  # takes the request and says nothing
    "hang after",  # stops in the middle, connection open
    "cut",  # closes the connection in the middle
    "ends early",  # ends the answer in the middle, in good form
    "malformed",  # sends what is not JSON in the middle
    "strange",  # sends JSON of another shape in the middle
    "fault event",  # reports a fault in the middle
    "wrong type",  # answers with a web page
    "empty",  # answers in good form, with nothing in it
]
WORDS = ("Hello ", "there, ", "it ", "is ", "lovely ", "to ", "see ", "you.")
HALF = len(WORDS) // 2
KEY = "sk-very-secret-key"
BODY = "provider's own words with sk-very-secret-key in them"
RATE = 24000
CUT = b""
"""Not sent: where it stands, the answer breaks off."""


def run(main: Coroutine[object, object, T], seconds: float = 20) -> T:
    """Run a test's coroutine, for so many seconds at most."""

    async def limited() -> T:
        async with asyncio.timeout(seconds):
            return await main

    return asyncio.run(limited())


@dataclass
class Request:
    """What came in."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, object]
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)
    """The client closed the connection before the answer was over."""


class FakeProvider:
    """An async context manager; `base_url` is where it listens. Change its switches at any time."""

    def __init__(self) -> None:
        self.mode: Mode = "ok"
        self.status = 200
        self.delay = 0.0
        """Seconds before each piece."""
        self.farewell = 0.0
        """Seconds between the last word and the end of the answer."""
        self.sound: bytes | None = None
        """What the voice answers, instead of a tone as long as the text."""
        self.wishes: list[list[Mapping[str, object]]] = []
        """What the model wants of tools: for each coming request the `tool_calls` of its chunks; then it speaks."""
        self.content_type = ""
        """Instead of the right one."""
        self.words: Sequence[str] = WORDS
        """What the model says, chunk by chunk."""
        self.breaks_at = HALF
        """Before which chunk it breaks, in the modes that break in the middle."""
        self.usage: tuple[int, int] | None = (12, 8)
        """Tokens of the prompt and of the answer, as the model reports them."""
        self.refusal: Mapping[str, str] = {"Retry-After-Ms": "10"}
        """Headers of an answer with another status than 200. Tests need not wait as long as a provider would like."""
        self.stop_reason = "end_turn"
        """Why Anthropic's model ends its answer, where it wants no tool."""
        self.fails_first = 0
        """So many requests meet `status` and the mode; those that follow are answered well. 0: all of them."""
        self.piece_bytes = 1001
        """Odd, so that samples are cut apart."""
        self.requests: list[Request] = []
        self.asked: asyncio.Queue[Request] = asyncio.Queue()
        """The same, for a test to wait for the next one."""
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()

    @property
    def base_url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    @property
    def address(self) -> str:
        """The same without /v1, as Anthropic's SDK takes it."""
        return self.base_url.removesuffix("/v1")

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
            request = await _read_request(reader)
            self.requests.append(request)
            if self.fails_first and len(self.requests) > self.fails_first:
                self.mode, self.status = "ok", 200
            self.asked.put_nowait(request)
            await self._until_hang_up(request, reader, self._answer(request, writer))
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            self._talks.discard(task)

    async def _until_hang_up(
        self, request: Request, reader: asyncio.StreamReader, answer: Coroutine[object, object, None]
    ) -> None:
        answering, hang_up = asyncio.ensure_future(answer), asyncio.ensure_future(reader.read(1))
        try:
            await asyncio.wait({answering, hang_up}, return_when=asyncio.FIRST_COMPLETED)
            if not answering.done():
                request.hung_up.set()
        finally:
            answering.cancel()
            hang_up.cancel()
            await asyncio.gather(answering, hang_up, return_exceptions=True)

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> None:
        if self.mode == "hang first":
            await asyncio.Event().wait()
        if self.status != 200:
            body = json.dumps({"type": "error", "error": {"type": "some_error", "message": BODY}})
            await _send(writer, self.status, "application/json", body, self.refusal)
            return
        if self.mode == "wrong type":
            await _send(writer, 200, "text/html", f"<html>{BODY}</html>")
            return
        if request.path.endswith("/audio/transcriptions"):
            await self._listen(writer)
            return
        voice = request.path.endswith("/audio/speech")
        kind = self.content_type or ("audio/pcm" if voice else "text/event-stream")
        _head(writer, 200, kind, "Transfer-Encoding: chunked")
        await writer.drain()
        if request.path.endswith("/messages"):
            pieces = self._messages()
        else:
            pieces = self._voice(request) if voice else self._text()
        async for piece in pieces:
            writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            await writer.drain()
        if self.mode == "cut":
            return
        writer.write(b"0\r\n\r\n")
        await writer.drain()

    async def _listen(self, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(self.delay)
        answers = {"empty": '{"text": ""}', "strange": '{"words": 3}', "malformed": '{"te'}
        answer = answers.get(self.mode, json.dumps({"text": f" {''.join(WORDS)} "}))
        if self.mode == "cut":
            _head(writer, 200, "application/json", "Content-Length: 1000")
            writer.write(answer.encode())
        else:
            await _send(writer, 200, "application/json", answer)

    async def _text(self) -> AsyncIterator[bytes]:
        yield _event({"choices": [{"index": 0, "delta": {"role": "assistant", "content": None}}]})
        if self.wishes:
            for wish in self.wishes.pop(0):
                await asyncio.sleep(self.delay)
                yield _event({"choices": [{"index": 0, "delta": {"tool_calls": [wish]}}]})
            yield _event({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]})
            yield b"data: [DONE]\n\n"
            return
        for index, word in enumerate(() if self.mode == "empty" else self.words):
            if index == self.breaks_at:
                match self.mode:
                    case "hang after":
                        await asyncio.Event().wait()
                    case "malformed":
                        yield b'data: {"choices": [{"del\n\n'
                    case "strange":
                        yield _event({"choices": [{"index": 0, "delta": ["?"]}]})
                    case "fault event":
                        yield _event({"error": {"message": BODY}})
                    case "cut":
                        return
                    case "ends early":
                        yield b"data: [DONE]\n\n"
                        return
                    case _:
                        pass
            await asyncio.sleep(self.delay)
            yield _event({"choices": [{"index": 0, "delta": {"content": word}}]})
        yield _event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        await asyncio.sleep(self.farewell)
        if self.usage:
            prompt, answer = self.usage
            yield _event({"choices": [], "usage": {"prompt_tokens": prompt, "completion_tokens": answer}})
        yield b"data: [DONE]\n\n"

    async def _messages(self) -> AsyncIterator[bytes]:
        """Answer as Anthropic does: named events, text in blocks, tools in blocks of their own."""
        prompt, answer = self.usage or (None, None)
        started = {"id": "msg_1", "type": "message", "role": "assistant", "content": [], "model": "m"}
        yield _named(
            "message_start", message={**started, "usage": {"input_tokens": prompt, "output_tokens": 1}}
        )
        yield _named("ping")
        reason = "tool_use" if self.wishes else self.stop_reason
        async for piece in self._wished(self.wishes.pop(0)) if self.wishes else self._said():
            if piece == CUT:
                return
            yield piece
        yield _named("message_delta", delta={"stop_reason": reason}, usage={"output_tokens": answer})
        await asyncio.sleep(self.farewell)
        yield _named("message_stop")

    async def _wished(self, wishes: Sequence[Mapping[str, object]]) -> AsyncIterator[bytes]:
        for wish in wishes:
            await asyncio.sleep(self.delay)
            fields = {name: value for name, value in wish.items() if name != "kind"}
            yield _named(str(wish.get("kind", "content_block_delta")), index=1, **fields)

    async def _said(self) -> AsyncIterator[bytes]:
        yield _named("content_block_start", index=0, content_block={"type": "text", "text": ""})
        for index, word in enumerate(() if self.mode == "empty" else self.words):
            if index == self.breaks_at:
                match self.mode:
                    case "hang after":
                        await asyncio.Event().wait()
                    case "malformed":
                        yield b'event: content_block_delta\ndata: {"delta": {"te\n\n'
                    case "strange":
                        yield _named("content_block_delta", index=0, delta=["?"])
                    case "fault event":
                        yield _named("error", error={"type": "overloaded_error", "message": BODY})
                    case "cut" | "ends early":
                        yield CUT
                        return
                    case _:
                        pass
            await asyncio.sleep(self.delay)
            yield _named("content_block_delta", index=0, delta={"type": "text_delta", "text": word})
        yield _named("content_block_stop", index=0)

    async def _voice(self, request: Request) -> AsyncIterator[bytes]:
        sound = tone(len(str(request.body["input"])) * 60) if self.sound is None else self.sound
        if self.mode == "empty":
            return
        for start in range(0, len(sound), self.piece_bytes):
            if start > len(sound) // 2:
                if self.mode == "hang after":
                    await asyncio.Event().wait()
                if self.mode == "cut":
                    return
            await asyncio.sleep(self.delay)
            yield sound[start : start + self.piece_bytes]


def tone(milliseconds: int, rate: int = RATE) -> bytes:
    """Return 16-bit little-endian mono of 220 Hz."""
    samples = (int(8000 * math.sin(2 * math.pi * 220 * i / rate)) for i in range(rate * milliseconds // 1000))
    return array("h", samples).tobytes()


def wav(sound: bytes, *, rate: int = RATE, channels: int = 1, streamed: bool = False, kind: int = 1) -> bytes:
    """Return `sound` as a WAV file, with a chunk in it that nobody needs."""
    layout = struct.pack("<HHIIHH", kind, channels, rate, rate * channels * 2, channels * 2, 16)
    size = 0xFFFFFFFF if streamed else len(sound)
    chunks = b"LIST" + struct.pack("<I", 3) + b"abc\0" + b"fmt " + struct.pack("<I", 16) + layout
    return b"RIFF" + struct.pack("<I", size) + b"WAVE" + chunks + b"data" + struct.pack("<I", size) + sound


async def _read_request(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    is_form = headers.get("content-type", "").startswith("multipart/")
    return Request(
        path=head[0].split()[1], headers=headers, body={"form": body} if is_form else json.loads(body)
    )


def _event(data: Mapping[str, object]) -> bytes:
    return b"data: " + json.dumps(data).encode() + b"\n\n"


def _named(kind: str, **fields: object) -> bytes:
    """Return an event as Anthropic sends it: named in front, and in its data as well."""
    return f"event: {kind}\n".encode() + _event({"type": kind, **fields})


def _head(writer: asyncio.StreamWriter, status: int, kind: str, length: str) -> None:
    lines = (f"HTTP/1.1 {status} x", f"Content-Type: {kind}", length, "Connection: close", "", "")
    writer.write("\r\n".join(lines).encode())


async def _send(
    writer: asyncio.StreamWriter, status: int, kind: str, body: str, more: Mapping[str, str] | None = None
) -> None:
    headers = "".join(f"\r\n{name}: {value}" for name, value in (more or {}).items())
    _head(writer, status, kind, f"Content-Length: {len(body)}{headers}")
    writer.write(body.encode())
    await writer.drain()
