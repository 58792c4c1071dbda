"""How soon a client is answered: alone, beside twenty turns, and beside a microphone that floods the server."""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import websockets

from benchmarks.measure import Measured, milliseconds
from benchmarks.server import BARE_PROGRAM, INSTANT, INSTANT_PROGRAM, Client, Server, serving
from benchmarks.turns import converse, talking
from open_llm_vtuber.units import Seconds

ACK = '{"type":"heartbeat-ack"'
BEATS = 300
WARM_UP = 20
EVERY: Seconds = 0.02
ROUNDS = 3
TURNS = 20
TURN: Seconds = 1.0
SAMPLES = 4_096
FLOOD_PACE: Seconds = 0.01
"""A message of 256 ms of sound that often: as much as 25 microphones."""


def measure() -> Iterator[Measured]:
    """Measure each load in turn, over and over, so that what the machine does meanwhile concerns all alike."""
    took: dict[str, list[float]] = {}
    with serving(INSTANT, INSTANT_PROGRAM) as ours, serving({}, BARE_PROGRAM) as bare:
        for _ in range(ROUNDS):
            took.setdefault("bare server, idle", []).extend(asyncio.run(_beats(bare, "")))
            for load in ("idle", f"{TURNS} turns under way", "a microphone's flood"):
                took.setdefault(load, []).extend(asyncio.run(_beats(ours, load)))
    measured = {load: milliseconds(f"{load}: heartbeat → ack", each) for load, each in took.items()}
    yield from measured.values()
    idle = measured["idle"].p99
    for load, each in measured.items():
        if load not in ("idle", "bare server, idle"):
            yield Measured(
                what=f"{load}: p99 against idle", unit="×", samples=(each.p99 / idle,), note="aim: within 5"
            )


async def _beats(server: Server, load: str) -> list[float]:
    samples: list[float] = []
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(Client.connect(server.ws()))
        if "turns" in load:
            await stack.enter_async_context(_turns(server))
        if "flood" in load:
            await stack.enter_async_context(_flood(server))
        for _ in range(WARM_UP + BEATS):
            began = time.perf_counter()
            await client.send("heartbeat")
            await client.until(ACK)
            samples.append(time.perf_counter() - began)
            await asyncio.sleep(EVERY)
    return samples[WARM_UP:]


@asynccontextmanager
async def _turns(server: Server) -> AsyncIterator[None]:
    async with talking(server, TURNS) as clients, asyncio.TaskGroup() as group:
        going = partial(converse, note=lambda _: None, goes_on=lambda: True, turn=TURN)
        tasks = [group.create_task(going(client)) for client in clients]
        await asyncio.sleep(TURN)
        yield
        for task in tasks:
            task.cancel()


@asynccontextmanager
async def _flood(server: Server) -> AsyncIterator[None]:
    samples = [round(random.uniform(-0.3, 0.3), 7) for _ in range(SAMPLES)]
    chunk = json.dumps({"type": "mic-audio-data", "audio": samples})
    async with (
        websockets.connect(server.ws(), max_size=None, compression=None) as microphone,
        asyncio.TaskGroup() as group,
    ):
        tasks = [group.create_task(_send(microphone, chunk)), group.create_task(_drain(microphone))]
        yield
        for task in tasks:
            task.cancel()


async def _send(microphone: websockets.ClientConnection, chunk: str) -> None:
    while True:
        await microphone.send(chunk)
        await asyncio.sleep(FLOOD_PACE)


async def _drain(microphone: websockets.ClientConnection) -> None:
    async for _ in microphone:
        pass
