"""Shows with fake engines, and connections in memory that go through the real handler: both live in virtual time."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

import websockets
from starlette.websockets import WebSocket

from fakes import FakeRepertoire
from open_llm_vtuber.adapters.orphiq_adapter import OrphiqAdapter
from open_llm_vtuber.agent.agents.basic_memory_agent import BasicMemoryAgent
from open_llm_vtuber.groups import Groups
from open_llm_vtuber.live2d_model import Live2dModel
from open_llm_vtuber.ports import SpeechRecognizer, VoiceActivityDetector
from open_llm_vtuber.show.commands import ChatHappened
from open_llm_vtuber.show.ears import Ears
from open_llm_vtuber.show.guard import Guard
from open_llm_vtuber.show.role import Billing, Repertoire, Role
from open_llm_vtuber.show.show import Show
from open_llm_vtuber.shows import LocalShows
from open_llm_vtuber.stimulus import ChatMessage, PromptMessage, TextAbilities, TextOptions
from open_llm_vtuber.storage.memory_store import MemoryStore
from open_llm_vtuber.units import Hertz, Seconds
from open_llm_vtuber.websocket_handler import serve_connection
from wire.existing_client import ExistingClient
from wire.tab import Tab, living

RATE = Hertz(16000)
FACES = ("neutral", "joy", "sadness", "anger")
MODEL = Live2dModel(
    name="face",
    info={"name": "face", "url": "/live2d-models/face/face.model3.json"},
    expressions=FACES,
    emotions={name: index for index, name in enumerate(FACES)},
    resting=0,
)
GUARD = Guard()
BILLING = Billing(
    conf_name="Mika",
    conf_uid="mika_001",
    character_name="Mika",
    avatar="mika.png",
    model=MODEL,
    channel="some_channel",
)


class _Engine:
    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        return


class FakeLLM(_Engine):
    """Says `reply(what was said)` word by word, and keeps every prompt."""

    abilities = TextAbilities(emotion_tags=True, prompt_tokens=2000)

    def __init__(self, reply: Callable[[str], str], word_takes: Seconds = 0.05) -> None:
        self._reply = reply
        self._word_takes = word_takes
        self.prompts: list[Sequence[PromptMessage]] = []
        self.running = 0

    async def stream(
        self, messages: Sequence[PromptMessage], _options: TextOptions
    ) -> AsyncGenerator[str, None]:
        self.prompts.append(messages)
        self.running += 1
        try:
            for word in self._reply(messages[-1].content).split(" "):
                await asyncio.sleep(self._word_takes)
                yield word + " "
        finally:
            self.running -= 1


class FakeVoice(_Engine):
    """Takes a moment, then sounds for as long as the text is."""

    sample_rate = RATE

    def __init__(self, ms_per_character: int = 50) -> None:
        self._ms_per_character = ms_per_character
        self.running = 0

    async def synthesize(self, text: str) -> AsyncGenerator[bytes, None]:
        self.running += 1
        try:
            await asyncio.sleep(0.05)
            yield b"\x00\x10" * (RATE * self._ms_per_character * len(text) // 1000)
        finally:
            self.running -= 1


class SetOfShows:
    """Named and private shows, and the connections to them."""

    def __init__(self, llm: FakeLLM, voice: FakeVoice) -> None:
        self.llm = llm
        self.voice = voice
        self.ear: SpeechRecognizer | None = None
        self.detector: VoiceActivityDetector | None = None
        self.store = MemoryStore()
        self.repertoire: Repertoire = FakeRepertoire()
        self._local = LocalShows(self._build, ("main",))
        self.shows = Groups(self._local)
        self.next_characters: deque[tuple[str, FakeLLM]] = deque()
        """Who plays in the next private shows; then Mika again."""
        self._messages = 0

    def _build(self, name: str) -> Show:
        character, llm = self.next_characters.popleft() if self.next_characters else ("Mika", self.llm)
        agent = BasicMemoryAgent(llm, "You are Mika.", MODEL.emotions)
        billing = replace(BILLING, character_name=character)
        return Show(
            name,
            Role(billing=billing, adapters={"orphiq": OrphiqAdapter(agent)}, voice=self.voice, providers={}),
            guard=GUARD,
            store=self.store,
            repertoire=self.repertoire,
            shared=name == "main",
            ears=Ears(self.ear, self.detector),
        )

    async def chat(self, text: str) -> None:
        """Let a viewer write into the chat of main."""
        self._messages += 1
        message = ChatMessage(
            id=f"m{self._messages}",
            platform="twitch",
            channel="some_channel",
            username="viewer",
            display_name="Viewer",
            text=text,
        )
        await self.shows.tell("main", ChatHappened(message))

    @asynccontextmanager
    async def connected(
        self, show: str | None = None, capacity: int = 10_000
    ) -> AsyncIterator["MemorySocket"]:
        """Connect without a client behind it; leaves as a browser does."""
        end = MemorySocket(capacity)
        async with asyncio.TaskGroup() as group:
            end.served = group.create_task(
                serve_connection(end.websocket(), self.shows, show=show, human_name="Human", role="developer")
            )
            try:
                yield end
            finally:
                await end.leave()
                await asyncio.wait([end.served])

    @asynccontextmanager
    async def tab(self, show: str | None = None, client: ExistingClient | None = None) -> AsyncIterator[Tab]:
        """Open the existing client."""
        async with self.connected(show) as end, living(Tab(end, client or ExistingClient())) as tab:
            yield tab


@asynccontextmanager
async def set_of_shows(
    reply: Callable[[str], str] = lambda said: f"You said {said}. And this is the second sentence.",
    *,
    llm: FakeLLM | None = None,
    voice: FakeVoice | None = None,
    ear: SpeechRecognizer | None = None,
    detector: VoiceActivityDetector | None = None,
) -> AsyncIterator[SetOfShows]:
    """Run them for as long as the context lasts."""
    made = SetOfShows(llm or FakeLLM(reply), voice or FakeVoice())
    made.ear, made.detector = ear, detector
    async with made._local, made.shows:
        yield made


class MemorySocket:
    """A client's end of a connection whose other end is the real handler; no network in between."""

    served: asyncio.Task[None]
    """The server's end, at work."""

    def __init__(self, capacity: int = 10_000) -> None:
        self._to_server: asyncio.Queue[dict[str, Any]] = asyncio.Queue(maxsize=1000)
        self._to_client: asyncio.Queue[dict[str, Any]] = asyncio.Queue(maxsize=capacity)
        self._to_server.put_nowait({"type": "websocket.connect"})
        self.received = 0
        """Frames that have come."""

    def websocket(self) -> WebSocket:
        """Return the server's end."""
        scope = {"type": "websocket", "path": "/client-ws", "headers": [], "query_string": b""}
        return WebSocket(scope, self._to_server.get, self._take)

    async def _take(self, event: Any) -> None:
        if event["type"] != "websocket.accept":
            await self._to_client.put(event)
            self.received += 1
        if event["type"] == "websocket.close":
            await self._to_server.put({"type": "websocket.disconnect", "code": event["code"]})

    async def send(self, text: str, /) -> None:
        await self._to_server.put({"type": "websocket.receive", "text": text})

    async def leave(self) -> None:
        await self._to_server.put({"type": "websocket.disconnect", "code": 1001})

    async def recv(self) -> str:
        event = await self._to_client.get()
        if event["type"] == "websocket.close":
            raise websockets.ConnectionClosedOK(None, None)
        return str(event["text"])

    async def closed(self) -> int:
        """Read to the end and return the code of the close."""
        while (event := await self._to_client.get())["type"] != "websocket.close":
            pass
        return int(event["code"])

    def waiting(self) -> list[dict[str, Any]]:
        """Return all that has come and was not read."""
        return [
            json.loads(event["text"])
            for event in (self._to_client.get_nowait() for _ in range(self._to_client.qsize()))
            if event["type"] == "websocket.send"
        ]
