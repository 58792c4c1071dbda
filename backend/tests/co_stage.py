"""A stage for co-hosts in virtual time: a page that plays and obeys, a voice with a sound of its own, microphones."""

import asyncio
import base64
import random
from array import array
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from fakes import FakeAdapter, FakeEar, Reader, _Engine, running
from fakes import show as a_show_with
from open_llm_vtuber.modes import FloorMode
from open_llm_vtuber.ports import Adapter
from open_llm_vtuber.settings.co_host import CoHostSettings
from open_llm_vtuber.show.commands import (
    AnswerUtterance,
    ChatHappened,
    Hear,
    HearAll,
    Hello,
    PlaybackEnded,
    PlayStarted,
)
from open_llm_vtuber.show.ears import Ears
from open_llm_vtuber.show.show import Show
from open_llm_vtuber.show.sound import read_wav
from open_llm_vtuber.storage.memory_store import MemoryStore
from open_llm_vtuber.units import Hertz, Seconds
from open_llm_vtuber.vad.energy import EnergyVAD

RATE = Hertz(16_000)
STAGE = "stage"
PIECE: Seconds = 0.1
"""How much a microphone sends at once."""


def hiss(seconds: Seconds, seed: int, loudest: int = 9_000) -> bytes:
    """Return noise in bursts, as uneven as speech; another seed is another voice."""
    chance = random.Random(seed)
    numbers = array("h")
    while len(numbers) < round(seconds * RATE):
        loud = chance.uniform(0.3, 1.0) * loudest
        numbers.extend(round(chance.uniform(-loud, loud)) for _ in range(1_000))
    return numbers[: round(seconds * RATE)].tobytes()


class HissingVoice(_Engine):
    """Says each sentence as `parts`: seconds of sound and, where below 0, of silence."""

    sample_rate = RATE

    def __init__(self, *parts: Seconds) -> None:
        self.parts = parts or (2.0,)
        self.said = 0

    async def synthesize(self, _: str) -> AsyncGenerator[bytes, None]:
        self.said += 1
        for number, part in enumerate(self.parts):
            yield hiss(part, 100 * self.said + number) if part > 0 else bytes(2 * round(-part * RATE))


@dataclass(slots=True)
class Heard:
    """A sentence as the audience heard it."""

    text: str
    begins: Seconds
    ends: Seconds
    turn: str


class Page:
    """A stage page: plays sentence after sentence `lag` later than it gets them, reports, and obeys."""

    def __init__(
        self, report: Callable[[PlayStarted | PlaybackEnded], Awaitable[object]], lag: Seconds = 0.15
    ) -> None:
        self.heard: list[Heard] = []
        self.messages: list[dict[str, Any]] = []
        self._report, self._lag = report, lag
        self._queue: list[dict[str, Any]] = []
        self._news = asyncio.Event()
        self._is_complete = False
        self._last: tuple[str, int, Seconds] | None = None
        self._sounds: list[tuple[Seconds, bytes]] = []

    def sound(self, begin: Seconds, seconds: Seconds) -> bytes:
        """Return what came out of the speakers then."""
        line = bytearray(silence(seconds))
        for at, played in self._sounds:
            shift = 2 * round((begin - at) * RATE)
            first, last = max(0, -shift), min(len(line), len(played) - shift)
            if first < last:
                line[first:last] = played[first + shift : last + shift]
        return bytes(line)

    def take(self, message: dict[str, Any]) -> None:
        self.messages.append(message)
        match message["type"]:
            case "audio" if message["audio"]:
                self._queue.append(message)
            case "backend-synth-complete":
                self._is_complete = True
            case "speech-yields":
                self._last = (message["turn_id"], message["index"], message["at_ms"] / 1000)
                self._queue = []
            case "interrupt-signal":
                self._queue, self._is_complete, self._last = [], False, ("", -1, 0.0)
            case _:
                return
        self._news.set()

    async def play(self) -> None:
        """Play until cancelled."""
        while True:
            while self._queue:
                await self._say(self._queue.pop(0))
            if self._is_complete:
                self._is_complete = False
                await self._report(PlaybackEnded(STAGE))
            self._news.clear()
            await self._news.wait()

    async def _say(self, cue: dict[str, Any]) -> None:
        await asyncio.sleep(self._lag)
        began, length, self._last = now(), len(cue["volumes"]) * 0.02, None
        text = cue["display_text"]["text"]
        await self._report(PlayStarted(STAGE, text))
        sound = read_wav(base64.b64decode(cue["audio"]))
        self._sounds.append((began, sound))
        while (left := began + self._until(cue, length) - now()) > 0:
            self._news.clear()
            try:
                async with asyncio.timeout(left):
                    await self._news.wait()
            except TimeoutError:
                break
        self.heard.append(Heard(text.strip(), began, now(), cue["turn_id"]))
        self._sounds[-1] = (began, sound[: 2 * round((now() - began) * RATE)])

    def _until(self, cue: dict[str, Any], length: Seconds) -> Seconds:
        if self._last is None:
            return length
        turn, index, at = self._last
        if turn == "":
            return 0.0  # cut
        return min(length, at) if (turn, index) == (cue["turn_id"], cue["index"]) else length


@dataclass
class CoStage:
    """A named show with a stage page, somebody at a microphone, and a chat."""

    show: Show
    page: Page
    adapter: FakeAdapter
    ear: FakeEar
    store: MemoryStore
    readers: dict[str, Reader] = field(default_factory=dict)
    chats: int = 0

    async def chat(self, text: str, who: str = "Ana") -> None:
        from fakes import chat_message

        self.chats += 1
        message = chat_message(f"m{self.chats}", text, username=who.lower(), display_name=who)
        await self.show.tell(ChatHappened(message))

    async def open_microphone(self, sound: bytes, client: str = "mic", *, at_once: bool = False) -> None:
        """Send it as it comes, and ask for an answer whenever the server says that an utterance is complete."""
        for piece in _pieces(sound):
            await asyncio.sleep(0 if at_once else PIECE)
            came = len(self.readers[client].messages)
            await self.show.ask(HearAll(client, piece))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            if any(each.get("text") == "mic-audio-end" for each in self.readers[client].messages[came:]):
                await self.show.ask(AnswerUtterance(client, "Human"))

    async def hold_key(self, sound: bytes, client: str = "mic") -> None:
        """Send it as it is spoken, while a key is held."""
        for piece in _pieces(sound):
            await asyncio.sleep(PIECE)
            await self.show.ask(Hear(client, piece))
        await self.show.ask(AnswerUtterance(client, "Human"))

    def lines(self) -> list[str]:
        """Return what was said to her, in the order in which she turned to it."""
        return [each["text"] for each in self.page.messages if each["type"] == "user-input-transcription"]

    def answered(self) -> list[str]:
        """Return whom she answered, in order: a turn of which something was heard."""
        turns = list(dict.fromkeys(each.turn for each in self.page.heard))
        by_id = {each.id: each for each in self.adapter.asked}
        return [by_id[turn].author for turn in turns]


@asynccontextmanager
async def co_stage(
    *replies: str,
    floor: FloorMode = "wait-for-me",
    echo_gate: bool = True,
    voice: HissingVoice | None = None,
    adapter: Adapter | None = None,
    pause: Seconds = 0.0,
    words: str = "Hey Mika.",
    microphones: Sequence[str] = ("mic",),
) -> AsyncIterator[CoStage]:
    """Run a named show with a page, microphones, and an ear that hears the same in everything."""
    fake = FakeAdapter(*replies, pause=pause)
    ear, store = FakeEar(words), MemoryStore()
    show = a_show_with(
        adapter or fake,
        voice or HissingVoice(),
        store=store,
        shared=True,
        ears=Ears(ear, EnergyVAD(EnergyVAD.Options())),
        co_host=CoHostSettings(floor=floor, name="Alex", echo_gate=echo_gate),
    )
    page = Page(show.ask)
    async with running(show), asyncio.TaskGroup() as group:
        with show.attach("stage") as outbox:
            stage = CoStage(show, page, fake, ear, store)
            tasks = [group.create_task(Reader(outbox, page.take).run()), group.create_task(page.play())]
            await show.ask(Hello("stage", ("expression", "chat", "state", "interrupted", "primary")))
            async with _attached(stage, group, microphones):
                yield stage
            for task in tasks:
                task.cancel()


@asynccontextmanager
async def _attached(stage: CoStage, group: asyncio.TaskGroup, clients: Sequence[str]) -> AsyncIterator[None]:
    if not clients:
        yield
        return
    with stage.show.attach(clients[0]) as outbox:
        reader = stage.readers[clients[0]] = Reader(outbox)
        task = group.create_task(reader.run())
        await stage.show.ask(Hello(clients[0], ("state", "preview")))
        async with _attached(stage, group, clients[1:]):
            yield
        task.cancel()


def silence(seconds: Seconds) -> bytes:
    """Return nothing."""
    return bytes(2 * round(seconds * RATE))


def now() -> Seconds:
    """Return the virtual second."""
    return asyncio.get_running_loop().time()


def _pieces(sound: bytes) -> list[tuple[float, ...]]:
    step = 2 * round(PIECE * RATE)
    cut = [sound[start : start + step] for start in range(0, len(sound), step)]
    return [tuple(float(number) for number in memoryview(piece).cast("h")) for piece in cut]
