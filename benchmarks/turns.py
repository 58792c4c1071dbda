"""Turns at once: the server's own share of the time to the first sound, beside a bare pipeline's in the same run."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager

from benchmarks.measure import Measured, milliseconds
from benchmarks.server import (
    AUDIO,
    BARE_PROGRAM,
    CHAIN_END,
    INSTANT,
    INSTANT_PROGRAM,
    Client,
    Server,
    serving,
)
from open_llm_vtuber.units import Seconds

AT_ONCE = (1, 10, 50)
UNDER_WAY = (10, 50)
ROUNDS = {1: 200, 10: 30, 50: 12}
WARM_UP = 5
PAUSE: Seconds = 0.3
TURN: Seconds = 4.0
"""How long a turn lasts: some two sentences. The whole reply has 14 s of sound."""
WATCHED: Seconds = 24.0
QUESTION = "What game are we playing tonight?"


def measure() -> Iterator[Measured]:
    """Measure turns that begin in the same moment, then turns that are under way."""
    with serving(INSTANT, INSTANT_PROGRAM) as ours, serving({}, BARE_PROGRAM) as bare:
        for number in AT_ONCE:
            yield from asyncio.run(_at_once(ours, bare, number))
        for number in UNDER_WAY:
            for name, server in (("", ours), ("bare pipeline, ", bare)):
                begun = asyncio.run(_under_way(server, number))
                note = f"each {TURN:.0f} s long, one after the other: {len(begun) / WATCHED:.0f} a second"
                yield milliseconds(f"{name}{number} turns under way: line → first audio", begun, note)


async def _at_once(ours: Server, bare: Server, number: int) -> list[Measured]:
    """Let as many lines arrive in one moment, at ours and at the bare one in turn."""
    took: dict[str, list[float]] = {"": [], "bare pipeline, ": []}
    async with talking(ours, number) as clients, talking(bare, number) as others:
        for turn in range(WARM_UP + ROUNDS[number]):
            for name, group in (("", clients), ("bare pipeline, ", others)):
                samples = await asyncio.gather(*(_first_sound(client) for client in group))
                if turn >= WARM_UP:
                    took[name] += samples
                await asyncio.gather(*(_end(client) for client in group))
                await asyncio.sleep(PAUSE if number > 1 else 0)
    note = "all sent in the same moment; the clients share the machine"
    what = f"{number} {'lines' if number > 1 else 'line'} at once → first audio"
    return [milliseconds(name + what, samples, note) for name, samples in took.items()]


async def _under_way(server: Server, number: int) -> list[float]:
    """Let as many conversations have turn after turn, none in step with another."""
    begun: list[float] = []
    async with talking(server, number) as clients:
        end = time.perf_counter() + WATCHED
        async with asyncio.TaskGroup() as group:
            for client in clients:
                group.create_task(converse(client, begun.append, lambda: time.perf_counter() < end))
    return begun


async def converse(
    client: Client, note: Callable[[float], object], goes_on: Callable[[], bool], turn: Seconds = TURN
) -> None:
    """Have turn after turn, and note how long each one's first sound took."""
    await asyncio.sleep(random.uniform(0, turn))
    while goes_on():
        note(await _first_sound(client))
        await asyncio.sleep(turn)
        await _end(client)


async def _first_sound(client: Client) -> float:
    began = time.perf_counter()
    await client.send("text-input", text=QUESTION)
    await client.until(AUDIO)
    return time.perf_counter() - began


async def _end(client: Client) -> None:
    await client.send("interrupt-signal", text="")
    await client.until(CHAIN_END)


@asynccontextmanager
async def talking(server: Server, number: int) -> AsyncIterator[list[Client]]:
    """Connect clients with a private show each."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(Client.connect(server.ws())) for _ in range(number)]
