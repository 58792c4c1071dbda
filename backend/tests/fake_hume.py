"""Hume's chat address on loopback, as its API reference describes it; fails the way it is told to."""

import asyncio
import base64
import io
import json
import math
import wave
from array import array
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from http import HTTPStatus
from types import TracebackType
from typing import Any, Literal, Self

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from open_llm_vtuber.ports import LanguageModel
from open_llm_vtuber.stimulus import PromptMessage, TextOptions

HumeMode = Literal[
    "ok",
    "hang greeting",  # takes the connection and says nothing
    "rubbish greeting",  # introduces itself with what is no message
    "strange greeting",  # introduces itself with another message
    "close first",  # closes when it is asked
    "hang first",  # is asked, and says nothing
    "hang echo",  # repeats the question, and says nothing more
    "cut",  # closes after the first sentence
    "hang after",  # says nothing after the first sentence
    "rubbish",  # sends what is no JSON after the first sentence
    "strange",  # sends a message with a field of another kind after the first sentence
    "fault",  # reports a fault after the first sentence
    "no sound",  # sends the words alone
    "bad sound",  # sends what is no WAV as the sound of the first sentence
    "disorder",  # sends pieces of sound before their words and in another order
    "greets",  # has a greeting under way when it is asked
    "tool",  # wants a tool to be used before it answers
    "endless",  # never comes to an end
]
KEY = "hume-very-secret-key"
FAULT = "Hume's own words with hume-very-secret-key in them"
RATE = 48_000
SENTENCES = ("Hello there!", "How are you?")
JOY = {"Joy": 0.6, "Interest": 0.3, "Anger": 0.01}
SADNESS = {"Calmness": 0.2, "Sadness": 0.5}
SCORES = (JOY, SADNESS)

Message = dict[str, Any]


def wav(seconds: float = 0.1, *, rate: int = RATE, hertz: float = 440.0, level: int = 8_000) -> bytes:
    """Return a tone."""
    count = round(seconds * rate)
    samples = array("h", (round(level * math.sin(2 * math.pi * hertz * n / rate)) for n in range(count)))
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(samples.tobytes())
    return file.getvalue()


def metadata() -> Message:
    return {"type": "chat_metadata", "chat_id": "c", "chat_group_id": "g"}


def echo(text: str) -> Message:
    words = {"role": "user", "content": text}
    return {"type": "user_message", "from_text": True, "interim": False, "message": words, "models": {}}


def words(name: str, text: str, scores: dict[str, float] | None = None) -> Message:
    return {
        "type": "assistant_message",
        "id": name,
        "from_text": False,
        "is_quick_response": False,
        "message": {"role": "assistant", "content": text},
        "models": {"prosody": {"scores": scores} if scores else None},
    }


def sound(name: str, index: int, data: bytes | None = None) -> Message:
    encoded = base64.b64encode(wav() if data is None else data).decode()
    return {"type": "audio_output", "id": name, "index": index, "data": encoded}


def prosody(name: str, scores: dict[str, float]) -> Message:
    return {"type": "assistant_prosody", "id": name, "models": {"prosody": {"scores": scores}}}


END: Message = {"type": "assistant_end"}


class ThinkingLine:
    """A chat in memory whose answers are a language model's, so that it can be seen what prompt it gets."""

    def __init__(self, llm: LanguageModel) -> None:
        self.is_open = True
        self._llm = llm
        self._settings: Message = {}
        self._answer: AsyncGenerator[Message, None] | None = None

    async def send(self, frame: str) -> None:
        message = json.loads(frame)
        if message["type"] == "session_settings":
            self._settings = message
        else:
            self._answer = self._thought(message["text"])

    async def receive(self) -> str:
        if not self._settings:
            return json.dumps(metadata())
        assert self._answer is not None
        return json.dumps(await anext(self._answer))

    async def close(self) -> None:
        self.hang_up()
        if self._answer:
            await self._answer.aclose()

    def hang_up(self) -> None:
        self.is_open = False

    async def _thought(self, question: str) -> AsyncGenerator[Message, None]:
        yield echo(question)
        async with aclosing(self._llm.stream(self._prompt(question), TextOptions())) as pieces:
            async for piece in pieces:
                yield words("", str(piece))
        yield END

    def _prompt(self, question: str) -> list[PromptMessage]:
        told = self._settings.get("context", {"text": ""})["text"].splitlines()
        roles: dict[str, Literal["user", "assistant"]] = {"they": "user", "you": "assistant"}
        parts = [line.partition(": ") for line in told]
        before = [PromptMessage(role=roles[who], content=said) for who, _, said in parts if who in roles]
        system = PromptMessage(role="system", content=self._settings["system_prompt"])
        return [system, *before, PromptMessage(role="user", content=question)]


class FakeHume:
    """An async context manager; `host` is what the configuration says. Change its switches at any time."""

    def __init__(self, *sentences: str) -> None:
        self.sentences = sentences or SENTENCES
        self.mode: HumeMode = "ok"
        self.status = 200
        self.code = "E0500"
        self.pause = 0.0
        """Seconds before each message of an answer."""
        self.thinking = 0.0
        """Seconds between the echo of a question and the answer."""
        self.before_chat: Callable[[], object] = lambda: None
        self.requests: list[Request] = []
        self.chats: list[list[Message]] = []
        """What came in, chat by chat."""
        self.open = 0
        self.left = asyncio.Event()
        """A client has gone."""
        self._sockets: set[ServerConnection] = set()
        self._server: Server | None = None

    @property
    def host(self) -> str:
        assert self._server is not None
        return f"ws://127.0.0.1:{next(iter(self._server.sockets)).getsockname()[1]}"

    async def __aenter__(self) -> Self:
        self._server = await serve(
            self._talk, "127.0.0.1", 0, process_request=self._admit, compression=None, ping_interval=None
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        assert self._server is not None
        self.kill()
        self._server.close()
        await self._server.wait_closed()

    def kill(self) -> None:
        """Cut every chat off without a goodbye."""
        for socket in self._sockets:
            socket.transport.abort()

    def asked(self) -> list[str]:
        """Return every question so far."""
        return [each["text"] for chat in self.chats for each in chat if each["type"] == "user_input"]

    def settings(self, chat: int = -1) -> Message:
        """Return what a chat was told at its beginning."""
        return next(each for each in self.chats[chat] if each["type"] == "session_settings")

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        self.requests.append(request)
        self.before_chat()
        if self.status != HTTPStatus.OK:
            return connection.respond(HTTPStatus(self.status), FAULT)
        if request.headers.get("X-Hume-Api-Key") != KEY:
            return connection.respond(HTTPStatus.UNAUTHORIZED, FAULT)
        return None

    async def _talk(self, socket: ServerConnection) -> None:
        chat: list[Message] = []
        self.chats.append(chat)
        self._sockets.add(socket)
        self.open += 1
        try:
            await self._greet(socket)
            async for frame in socket:
                chat.append(json.loads(frame))
                if chat[-1]["type"] == "user_input":
                    await self._answer(socket, chat[-1]["text"])
        except ConnectionClosed:
            pass
        finally:
            self._sockets.discard(socket)
            self.open -= 1
            self.left.set()

    async def _greet(self, socket: ServerConnection) -> None:
        if self.mode == "hang greeting":
            await socket.wait_closed()
        elif self.mode == "rubbish greeting":
            await socket.send("<html>")
        elif self.mode == "strange greeting":
            await self._say(socket, END)
        else:
            await self._say(socket, metadata())
        if self.mode == "greets":
            await self._say(socket, words("greeting", "Good evening!"))
            await self._say(socket, sound("greeting", 0))

    async def _answer(self, socket: ServerConnection, text: str) -> None:
        if self.mode == "close first":
            await socket.close()
        if self.mode == "hang first":
            await socket.wait_closed()
        await self._say(socket, echo(text))
        await asyncio.sleep(self.thinking)
        if self.mode == "greets":
            await self._say(socket, {"type": "user_interruption", "time": 0})
            await self._say(socket, sound("greeting", 1))
            await self._say(socket, END)
        if self.mode == "tool":
            await self._say(
                socket, {"type": "tool_call", "tool_call_id": "t1", "name": "x", "parameters": "{}"}
            )
            error = json.loads(await socket.recv())
            assert (error["type"], error["tool_call_id"]) == ("tool_error", "t1")
        if self.mode == "hang echo":
            await socket.wait_closed()
        if self.mode == "disorder":
            for message in self._disordered():
                await self._say(socket, message)
            return
        for number, sentence in enumerate(self.sentences):
            for message in self._sentence(f"m{number}", sentence, SCORES[number % 2]):
                await self._say(socket, message)
            if number == 0:
                await self._fail(socket)
        while self.mode == "endless":
            await self._say(socket, words("more", "and"))
            await asyncio.sleep(0.01)
        await self._say(socket, END)

    async def _fail(self, socket: ServerConnection) -> None:
        """Do after the first sentence what the mode says; the sound of a second one has begun by then."""
        if self.mode in {"cut", "hang after", "rubbish", "strange", "fault"}:
            await self._say(socket, words("cut", "This is"))
            await self._say(socket, sound("cut", 0))
        match self.mode:
            case "cut":
                await socket.close()
            case "hang after":
                await socket.wait_closed()
            case "rubbish":
                await socket.send("{")
            case "strange":
                await self._say(socket, {"type": "audio_output", "id": 1, "index": "x"})
            case "fault":
                await self._say(socket, {"type": "error", "code": self.code, "slug": "s", "message": FAULT})
            case _:
                pass

    def _sentence(self, name: str, text: str, scores: dict[str, float]) -> Iterator[Message]:
        yield words(name, text)
        if self.mode != "no sound":
            yield sound(name, 0, b"RIFF but no WAV" if self.mode == "bad sound" and name == "m0" else None)
            yield prosody(name, scores)
            yield sound(name, 1)

    def _disordered(self) -> Iterator[Message]:
        first, second = self.sentences
        yield sound("m0", 1, wav(0.2))
        yield words("m0", first, JOY)
        yield words("m1", second, SADNESS)
        yield sound("m1", 0, wav(0.3))
        yield sound("m0", 0, wav(0.1))
        yield sound("m1", 1, wav(0.1))
        yield sound("unknown", 0)
        yield END

    async def _say(self, socket: ServerConnection, message: Message) -> None:
        await asyncio.sleep(self.pause)
        await socket.send(json.dumps(message))
