"""Texts on demand: the backend's own share of one, and how fifty at once share the server."""

import asyncio
import time
from collections.abc import Iterator

from benchmarks.measure import Measured, milliseconds
from benchmarks.server import INSTANT, INSTANT_PROGRAM, Client, Server, serving

WARM_UP = 20
TEXTS = 200
AT_ONCE = 50
ROUNDS = 5
RESPONSE = '{"type":"text-generation-response"'
CHUNK = '{"type":"text-generation-chunk"'


def measure() -> Iterator[Measured]:
    """Measure one after the other, then many at once."""
    with serving(INSTANT, INSTANT_PROGRAM) as server:
        alone = asyncio.run(_alone(server))
        first, whole = asyncio.run(_together(server))
    yield milliseconds("one text", alone, "request → response, instant engine, over the WebSocket")
    yield milliseconds(
        f"{AT_ONCE} at once, first piece", first, "each client's own request → its first piece"
    )
    yield milliseconds(f"{AT_ONCE} at once, whole text", whole, "each client's own request → its response")


async def _alone(server: Server) -> list[float]:
    samples: list[float] = []
    async with Client.connect(server.ws()) as client:
        for _ in range(WARM_UP + TEXTS):
            began = time.perf_counter()
            await client.send("text-generation-request", prompt="A title, please.")
            await client.until(RESPONSE)
            samples.append(time.perf_counter() - began)
    return samples[WARM_UP:]


async def _together(server: Server) -> tuple[list[float], list[float]]:
    first: list[float] = []
    whole: list[float] = []

    async def one() -> None:
        async with Client.connect(server.ws("main")) as client:
            await ready.wait()
            for _ in range(ROUNDS):
                began = time.perf_counter()
                await client.send("text-generation-request", prompt="A title, please.")
                await client.until(CHUNK)
                first.append(time.perf_counter() - began)
                await client.until(RESPONSE)
                whole.append(time.perf_counter() - began)

    ready = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(one())
        await asyncio.sleep(1)
        ready.set()
    return first, whole
