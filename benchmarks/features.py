"""What everything that can be switched on costs while nothing comes of it: beside the same program with all of it off."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from benchmarks.fanout import CAN_COUNT, cpu_s
from benchmarks.measure import Measured, milliseconds, skipped
from benchmarks.memory import resident
from benchmarks.server import AUDIO, CHAIN_END, INSTANT, INSTANT_PROGRAM, Client, Server, serving
from open_llm_vtuber.units import Seconds

TURNS = 600
BLOCK = 60
WARM_UP = 60
IDLE_FOR: Seconds = 20.0
SETTLES: Seconds = 3.0
HELLO = ("chat", "expression", "state", "events")
OFF: Mapping[str, Any] = {
    "features": dict.fromkeys(
        ("text_generation", "character_control", "twitch", "autonomous", "external_api"), False
    )
}


ON: Mapping[str, Any] = {
    "live_config": {
        "chat": {
            "moderation": {"banned_words": ["robot"], "hold": {"words": ["later"]}},
            "viewers": {"remember": True},
        },
    },
    "external_api": {"provider": "ollama", "model": "none"},
    "autonomous": {
        "triggers": [
            {"kind": "interval", "interval_s": 3600, "action": {"say": "Water break!"}},
            {"kind": "idle", "after_s": 3600, "action": {"prompt": "Say something about {topic}."}},
            {"kind": "event", "on": "raid", "action": {"prompt": "Welcome {username}."}},
            {"kind": "chat", "rate_above_per_min": 120, "action": {"expression": "surprise"}},
        ]
    },
}


def measure() -> Iterator[Measured]:
    """Measure both, alternately: turns, memory, and what they do while nobody does anything."""
    if not CAN_COUNT:
        yield skipped("all on, all off", "processor time and memory are read from /proc")
        return
    yield from asyncio.run(_measure())


async def _measure() -> list[Measured]:
    with serving(INSTANT, INSTANT_PROGRAM, ON) as on, serving(INSTANT, INSTANT_PROGRAM, OFF) as off:
        return await _compared({"on": on, "off": off})


async def _compared(servers: Mapping[str, Server]) -> list[Measured]:
    sounds, costs = await _turns(servers)
    idle = await _idle(servers)
    memory = {name: resident(server.pid) for name, server in servers.items()}
    measured = [
        *(
            milliseconds(f"all {name}: line → first audio", sounds[name], "one here, one there")
            for name in servers
        ),
        *(
            milliseconds(f"all {name}: processor time of a turn", costs[name], f"blocks of {BLOCK} turns")
            for name in servers
        ),
        *(_one(f"all {name}, idle: of one core", "%", idle[name]) for name in servers),
        *(_one(f"all {name}: resident after that", "MB", memory[name]) for name in servers),
    ]
    ratio = {
        what: _median(each["on"]) / _median(each["off"])
        for what, each in (("first audio", sounds), ("cpu", costs))
    }
    note = "aim: within 1.05"
    return [
        *measured,
        _one("all on against all off: line → first audio, medians", "×", ratio["first audio"], note),
        _one("all on against all off: processor time of a turn, medians", "×", ratio["cpu"], note),
        _one("all on against all off: memory", "×", memory["on"] / memory["off"], note),
        _one("all on less all off: idle, of one core", "%", idle["on"] - idle["off"], "aim: within 5"),
    ]


async def _turns(servers: Mapping[str, Server]) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    sounds: dict[str, list[float]] = {name: [] for name in servers}
    marks: dict[str, list[float]] = {name: [] for name in servers}
    async with (
        Client.connect(servers["on"].ws("main")) as one,
        Client.connect(servers["off"].ws("main")) as two,
    ):
        for turn in range(WARM_UP + TURNS):
            if turn >= WARM_UP and (turn - WARM_UP) % BLOCK == 0:
                for name, server in servers.items():
                    marks[name].append(cpu_s(server.pid))
            for name, client in zip(servers, (one, two), strict=True):
                began = time.perf_counter()
                await client.send("text-input", text="What game are we playing tonight?")
                await client.until(AUDIO)
                took = time.perf_counter() - began
                await client.send("interrupt-signal", text="")
                await client.until(CHAIN_END)
                if turn >= WARM_UP:
                    sounds[name].append(took)
        for name, server in servers.items():
            marks[name].append(cpu_s(server.pid))
    costs = {name: [(end - start) / BLOCK for start, end in pairwise(each)] for name, each in marks.items()}
    return sounds, costs


async def _idle(servers: Mapping[str, Server]) -> dict[str, float]:
    """Return the share of one core in percent that each uses with a stage that watches."""
    async with (
        Client.connect(servers["on"].ws("main")) as one,
        Client.connect(servers["off"].ws("main")) as two,
    ):
        for client in (one, two):
            await client.send("client-hello", client="benchmark", capabilities=HELLO)
        await asyncio.sleep(SETTLES)
        busy, began = {name: cpu_s(each.pid) for name, each in servers.items()}, time.perf_counter()
        await asyncio.sleep(IDLE_FOR)
        took = time.perf_counter() - began
        return {name: (cpu_s(each.pid) - busy[name]) / took * 100 for name, each in servers.items()}


def _one(what: str, unit: str, value: float, note: str = "") -> Measured:
    return Measured(what=what, unit=unit, samples=(value,), note=note)


def _median(samples: list[float]) -> float:
    return sorted(samples)[len(samples) // 2]
