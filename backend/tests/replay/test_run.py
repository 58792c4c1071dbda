"""Logs of shows in which all kinds of things happen, replayed: every decision and every cue comes out as it was."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import fakes
import taped
from fakes import BROKEN, FakeAdapter, FakeEar, FakeVoice
from open_llm_vtuber.autonomous.settings import AutonomousSettings
from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.ports import Adapter
from open_llm_vtuber.rehearsals.simulated_viewers import PROFILES
from open_llm_vtuber.replay.run import Replayed, replay
from open_llm_vtuber.reply import SpokenSentence
from open_llm_vtuber.settings.chat import ChatSettings
from open_llm_vtuber.show import commands, operator_commands
from open_llm_vtuber.show.autonomy_commands import FireTrigger, SetAutonomous
from open_llm_vtuber.show.commands import Command
from open_llm_vtuber.show_log.frames import BadLog
from open_llm_vtuber.show_log.reader import parsed, read_log
from open_llm_vtuber.show_log.recording import Parts
from open_llm_vtuber.shows import LocalShows
from open_llm_vtuber.stimulus import (
    ChatRemoval,
    ExpressionRequest,
    MotionRequest,
    Priority,
    Stimulus,
)
from open_llm_vtuber.tool_use import ToolUse
from open_llm_vtuber.units import Milliseconds, Seconds
from taped import PAGE

TOOL = ToolUse(id="t1", name="clock", status="running", content="{}")


class Moody(FakeAdapter):
    """Answers in a way that depends on what is asked: in words, with sound of its own, with tools, or not at all."""

    async def reply(self, stimulus: Stimulus) -> AsyncGenerator[str | ToolUse | SpokenSentence, None]:
        kinds: Sequence[Sequence[object]] = (
            ("[joy] Oh, ", "hello there. ", "And more of it! ", "A third one, too."),
            ("Wait. ", TOOL, "Now I know."),
            (fakes.spoken("By my own voice.", "surprise", length=0.7),),
            ("It begins well. ", BROKEN),
            (BROKEN,),
            (),
        )
        self.pieces = kinds[len(stimulus.text) % len(kinds)]  # type: ignore[assignment]
        self.pause = 0.3071 if len(stimulus.text) % 2 else 0.0007
        async for piece in super().reply(stimulus):
            yield piece


def typed(text: str) -> Command:
    return commands.Perform(Stimulus(text=text, source="typed", author="Alex", client=PAGE))


def chat(number: int, text: str, username: str = "ana") -> Command:
    return commands.ChatHappened(fakes.chat_message(f"m{number}", text, username=username))


COMMANDS: Sequence[Command] = (
    *(typed("x" * length) for length in range(1, 7)),
    *(chat(n, "Mika, what do you think of this one? " + "really " * n, f"viewer{n % 4}") for n in range(8)),
    chat(90, "!expression joy"),
    chat(91, "!why"),
    commands.ChatHappened(ChatRemoval(platform="twitch", channel="c", message_id="m2")),
    commands.ChatHappened(fakes.channel_event("cheer", "e1", who="viewer2", amount=100)),
    commands.ChatHappened(fakes.channel_event("raid", "e2", who="viewer3", amount=10)),
    commands.Interrupt(PAGE, None),
    commands.Interrupt(PAGE, "It beg"),
    commands.PlaybackEnded(PAGE),
    commands.PlayStarted(PAGE, "And more of it!"),
    commands.SpeakUp(PAGE, 30.0),
    commands.Hello(PAGE, ("chat", "state", "expression", "motion")),
    commands.Hello(PAGE, ("primary", "chat")),
    commands.TakeSnapshot(PAGE),
    commands.GetState(),
    commands.ListHistories(),
    commands.CreateHistory(),
    commands.ListConfigs(),
    commands.BecomeCharacter(PAGE, "other.yaml"),
    commands.BecomeCharacter(PAGE, "nobody.yaml"),
    commands.SetMode(PAGE, "autonomous", cut=True),
    commands.SetMode(PAGE, "orphiq"),
    commands.GenerateText(client=PAGE, request_id="r", prompt="A line, please.", speak=True),
    commands.ClaimExpression(
        PAGE,
        ExpressionRequest(expression="anger", owner=PAGE, priority=Priority(12), duration=Milliseconds(700)),
    ),
    commands.ClaimMotion(PAGE, MotionRequest(group="Wave", index=0, owner=PAGE, priority=Priority(12))),
    commands.ReleaseClaim(PAGE, "expression"),
    commands.Hear(PAGE, (0.1,) * 4_000),
    commands.AnswerUtterance(PAGE, "Alex"),
    SetAutonomous(enabled=False),
    FireTrigger("silence"),
    operator_commands.Say(PAGE, "Say it.", verbatim=True),
    operator_commands.Stop(PAGE),
    operator_commands.Resume(PAGE),
    operator_commands.PauseChat(PAGE),
    operator_commands.ResumeChat(PAGE),
    operator_commands.Skip(PAGE),
    operator_commands.BlockViewer("twitch", "viewer3"),
    operator_commands.EditModeration("banned_words", ("really",), ()),
    operator_commands.ListDecisions(),
    operator_commands.DescribeTurn("last"),
)
DELAYS = (0.0017, 0.0053, 0.0531, 0.4173, 1.0237, 3.0719)
"""As everything here that takes time none is a multiple of what the show itself waits for: two things that have nothing
to do with each other and end in the very same turn of the loop may come out in another order.
"""
STEPS = st.lists(st.tuples(st.sampled_from(DELAYS), st.sampled_from(COMMANDS)), max_size=25)
Step = tuple[Seconds, Command]


def parts(adapter: Adapter | None = None) -> Parts:
    return taped.parts(
        adapter or Moody(),
        FakeVoice(0.8, work=0.0517, broken="third"),
        autonomous=AutonomousSettings(enabled=True),
        chat=ChatSettings.model_validate({"moderation": {"air_delay_s": 0.2019}}),
        others={"autonomous": Moody("Of my own accord.")},
        other=fakes.role(FakeAdapter("I am another one."), FakeVoice(0.5), character_name="Other"),
        recognizer=FakeEar("Can you hear me?", takes=0.2113),
    )


def played(steps: Sequence[Step], made: Callable[[], Parts] = parts) -> tuple[bytes, Replayed]:
    """Return the log of a show in which that happens, and its replay."""

    async def happen(shows: LocalShows) -> None:
        async with asyncio.TaskGroup() as group:
            for delay, command in steps:
                await asyncio.sleep(delay)
                group.create_task(asked(shows, command))

    with TemporaryDirectory() as folder:
        log = taped.with_page(Path(folder), made, happen)
        data = log.read_bytes()
    return data, replay(parsed(data))


async def asked(shows: LocalShows, command: Command) -> None:
    try:
        await shows.ask("main", command)
    except ProtocolError:
        return


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_whatever_happens_in_a_show_its_replay_decides_and_shows_the_same(steps: list[Step]) -> None:
    _, again = played(steps)
    assert list(again.decided) == list(again.recorded)
    assert len(again.recorded) > 1


def test_every_kind_of_thing_in_one_show_and_twice_the_same() -> None:
    data, again = played([(0.3113, command) for command in COMMANDS])
    assert list(again.decided) == list(again.recorded)
    assert list(replay(parsed(data)).decided) == list(again.decided)
    assert len(again.recorded) > 100


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_a_rehearsal_comes_out_byte_for_byte(profile: str, tmp_path: Path) -> None:
    again = replay(read_log(taped.rehearsal(tmp_path, profile, 4)))
    assert list(again.decided) == list(again.recorded)


def test_half_an_hour_replayed_twice_is_the_same_both_times(tmp_path: Path) -> None:
    log = read_log(taped.rehearsal(tmp_path, "steady", 30))
    once, twice = replay(log), replay(log)
    assert once.at == pytest.approx(1_800, abs=10)
    assert once.is_same
    assert b"".join(once.decided) == b"".join(twice.decided) == b"".join(once.recorded)
    assert len(once.decided) > 5_000


def test_a_replay_stops_where_it_is_told_to_and_says_what_was_going_on(tmp_path: Path) -> None:
    log = read_log(taped.rehearsal(tmp_path, "steady", 4))
    half = replay(log, until=100.0)
    assert 90 < half.at <= 100
    assert half.is_same
    assert 0 < len(half.decided) < len(replay(log).decided)
    assert half.scene[0].startswith("reacting to")


@pytest.fixture(scope="module")
def whole() -> bytes:
    """Return a log in which a lot happens."""
    return played([(0.3113, command) for command in COMMANDS[:20]])[0]


@settings(max_examples=25, deadline=None)
@given(share=st.floats(0, 1))
def test_a_log_that_is_cut_anywhere_replays_to_its_last_whole_record(whole: bytes, share: float) -> None:
    log = whole
    cut = max(1, round(len(log) * share))
    try:
        short = parsed(log[:cut])
    except BadLog as error:
        assert "before the show begins" in str(error)  # noqa: PT017  an error is one of two good outcomes
        return
    assert replay(short).is_same


def test_what_would_come_out_otherwise_is_noticed(tmp_path: Path) -> None:
    log = read_log(taped.rehearsal(tmp_path, "steady", 2))
    chat = log.plan.chat
    weights = chat.selection.weights.model_copy(update={"question": -9.0})
    other = chat.model_copy(update={"selection": chat.selection.model_copy(update={"weights": weights})})
    changed = taped.with_plan(log, chat=other)
    again = replay(changed)
    assert not again.is_same
    assert again.first_difference is not None


def test_a_wait_that_the_log_does_not_know_ends_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = read_log(taped.rehearsal(tmp_path, "dead-chat", 2))
    monkeypatch.setattr("open_llm_vtuber.show.show.STATE_INTERVAL", 0.17)  # a later version has other waits
    again = replay(log)
    assert again.strays["waits that the log does not know"] > 0
    assert again.at == pytest.approx(120, abs=5)


LOGS = sorted((Path(__file__).parents[1] / "replays").glob("*.showlog"))
"""An incident on air becomes a test by copying its log there."""


def course_of(lines: Sequence[bytes]) -> list[object]:
    """Return decisions whole, and of cues all but the digest: a later version may tell more in one."""
    told = [json.loads(line) for line in lines]
    for each in told:
        if each["n"] == "Cue":
            del each["v"]["digest"]
    return told


@pytest.mark.parametrize("log", LOGS, ids=[log.stem for log in LOGS])
def test_what_was_decided_and_shown_then_is_so_today(log: Path) -> None:
    again = replay(read_log(log))
    assert again.strays == {}
    assert course_of(again.decided) == course_of(again.recorded)


def test_there_is_a_log_of_one() -> None:
    assert LOGS
