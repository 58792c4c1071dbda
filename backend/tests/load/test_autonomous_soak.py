"""Half an hour of an ordinary evening, at 200 times its speed, with the scripted engines and the real store.

The long form, five hours in some three minutes: OLV_SOAK_MINUTES=300 pytest -s backend/tests/load/test_autonomous_soak.py
"""

import asyncio
import gc
import os
from pathlib import Path

import pytest

from live_server import SCRIPTED
from open_llm_vtuber import app
from open_llm_vtuber.config import Settings
from open_llm_vtuber.rehearsals import dress_rehearsal
from open_llm_vtuber.rehearsals.rehearsal_loop import RehearsalLoop
from open_llm_vtuber.rehearsals.show_report import ShowReport
from open_llm_vtuber.rehearsals.simulated_viewers import happenings
from open_llm_vtuber.storage.sql_store import sql_store

MINUTES = int(os.environ.get("OLV_SOAK_MINUTES", "30"))
SPEED = float(os.environ.get("OLV_SOAK_SPEED", "200"))
CALM_MINUTE = 10
"""From here on nothing may grow any more."""
MOST_GROWTH_KB = 8_000
"""Caches and the allocator fill up: 4 MB in the twenty minutes after, 6 MB in the five hours after."""


def resident_kb() -> int:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4


@pytest.mark.slow
@pytest.mark.timeout(60 + 90 * MINUTES / SPEED)
def test_half_an_hour_leaves_no_task_no_memory_and_every_line_behind(tmp_path: Path) -> None:
    settings = Settings.model_validate(
        {
            "character_config": {**SCRIPTED, "asr_config": {"asr_model": "none"}},
            "system_config": {"data_dir": tmp_path},
            "autonomous": {"enabled": True},
        }
    )
    report = ShowReport("steady", 1)
    memory: list[int] = []
    tasks: list[int] = []

    async def sample() -> None:
        for _ in range(2):
            await asyncio.sleep(60 * (CALM_MINUTE if not memory else MINUTES - CALM_MINUTE - 1))
            memory.append(resident_kb())

    async def main() -> None:
        async with app.on_air(settings, lambda _: None) as parts:
            await asyncio.sleep(1)
            tasks.append(len(asyncio.all_tasks()))
            async with asyncio.TaskGroup() as group:
                group.create_task(sample())
                await dress_rehearsal.play(
                    parts.shows, happenings("steady", 1, MINUTES), report, MINUTES * 60, lambda _: None
                )
            await asyncio.sleep(60)
            tasks.append(len(asyncio.all_tasks()))

    async def stored() -> list[str]:
        async with sql_store("", tmp_path) as store:
            owner = "show/main/mika_001"
            histories = await store.histories(owner)
            return [
                line.content
                for uid, _ in histories
                for line in await store.lines(owner, uid)
                if line.role == "ai"
            ]

    with asyncio.Runner(loop_factory=lambda: RehearsalLoop(SPEED)) as runner:
        runner.run(main())
    growth = memory[1] - memory[0]
    print(  # noqa: T201  for whoever runs the long form
        f"{MINUTES} min at {SPEED:.0f}x: {report.messages} messages, {len(report.said)} turns, "
        f"{growth} kB more after minute {CALM_MINUTE}, tasks {tasks[0]} before and {tasks[1]} after"
    )
    assert report.messages > 200 * MINUTES / 30
    assert len(report.said) > 150 * MINUTES / 30
    assert tasks[1] <= tasks[0] + 1, "at most a turn's own tasks are left"
    assert growth < MOST_GROWTH_KB
    kept = asyncio.run(stored())
    said = [each.text for each in report.said]
    assert kept[: len(said)] == said
