"""How soon a client is answered: alone, beside twenty turns, and beside a microphone that floods the server.

`python -m benchmarks.control PORT LOAD` is the load: a process of its own, so that only the server is shared with it.
"""

import asyncio
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager

import websockets

from benchmarks.measure import Measured, milliseconds
from benchmarks.server import (
    BARE_PROGRAM,
    INSTANT,
    INSTANT_PROGRAM,
    ROOT,
    Client,
    Server,
    environment,
    serving,
)
from benchmarks.turns import converse
from open_llm_vtuber.units import Seconds

ACK = '{"type":"heartbeat-ack"'
BEATS = 300
WARM_UP = 20
EVERY: Seconds = 0.02
ROUNDS = 3
TURNS = 20
TURN: Seconds = 1.0
SAMPLES = 4_096
STARTS: Seconds = 2.5
FLOOD_PACE: Seconds = 0.01
"""A message of 256 ms of sound that often: as much as 25 microphones."""


def measure() -> Iterator[Measured]:
    """Measure each load in turn, over and over, so that what the machine does meanwhile concerns all alike."""
    took: dict[str, list[float]] = {}
    with serving(INSTANT, INSTANT_PROGRAM) as ours, serving({}, BARE_PROGRAM) as bare:
        for _ in range(ROUNDS):
            took.setdefault("bare server, idle", []).extend(asyncio.run(_beats(bare, "")))
            for load in ("idle", *LOADS):
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
    with _loaded(server, load):
        async with Client.connect(server.ws()) as client:
            for _ in range(WARM_UP + BEATS):
                began = time.perf_counter()
                await client.send("heartbeat")
                await client.until(ACK)
                samples.append(time.perf_counter() - began)
                await asyncio.sleep(EVERY)
    return samples[WARM_UP:]


@contextmanager
def _loaded(server: Server, load: str) -> Iterator[None]:
    if load not in LOADS:
        yield
        return
    command = (sys.executable, "-m", "benchmarks.control", str(server.port), load)
    with subprocess.Popen(command, cwd=ROOT, env=environment()) as child:  # noqa: S603  ourselves
        try:
            time.sleep(STARTS)
            yield
            assert child.poll() is None, "the load has ended by itself"
        finally:
            child.kill()


async def _turns(address: str) -> None:
    """Have turns until killed, each a second long."""
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
        for _ in range(TURNS):
            client = await stack.enter_async_context(Client.connect(address))
            group.create_task(converse(client, lambda _: None, lambda: True, TURN))


async def _flood(address: str) -> None:
    """Send sound until killed."""
    samples = [round(random.uniform(-0.3, 0.3), 7) for _ in range(SAMPLES)]
    chunk = json.dumps({"type": "mic-audio-data", "audio": samples})
    async with (
        websockets.connect(address, max_size=None, compression=None) as microphone,
        asyncio.TaskGroup() as group,
    ):
        group.create_task(_send(microphone, chunk))
        group.create_task(_drain(microphone))


async def _send(microphone: websockets.ClientConnection, chunk: str) -> None:
    while True:
        await microphone.send(chunk)
        await asyncio.sleep(FLOOD_PACE)


async def _drain(microphone: websockets.ClientConnection) -> None:
    async for _ in microphone:
        pass


LOADS: Mapping[str, Callable[[str], Coroutine[None, None, None]]] = {
    f"{TURNS} turns under way": _turns,
    "a microphone's flood": _flood,
}


def main() -> None:
    """Be the load."""
    port, load = sys.argv[1:]
    asyncio.run(LOADS[load](f"ws://127.0.0.1:{port}/client-ws"))


if __name__ == "__main__":
    main()
