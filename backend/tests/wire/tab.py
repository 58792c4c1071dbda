"""A browser tab: the fake existing client on a connection, real or in memory."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Protocol

import websockets

from open_llm_vtuber.units import Seconds
from wire.existing_client import ExistingClient, Message


class Connection(Protocol):
    async def send(self, text: str, /) -> None: ...
    async def recv(self) -> Any: ...


class Tab:
    """Plays, answers and remembers all that came, with the second at which it came."""

    def __init__(self, connection: Connection, client: ExistingClient) -> None:
        self.client = client
        self.came: list[tuple[Seconds, Message]] = []
        self.sent: list[Message] = []
        self._connection = connection
        self._stepped = asyncio.Event()

    @property
    def frames(self) -> list[Message]:
        return [message for _, message in self.came]

    async def type_text(self, text: str) -> None:
        await self._send(self.client.type_text(text, now()))

    async def press_interrupt(self) -> None:
        await self._send(self.client.press_interrupt(now()))

    async def speech_begins(self) -> None:
        await self._send(self.client.speech_begins(now()))

    async def speech_ends(self, samples: list[float]) -> None:
        await self._send(self.client.speech_ends(samples))

    async def send(self, type_: str, **fields: Any) -> None:
        """Send something that the client itself would not."""
        await self._send([{"type": type_, **fields}])

    async def until(self, condition: Callable[[], bool], limit_s: Seconds = 10.0) -> None:
        """Wait until that is so."""
        async with asyncio.timeout(limit_s):
            while not condition():
                self._stepped.clear()
                await self._stepped.wait()

    async def until_came(self, type_: str, times: int = 1, limit_s: Seconds = 10.0, **fields: Any) -> None:
        await self.until(lambda: self.count(type_, **fields) >= times, limit_s)

    async def until_turns(self, times: int, limit_s: Seconds = 10.0) -> None:
        """Wait for the end of that many chains, and until all is played."""
        await self.until(lambda: self.count("control", text="conversation-chain-end") >= times, limit_s)
        await self.until(lambda: self.client.state not in ("thinking-speaking", "waiting"))

    def count(self, type_: str, **fields: Any) -> int:
        return sum(
            message["type"] == type_ and all(message.get(k) == v for k, v in fields.items())
            for message in self.frames
        )

    async def run(self) -> None:
        """Live until cancelled or closed; it never connects again."""
        await self._send(self.client.opened())
        while True:
            try:
                async with asyncio.timeout_at(self.client.due(now())):
                    text = await self._connection.recv()
            except TimeoutError:
                await self._send(self.client.advance(now()))
            except websockets.ConnectionClosed:
                return
            else:
                message = json.loads(text)
                self.came.append((now(), message))
                await self._send(self.client.receive(message, now()))
            self._stepped.set()

    async def _send(self, messages: list[Message]) -> None:
        self.sent += messages
        for message in messages:
            await self._connection.send(json.dumps(message))


@asynccontextmanager
async def living(tab: Tab) -> AsyncIterator[Tab]:
    """Let it live for as long as the context lasts, from the moment that it is ready."""
    async with asyncio.TaskGroup() as group:
        life = group.create_task(tab.run())
        try:
            await tab.until_came("new-history-created")
            yield tab
        finally:
            life.cancel()


@asynccontextmanager
async def browser_tab(address: str, client: ExistingClient | None = None) -> AsyncIterator[Tab]:
    """Open the client over a real socket."""
    async with (
        websockets.connect(address, max_size=None) as connection,
        living(Tab(connection, client or ExistingClient())) as tab,
    ):
        yield tab


def now() -> Seconds:
    return asyncio.get_running_loop().time()


def kinds(frames: list[Message]) -> list[str]:
    """Return what the messages are; a control is its text."""
    return [message["text"] if message["type"] == "control" else message["type"] for message in frames]
