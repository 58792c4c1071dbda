"""Recorded chat through the whole path, with a summary."""

from pathlib import Path

import pytest

import fakes
from fakes import FakeAdapter, FakeVoice
from open_llm_vtuber import rehearsal
from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.rehearsal import Summary
from open_llm_vtuber.shows import LocalShows
from virtual_time import run_virtual

EXAMPLE = Path(__file__).parents[2] / "examples" / "chat.irc"


def said(number: int, text: str, at_ms: int, user: str = "ana") -> str:
    tags = f"@badges=;color=;display-name={user};emotes=;id=m{number};tmi-sent-ts={at_ms}"
    return f"{tags} :{user}!{user}@{user}.tmi.twitch.tv PRIVMSG #c :{text}"


def recording(tmp_path: Path, *lines: str) -> Path:
    file = tmp_path / "chat.irc"
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def rehearsed(file: Path, speed: float, *, voice_s: float = 2.0) -> tuple[Summary, FakeAdapter]:
    adapter = FakeAdapter("Hello there!", pause=0.25)
    lines = rehearsal.recorded(file)
    summary = Summary(total=len(lines))

    async def main() -> None:
        async with LocalShows(
            lambda name: fakes.show(adapter, FakeVoice(voice_s), name=name), ["main"]
        ) as shows:
            await rehearsal.play(shows, lines, speed, summary)

    run_virtual(main())
    return summary, adapter


def test_lines_are_played_with_their_own_spacing(tmp_path: Path) -> None:
    file = recording(tmp_path, said(1, "one", 1_000), said(2, "two", 3_500), said(3, "three", 3_400))
    assert [line.after for line in rehearsal.recorded(file)] == [0.0, 2.5, 0.0]


def test_nobody_waits_for_a_gap_of_hours(tmp_path: Path) -> None:
    file = recording(tmp_path, said(1, "one", 0), said(2, "two", 99_000_000))
    assert rehearsal.recorded(file)[1].after == rehearsal.LONGEST_GAP


def test_the_summary_tells_what_became_of_every_message(tmp_path: Path) -> None:
    file = recording(
        tmp_path,
        said(1, "hello mika", 0),
        said(2, "!dance", 100),
        said(3, "lost in the crowd", 200),
        said(4, "what game is this?", 300),
    )
    summary, adapter = rehearsed(file, speed=1)
    assert (summary.messages, summary.answered) == (4, 2)
    assert summary.skipped == {"command": 1, "newer-message": 1}
    assert [stimulus.text for stimulus in adapter.asked] == ["hello mika", "what game is this?"]
    assert summary.first_audio() == "median 0.25 s, worst 0.25 s"
    assert (summary.last_question, summary.last_answer) == ("ana: what game is this?", "Hello there! ")


def test_every_message_ends_in_exactly_one_decision() -> None:
    summary, adapter = rehearsed(EXAMPLE, speed=10)
    assert summary.answered + sum(summary.skipped.values()) == summary.messages
    assert len(adapter.asked) == summary.answered > 10


def test_at_a_higher_speed_the_voice_is_faster_too(tmp_path: Path) -> None:
    file = recording(tmp_path, *[said(number, f"line {number}", number * 4_000) for number in range(10)])
    assert rehearsed(file, speed=1)[0].answered == 10
    assert rehearsed(file, speed=4)[0].answered == 10


@pytest.mark.parametrize("content", ["", "no irc at all", "PING :x"])
def test_a_file_without_chat_is_told(tmp_path: Path, content: str) -> None:
    with pytest.raises(ConfigError, match="holds no chat"):
        rehearsal.recorded(recording(tmp_path, content))


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        rehearsal.recorded(tmp_path / "none.irc")
    (tmp_path / "bytes.irc").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="UTF-8"):
        rehearsal.recorded(tmp_path / "bytes.irc")
