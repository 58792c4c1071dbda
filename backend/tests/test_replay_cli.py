"""The command `replay`, as somebody at a desk uses it."""

from pathlib import Path

import pytest

import taped
from open_llm_vtuber.cli import main


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the log of a rehearsal."""
    return taped.rehearsal(tmp_path_factory.mktemp("log"), "steady", 3)


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[object, str]:
    with pytest.raises(SystemExit) as ended:
        main(["replay", *arguments])
    told = capsys.readouterr()
    return ended.value.code, " ".join((told.out + told.err).split())


def test_a_log_comes_out_as_it_was(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = said(capsys, str(log))
    assert code == 0
    assert "All of them are as they were" in told


def test_it_stops_where_it_is_told_to(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = said(capsys, str(log), "--until", "60")
    assert code == 0
    assert "reacting to" in told
    assert said(capsys, str(log), "--until", "nan")[0] == 2


def test_another_configuration_is_told_decision_by_decision(
    log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "conf.yaml"
    file.write_text("live_config:\n  chat:\n    selection:\n      weights: {question: 0}\n", encoding="utf-8")
    code, told = said(capsys, str(log), "--config", str(file))
    assert code == 0
    assert "would be" in told
    assert "decisions would be others" in told


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"hello", "That is no show log."),
        (b"open-llm-vtuber show log 99\n", "is of version 99"),
        (b"", "ends before the show begins"),
    ],
)
def test_a_file_that_is_no_log_gets_one_clear_sentence(
    data: bytes, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "x.showlog"
    file.write_bytes(data)
    code, told = said(capsys, str(file))
    assert code == 2
    assert sentence in told
    assert said(capsys, str(tmp_path / "missing"))[0] == 2
