"""A viewer who is forgotten: no trace of theirs in any log, and the logs still replay."""

import asyncio
from pathlib import Path

import taped
from fakes import FakeAdapter, FakeVoice
from open_llm_vtuber.replay.run import replay
from open_llm_vtuber.show.commands import ChatHappened
from open_llm_vtuber.show.operator_commands import ForgetViewer
from open_llm_vtuber.show_log.erasing import Viewer, erase
from open_llm_vtuber.show_log.frames import frames
from open_llm_vtuber.show_log.reader import read_log
from open_llm_vtuber.show_log.recording import Parts
from open_llm_vtuber.shows import LocalShows
from open_llm_vtuber.stimulus import ChatMessage

CANARIES = (
    b"canaryname",
    b"CanaryShown",
    b"canaryid",
    b"my canary words",
    b"canary-message",
    b"canary answer",
)


def line(message_id: str, text: str, **who: str) -> ChatHappened:
    given = {"username": "bob", "display_name": "Bob", "user_id": "7", **who}
    return ChatHappened(ChatMessage(id=message_id, platform="twitch", channel="c", text=text, **given))  # type: ignore[arg-type]


HERS = {"username": "canaryname", "display_name": "CanaryShown", "user_id": "canaryid-77"}


async def happen(shows: LocalShows) -> None:
    await shows.ask("main", line("canary-message-1", "Mika, these are my canary words, what now?", **HERS))
    await asyncio.sleep(4.01)
    await shows.ask("main", line("b1", "Mika, did CanaryShown not say so?"))
    await asyncio.sleep(4.01)


async def forgotten(shows: LocalShows) -> None:
    await happen(shows)
    await shows.ask("main", ForgetViewer("twitch", "CanaryName"))
    await asyncio.sleep(1.01)
    await shows.ask("main", line("e1", "Mika, and what about me?", username="eve", display_name="Eve"))


def parts() -> Parts:
    return taped.parts(FakeAdapter("Oh, ", "a canary answer."), FakeVoice(0.8))


def test_nothing_of_a_viewer_who_is_forgotten_stays_and_the_show_replays(tmp_path: Path) -> None:
    older = taped.with_page(tmp_path, parts, happen).rename(tmp_path / "shows" / "main" / "2020.showlog")
    assert any(canary in older.read_bytes() for canary in CANARIES)
    log = taped.with_page(tmp_path, parts, forgotten)
    for file in tmp_path.rglob("*"):
        if file.is_file():
            data = file.read_bytes()
            assert [canary for canary in CANARIES[:5] if canary in data] == [], file
    for file, others in ((older, 1), (log, 2)):  # what she said to somebody else is theirs: words, guard, air
        assert file.read_bytes().count(b"canary answer") == 3 * others
    for each in (older, log):
        again = replay(read_log(each))
        assert again.at > 10
        assert len(again.decided) > 20


def test_others_and_a_log_without_the_viewer_stay_as_they_are(tmp_path: Path) -> None:
    log = taped.with_page(tmp_path, parts, happen)
    before = log.read_bytes()
    erase(log, Viewer("nobody-like-that"))
    assert log.read_bytes() == before
    erase(log, Viewer("canaryname"))
    kept = [each.record for each in frames(log.read_bytes())]
    bobs = [each for each in kept if each.get("n") == "ChatHappened" and "'bob'" in str(each)]
    assert len(bobs) == 1
    assert "Mika, did" in str(bobs)


def test_a_damaged_rest_may_hold_anything_and_goes(tmp_path: Path) -> None:
    log = taped.with_page(tmp_path, parts, happen)
    data = log.read_bytes()
    log.write_bytes(data[:-20] + b"canaryname" + data[-10:])
    erase(log, Viewer("canaryname"))
    assert b"canaryname" not in log.read_bytes()
    read_log(log)
