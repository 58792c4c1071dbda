"""Recorded chat through the whole path, with a summary."""

from pathlib import Path

import pytest

import fakes
from fakes import FakeAdapter, FakeVoice
from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.ports import SpeechSynthesizer
from open_llm_vtuber.rehearsals import rehearsal
from open_llm_vtuber.rehearsals.rehearsal import Line, Summary
from open_llm_vtuber.shows import LocalShows
from virtual_time import run_virtual

EXAMPLE = Path(__file__).parents[3] / "examples" / "chat.irc"


def said(number: int, text: str, at_ms: int, user: str = "ana") -> str:
    tags = f"@badges=;color=;display-name={user};emotes=;id=m{number};tmi-sent-ts={at_ms}"
    return f"{tags} :{user}!{user}@{user}.tmi.twitch.tv PRIVMSG #c :{text}"


def recording(tmp_path: Path, *lines: str) -> Path:
    file = tmp_path / "chat.irc"
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def rehearsed(
    file: Path,
    speed: float,
    *,
    adapter: FakeAdapter | None = None,
    voice: SpeechSynthesizer | None = None,
    heard: list[Line] | None = None,
) -> tuple[Summary, FakeAdapter]:
    brain = adapter or FakeAdapter("Hello there!", pause=0.25)
    lines = rehearsal.recorded(file)
    summary = Summary(total=len(lines))
    said_aloud: list[Line] = [] if heard is None else heard

    async def main() -> None:
        async with LocalShows(
            lambda name: fakes.show(brain, voice or FakeVoice(2.0), name=name), ["main"]
        ) as shows:
            await rehearsal.play(shows, lines, speed, summary, said_aloud.append)

    run_virtual(main())
    return summary, brain


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
    heard: list[Line] = []
    summary, adapter = rehearsed(file, speed=1, heard=heard)
    assert (summary.messages, summary.answered) == (4, 2)
    assert summary.skipped == {"command": 1, "newer-message": 1}
    assert [stimulus.text for stimulus in adapter.asked] == ["hello mika", "what game is this?"]
    assert summary.first_audio() == "median 0.25 s, worst 0.25 s"
    assert [(line.who, line.text, line.is_answer) for line in heard] == [
        ("ana", "hello mika", False),
        ("Mika", "Hello there! ", True),
        ("ana", "what game is this?", False),
        ("Mika", "Hello there! ", True),
    ]
    assert (summary.without_sound, summary.failures) == (0, {})


def test_an_answer_is_passed_on_while_it_is_still_being_spoken(tmp_path: Path) -> None:
    heard: list[tuple[str, int]] = []
    file = recording(tmp_path, said(1, "hello mika", 0), said(2, "lost", 1_000), said(3, "also lost", 2_000))
    summary = Summary(total=3)

    async def main() -> None:
        async with LocalShows(
            lambda name: fakes.show(FakeAdapter("Hello!"), FakeVoice(5.0), name=name), ["main"]
        ) as shows:
            await rehearsal.play(
                shows,
                rehearsal.recorded(file),
                1,
                summary,
                lambda line: heard.append((line.text, summary.messages)),
            )

    run_virtual(main())
    assert heard == [("hello mika", 1), ("Hello! ", 1), ("also lost", 3), ("Hello! ", 3)]


def test_an_answer_without_sound_is_counted_apart_and_not_timed(tmp_path: Path) -> None:
    file = recording(tmp_path, said(1, "hello mika", 0))
    heard: list[Line] = []
    summary, _ = rehearsed(file, speed=1, voice=FakeVoice(broken="Hello"), heard=heard)
    assert (summary.answered, summary.without_sound) == (1, 1)
    assert summary.first_audio() == "-"
    assert summary.failures == {"The voice is hoarse.": 1}
    assert [line.text for line in heard] == ["hello mika", "Hello there! "]


def test_the_time_to_first_audio_is_that_of_the_first_sentence_with_sound(tmp_path: Path) -> None:
    adapter = FakeAdapter("This one is lost for good. ", "That one is heard very well.", pause=0.5)
    file = recording(tmp_path, said(1, "hello mika", 0))
    summary, _ = rehearsed(file, speed=1, adapter=adapter, voice=FakeVoice(broken="lost"))
    assert (summary.first_audio_s, summary.without_sound) == ([1.0], 0)


def test_a_brain_that_fails_is_counted_with_its_sentence(tmp_path: Path) -> None:
    file = recording(tmp_path, said(1, "hello mika", 0), said(2, "still there?", 9_000))
    heard: list[Line] = []
    summary, _ = rehearsed(file, speed=1, adapter=FakeAdapter(fakes.BROKEN), heard=heard)
    assert (summary.answered, summary.skipped) == (0, {"no-reply": 2})
    assert summary.failures == {"The brain is out of order.": 2}
    assert heard == []


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
