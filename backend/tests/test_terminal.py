"""What commands show: by a console that writes into a string."""

import io
import logging
import re

import pytest
from rich.console import Console

from open_llm_vtuber import terminal
from open_llm_vtuber.rehearsals.rehearsal import Line, Summary
from open_llm_vtuber.rehearsals.show_report import Said, ShowReport
from open_llm_vtuber.stimulus import EngineStatus
from open_llm_vtuber.trial import Outcome

QUESTION = Line("Ana", "how are [bold]you[/] :wave:\x1b[31m\n?", is_answer=False)
ANSWER = Line("Mika", "I am well.", is_answer=True)


def a_console(*, is_terminal: bool) -> Console:
    return Console(
        file=io.StringIO(),
        force_terminal=is_terminal,
        width=100,
        color_system="standard" if is_terminal else None,
    )


def text_of(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def a_summary() -> Summary:
    summary = Summary(total=5, messages=5, answered=2, without_sound=1, first_audio_s=[0.25])
    summary.skipped.update({"addressed-waiting": 1, "newer-message": 1, "something-new": 1})
    summary.failures.update({"The voice is [hoarse].": 3, "The brain is gone.": 1})
    return summary


def test_no_viewers_words_reach_the_terminal_unescaped() -> None:
    assert terminal.plain("\x1b[31mred[bold]x[/]\n") == "[31mred\\[bold]x\\[/]"


def test_a_terminal_has_every_line_and_one_summary_on_the_console_of_the_log() -> None:
    console = a_console(is_terminal=True)
    summary = a_summary()
    screen = terminal.RehearsalScreen(console, console)
    with screen.showing(summary):
        screen.say(QUESTION)
        console.print("a line of the log")
        screen.say(ANSWER)
    shown = text_of(console)
    assert shown.count("\x1b[2mAna: how are [bold]you[/] :wave:[31m ?\x1b[0m") == 1
    assert shown.count("\x1b[1mMika: I am well.\x1b[0m") == 1
    assert shown.count("a line of the log") == 1
    assert shown.count("Rehearsal") == shown.count("┏") + shown.count("┌") == 1
    assert "5 of 5 lines in, 2 answered, 3 skipped" in shown
    assert shown.rindex("2 answered, 3 skipped") < shown.index("Rehearsal")


def test_a_pipe_gets_whole_lines_and_the_summary_and_nothing_live() -> None:
    live, lasting = a_console(is_terminal=True), a_console(is_terminal=False)
    screen = terminal.RehearsalScreen(live, lasting)
    long = Line("Mika", "word " * 50, is_answer=True)
    with screen.showing(a_summary()):
        screen.say(QUESTION)
        screen.say(long)
    lines = text_of(lasting).splitlines()
    assert lines[:2] == ["Ana: how are [bold]you[/] :wave:[31m ?", "Mika: " + " ".join(["word"] * 50)]
    assert "Mika" not in text_of(live)
    assert "lines in" not in text_of(lasting)


def test_nothing_live_is_shown_where_nobody_looks() -> None:
    console = a_console(is_terminal=False)
    with terminal.RehearsalScreen(console, console).showing(a_summary()):
        pass
    assert "lines in" not in text_of(console)


def test_the_log_is_without_turns_during_a_rehearsal_only() -> None:
    console, log = a_console(is_terminal=False), logging.getLogger(terminal.TURNS)
    before = log.level
    with terminal.RehearsalScreen(console, console).showing(a_summary()):
        assert not log.isEnabledFor(logging.INFO)
        assert log.isEnabledFor(logging.WARNING)
    assert log.level == before


def test_the_summary_is_in_plain_words() -> None:
    console = a_console(is_terminal=False)
    console.print(terminal.as_table(a_summary()))
    rows = [" ".join(line.replace("│", " ").split()) for line in text_of(console).splitlines()]
    for row in (
        "messages in 5 of 5 lines",
        "answered 2",
        "answered without sound 1",
        "skipped: somebody who named her was waiting 1",
        "skipped: a newer line came 1",
        "skipped: something-new 1",
        "time to first audio median 0.25 s, worst 0.25 s",
        "failed 3 times The voice is [hoarse].",
        "failed 1 time The brain is gone.",
    ):
        assert row in rows


@pytest.mark.parametrize(
    ("outcome", "says"),
    [
        (Outcome("llm", "a", took="first words in 0.4 s"), "✓ llm: a (first words in 0.4 s)"),
        (Outcome("llm", "a", fault="It is gone."), "✗ llm: a: It is gone."),
        (Outcome("tts", "b", fault="It is gone.", is_spare=True), "! tts: b: It is gone."),
    ],
)
def test_a_trial_is_one_line(outcome: Outcome, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    console = a_console(is_terminal=False)
    monkeypatch.setattr(terminal, "console", console)
    terminal.tried(outcome)
    assert text_of(console) == f"{says}\n"


def test_an_engine_that_stands_in_is_named_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    console = a_console(is_terminal=False)
    monkeypatch.setattr(terminal, "console", console)
    terminal.remarks_about(
        {"llm": EngineStatus(engine="a"), "tts": EngineStatus(engine="b", note="c keeps failing: gone.")}
    )
    assert text_of(console) == "! tts: b is at work. c keeps failing: gone.\n"


def test_a_report_has_colours_in_a_terminal_and_is_the_same_text_without() -> None:
    report = ShowReport("raid", 7)
    report.said = [Said(at=61.5, why="Ana [x]: hi", text="Hello [bold]Ana[/].", ended=62.5)]
    text = report.as_text(lambda _, __: False)
    plain, coloured = a_console(is_terminal=False), a_console(is_terminal=True)
    for console in (plain, coloured):
        terminal.show_report(text, console)
    assert text_of(plain) == f"{text}\n"
    shown = text_of(coloured)
    assert "\x1b[1mRehearsal of raid, seed 7" in shown
    assert "\x1b[36m  1:01.5  \x1b[0m" in shown
    assert "\x1b[32mair time " in shown
    assert re.sub(r"\x1b\[[0-9;]*m", "", shown) == text_of(plain)
