"""One cue of 100 kB for many stages: bytes a second that arrive, beside a server that only sends what it has."""

import asyncio
import json
import os
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

from benchmarks.instant import instant_character
from benchmarks.measure import Measured, skipped
from benchmarks.readers import Reader, reading
from benchmarks.server import BARE_PROGRAM, INSTANT_PROGRAM, Server, serving

STAGES = (1, 10, 100)
CUES = 40
LEAST = 90_000
ROUNDS = 9
WARM_UP = 2
SHOW = "main"
HELLO = {"type": "client-hello", "client": "benchmark", "capabilities": ["expression", "state"]}
CAN_COUNT = Path("/proc/self/stat").is_file()


def measure() -> Iterator[Measured]:
    """Measure both servers in turn with the same readers."""
    character = instant_character(sentences=CUES)
    with serving(character, INSTANT_PROGRAM) as ours, serving({}, BARE_PROGRAM) as bare:
        for number in STAGES:
            yield from asyncio.run(_fanned_out(ours, bare, number))


async def _fanned_out(ours: Server, bare: Server, number: int) -> list[Measured]:
    rates: dict[str, list[float]] = {"ours": [], "echo": []}
    costs: dict[str, list[float]] = {"ours": [], "echo": []}
    async with AsyncExitStack() as stack:
        audiences: list[tuple[str, Server, list[Reader]]] = [
            (
                name,
                server,
                [await stack.enter_async_context(reading(server.ws(SHOW), LEAST)) for _ in range(number)],
            )
            for name, server in (("ours", ours), ("echo", bare))
        ]
        await asyncio.sleep(0.5)
        for _, _, stages in audiences:
            for stage in stages:
                stage.say(json.dumps(HELLO))
        await asyncio.sleep(0.5)
        for turn in range(WARM_UP + ROUNDS):
            for name, server, stages in audiences:
                rate, cost = await _one_round(server, stages)
                if turn >= WARM_UP:
                    rates[name].append(rate)
                    costs[name].append(cost)
    ratios = tuple(one / other for one, other in zip(rates["ours"], rates["echo"], strict=True))
    return [*_rows(number, rates, costs), _ratio(number, ratios)]


def _ratio(number: int, ratios: tuple[float, ...]) -> Measured:
    return Measured(
        what=f"{number} stages: rate against the echo server's",
        unit="×",
        samples=ratios,
        note="round by round; aim: over 0.7",
        more_is_better=True,
    )


def _rows(number: int, rates: dict[str, list[float]], costs: dict[str, list[float]]) -> Iterator[Measured]:
    names = {"ours": "a reply of 40 cues", "echo": "echo server, 40 frames made beforehand"}
    for key, name in names.items():
        what = f"{number} stages: {name}"
        yield Measured(what=what, unit="MB/s", samples=tuple(rates[key]), more_is_better=True)
        if CAN_COUNT:
            note = "processor time of the server for each cue at each stage"
            yield Measured(what=f"{what}, cost", unit="µs", samples=tuple(costs[key]), note=note)
        else:
            yield skipped(f"{what}, cost", "it is read from /proc")


async def _one_round(server: Server, stages: list[Reader]) -> tuple[float, float]:
    """Return MB a second from the line to the last byte of the last stage, and µs of the server's for each frame."""
    before = [(stage.frames, stage.bytes) for stage in stages]
    busy, began = cpu_s(server.pid), time.perf_counter()
    stages[0].say(json.dumps({"type": "text-input", "text": str(CUES)}))
    await asyncio.gather(*(stage.until(had + CUES) for stage, (had, _) in zip(stages, before, strict=True)))
    took, cost = time.perf_counter() - began, cpu_s(server.pid) - busy
    sent = sum(stage.bytes - had for stage, (_, had) in zip(stages, before, strict=True))
    stages[0].say(json.dumps({"type": "interrupt-signal", "text": ""}))
    await asyncio.sleep(0.4)
    return sent / took / 1e6, cost * 1e6 / CUES / len(stages)


def cpu_s(pid: int) -> float:
    """Return the processor time that a process has used, in seconds; it moves in steps of some 10 ms."""
    if not CAN_COUNT:
        return 0.0
    after_name = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2]
    user, system = after_name.split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
