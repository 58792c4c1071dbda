"""The command `clip`: from the log of a rehearsal to files that players open."""

import io
import json
import wave
from pathlib import Path

import numpy as np
import pytest

from clips.test_cues import letters, read
from live_server import SCRIPTED
from open_llm_vtuber import cli
from open_llm_vtuber.clip_cli import second
from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.show_log.erasing import Viewer, erase
from open_llm_vtuber.show_log.heard import heard, lines_of
from open_llm_vtuber.show_log.reader import read_log
from taped import rehearsal
from told_log import kept, turn


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the log of two minutes with simulated viewers."""
    return rehearsal(tmp_path_factory.mktemp("rehearsal"), minutes=2)


@pytest.fixture
def config(tmp_path: Path) -> str:
    """Return a configuration whose voice needs nothing."""
    file = tmp_path / "conf.yaml"
    file.write_text(json.dumps({"character_config": SCRIPTED}), encoding="utf-8")
    return str(file)


def run(*arguments: object) -> int:
    """Run a command and return its exit code."""
    with pytest.raises(SystemExit) as ended:
        cli.main([str(each) for each in arguments])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def only(folder: Path, ending: str) -> Path:
    (file,) = folder.glob(f"*.{ending}")
    return file


def test_a_span_of_a_rehearsal_is_four_files_that_agree(log: Path, config: str, tmp_path: Path) -> None:
    out = tmp_path / "out" / "deep"
    assert run("clip", log, "--from", "0:20", "--to", "50", "--out", out, "--config", config) == 0
    data = json.loads(only(out, "json").read_text(encoding="utf-8"))
    within = [line for line in lines_of(heard(read_log(log))) if line.end > 20 and line.begin < 50]
    assert len(within) > 3
    assert [each["text"] for each in data["sentences"]] == [line.text for line in within]
    for is_srt, ending in ((True, "srt"), (False, "vtt")):
        shown = read(only(out, ending).read_text(encoding="utf-8"), is_srt=is_srt)
        assert letters("".join("".join(lines) for *_, lines in shown)) == letters(
            "".join(line.text for line in within)
        )
        assert shown[0][0] == pytest.approx(data["sentences"][0]["begin_s"] * 1000, abs=1)
        assert shown[-1][1] == pytest.approx(data["sentences"][-1]["end_s"] * 1000, abs=1)
    assert data["sound"]["spoken_anew_by"] == "tone_tts"
    with wave.open(str(only(out, "wav"))) as file:
        assert file.getnframes() == 30 * file.getframerate() == 30 * data["sound"]["rate_hz"]
        sound = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    for each in data["sentences"][1:]:
        begin = round(each["begin_s"] * data["sound"]["rate_hz"])
        assert np.abs(sound[begin : begin + 1_200]).max() > 500
        assert np.abs(sound[begin - 120 : begin - 24]).max() < 500  # the pause that our short voice leaves


def test_a_turn_without_its_sound_starts_no_voice(log: Path, tmp_path: Path) -> None:
    nobody = "no-such-file.yaml"  # not even read
    assert run("clip", log, "--turn", "last", "--no-sound", "--out", tmp_path, "--config", nobody) == 0
    assert sorted(each.suffix for each in tmp_path.iterdir()) == [".json", ".srt", ".vtt"]
    assert json.loads(only(tmp_path, "json").read_text(encoding="utf-8"))["sound"] is None


def test_nothing_of_a_forgotten_viewer_is_in_a_clip(log: Path, tmp_path: Path) -> None:
    copy = tmp_path / "erased.showlog"
    copy.write_bytes(log.read_bytes())
    before = {each.turn_id: each for each in heard(read_log(copy))}
    answered = next(each for each in before.values() if each.message_id and each.lines)
    erase(copy, Viewer(_writer_of(copy, answered.message_id)))
    assert run("clip", copy, "--turn", answered.turn_id, "--no-sound", "--out", tmp_path / "turn") == 2
    assert run("clip", copy, "--from", "0", "--no-sound", "--out", tmp_path / "all") == 0
    data = only(tmp_path / "all", "json").read_text(encoding="utf-8")
    assert answered.turn_id not in data
    assert len(json.loads(data)["sentences"]) > 5


def _writer_of(log: Path, message_id: str) -> str:
    events = (
        each.value["event"]
        for each in read_log(log).records
        if isinstance(each.value, dict) and "event" in each.value
    )
    return str(next(each["username"] for each in events if each.get("id") == message_id))


def test_the_same_log_makes_the_same_files(log: Path, config: str, tmp_path: Path) -> None:
    contents = []
    for _ in range(2):
        assert run("clip", log, "--turn", "last", "--out", tmp_path / "out", "--config", config) == 0
        contents.append({each.name: each.read_bytes() for each in (tmp_path / "out").iterdir()})
    assert contents[0] == contents[1]
    assert len(contents[0]) == 4


def test_a_sentence_that_had_no_sound_on_air_has_none_in_the_clip(config: str, tmp_path: Path) -> None:
    log = kept(tmp_path, turn("aaaa", 0, (0, "Read me.", None), (0, "Hear me.", 1), ended=3))
    assert run("clip", log, "--turn", "aaaa", "--out", tmp_path / "out", "--config", config) == 0
    assert json.loads(only(tmp_path / "out", "json").read_text(encoding="utf-8"))["sound"]["silent"] == 1
    with wave.open(io.BytesIO(only(tmp_path / "out", "wav").read_bytes())) as file:
        assert not any(file.readframes(file.getframerate()))
        assert any(file.readframes(file.getframerate()))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "Say which part"),
        (["--turn", "last", "--from", "1"], "Say which part"),
        (["--from", "x"], "--from must be"),
        (["--from", "1", "--to", "-3"], "--to must be"),
        (["--turn", "nobody-there"], "no such turn"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    log: Path, arguments: list[str], says: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    given = [each if each != "-3" else "−3" for each in arguments]
    assert run("clip", log, *given, "--out", tmp_path / "out") == 2
    assert says in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot be read"),
        (b"", "ends before the show begins"),
        (b"hello", "no show log"),
        (b"open-llm-vtuber show log 99\n", "version 99"),
    ],
)
@pytest.mark.parametrize("command", [["clip", "--turn", "last"], ["report"]])
def test_a_file_that_is_no_log_is_one_sentence(
    command: list[str], content: bytes | None, says: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    log = tmp_path / "x.showlog"
    if content is not None:
        log.write_bytes(content)
    name, *options = command
    assert run(name, log, *options) == 2
    assert says in " ".join(capsys.readouterr().err.split())


def test_a_log_that_was_cut_anywhere_is_a_shorter_show_or_one_sentence(log: Path, tmp_path: Path) -> None:
    data = log.read_bytes()
    cut = tmp_path / "cut.showlog"
    for share in (0.02, 0.3, 0.77):
        cut.write_bytes(data[: int(len(data) * share)])
        assert run("clip", cut, "--from", "0", "--no-sound", "--out", tmp_path) in (0, 2)


def test_a_folder_that_cannot_be_written_is_one_sentence(
    log: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert run("clip", log, "--turn", "last", "--no-sound", "--out", tmp_path / "file" / "out") == 2
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("1:30", 90), ("1:01:30.5", 3_690.5), ("0:00", 0), ("0.25", 0.25)]
)
def test_a_second_is_written_as_seconds_or_as_a_clock_shows_it(text: str, seconds: float) -> None:
    assert second(text, "--from") == seconds


@pytest.mark.parametrize("text", ["", "nan", "inf", "-1", "1e9", "1::2", "1:2:3:4", "9" * 40, "１２"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="--to must be"):
        second(text, "--to")
