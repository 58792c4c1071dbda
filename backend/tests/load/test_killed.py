"""Killed in the middle of a busy show, again and again: what was promised is there when she comes back.

Ten times here; `OLV_KILLS=100` is the long form, some five minutes.
"""

import asyncio
import os
import random
import re
import sqlite3
import subprocess
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
import websockets

from fake_provider import KEY, FakeProvider
from live_server import Client, launched
from open_llm_vtuber.show.playback import COPIES_COME_WITHIN
from twitch_mock import CHAT, STREAMER, TwitchMock, chat_event

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

KILLS = int(os.environ.get("OLV_KILLS", "10"))
BUSY_S = (0.2, 1.5)
"""How long she is on air before each kill, from when she is in her channel again."""
CHEERS = 8
"""Cheers a round, each of another power of two, so that a sum that was thanked for says which they were."""
THANKS = re.compile(r"Thank you [^.!]+ for (\d+) bits")
ON_THEIR_WAY = 2
"""Requests to the provider that a kill may leave out of the books: the running one, and one not yet written down."""


@dataclass
class Witness:
    """What a client was told, over all restarts: what it saw happened, whatever the server remembers."""

    asked: dict[str, str] = field(default_factory=dict)
    """Request → the sentence that she is to say, word by word."""
    turns: dict[str, str] = field(default_factory=dict)
    """Turn → its sentence."""
    ended: set[str] = field(default_factory=set)
    heard: set[str] = field(default_factory=set)
    cheers: dict[str, int] = field(default_factory=dict)
    """Event → bits, of this round; likewise `thanked`."""
    thanked: Counter[int] = field(default_factory=Counter)

    def see(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "say-ack" if message["status"] == "queued":
                self.turns[message["turn_id"]] = self.asked[message["request_id"]]
            case "control" if message["text"] == "conversation-chain-end":
                self.ended.add(message.get("turn_id", ""))
            case "channel-event":
                self.cheers[message["id"]] = message["amount"]
            case "audio" if message["display_text"]:
                self.heard.add(message["display_text"]["text"].strip())
                self.thanked.update(thanks(message["display_text"]["text"]))
            case _:
                pass

    @property
    def done(self) -> set[str]:
        """The sentences, word by word, whose turns have ended."""
        return {words for turn, words in self.turns.items() if turn in self.ended and words in self.heard}


def thanks(text: str) -> list[int]:
    """Return the cheers whose sums are thanked for, a power of two each."""
    sums = [int(bits) for bits in THANKS.findall(text)]
    return [1 << place for total in sums for place in range(total.bit_length()) if total >> place & 1]


def configured(twitch: TwitchMock, provider: FakeProvider) -> dict[str, Any]:
    return {
        "character_config": {
            "agent_config": {
                "agent_settings": {"basic_memory_agent": {"llm_provider": "scripted_llm"}},
                "llm_configs": {"scripted_llm": {}},
            },
            "tts_config": {"tts_model": "tone_tts", "tone_tts": {"ms_per_character": 5}},
            "asr_config": {"asr_model": "none"},
        },
        "shows": {"main": {"mode": "external-api"}},
        "external_api": {
            "provider": "custom",
            "model": "some-model",
            "api_key": KEY,
            "endpoint": provider.base_url,
            "requests_per_minute": 100_000,
            "price": {"input": 1.0, "output": 2.0},
        },
        "live_config": {
            "twitch": {
                "channel": STREAMER,
                "token": twitch.grant(),
                "endpoints": twitch.endpoints.model_dump(),
            },
        },
        "cue_sheets": {
            "cheers": {"on": "cheer", "steps": [{"say": "Thank you {username} for {amount} bits."}]}
        },
    }


@asynccontextmanager
async def running(folder: Path, config: dict[str, Any]) -> AsyncIterator[tuple[int, subprocess.Popen[bytes]]]:
    with ExitStack() as stack:
        yield await asyncio.to_thread(stack.enter_context, launched(folder, config, ("--yes",)))


@asynccontextmanager
async def watching(port: int, witness: Witness) -> AsyncIterator[Client]:
    """Join the show on air as the client that plays it."""
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(Client.connect(f"ws://127.0.0.1:{port}/client-ws?show=main"))

        async def watch() -> None:
            with suppress(websockets.ConnectionClosed):
                while True:
                    message = await client.receive()
                    witness.see(message)
                    if message["type"] == "backend-synth-complete":
                        group.create_task(play())

        async def play() -> None:
            await asyncio.sleep(COPIES_COME_WITHIN)  # what comes sooner counts as the same report
            with suppress(websockets.ConnectionClosed):
                await client.send("frontend-playback-complete")

        await client.send("client-hello", client="witness", capabilities=["chat", "state", "primary"])
        witness.see((await client.until("snapshot"))[-1])
        group = await stack.enter_async_context(asyncio.TaskGroup())
        task = group.create_task(watch())
        stack.callback(task.cancel)
        yield client


async def keep_busy(client: Client, twitch: TwitchMock, witness: Witness) -> None:
    """Cheer, chat, have her say things and think about others, until the connection is gone."""
    with suppress(websockets.ConnectionClosed):
        for place in range(10_000):
            number = len(witness.asked)
            witness.asked[f"say-{number}"] = words = f"This is sentence number {number}."
            await client.send("say", text=words, verbatim=place % 2 == 0, request_id=f"say-{number}")
            await twitch.send(CHAT, chat_event(number, f"do you like planet {number}", f"ana{number}"))
            if place < CHEERS:
                bits = 1 << place
                cheer = chat_event(f"c{number}", f"Cheer{bits}", f"dan{number}", cheer={"bits": bits})
                await twitch.send(CHAT, cheer)
            await asyncio.sleep(0.05)


@dataclass(frozen=True)
class Books:
    """What is in the store of a program that was killed."""

    said: tuple[str, ...]
    """What she said, in order."""
    events: dict[str, bool]
    """Paid event → whether it is marked as acknowledged."""
    requests: int

    @classmethod
    def opened(cls, folder: Path) -> "Books":
        with closing(sqlite3.connect(folder / "data" / "live.sqlite3")) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            said = connection.execute("SELECT content FROM lines WHERE role = 'ai' ORDER BY id").fetchall()
            events = connection.execute("SELECT event, acknowledged FROM paid_events").fetchall()
            requests = connection.execute("SELECT COUNT(*) FROM spendings").fetchone()[0]
        return cls(tuple(each for (each,) in said), {key: bool(is_done) for key, is_done in events}, requests)


@dataclass(frozen=True)
class Round:
    """What one round came to, from when she was killed."""

    killed: Books
    cheers: dict[str, int]
    """Event → bits, of those that clients were shown."""
    thanked: Counter[int]
    """Bits that a client heard a thank-you for before."""

    def thanks(self, after: Books) -> Counter[int]:
        """Return all thanks: what she said before the witness was back is only in the store."""
        return self.thanked + Counter(thanks("\n".join(after.said[len(self.killed.said) :])))

    def unthanked(self, after: Books) -> set[str]:
        """Return the cheers that waited and were not thanked for since; the gap of ADR 0015 left out."""
        heard = self.thanks(after)
        return {
            event
            for event, bits in self.cheers.items()
            if not heard[bits] and not self.killed.events.get(event)
        }

    def judge(self, witness: Witness, after: Books) -> None:
        """See that what the round promised was kept."""
        assert witness.done <= set(after.said), "a line whose turn had ended is lost"
        assert self.cheers.keys() <= self.killed.events.keys(), "a cheer that was shown was not written down"
        heard = self.thanks(after)
        assert max(heard.values(), default=0) <= 1, "a cheer was thanked for twice"
        assert heard.keys() <= set(self.cheers.values()), "a cheer of another round was thanked for"
        assert not self.unthanked(after), "a cheer that waited was never thanked for"


async def afterwards(folder: Path, last: Round) -> Books:
    """Return what is in the store once she has made up for what waited; at the latest after ten seconds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(10):
            while last.unthanked(Books.opened(folder)):  # noqa: ASYNC110  another process's store has no event
                await asyncio.sleep(0.05)
    return Books.opened(folder)


@pytest.mark.timeout(60 + 6 * KILLS)
def test_whenever_she_is_killed_nothing_promised_is_lost_and_nobody_is_thanked_twice(tmp_path: Path) -> None:
    async def main() -> None:
        chance, witness = random.Random(KILLS), Witness()
        async with TwitchMock() as twitch, FakeProvider() as provider:
            config = configured(twitch, provider)
            last: Round | None = None
            for _ in range(KILLS + 1):
                async with running(tmp_path, config) as (port, child), watching(port, witness) as client:
                    if last:
                        last.judge(witness, await afterwards(tmp_path, last))
                    await twitch.subscribed(CHAT)
                    witness.cheers, witness.thanked = {}, Counter()
                    busy = asyncio.get_running_loop().create_task(keep_busy(client, twitch, witness))
                    await asyncio.sleep(chance.uniform(*BUSY_S))
                    child.kill()
                    await asyncio.to_thread(child.wait)
                    await busy
                last = Round(Books.opened(tmp_path), dict(witness.cheers), Counter(witness.thanked))
            assert len(witness.done) >= KILLS // 2, "she hardly said anything: this proves nothing"
            assert last
            assert 0 <= len(provider.requests) - last.killed.requests <= ON_THEIR_WAY * (KILLS + 1)
            assert last.killed.requests > KILLS

    asyncio.run(main())


def test_a_show_that_was_killed_comes_back_by_itself_as_it_stood(tmp_path: Path) -> None:
    async def main() -> None:
        async with TwitchMock() as twitch, FakeProvider() as provider:
            config = configured(twitch, provider)
            del config["shows"]
            config["live_config"]["twitch"] = {"endpoints": twitch.endpoints.model_dump()}
            async with running(tmp_path, config) as (port, child), watching(port, Witness()) as client:
                await client.send("set-backend-mode", mode="external-api", request_id="mode")
                await client.send("twitch-connect", channel=STREAMER, anonymous=True, request_id="twitch")
                await client.send("pause-chat", request_id="pause")
                await stands(port, AS_IT_STOOD)
                await asyncio.sleep(0.2)  # a state is told ten times a second, and noted when it is told
                child.kill()
                await asyncio.to_thread(child.wait)
            async with running(tmp_path, config) as (port, _):
                await stands(port, AS_IT_STOOD)
            async with running(tmp_path, config) as (port, _):  # that end was a proper one
                await stands(port, ("orphiq", False, None))

    asyncio.run(main())


AS_IT_STOOD = ("external-api", True, STREAMER)


async def stands(port: int, wanted: tuple[str, bool, str | None]) -> None:
    """Wait until the show on air has that mode, is paused or not, and reads that channel."""
    async with asyncio.timeout(10), httpx2.AsyncClient() as client:
        while await standing_at(client, port) != wanted:  # noqa: ASYNC110  another process has no event
            await asyncio.sleep(0.05)


async def standing_at(client: httpx2.AsyncClient, port: int) -> tuple[str, bool, str | None]:
    state = (await client.get(f"http://127.0.0.1:{port}/api/state")).json()
    twitch = state["twitch"] or {"state": "down"}
    return (
        state["mode"],
        state["is_chat_paused"],
        twitch["channel"] if twitch["state"] == "connected" else None,
    )
