"""Recorded chat for the stage: a local Twitch that says it again, and a program that reads it."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import websockets

from e2e.studio import on_air
from irc_server import IrcServer

CHANNEL = "examplechannel"
SCRIPTED: Mapping[str, Any] = {
    "agent_config": {"agent_settings": {"basic_memory_agent": {"llm_provider": "scripted_llm"}}},
    "tts_config": {"tts_model": "tone_tts", "tone_tts": {"ms_per_character": 30}},
}


def recorded(test_data: Path) -> Sequence[str]:
    return (test_data / "chat_2022.irc").read_text(encoding="utf-8").splitlines()


def configured(endpoint: str) -> Mapping[str, Any]:
    return {
        "character_config": SCRIPTED,
        "live_config": {"chat": {"selection": {"max_age_s": 5}}, "twitch": {"endpoints": {"irc": endpoint}}},
    }


@asynccontextmanager
async def reading(irc: IrcServer, folder: Path) -> AsyncIterator[int]:
    """Run the program on a channel of that server, as `--channel` starts it; return its port."""
    arguments = ("--channel", CHANNEL, "--yes")
    async with on_air(folder, configured(irc.url), *arguments) as port, asyncio.timeout(40):
        await irc.joined(CHANNEL)
        yield port


@asynccontextmanager
async def chatting(irc: IrcServer, lines: Sequence[str], speed: float = 8) -> AsyncIterator[None]:
    """Let the recorded viewers talk for as long as the context lasts."""
    replay = asyncio.get_running_loop().create_task(irc.replay(lines, speed=speed, channel=CHANNEL))
    try:
        yield
    finally:
        replay.cancel()
        await asyncio.wait([replay])


class Observer:
    """A client without a face: it hears everything and, where nobody else plays, plays it in no time."""

    def __init__(self, connection: websockets.ClientConnection) -> None:
        self.received: list[dict[str, Any]] = []
        self._connection = connection

    @classmethod
    @asynccontextmanager
    async def joining(cls, port: int) -> AsyncIterator["Observer"]:
        address = f"ws://127.0.0.1:{port}/client-ws?show=main"
        async with websockets.connect(address, max_size=None) as connection:
            observer = cls(connection)
            listening = asyncio.get_running_loop().create_task(observer.listen())
            await observer.send("client-hello", client="observer", capabilities=["chat", "state"])
            try:
                yield observer
            finally:
                listening.cancel()
                await asyncio.wait([listening])

    async def listen(self) -> None:
        async for text in self._connection:
            message = json.loads(text)
            self.received.append(message)
            if message["type"] == "backend-synth-complete":
                await self.send("frontend-playback-complete")

    async def send(self, type_: str, **fields: Any) -> None:
        await self._connection.send(json.dumps({"type": type_, **fields}))

    def cues(self, *types: str) -> list[dict[str, Any]]:
        return [message for message in self.received if message["type"] in types]

    def outcomes(self) -> dict[str, list[str]]:
        """Return everything that was decided about each chat message, in order."""
        found: dict[str, list[str]] = {}
        for cue in self.cues("chat-message", "chat-decision"):
            found.setdefault(cue["id"], []).append(cue["decision"]["outcome"])
        return found
