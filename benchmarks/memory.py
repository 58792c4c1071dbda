"""Resident memory of a server: idle, and after a long evening."""

import asyncio
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from benchmarks.measure import Measured, milliseconds, skipped
from benchmarks.server import CHAIN_END, EMBEDDED, SCRIPTED, SYNTH_COMPLETE, Client, Server, serving

TURNS = 1000
HALF = TURNS // 2
SOME = TURNS // 10
IDLE_STARTS = 3
ON_AIR = "main"


def measure() -> Iterator[Measured]:
    """Measure with engines that need no model, then with those that come along."""
    if not Path("/proc/self/status").is_file():
        yield skipped("resident memory", f"it is read from /proc, which {sys.platform} does not have")
        return
    yield from _scripted()
    yield from _embedded()


def _scripted() -> Iterator[Measured]:
    idle = []
    for _ in range(IDLE_STARTS - 1):
        with serving(SCRIPTED) as server:
            idle.append(resident(server.pid))
    with serving(SCRIPTED) as server:
        idle.append(resident(server.pid))
        half, whole, waits = asyncio.run(_evening(server))
    yield Measured(what="idle, scripted engines", unit="MB", samples=tuple(idle))
    note = "each typed by a new client of one show, heard to its end; a stage stays connected"
    yield Measured(what=f"after {HALF} turns", unit="MB", samples=(half,), note=note)
    yield Measured(what=f"after {TURNS} turns", unit="MB", samples=(whole,))
    growth = (whole - half) * 1024 / (TURNS - HALF)
    yield Measured(
        what=f"growth from turn {HALF} to {TURNS}",
        unit="kB/turn",
        samples=(growth,),
        note="the history is kept",
    )
    yield milliseconds(f"line → whole reply, turns 1 to {SOME}", waits[:SOME])
    yield milliseconds(f"line → whole reply, the last {SOME}", waits[-SOME:], "the memory is full by then")


def _embedded() -> Iterator[Measured]:
    servers, models = [], []
    with serving(EMBEDDED) as server:
        if reason := server.lacks(llm="embedded_llm", tts="embedded_tts"):
            yield skipped("idle, embedded engines", reason)
            return
        servers.append(resident(server.pid))
        models.append(sum(map(resident, _children(server.pid))))
    yield Measured(what="idle, embedded: server with voice", unit="MB", samples=tuple(servers))
    yield Measured(what="idle, embedded: language model's process", unit="MB", samples=tuple(models))


async def _evening(server: Server) -> tuple[float, float, Sequence[float]]:
    """Perform all turns; return the memory at half-time and at the end, and how long each reply was waited for."""
    half, waits = 0.0, []
    async with Client.connect(server.ws(ON_AIR)) as stage, asyncio.TaskGroup() as group:
        await stage.send("client-hello", capabilities=["chat", "expression", "state"])
        watching = group.create_task(_watch(stage))
        for turn in range(1, TURNS + 1):
            waits.append(await _turn(server, f"Question {turn}: what do you think of level {turn % 7}?"))
            half = resident(server.pid) if turn == HALF else half
        watching.cancel()
    return half, resident(server.pid), waits


async def _turn(server: Server, text: str) -> float:
    # A client's second report of playback within 0.3 s counts as a copy of the first: so each turn has a new one.
    async with Client.connect(server.ws(ON_AIR)) as client:
        began = time.monotonic()
        await client.send("text-input", text=text)
        await client.until(SYNTH_COMPLETE)
        waited = time.monotonic() - began
        await client.send("frontend-playback-complete")
        await client.until(CHAIN_END)
    return waited


async def _watch(stage: Client) -> None:
    with suppress(asyncio.CancelledError):
        await stage.until("nothing begins like this")


def resident(pid: int) -> float:
    """Return a process's resident set in MB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def _children(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended meanwhile
            after_name = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2]
            if int(after_name.split()[1]) == pid:
                found.append(int(stat.parent.name))
    return found
