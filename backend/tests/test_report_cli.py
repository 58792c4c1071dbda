"""The command `report`: from the log of a rehearsal to a page."""

import re
from pathlib import Path

import pytest

from open_llm_vtuber import report_cli
from open_llm_vtuber.show.commands import ChatHappened
from open_llm_vtuber.show_log.erasing import Viewer, erase
from open_llm_vtuber.show_log.inputs import BY_NAME
from open_llm_vtuber.show_log.reader import read_log
from open_llm_vtuber.show_log.records import loaded
from open_llm_vtuber.stimulus import ChatMessage
from taped import rehearsal
from test_clip_cli import run
from told_log import kept, turn


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the log of three minutes with simulated viewers."""
    return rehearsal(tmp_path_factory.mktemp("rehearsal"), minutes=3)


def messages(log: Path) -> list[ChatMessage]:
    """Return the chat of a log."""
    events = [
        loaded(BY_NAME["ChatHappened"], record).event
        for record in read_log(log).records
        if record.kind == "in" and record.name == ChatHappened.__name__
    ]
    return [each for each in events if isinstance(each, ChatMessage)]


def test_the_report_of_a_rehearsal_has_every_plot_and_no_viewer(log: Path, tmp_path: Path) -> None:
    page = tmp_path / "new" / "evening.html"
    assert run("report", log, "--out", page) == 0
    text = page.read_text(encoding="utf-8")
    for title in ("When she was heard", "Chat", "Answers", "How long it took", "Her mood", "Top viewers"):
        assert f"<h2>{title}</h2>" in text
    chat = messages(log)
    assert f"<dd>{len(chat)} <small>by" in text
    for each in chat:
        assert each.text not in text
        assert each.username not in text.lower()


def test_only_who_agreed_is_named_and_nobody_who_was_forgotten(log: Path, tmp_path: Path) -> None:
    page, copy = tmp_path / "evening.html", tmp_path / log.name
    copy.write_bytes(log.read_bytes())
    chat = messages(log)
    one = chat[0].username
    names = sorted({each.display_name for each in chat})
    assert run("report", copy, "--out", page, "--named", f"@{one.upper()}") == 0
    found = page.read_text(encoding="utf-8")
    assert [name for name in names if f"<td>{name}</td>" in found] == [chat[0].display_name]
    erase(copy, Viewer(one))
    assert run("report", copy, "--out", page, "--named", one) == 0
    assert one not in page.read_text(encoding="utf-8").lower()


def test_her_mood_is_looked_at_all_along_the_show(log: Path) -> None:
    found = report_cli._moods(read_log(log))
    times = [at for at, *_ in found]
    assert times == sorted(times)
    assert times[0] < 5
    assert times[-1] > 170
    assert all(-1 <= value <= 1 for _, *values in found for value in values)
    assert len({values for _, *pair in found for values in pair}) > 3


def test_a_log_that_cannot_be_replayed_has_a_report_without_her_mood(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = kept(tmp_path, turn("a", 1, (1, "Hello.", 1), ended=2))
    assert run("report", log, "--out", tmp_path / "r.html") == 0
    assert "Her mood" not in (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "1 s of the show" in re.sub(r"\s+", " ", capsys.readouterr().err).replace("2 s", "1 s")


def test_a_report_that_cannot_be_written_is_one_sentence(
    log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("report", log, "--out", tmp_path) == 2
    assert "cannot be written" in capsys.readouterr().err
