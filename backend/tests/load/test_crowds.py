"""Many clients, many shows, clients that do not read, and all of them at once coming back: in virtual time, counted.

A hundred clients and thirty shows here; `OLV_CROWD=10` is the long form, ten times as many, two minutes.
"""

import asyncio
import json
import os
from collections import Counter
from contextlib import AsyncExitStack

import pytest

from open_llm_vtuber.show import audience
from virtual_time import run_virtual
from wire.existing_client import ExistingClient
from wire.set_of_shows import MemorySocket, SetOfShows, set_of_shows
from wire.tab import Tab

TIMES = int(os.environ.get("OLV_CROWD", "1"))
CLIENTS = 100 * TIMES
SHOWS = 30 * TIMES
DEAF = 30 * TIMES
STORMS = 3
LATEST = 600.0
CUES = ("audio", "backend-synth-complete", "force-new-message")
"""What of a turn every existing client must get, once each or as often as all others."""


def tasks() -> int:
    return len(asyncio.all_tasks())


async def read_on(end: MemorySocket, seen: Counter[str]) -> None:
    """Read like a client that plays nothing, for ever."""
    while True:
        seen[json.loads(await end.recv())["type"]] += 1


async def watched(crowd: AsyncExitStack, shows: SetOfShows, number: int) -> list[Counter[str]]:
    """Join the show on air that often, and return what each sees, as it comes."""
    group = await crowd.enter_async_context(asyncio.TaskGroup())
    counts: list[Counter[str]] = [Counter() for _ in range(number)]
    for seen in counts:
        end = await crowd.enter_async_context(shows.connected("main"))
        task = group.create_task(read_on(end, seen))
        crowd.callback(task.cancel)
    return counts


async def turn(tab: Tab, number: int, limit_s: float = 60) -> None:
    await tab.type_text(f"hello {number}")
    await tab.until_turns(number, limit_s)


def test_every_one_of_many_clients_gets_every_cue_once_and_leaves_nothing_behind() -> None:
    async def main() -> None:
        async with set_of_shows() as shows, shows.tab("main", ExistingClient(copies=0)) as tab:
            await turn(tab, 1)
            before = tasks()
            async with AsyncExitStack() as crowd:
                counts = await watched(crowd, shows, CLIENTS)
                for number in range(2, 5):
                    await turn(tab, number)
                assert all(seen["audio"] == 6 for seen in counts)
                assert len({tuple(seen[cue] for cue in CUES) for seen in counts}) == 1
            await turn(tab, 5)
            assert tasks() == before
            assert tab.count("audio") == 10

    run_virtual(main(), limit=LATEST)


def test_many_shows_go_on_beside_each_other_and_are_gone_with_their_clients() -> None:
    async def main() -> None:
        async with set_of_shows() as shows:
            await asyncio.sleep(1)
            before = tasks()
            async with AsyncExitStack() as crowd:
                tabs = [await crowd.enter_async_context(shows.tab()) for _ in range(SHOWS)]
                assert len(shows._local.open) == SHOWS + 1
                async with asyncio.TaskGroup() as group:
                    for number, tab in enumerate(tabs):
                        group.create_task(tab.type_text(f"I am number {number}"))
                for number, tab in enumerate(tabs):
                    await tab.until_turns(1, 60)
                    said = [each["display_text"]["text"] for each in tab.frames if each["type"] == "audio"]
                    assert f"You said I am number {number}." in said[0], (
                        "it heard its own answer, and no other"
                    )
                    assert len(said) == 2
            assert shows._local.open == ("main",)
            assert tasks() == before
            assert shows.llm.running == shows.voice.running == 0

    run_virtual(main(), limit=LATEST)


def test_clients_that_stop_reading_are_dropped_and_nobody_else_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(audience, "OUTBOX_FRAMES", 40)

    async def took(number_of_deaf: int) -> tuple[list[float], int]:
        """Return at which second each audio cue came, and how many clients were dropped."""
        async with set_of_shows() as shows, AsyncExitStack() as crowd:
            deaf = [
                await crowd.enter_async_context(shows.connected("main", capacity=10))
                for _ in range(number_of_deaf)
            ]
            tab = await crowd.enter_async_context(shows.tab("main", ExistingClient(copies=0)))
            for number in range(1, 9):
                await turn(tab, number)
            await asyncio.sleep(25)
            dropped = sum(each.served.done() or each.waiting() != [] for each in deaf)
            assert len(shows._local._shows["main"].audience._outboxes) == 1
            return [at for at, each in tab.came if each["type"] == "audio"], dropped

    alone, _ = run_virtual(took(0), limit=LATEST)
    among, dropped = run_virtual(took(DEAF), limit=LATEST)
    assert dropped == DEAF
    assert len(among) == len(alone) == 16


def test_when_all_come_back_at_once_again_and_again_the_show_goes_on_and_nobody_is_left_over() -> None:
    async def main() -> None:
        async with set_of_shows() as shows, shows.tab("main", ExistingClient(copies=0)) as stays:
            await turn(stays, 1)
            before = tasks()
            for storm in range(STORMS):
                async with AsyncExitStack() as crowd:
                    counts = await watched(crowd, shows, CLIENTS)
                    await stays.type_text("still there?")
                    await stays.until_turns(2 + storm, 60)
                    assert all(seen["set-model-and-conf"] == 1 for seen in counts)
                    assert all(seen["audio"] == 2 for seen in counts)
                assert tasks() == before
                assert len(shows._local._shows["main"].audience) == 1
            assert stays.count("audio") == 2 * (1 + STORMS)

    run_virtual(main(), limit=LATEST)
