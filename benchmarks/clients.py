"""Many existing clients, each with a private show: how soon they see the character, what they cost, what they wait."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module
from pathlib import Path

import websockets

from benchmarks.measure import Measured, milliseconds, skipped
from benchmarks.memory import resident
from benchmarks.server import AUDIO, CHAIN_END, INSTANT, INSTANT_PROGRAM, Client, Server, serving
from open_llm_vtuber.units import Seconds

CONNECTED = (1, 50, 200, 1_000, 5_000)
TALKING = (1, 10, 50)
MODEL = '{"type":"set-model-and-conf"'
ACK = '{"type":"heartbeat-ack"'
LAST_ANSWER = '{"type":"new-history-created"'
OPENS_WITH = ("fetch-backgrounds", "fetch-configs", "fetch-history-list", "create-new-history")
TALKS_FOR: Seconds = 12.0
THINKS: Seconds = 1.0
"""How long each client waits between two turns, on average."""
BEATS_EVERY: Seconds = 0.05
UNASKED = 200
"""Sockets that any system lets a process have."""
CAN_WEIGH = Path("/proc/self/status").is_file()


def measure() -> Iterator[Measured]:
    """Measure clients that are there, then clients that talk."""
    for number in CONNECTED:
        if not _may_open(number):
            yield skipped(f"{number} connected", "this account may not open so many sockets")
            continue
        with serving(INSTANT, INSTANT_PROGRAM) as server:
            yield from asyncio.run(_connected(server, number))
    for number in TALKING:
        with serving(INSTANT, INSTANT_PROGRAM) as server:
            yield from asyncio.run(_talking(server, number))


def _may_open(number: int) -> bool:
    """Ask for as many sockets as the machine lets us have, also for the server that is started then."""
    try:
        resource = import_module("resource")
    except ImportError:  # not everywhere
        return number <= UNASKED
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return bool(hard == resource.RLIM_INFINITY or number + 100 < hard)


async def _connected(server: Server, number: int) -> list[Measured]:
    """Let clients come one after the other, and stay."""
    samples: list[float] = []
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(
            Client.connect(server.ws())
        )  # the first one makes the server load things
        before = resident(server.pid) if CAN_WEIGH else 0.0
        for _ in range(number):
            began = time.perf_counter()
            connecting = websockets.connect(server.ws(), max_size=None, compression=None)
            client = Client(await stack.enter_async_context(connecting))
            for request in OPENS_WITH:
                await client.send(request)
            await client.until(MODEL)
            samples.append(time.perf_counter() - began)
            await client.until(LAST_ANSWER)
        grown = (resident(server.pid) - before) * 1024 / number if CAN_WEIGH else 0.0
    what = f"{number} connected: "
    return [
        milliseconds(what + "connect → set-model-and-conf", samples, "one after the other, all stay"),
        Measured(what=what + "memory of each", unit="kB", samples=(grown,))
        if CAN_WEIGH
        else skipped(what + "memory of each", "it is read from /proc"),
    ]


async def _talking(server: Server, number: int) -> list[Measured]:
    """Let clients talk, each about once a second, while one more asks whether the server is there."""
    begun: list[float] = []
    beats: list[float] = []
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(Client.connect(server.ws())) for _ in range(number)]
        end = time.perf_counter() + TALKS_FOR
        async with _beating(server, beats), asyncio.TaskGroup() as group:
            for client in clients:
                group.create_task(_talk(client, end, begun))
    note = f"private shows, each a turn in about {THINKS:.0f} s; client and server share the machine"
    return [
        milliseconds(f"{number} talking: text-input → first audio", begun, note),
        milliseconds(f"{number} talking: heartbeat → ack of one more client", beats),
    ]


async def _talk(client: Client, end: float, begun: list[float]) -> None:
    while time.perf_counter() < end:
        await asyncio.sleep(random.uniform(0, 2 * THINKS))
        began = time.perf_counter()
        await client.send("text-input", text="What game are we playing tonight?")
        await client.until(AUDIO)
        begun.append(time.perf_counter() - began)
        await client.send("interrupt-signal", text="")
        await client.until(CHAIN_END)


@asynccontextmanager
async def _beating(server: Server, beats: list[float]) -> AsyncIterator[None]:
    async with Client.connect(server.ws()) as client, asyncio.TaskGroup() as group:
        task = group.create_task(_beat(client, beats))
        yield
        task.cancel()


async def _beat(client: Client, beats: list[float]) -> None:
    while True:
        began = time.perf_counter()
        await client.send("heartbeat")
        await client.until(ACK)
        beats.append(time.perf_counter() - began)
        await asyncio.sleep(BEATS_EVERY)
