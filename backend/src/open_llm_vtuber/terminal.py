"""What the commands show in a terminal. Everything live goes to one console: two would write over each other."""

import logging
import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.live import Live
from rich.logging import RichHandler
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from open_llm_vtuber.errors import Fault
from open_llm_vtuber.log_lines import JsonLines, Lines
from open_llm_vtuber.rehearsals.rehearsal import Line, Summary
from open_llm_vtuber.rehearsals.show_report import Said, ShowReport
from open_llm_vtuber.stimulus import EngineStatus
from open_llm_vtuber.text_rules import one_line
from open_llm_vtuber.trial import Outcome

CHATTY = ("httpx", "httpx2", "openai")
TURNS = "open_llm_vtuber.show.turn"
REASONS: Mapping[str, str] = {
    "addressed-waiting": "somebody who named her was waiting",
    "newer-message": "a newer line came",
    "emote-only": "only emotes",
    "command": "a command for a bot",
    "empty": "nothing to read",
    "stale": "too old",
    "removed": "removed by a moderator",
    "no-reply": "no answer came",
}
"""Why a line was not answered, in an operator's words."""

console = Console(stderr=True, highlight=False, emoji=False)
"""For people: what happens, the log, anything live."""


class _Pipe(Console):
    """Whoever read us may stop, as `head` does: then the command ends like one that was interrupted."""

    def on_broken_pipe(self) -> None:
        """End the command; what is under way is put in order first."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that nothing is said at the exit
        signal.raise_signal(signal.SIGINT)


out = _Pipe(highlight=False, emoji=False)
"""For what was asked for: it may be a file or a pipe."""


def log_here(*, as_json: bool = False) -> None:
    """Send the log to the terminal, or wherever it leads."""
    handler: logging.Handler = logging.StreamHandler()
    if as_json:
        handler.setFormatter(JsonLines())
    elif console.is_terminal:
        handler = RichHandler(console=console, show_path=False)
        handler.setFormatter(Lines("%(turn)s%(message)s"))
    else:  # nobody looks at colours, and they cost two milliseconds a line
        handler.setFormatter(Lines("%(asctime)s %(levelname)s %(turn)s%(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


def plain(text: str) -> str:
    """Return a stranger's text as one line that is safe between marked-up ones."""
    return escape(one_line(text))


def fault(sentence: str) -> None:
    """Say what has to be put right."""
    console.print(f"[bold red]✗[/] {plain(sentence)}")


def faults(found: Sequence[Fault]) -> None:
    """Say all that has to be put right: one fault a line, with its place and what to do."""
    for each in found:
        at = f"{each.file}:{each.line}" if each.line else each.file
        parts = (
            "[bold red]✗[/]",
            f"[dim]{plain(at)}[/]" if at else "",
            f"[bold]{plain(each.place)}[/]:" if each.place else "",
            plain(each.sentence),
            f"[green]→ {plain(each.fix)}[/]" if each.fix else "",
        )
        console.print(" ".join(filter(None, parts)), soft_wrap=True)


def remark(sentence: str) -> None:
    """Say what an operator should know."""
    console.print(f"[yellow]![/] {plain(sentence)}")


def tried(outcome: Outcome) -> None:
    """Say how it went with an engine."""
    if not outcome.fault:
        console.print(f"[green]✓[/] {outcome.job}: {plain(outcome.engine)} ({outcome.took})")
        return
    say = remark if outcome.is_spare else fault
    say(f"{outcome.job}: {outcome.engine}: {outcome.fault}")


@contextmanager
def quiet_turns() -> Iterator[None]:
    """Leave out of the log, for as long as the context lasts, what is on the screen already."""
    turns = logging.getLogger(TURNS)
    level = turns.level
    turns.setLevel(logging.WARNING)
    try:
        yield
    finally:
        turns.setLevel(level)


def progress(report: ShowReport, said: Said) -> None:
    """Say how far a rehearsal with simulated viewers is; the report itself comes in the end."""
    if console.is_terminal:
        minutes = f"{said.at / 60:.1f} min"
        console.print(Text(f"… {minutes}, {report.messages} lines in, {len(report.said)} turns", "cyan"))


def show_report(text: str, console: Console = out) -> None:
    """Print the report of a rehearsal; a terminal shows her words brighter than why she said them."""
    told = Text(text)
    told.highlight_regex(r"^Rehearsal of .*", "bold")
    told.highlight_regex(r"(?m)^ *\d+:\d\d\.\d  ", "cyan")
    told.highlight_regex(r"(?m)^ *\d+:\d\d\.\d  (?P<dim>\[[^\]]*\])", "")
    told.highlight_regex(r"(?m)^[a-z][a-z' -]{18}[a-z ]", "green")
    console.print(told, soft_wrap=True)


@dataclass(frozen=True, slots=True)
class RehearsalScreen:
    """What a rehearsal shows: its lines as they are said, below them how far it is, and a summary in the end.

    `live` has the log, too; what was said goes to `lasting` when that is somewhere else than in front of us.
    """

    live: Console
    lasting: Console

    @contextmanager
    def showing(self, summary: Summary) -> Iterator[None]:
        """Show how far it is for as long as the context lasts, and then the summary."""
        try:
            with quiet_turns():
                if self.live.is_terminal:
                    with Live(
                        get_renderable=lambda: _progress(summary),
                        console=self.live,
                        refresh_per_second=4,
                        transient=True,
                        redirect_stdout=False,
                    ):
                        yield
                else:
                    yield
        finally:
            if summary.messages:
                self.lasting.print(as_table(summary))

    def say(self, line: Line) -> None:
        """Show a line that was said."""
        is_here = self.live.is_terminal and self.lasting.is_terminal
        text = Text(f"{one_line(line.who)}: {one_line(line.text)}", "bold" if line.is_answer else "dim")
        (self.live if is_here else self.lasting).print(text, soft_wrap=not is_here)


def _progress(summary: Summary) -> Text:
    done = f"{summary.messages} of {summary.total} lines in"
    fates = f"{summary.answered} answered, {summary.skipped.total()} skipped"
    return Text(f"… {done}, {fates}", "cyan", no_wrap=True, overflow="ellipsis")


def as_table(summary: Summary) -> Table:
    """Return what a rehearsal has come to."""
    table = Table(title="Rehearsal", show_header=False, min_width=60)
    table.add_row("messages in", f"{summary.messages} of {summary.total} lines")
    table.add_row("answered", str(summary.answered))
    if summary.without_sound:
        table.add_row("answered without sound", str(summary.without_sound))
    for reason, times in summary.skipped.most_common():
        table.add_row(f"skipped: {REASONS.get(reason, reason)}", str(times))
    table.add_row("time to first audio", summary.first_audio())
    for sentence, times in summary.failures.most_common():
        table.add_row(f"failed {times} {'time' if times == 1 else 'times'}", plain(sentence))
    return table


def remarks_about(providers: Mapping[str, EngineStatus]) -> None:
    """Say which engines have others standing in for them by now."""
    for job, status in providers.items():
        if status.note:
            remark(f"{job}: {status.engine} is at work. {status.note}")
