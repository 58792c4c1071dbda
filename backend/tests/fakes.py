"""Fakes that keep a show's ports, and a stage to put them on."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from types import TracebackType
from typing import Any, Literal, Self

from open_llm_vtuber.adapters.base_adapter import BackendAdapter
from open_llm_vtuber.autonomy import Autonomy
from open_llm_vtuber.chat_ports import ChatWriter
from open_llm_vtuber.errors import EngineError, ProtocolError
from open_llm_vtuber.event_kinds import EventKind
from open_llm_vtuber.live2d_model import Live2dModel
from open_llm_vtuber.modes import Mode
from open_llm_vtuber.ports import Adapter, SpeechSynthesizer, Store
from open_llm_vtuber.protocol.parts import ConfigFile, ExpressionResult, MotionResult
from open_llm_vtuber.reply import ReplyPiece, SpokenSentence
from open_llm_vtuber.settings.co_host import CoHostSettings
from open_llm_vtuber.show.audience import Outbox, OutboxClosed
from open_llm_vtuber.show.channel import ChannelSettings
from open_llm_vtuber.show.ears import Ears
from open_llm_vtuber.show.guard import Guard
from open_llm_vtuber.show.role import Billing, Repertoire, Role
from open_llm_vtuber.show.show import Show
from open_llm_vtuber.show.standing import Standing
from open_llm_vtuber.show.text_desk import Places
from open_llm_vtuber.stimulus import (
    Badge,
    ChannelEvent,
    ChatMessage,
    ChatRemoval,
    EngineStatus,
    ExpressionRequest,
    HistoryLine,
    MotionRequest,
    PromptMessage,
    Stimulus,
    TextAbilities,
    TextContext,
    TextOptions,
    TextWishes,
)
from open_llm_vtuber.storage.memory_store import MemoryStore
from open_llm_vtuber.tool_use import Tool, ToolResult
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


class FakeAdapter(BackendAdapter):
    """Replies with fixed pieces, `pause` seconds apart; an error among them is raised. Texts on demand are the same."""

    model = "fake"

    def __init__(self, *pieces: ReplyPiece | Exception, pause: Seconds = 0.0) -> None:
        super().__init__()
        self.pieces = pieces
        self.pause = pause
        self.asked: list[Stimulus] = []
        self.remembered: list[tuple[str, str]] = []
        self.taken_back: list[ChatRemoval] = []
        self.open = 0
        self.forgotten = 0
        self.ended = 0
        self.demanded: list[tuple[str, TextContext | None, TextWishes | None]] = []

    async def reply(self, stimulus: Stimulus) -> AsyncGenerator[ReplyPiece, None]:
        self.asked.append(stimulus)
        async with aclosing(self._said()) as pieces:
            async for piece in pieces:
                yield piece

    async def generate_text(
        self, prompt: str, context: TextContext | None = None, options: TextWishes | None = None
    ) -> AsyncGenerator[str, None]:
        self.demanded.append((prompt, context, options))
        async with aclosing(self._said()) as pieces:
            async for piece in pieces:
                if isinstance(piece, str):
                    yield piece

    async def _said(self) -> AsyncGenerator[ReplyPiece, None]:
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

    def recall(self, lines: Sequence[HistoryLine]) -> None:
        self.remembered = [(line.role, line.content) for line in lines]

    def take_back(self, removal: ChatRemoval) -> None:
        self.taken_back.append(removal)

    async def end(self) -> None:
        self.ended += 1


def spoken(text: str, *emotions: str, length: Seconds = 1.0) -> SpokenSentence:
    """Return a sentence that comes with that much sound."""
    sound = b"\x00\x20" * round(RATE * length)
    return SpokenSentence(text=text, emotions=emotions, pcm=sound, sample_rate=RATE)


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


class FakeBody:
    """Grants every face but those it lacks, and every gesture of the group Wave; notes what it was asked."""

    def __init__(self) -> None:
        self.faces: list[ExpressionRequest] = []
        self.gestures: list[MotionRequest] = []
        self.released: list[str | None] = []

    def express(self, request: ExpressionRequest) -> ExpressionResult:
        index = request.expression if isinstance(request.expression, int) else -1
        if isinstance(request.expression, str) and request.expression in FACES:
            index = FACES.index(request.expression)
        if not 0 <= index < len(FACES):
            raise ProtocolError(f"The avatar has: {', '.join(FACES)}.", code="not-found")
        self.faces.append(request)
        return ExpressionResult(
            status="success",
            claim_id="c1",
            priority=request.priority,
            owner=request.owner,
            delivered=1,
            expression_id=index,
            name=FACES[index],
            duration=request.duration,
            fade_ms=request.fade,
        )

    def move(self, request: MotionRequest) -> MotionResult:
        if request.group != "Wave":
            raise ProtocolError("The avatar has: Wave.", code="not-found")
        self.gestures.append(request)
        return MotionResult(
            status="success",
            claim_id="c2",
            priority=request.priority,
            owner=request.owner,
            delivered=1,
            motion_group=request.group,
            motion_index=request.index,
            loop=request.loop,
            duration_ms=1_000,
        )

    def release(
        self, kind: Literal["expression", "motion"], *, claim_id: str | None = None, owner: str | None = None
    ) -> Sequence[str]:
        del kind, claim_id
        self.released.append(owner)
        return ()


def with_body(a_show: Show, body: FakeBody) -> None:
    """Let another body answer for that of a show."""
    a_show._body.express = body.express  # type: ignore[method-assign]
    a_show._body.move = body.move  # type: ignore[method-assign]
    a_show._body.release = body.release  # type: ignore[method-assign]


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
    others: Mapping[Mode, Adapter] | None = None,
    **named: Any,
) -> Role:
    """Return who plays in tests; `others` are adapters of more modes, `named` other names than the usual ones."""

    async def nothing() -> None:
        return

    return Role(
        billing=replace(billing(), **named),
        adapters={"orphiq": adapter or FakeAdapter("Hello there."), **(others or {})},
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


def show(  # noqa: PLR0913  whatever a test cares about, each by name
    adapter: Adapter | None = None,
    voice: SpeechSynthesizer | None = None,
    *,
    name: str = "main",
    store: Store | None = None,
    shared: bool = False,
    ears: Ears | None = None,
    repertoire: Repertoire | None = None,
    others: Mapping[Mode, Adapter] | None = None,
    places: Places | None = None,
    channel: ChannelSettings | None = None,
    autonomy: Autonomy | None = None,
    writer: ChatWriter | None = None,
    co_host: CoHostSettings | None = None,
    standing: Standing | None = None,
) -> Show:
    """Return a show with fakes for all that the test does not care about."""
    return Show(
        name,
        role(adapter, voice, others=others),
        guard=Guard((channel or ChannelSettings()).chat.moderation),
        channel=channel or ChannelSettings(),
        store=store or MemoryStore(),
        repertoire=repertoire or FakeRepertoire(),
        shared=shared,
        ears=ears,
        places=places,
        autonomy=autonomy,
        writer=writer,
        co_host=co_host or CoHostSettings(),
        standing=standing or Standing(),
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
    message_id: str,
    text: str,
    *,
    username: str = "viewer",
    display_name: str = "Ana",
    badges: Sequence[str] = (),
) -> ChatMessage:
    """Return a viewer's line in channel `c`."""
    return ChatMessage(
        id=message_id,
        platform="twitch",
        channel="c",
        username=username,
        display_name=display_name,
        text=text,
        badges=tuple(Badge(name=name, version="1") for name in badges),
    )


def channel_event(
    kind: EventKind,
    event_id: str = "e1",
    *,
    who: str = "Ana",
    amount: int | None = None,
    message: str = "",
    **data: str | int | bool,
) -> ChannelEvent:
    """Return something that happened on channel `c`."""
    return ChannelEvent(
        id=event_id,
        platform="twitch",
        channel="c",
        kind=kind,
        username=who.lower(),
        display_name=who,
        amount=amount,
        message=message,
        data=data,
    )
