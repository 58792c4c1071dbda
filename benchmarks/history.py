"""What is kept: lines of a history and ids of chat messages, one after the other as a show writes them, to a real file."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.instant import REPLY
from benchmarks.measure import Measured, milliseconds
from open_llm_vtuber.stimulus import HistoryLine
from open_llm_vtuber.storage.sql_store import SqlStore, sql_store

WARM_UP = 20
LINES = 500
IDS = 2_000


def measure() -> Iterator[Measured]:
    """Measure with an SQLite file in the folder for temporary files."""
    yield from asyncio.run(_measure())


async def _measure() -> list[Measured]:
    with TemporaryDirectory() as folder:
        async with sql_store("", Path(folder)) as store:
            appended = await _appended(store)
            seen = await _each(IDS, lambda number: store.first_sight("main", str(number)))
            again = await _each(IDS, lambda number: store.first_sight("main", str(number)))
    return [
        milliseconds("append a line", appended, f"{len(REPLY)} characters, on the disk when it returns"),
        _rate("lines appended", appended),
        milliseconds("note a new id", seen, "in the file when it returns"),
        _rate("new ids noted", seen),
        _rate("known ids found", again),
    ]


async def _appended(store: SqlStore) -> list[float]:
    history = await store.create_history("bench")
    line = HistoryLine(role="ai", name="Mika", content=REPLY, timestamp=datetime.now(UTC))
    return await _each(LINES, lambda _: store.append("bench", history, line))


async def _each(times: int, work: Callable[[int], Awaitable[object]]) -> list[float]:
    samples: list[float] = []
    for number in range(WARM_UP + times):
        began = time.perf_counter()
        await work(number)
        samples.append(time.perf_counter() - began)
    return samples[WARM_UP:]


def _rate(what: str, samples: list[float]) -> Measured:
    """Return the rate of each tenth of the samples."""
    size = len(samples) // 10
    tenths = [samples[start : start + size] for start in range(0, size * 10, size)]
    rates = tuple(size / sum(tenth) for tenth in tenths)
    return Measured(what=what, unit="a second", samples=rates, more_is_better=True)
