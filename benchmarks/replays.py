"""What a show's log costs a turn, and how fast a replay is."""

import asyncio
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.first_audio import QUESTIONS
from benchmarks.instant import instant_character, instant_engines
from benchmarks.measure import Measured, milliseconds
from benchmarks.server import AUDIO, CHAIN_END
from open_llm_vtuber import app, config
from open_llm_vtuber.config import Settings
from open_llm_vtuber.rehearsals import dress_rehearsal
from open_llm_vtuber.rehearsals.rehearsal_loop import RehearsalLoop
from open_llm_vtuber.rehearsals.show_report import ShowReport
from open_llm_vtuber.rehearsals.simulated_viewers import happenings, show_time
from open_llm_vtuber.replay.run import replay
from open_llm_vtuber.show.commands import Hello, Interrupt, Perform
from open_llm_vtuber.show_log.reader import read_log
from open_llm_vtuber.stimulus import Stimulus
from open_llm_vtuber.unasked import Staging

TURNS = 60
ROUNDS = 5
WARM_UP = 10
MINUTES = 30
REPLAYS = 3
SPEED = 100_000.0


def measure() -> Iterator[Measured]:
    """Measure turns without a log and with one, and a replay of half an hour."""
    without: list[float] = []
    with_log: list[float] = []
    for _ in range(ROUNDS):  # by turns, so that what else the machine does falls on both
        without += asyncio.run(_turns(keeps_log=False))
        with_log += asyncio.run(_turns(keeps_log=True))
    note = "CPU time of the whole process, first question to first sound, instant engines"
    yield milliseconds("a turn without a log", without, note)
    yield milliseconds("a turn with its log", with_log, "the same, the writing thread included")
    yield from _replays()


async def _turns(*, keeps_log: bool) -> list[float]:
    settings = Settings.model_validate({"character_config": instant_character()})
    samples: list[float] = []
    with instant_engines(), TemporaryDirectory() as folder:
        settings = config.without_traces(settings, Path(folder))
        async with (
            app.on_air(settings, print, drives_outputs=keeps_log) as parts,
            parts.shows.subscribe("main", "bench") as place,
        ):
            await parts.shows.ask("main", Hello("bench", ("primary",)))
            for _ in range(WARM_UP + TURNS):
                began = time.process_time()
                line = Stimulus(text=QUESTIONS[0], source="typed", author="Human", client="bench")
                await parts.shows.ask(place.show, Perform(line))
                while not (await place.outbox.get()).startswith(AUDIO):
                    pass
                await parts.shows.ask(place.show, Interrupt("bench", None))
                while not (await place.outbox.get()).startswith(CHAIN_END):
                    pass
                samples.append(time.process_time() - began)
    return samples[WARM_UP:]


def _replays() -> Iterator[Measured]:
    with TemporaryDirectory() as folder:
        file = rehearsed(Path(folder))
        log = read_log(file)
        seconds = []
        for _ in range(REPLAYS):
            began = time.perf_counter()
            assert replay(log).is_same
            seconds.append(time.perf_counter() - began)
        size = file.stat().st_size
    note = f"{MINUTES} minutes, {size / MINUTES / 1000:.0f} kB a minute, {len(log.records):,} records"
    speeds = tuple(log.length / each for each in seconds)
    yield Measured(what="a replay", unit="x real time", samples=speeds, note=note, more_is_better=True)


def rehearsed(folder: Path) -> Path:
    """Return the log of half an hour with simulated viewers and instant engines."""
    settings = Settings.model_validate(
        {"character_config": instant_character(), "autonomous": {"enabled": True}}
    )
    with asyncio.Runner(loop_factory=lambda: RehearsalLoop(SPEED)) as runner, instant_engines():
        staging = Staging(1, partial(show_time, runner.get_loop().time), folder)
        runner.run(_show(settings, staging))
    (file,) = folder.rglob("*.showlog")
    return file


async def _show(settings: Settings, staging: Staging) -> None:
    script, report = happenings("steady", 1, MINUTES), ShowReport("steady", 1)
    async with app.on_air(settings, print, drives_outputs=False, staging=staging) as parts:
        await dress_rehearsal.play(parts.shows, script, report, MINUTES * 60, lambda _: None)
