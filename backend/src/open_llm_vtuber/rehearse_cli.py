"""The command `rehearse --profile`: a show with simulated viewers, and the report of it."""

import argparse
import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

from open_llm_vtuber import app
from open_llm_vtuber.config import Settings
from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.rehearsals import dress_rehearsal
from open_llm_vtuber.rehearsals.rehearsal_loop import RehearsalLoop
from open_llm_vtuber.rehearsals.show_report import ShowReport
from open_llm_vtuber.rehearsals.simulated_viewers import (
    MOST_MINUTES,
    PROFILES,
    Happening,
    happenings,
    show_time,
)
from open_llm_vtuber.terminal import console, progress, quiet_turns, remark, remarks_about, show_report
from open_llm_vtuber.unasked import Staging


def add_options(rehearse: argparse.ArgumentParser) -> None:
    """Add what the command takes, beside the configuration."""
    what = rehearse.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "file", type=Path, nargs="?", metavar="FILE", help="recorded IRC lines, such as examples/chat.irc"
    )
    what.add_argument("--profile", choices=sorted(PROFILES), help="simulated viewers instead of a recording")
    rehearse.add_argument("--speed", type=float, default=1.0, metavar="X", help="times as fast (default: 1)")
    rehearse.add_argument("--seed", type=int, default=1, metavar="N", help="of a profile (default: 1)")
    rehearse.add_argument(
        "--minutes", type=float, default=10.0, metavar="M", help="length of a profile's show (default: 10)"
    )
    rehearse.add_argument(
        "--keep-log",
        type=Path,
        metavar="D",
        help="keep the log of a profile's show in this folder, to replay it",
    )


def rehearse_profile(settings: Settings, options: argparse.Namespace) -> int:
    """Play a profile and print the report; return the exit code. Raises ConfigError."""
    if not 0 < options.minutes <= MOST_MINUTES:
        raise ConfigError(f"--minutes must be more than 0 and at most {MOST_MINUTES}.")
    settings = settings.model_copy(update={"autonomous": {"enabled": True, **settings.autonomous}})
    report = ShowReport(options.profile, options.seed)
    script = happenings(options.profile, options.seed, options.minutes)
    with asyncio.Runner(loop_factory=lambda: RehearsalLoop(options.speed)) as runner:
        staging = Staging(options.seed, partial(show_time, runner.get_loop().time), options.keep_log)
        runner.run(_play(settings, staging, report, script, options.minutes * 60))
    show_report(report.as_text(dress_rehearsal.is_repeat))
    return 0


async def _play(
    settings: Settings, staging: Staging, report: ShowReport, script: Sequence[Happening], length: float
) -> None:
    async with AsyncExitStack() as stack:
        with console.status("Waking the character up …"):
            parts = await stack.enter_async_context(
                app.on_air(settings, remark, drives_outputs=False, staging=staging)
            )
        with quiet_turns():
            await dress_rehearsal.play(
                parts.shows, script, report, length, lambda said: progress(report, said)
            )
        remarks_about(parts.providers)
