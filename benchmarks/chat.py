"""Chat lines a second: taken apart, and through the whole intake of a character who is busy answering."""

import asyncio
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.instant import instant_character, instant_engines
from benchmarks.measure import Measured
from benchmarks.server import ROOT
from open_llm_vtuber import app, config
from open_llm_vtuber.config import Settings
from open_llm_vtuber.show.audience import Outbox
from open_llm_vtuber.show.commands import ChatHappened, Hello, Perform
from open_llm_vtuber.shows import Shows
from open_llm_vtuber.stimulus import ChatMessage, Stimulus
from open_llm_vtuber.twitch.irc import parse_line
from open_llm_vtuber.twitch.messages import read_line

LINES = 2000
ROUNDS = 15
WARM_UP = 3
ON_AIR = "main"


def measure() -> Iterator[Measured]:
    """Measure reading and intake."""
    file = _recording()
    recorded = file.read_text(encoding="utf-8").splitlines()
    lines = (recorded * (LINES // len(recorded) + 1))[:LINES]
    note = f"{file.name}, {len(lines)} lines a round, one core"
    yield _rate("IRC line taken apart (parse_line)", lambda: _each(parse_line, lines), note)
    yield _rate("IRC line → message (parse_line, read_line)", lambda: len(_messages(lines)), note)
    rates = asyncio.run(_intake(_messages(lines)))
    yield _as_measured("message → decision → encoded cue", rates, "shows.tell, one client that wants chat")


def _recording() -> Path:
    folder = os.environ.get("OLV_TEST_DATA", "")
    real = Path(folder) / "chat_2022.irc"
    return real if folder and real.is_file() else ROOT / "examples" / "chat.irc"


def _messages(lines: Sequence[str]) -> list[ChatMessage]:
    now = datetime.now(UTC)
    read = (read_line(line, now) for line in map(parse_line, lines) if line)
    return [each for each in read if isinstance(each, ChatMessage)]


def _each(work: Callable[[str], object], lines: Sequence[str]) -> int:
    for line in lines:
        work(line)
    return len(lines)


def _rate(what: str, work: Callable[[], int], note: str) -> Measured:
    rates: list[float] = []
    for _ in range(WARM_UP + ROUNDS):
        began = time.perf_counter()
        work()
        rates.append(LINES / (time.perf_counter() - began))
    return _as_measured(what, rates[WARM_UP:], note)


def _as_measured(what: str, rates: Sequence[float], note: str) -> Measured:
    return Measured(what=what, unit="lines/s", samples=tuple(rates), note=note, more_is_better=True)


async def _intake(messages: Sequence[ChatMessage]) -> list[float]:
    settings = Settings.model_validate({"character_config": instant_character(thinks_s=3600.0)})
    rates: list[float] = []
    with instant_engines(), TemporaryDirectory() as folder:
        async with (
            app.on_air(config.without_traces(settings, Path(folder)), print) as parts,
            parts.shows.subscribe(ON_AIR, "bench") as place,
        ):
            await parts.shows.ask(ON_AIR, Hello("bench", ("chat",)))
            await parts.shows.ask(ON_AIR, Perform(Stimulus(text="Think!", source="typed", author="Human")))
            await asyncio.sleep(0.05)  # she begins to think, and every line has to wait
            for turn in range(WARM_UP + ROUNDS):
                fresh = [replace(each, id=f"{turn}-{number}") for number, each in enumerate(messages)]
                began = time.perf_counter()
                cues = await _tell(parts.shows, place.outbox, fresh)
                rates.append(len(fresh) / (time.perf_counter() - began))
                assert cues >= len(fresh), "every line is shown"
    return rates[WARM_UP:]


async def _tell(shows: Shows, outbox: Outbox, messages: Sequence[ChatMessage]) -> int:
    """Tell the show every message and read what the client gets; return how many cues that were."""
    cues = 0
    for message in messages:
        before = outbox.seq
        await shows.tell(ON_AIR, ChatHappened(message))
        for _ in range(outbox.seq - before):
            await outbox.get()
            cues += 1
    return cues
