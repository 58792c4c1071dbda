"""Fakes that keep a show's ports, and a stage to put them on."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from open_llm_vtuber.autonomy import Autonomy
from open_llm_vtuber.errors import EngineError, ProtocolError
from open_llm_vtuber.live2d_model import Live2dModel
from open_llm_vtuber.ports import Adapter, SpeechSynthesizer, Store
from open_llm_vtuber.protocol.parts import ConfigFile
from open_llm_vtuber.show.audience import Outbox, OutboxClosed
from open_llm_vtuber.show.ears import Ears
from open_llm_vtuber.show.guard import Guard
from open_llm_vtuber.show.role import Billing, Repertoire, Role
from open_llm_vtuber.show.show import Show
from open_llm_vtuber.stimulus import (
    ChatMessage,
    EngineStatus,
    HistoryLine,
    PromptMessage,
    Stimulus,
    TextAbilities,
    TextOptions,
)
from open_llm_vtuber.storage.memory_store import MemoryStore
from open_llm_vtuber.tool_use import Tool, ToolResult, ToolUse
from open_llm_vtuber.units import Hertz, Seconds

RATE = Hertz(8_000)
MOTIONS = {"Idle": 4.0, "Wave": 2.0, "Nod": 1.0}
"""Group → seconds of its only motion."""
FACES = ("neutral", "joy", "sadness", "anger", "surprise")
GUARD = Guard()
BROKEN = EngineError("The brain is out of order.", engine="fake", retryable=True)


class _Engine:
    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        return None


class FakeLLM(_Engine):
    """Answers with the pieces it was given, and keeps the prompts it saw."""

    def __init__(self, *pieces: str, abilities: TextAbilities | None = None) -> None:
        self.pieces = pieces
        self.abilities = abilities or TextAbilities(emotion_tags=True, prompt_tokens=1_000)
        self.prompts: list[Sequence[PromptMessage]] = []

    async def stream(
        self, messages: Sequence[PromptMessage], options: TextOptions
    ) -> AsyncGenerator[str, None]:
        del options
        self.prompts.append(messages)
        for piece in self.pieces:
            yield piece


class FakeToolbox:
    """Has the tools it was given results for, else a clock; each takes `takes` seconds. An error is raised."""

    def __init__(self, *, takes: Seconds = 0.0, **results: ToolResult | EngineError) -> None:
        self.results = results or {"clock": ToolResult(text="noon")}
        self.takes = takes
        self.called: list[tuple[str, Mapping[str, object]]] = []
        self.running = 0

    @property
    def tools(self) -> Sequence[Tool]:
        return [Tool(name=name, description="", parameters={"type": "object"}) for name in self.results]

    async def call(self, name: str, arguments: Mapping[str, object]) -> ToolResult:
        self.called.append((name, arguments))
        self.running += 1
        try:
            await asyncio.sleep(self.takes)
        finally:
            self.running -= 1
        result = self.results.get(name, ToolResult(text="Unknown.", is_failure=True))
        if isinstance(result, EngineError):
            raise result
        return result


class FakeAdapter:
    """Replies with fixed pieces, `pause` seconds apart; an error among them is raised."""

    def __init__(self, *pieces: str | ToolUse | Exception, pause: Seconds = 0.0) -> None:
        self.pieces = pieces
        self.pause = pause
        self.asked: list[Stimulus] = []
        self.remembered: list[tuple[str, str]] = []
        self.retracted: list[tuple[list[str], str | None]] = []
        self.open = 0
        self.forgotten = 0

    async def generate_text(self, stimulus: Stimulus) -> AsyncGenerator[str | ToolUse, None]:
        self.asked.append(stimulus)
        self.open += 1
        try:
            for piece in self.pieces:
                await asyncio.sleep(self.pause)
                if isinstance(piece, Exception):
                    raise piece
                yield piece
        finally:
            self.open -= 1

    def remember(self, stimulus: Stimulus, heard: str) -> None:
        self.remembered.append((stimulus.text, heard))

    def forget(self) -> None:
        self.remembered.clear()
        self.forgotten += 1

    def retract(self, message_ids: Collection[str], username: str | None) -> None:
        self.retracted.append((sorted(message_ids), username))

    def recall(self, lines: Sequence[HistoryLine]) -> None:
        self.remembered = [(line.role, line.content) for line in lines]


class FakeVoice(_Engine):
    """Speaks for a fixed time whatever the text, after `work` seconds; texts in `broken` fail."""

    sample_rate = RATE

    def __init__(self, length: Seconds = 1.0, *, work: Seconds = 0.0, broken: str = "\0") -> None:
        self.length = length
        self.work = work
        self.broken = broken
        self.spoken: list[str] = []

    async def synthesize(self, text: str) -> AsyncGenerator[bytes, None]:
        await asyncio.sleep(self.work)
        if self.broken in text:
            raise EngineError("The voice is hoarse.", engine="fake", retryable=True)
        self.spoken.append(text)
        yield b"\x00\x10" * round(RATE * self.length)


class FakeEar(_Engine):
    """Hears the same words in everything, after `takes` seconds; an error is raised instead."""

    def __init__(self, words: str | Exception = "Hello Mika.", *, takes: Seconds = 0.0) -> None:
        self.words = words
        self.takes = takes
        self.heard: list[bytes] = []
        self.running = 0

    async def transcribe(self, utterance: bytes) -> str:
        self.heard.append(utterance)
        self.running += 1
        try:
            await asyncio.sleep(self.takes)
        finally:
            self.running -= 1
        if isinstance(self.words, Exception):
            raise self.words
        return self.words


def model() -> Live2dModel:
    """Return an avatar with five faces, each the emotion of its own name, and motions of some seconds."""
    faces = [{"Name": name, "File": f"{name}.exp3.json"} for name in FACES]
    entry = {"name": "fake", "url": "/fake/fake.model3.json", "emotionMap": {name: name for name in FACES}}
    motions = {group: [{"File": f"{length}.motion3.json"}] for group, length in MOTIONS.items()}
    return Live2dModel.from_json(
        entry,
        {"FileReferences": {"Expressions": faces, "Motions": motions}},
        lambda file: {"Meta": {"Duration": float(file.removesuffix(".motion3.json")), "Loop": False}},
    )


def billing(channel: str = "") -> Billing:
    """Return who is on air in tests."""
    return Billing(
        conf_name="Fake",
        conf_uid="fake_001",
        character_name="Mika",
        avatar="",
        model=model(),
        channel=channel,
    )


def role(
    adapter: Adapter | None = None,
    voice: SpeechSynthesizer | None = None,
    *,
    leave: Callable[[], Awaitable[None]] | None = None,
    **named: Any,
) -> Role:
    """Return who plays in tests; `named` are other names than the usual ones."""

    async def nothing() -> None:
        return

    return Role(
        billing=replace(billing(), **named),
        adapter=adapter or FakeAdapter("Hello there."),
        voice=voice or FakeVoice(),
        providers={"llm": EngineStatus(engine="fake", is_demo=True)},
        leave=leave or nothing,
    )


class FakeRepertoire:
    """Has the character that plays already, and those it was given by file; an error among them is raised."""

    def __init__(self, **roles: Role | Exception) -> None:
        self.roles = roles

    async def configs(self) -> Sequence[ConfigFile]:
        others = [ConfigFile(filename=f"{file}.yaml", name=file) for file in self.roles]
        return [ConfigFile(filename="conf.yaml", name="Fake"), *others]

    async def backgrounds(self) -> Sequence[str]:
        return ["room.png"]

    async def become(self, file: str) -> Role:
        await asyncio.sleep(0.1)
        found = self.roles.get(file.removesuffix(".yaml"))
        if found is None:
            raise ProtocolError("There is no such character.", code="not-found")
        if isinstance(found, Exception):
            raise found
        return found


def show(  # noqa: PLR0913  its parts, each by name
    adapter: Adapter | None = None,
    voice: SpeechSynthesizer | None = None,
    *,
    name: str = "main",
    store: Store | None = None,
    shared: bool = False,
    ears: Ears | None = None,
    repertoire: Repertoire | None = None,
    autonomy: Autonomy | None = None,
) -> Show:
    """Return a show with fakes for all that the test does not care about."""
    return Show(
        name,
        role(adapter, voice),
        guard=GUARD,
        store=store or MemoryStore(),
        repertoire=repertoire or FakeRepertoire(),
        shared=shared,
        ears=ears,
        autonomy=autonomy,
    )


@asynccontextmanager
async def running(a_show: Show) -> AsyncIterator[Show]:
    """Run a show for as long as the context lasts."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(a_show.run())
        await asyncio.sleep(0)
        yield a_show
        task.cancel()


class Reader:
    """Reads an outbox all the time, like a client; notes when each message came."""

    def __init__(self, outbox: Outbox, answer: Callable[[dict[str, Any]], None] | None = None) -> None:
        self.messages: list[dict[str, Any]] = []
        self.times: list[Seconds] = []
        self._outbox = outbox
        self._answer = answer

    async def run(self) -> None:
        while True:
            try:
                message: dict[str, Any] = json.loads(await self._outbox.get())
            except OutboxClosed:
                return
            self.messages.append(message)
            self.times.append(asyncio.get_running_loop().time())
            if self._answer:
                self._answer(message)

    def types(self) -> list[str]:
        """Return the types seen, controls by their text; without the state, which comes whenever it likes."""
        names = [m["text"] if m["type"] == "control" else m["type"] for m in self.messages]
        return [name for name in names if name != "character-state"]

    def first(self, name: str) -> dict[str, Any]:
        """Return the first message of that type."""
        return next(message for message in self.messages if message["type"] == name)

    def all(self, name: str) -> list[dict[str, Any]]:
        """Return every message of that type."""
        return [message for message in self.messages if message["type"] == name]


def chat_message(
    message_id: str, text: str, *, username: str = "viewer", display_name: str = "Ana"
) -> ChatMessage:
    """Return a viewer's line in channel `c`."""
    return ChatMessage(
        id=message_id, platform="twitch", channel="c", username=username, display_name=display_name, text=text
    )
