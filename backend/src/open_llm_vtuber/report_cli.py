"""The command `report`: what a show was like, as one HTML page made of its log."""

import argparse
from pathlib import Path

from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.log_report.figures import Moods, figures
from open_llm_vtuber.log_report.page import page
from open_llm_vtuber.replay.run import replay
from open_llm_vtuber.show_log.reader import ShowLog, read_log
from open_llm_vtuber.show_log.taped_show import TapedShow
from open_llm_vtuber.terminal import console, plain, quiet_turns, remark
from open_llm_vtuber.units import Seconds

MOODS = 200
"""How often her mood is looked at over a show."""


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    command = commands.add_parser("report", help="what a show was like, as one HTML page")
    command.add_argument("log", type=Path, metavar="LOG", help="a .showlog file of the data folder")
    command.add_argument("--out", type=Path, metavar="F", help="the page (default: named like the log, here)")
    command.add_argument(
        "--named",
        action="append",
        default=[],
        metavar="LOGIN",
        help="a viewer who agreed to be named; may be given several times (default: nobody is named)",
    )
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    """Write the report of a show. Raises ConfigError."""
    log = read_log(options.log)
    out: Path = options.out or Path(f"{options.log.stem}.html")
    named = frozenset(login.lower().removeprefix("@") for login in options.named)
    with console.status("Reading the show …"), quiet_turns():
        told = figures(log, named=named, moods=_moods(log))
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(page(told), encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"The report cannot be written to {out}: {error.strerror}.") from error
    console.print(
        f"[green]✓[/] {told.length:.0f} s of the show, {len(told.messages)} messages: {plain(str(out))}"
    )
    return 0


def _moods(log: ShowLog) -> Moods:
    """Return how her mood went. The log does not say so: the show is replayed, and looked at on the way."""
    found: list[tuple[Seconds, float, float]] = []
    step = max(1.0, log.length / MOODS)

    def look(show: TapedShow, at: Seconds) -> None:
        if (not found or at >= found[-1][0] + step) and (mood := show.mood):
            found.append((at, mood.valence, mood.arousal))

    if log.plan.autonomous is not None:
        try:
            replay(log, watch=look)
        except ConfigError as error:
            remark(f"The report says nothing of her mood, because this log cannot be replayed: {error}")
    return found
