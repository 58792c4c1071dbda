"""The command `replay`: a show's log, played again at a desk."""

import argparse
import math
import time
from pathlib import Path

from open_llm_vtuber import config
from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.replay.compare import compare
from open_llm_vtuber.replay.run import Replayed, replay
from open_llm_vtuber.show_log.reader import ShowLog, read_log
from open_llm_vtuber.terminal import console, plain, quiet_turns
from open_llm_vtuber.units import Seconds

MOST_SHOWN = 200
"""Differences that are printed one by one."""


def add_options(command: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    command.add_argument("log", type=Path, metavar="LOG", help="a .showlog file of the data folder")
    command.add_argument(
        "--config", type=Path, metavar="F", help="say what this configuration would decide otherwise"
    )
    command.add_argument("--until", type=float, metavar="T", help="stop at this second of the show")


def run(options: argparse.Namespace) -> int:
    """Replay a log and say how it went; return 1 where it came out otherwise. Raises ConfigError."""
    until: Seconds | None = options.until
    if until is not None and not (math.isfinite(until) and until >= 0):
        raise ConfigError("--until must be a number of seconds.")
    log = read_log(options.log)
    _introduce(log)
    if options.config:
        return _say_differences(log, options.config, until)
    began = time.monotonic()
    with console.status("Replaying …"), quiet_turns():
        played = replay(log, until)
    took = max(time.monotonic() - began, 1e-9)
    console.print(
        f"{played.at:.1f} s of the show in {took:.1f} s ({played.at / took:.0f} times as fast), "
        f"{len(played.decided)} decisions and cues."
    )
    for line in played.scene if until is not None else ():
        console.print(f"  {plain(line)}")
    return _say_outcome(played)


def _introduce(log: ShowLog) -> None:
    plan = log.plan
    console.print(
        f"Show {plain(plan.show)}, {plain(plan.role.billing.character_name)}, begun {plain(plan.wall)}, "
        f"{log.length:.0f} s, written by version {plain(plan.program)}."
    )
    if log.lost:
        console.print(
            f"[yellow]After that {log.lost} records are missing: the disk was full, or too slow.[/]"
        )


def _say_outcome(played: Replayed) -> int:
    for what, count in played.strays.items():
        console.print(f"[yellow]{count} x {plain(what)}[/]")
    number = played.first_difference
    if number is None:
        console.print("[green]✓[/] All of them are as they were.")
        return 0
    console.print(f"[red]✗[/] From number {number} on they are others:")
    for name, lines in (("then", played.recorded), ("now ", played.decided)):
        told = lines[number].decode(errors="replace") if number < len(lines) else "nothing"
        console.print(f"  {name} {plain(told)[:400]}")
    return 1


def _say_differences(log: ShowLog, file: Path, until: Seconds | None) -> int:
    chat = config.load(file).live_config.chat
    found = [each for each in compare(log, chat) if until is None or each.at <= until]
    for each in found[:MOST_SHOWN]:
        console.print(f"[bold]{each.at:9.2f} s[/]  {plain(each.what)}")
        console.print(f"    was       {plain(each.was)}")
        console.print(f"    would be  {plain(each.would_be)}")
    if len(found) > MOST_SHOWN:
        console.print(f"… and {len(found) - MOST_SHOWN} more.")
    console.print(f"{len(found)} decisions would be others.")
    return 0
