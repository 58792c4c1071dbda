"""EventSub: frames a second parsed and routed on one core, and how long one takes from the socket to the callback."""

import asyncio
import gc
import json
import sys
import time
import tracemalloc
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from benchmarks.instant import instant_character, instant_engines
from benchmarks.measure import Measured
from benchmarks.server import ROOT
from open_llm_vtuber import app, config
from open_llm_vtuber.config import Settings
from open_llm_vtuber.show.audience import Outbox
from open_llm_vtuber.show.commands import Hello
from open_llm_vtuber.twitch.eventsub import EventSubSession, Freshness
from open_llm_vtuber.twitch.frames import Notification
from open_llm_vtuber.twitch.twitch_client import TwitchClient
from open_llm_vtuber.twitch.twitch_router import Routed, TwitchMessageRouter

sys.path.append(str(ROOT / "backend" / "tests"))
from twitch_mock import CHAT, STREAMER, TwitchMock, chat_event

FRAMES = 5000
ROUNDS = 15
WARM_UP = 3
BURST_PER_S = 500
BURST_S = 10
SETTLES_S = 3.0
GIFTS = "channel.chat.notification"
HUNDRED = 100
"""Of so many frames one is a gift for many and nine are its receivers."""


def measure() -> Iterator[Measured]:
    """Measure parsing and routing, and a burst over real sockets."""
    rates = [_routed(_frames(turn)) for turn in range(WARM_UP + ROUNDS)][WARM_UP:]
    yield Measured(
        what="EventSub frame → parsed, deduplicated, routed",
        unit="frames/s",
        samples=tuple(rates),
        note=f"{FRAMES} fresh frames a round, nine of ten are chat; one core",
        more_is_better=True,
    )
    yield from _through_the_program()
    yield Measured(
        what=f"burst of {BURST_PER_S} chat frames a second: sent → in the callback",
        unit="ms",
        samples=tuple(asyncio.run(_burst())),
        note=f"{BURST_S} s over loopback, the sender in the same process",
        more_is_better=False,
    )


def _frames(turn: int) -> Sequence[str]:
    return [_frame(turn, number) for number in range(FRAMES)]


def _frame(turn: int, number: int) -> str:
    kind, event = CHAT, chat_event(f"{turn}-{number}", "Hello Mika, what do you think of this game? Kappa")
    if number % HUNDRED < HUNDRED // 10:
        bundle = f"{turn}-{number // HUNDRED}"
        detail = {"id": bundle, "total": 9, "community_gift_id": bundle, "sub_tier": "1000"}
        notice = "sub_gift" if number % HUNDRED else "community_sub_gift"
        kind, event = GIFTS, {**event, "notice_type": notice, notice: detail}
    metadata = {
        "message_id": str(uuid4()),
        "message_type": "notification",
        "message_timestamp": "2026-01-01T00:00:00.123456789Z",
        "subscription_type": kind,
        "subscription_version": "1",
    }
    return json.dumps({"metadata": metadata, "payload": {"subscription": {"type": kind}, "event": event}})


def _routed(frames: Sequence[str]) -> float:
    router = TwitchMessageRouter(STREAMER)
    session = EventSubSession(Freshness(), 0)
    ours = datetime(2026, 1, 1, tzinfo=UTC)
    told = 0
    began = time.perf_counter()
    for frame in frames:
        action = session.heard(frame, 1.0, ours)
        if isinstance(action, Notification):
            told += len(router.notification(action.kind, action, 1.0))
    took = time.perf_counter() - began
    # Every line of chat, and of each bundle one gift.
    assert told == FRAMES * 9 // 10 + FRAMES // HUNDRED
    return len(frames) / took


def _through_the_program() -> Iterator[Measured]:
    took_ms, cpu_ms, sizes = asyncio.run(_ingested())
    shed = BURST_PER_S * BURST_S - len(took_ms)
    yield Measured(what="lines shed in the burst that follows", unit="lines", samples=(float(shed),))
    yield Measured(
        what=f"burst of {BURST_PER_S} chat frames a second: sent → decided and shown",
        unit="ms",
        samples=tuple(took_ms),
        note=f"{BURST_S} s through sockets, reader, store, moderation and selection; the sender in the same process",
        more_is_better=False,
    )
    yield Measured(
        what="processor time of a line on the whole way",
        unit="ms",
        samples=(cpu_ms,),
        note="with the mock that sends it and the client that reads it, which are in the same process",
    )
    for what, size in zip(("before", "half way through", "at its end"), sizes, strict=True):
        yield Measured(what=f"traced memory {what}", unit="MB", samples=(size,), note="another such burst")


async def _ingested() -> tuple[list[float], float, list[float]]:
    """Return how long each line took until a client was shown it with its decision, what one costs, and the memory."""
    with instant_engines(), TemporaryDirectory() as folder:
        async with TwitchMock() as twitch:
            settings = Settings.model_validate(
                {
                    "character_config": instant_character(thinks_s=3600.0),
                    "live_config": {
                        "twitch": {
                            "channel": STREAMER,
                            "token": twitch.grant(),
                            "endpoints": twitch.endpoints.model_dump(),
                        }
                    },
                }
            )
            settings = config.overridden(settings, data_dir=Path(folder))
            async with (
                app.on_air(settings, lambda _: None) as parts,
                parts.shows.subscribe("main", "bench") as place,
                asyncio.TaskGroup() as tasks,
            ):
                await parts.shows.ask("main", Hello("bench", ("chat",)))
                await twitch.subscribed(CHAT)
                shown: dict[str, float] = {}
                reading = tasks.create_task(_note_shown(place.outbox, shown))
                busy = time.process_time()
                sent = await _say(twitch, "a")
                cpu_ms = (time.process_time() - busy) * 1000 / len(shown)
                took_ms = [(shown[number] - sent[number]) * 1000 for number in sent if number in shown]
                sizes = await _sizes(twitch)
                reading.cancel()
    return took_ms, cpu_ms, sizes


async def _sizes(twitch: TwitchMock) -> list[float]:
    tracemalloc.start()
    sizes: list[float] = []
    for part in ("", "b", "c"):
        if part:
            await _say(twitch, part)
            twitch.calls.clear()
        gc.collect()
        sizes.append(tracemalloc.get_traced_memory()[0] / 1_000_000)
    tracemalloc.stop()
    return sizes


async def _say(twitch: TwitchMock, part: str) -> dict[str, float]:
    """Say a burst, each line by one of a thousand viewers; return when which was sent."""
    sent: dict[str, float] = {}
    began = time.perf_counter()
    for number in range(BURST_PER_S * BURST_S):
        await asyncio.sleep(max(0.0, began + number / BURST_PER_S - time.perf_counter()))
        sent[f"m{part}{number}"] = time.perf_counter()
        text = f"What do you think of number {number % 700}, Mika?"
        await twitch.send(CHAT, chat_event(f"{part}{number}", text, f"viewer{number % 1000}"))
    await asyncio.sleep(SETTLES_S)
    return sent


async def _note_shown(outbox: Outbox, shown: dict[str, float]) -> None:
    while True:
        message = json.loads(await outbox.get())
        if message["type"] == "chat-message":
            shown.setdefault(message["id"], time.perf_counter())


async def _burst() -> list[float]:
    sent: dict[str, float] = {}
    took_ms: list[float] = []

    async def hear(event: Routed) -> None:
        if began := sent.get(getattr(event, "id", "")):
            took_ms.append((time.perf_counter() - began) * 1000)

    async with TwitchMock() as twitch, asyncio.TaskGroup() as tasks:
        client = TwitchClient(twitch.grant(), STREAMER, hear, endpoints=twitch.endpoints)
        tasks.create_task(client.run())
        await client.connect()
        began = time.perf_counter()
        for number in range(BURST_PER_S * BURST_S):
            await asyncio.sleep(max(0.0, began + number / BURST_PER_S - time.perf_counter()))
            sent[f"m{number}"] = time.perf_counter()
            await twitch.send(CHAT, chat_event(number))
        await asyncio.sleep(0.5)
        assert len(took_ms) == BURST_PER_S * BURST_S, "nothing was shed"
        await client.disconnect()
    return took_ms
