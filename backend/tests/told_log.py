"""Logs of shows that never were, for tests of whatever reads one: records by hand, through the real bytes and reader."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import fakes
from open_llm_vtuber.decided import Fact, Spoken, TurnBegan, TurnEnded
from open_llm_vtuber.settings.chat import ChatSettings
from open_llm_vtuber.show.commands import ChatHappened
from open_llm_vtuber.show.standing import Standing
from open_llm_vtuber.show_log.frames import MAGIC, frame
from open_llm_vtuber.show_log.inputs import COMMANDS
from open_llm_vtuber.show_log.plan import Plan, RolePlan
from open_llm_vtuber.show_log.reader import ShowLog, parsed
from open_llm_vtuber.show_log.records import Record, encoded, typed
from open_llm_vtuber.stimulus import ChannelEvent, ChatEvent, ChatMessage, TurnTimings
from open_llm_vtuber.units import Milliseconds

BEGAN = 100.0
"""The clock when such a show begins; records are given by their second of the show."""
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def log_bytes(
    *records: Record | Iterable[Record],
    wall: str = NOON.isoformat(),
    program: str = "0",
    character: str = "Mika",
) -> bytes:
    """Return the file of a show of these records, in this order."""
    plan = Plan(
        program=program,
        show="main",
        began=BEGAN,
        wall=wall,
        seed="00" * 16,
        role=RolePlan.of(fakes.role(character_name=character)),
        standing=Standing(),
        shared=True,
        speak_up="Please say something.",
        chat=ChatSettings(),
    )
    flat = [each for group in records for each in ([group] if isinstance(group, Record) else group)]
    data, checksum = MAGIC, 0
    for each in (Record("plan", BEGAN, "", plan, typed(Plan)), *flat):
        framed, checksum = frame(encoded(each), checksum)
        data += framed
    return data


def told(*records: Record | Iterable[Record]) -> ShowLog:
    """Return the log of these records, the earliest first."""
    flat = [each for group in records for each in ([group] if isinstance(group, Record) else group)]
    return parsed(log_bytes(*sorted(flat, key=lambda each: each.at)))


def kept(folder: Path, *records: Record | Iterable[Record]) -> Path:
    """Return a file with the log of these records, the earliest first."""
    flat = [each for group in records for each in ([group] if isinstance(group, Record) else group)]
    file = folder / "evening.showlog"
    file.write_bytes(log_bytes(*sorted(flat, key=lambda each: each.at)))
    return file


def fact(at: float, what: Fact) -> Record:
    """Return the record of a decision."""
    return Record("fact", BEGAN + at, "", what)


def came(at: float, event: ChatEvent) -> Record:
    """Return the record of something that happened in chat."""
    command = ChatHappened(event)
    return Record("in", BEGAN + at, "ChatHappened", command, COMMANDS[ChatHappened])


def wrote(at: float, message_id: str, username: str = "ana", display_name: str = "Ana") -> Record:
    """Return the record of a viewer's line."""
    message = ChatMessage(
        id=message_id,
        platform="twitch",
        channel="test",
        username=username,
        display_name=display_name,
        text="CANARY is what I wrote",
        timestamp=NOON,
    )
    return came(at, message)


def followed(at: float, username: str) -> Record:
    """Return the record of a new follower."""
    return came(
        at,
        ChannelEvent(
            id=f"f{at}", platform="twitch", channel="test", kind="follow", username=username, timestamp=NOON
        ),
    )


def turn(
    turn_id: str,
    at: float,
    *said: tuple[float, str, float | None],
    ended: float | None,
    source: str = "chat",
    message_id: str = "",
    heard: int | None = None,
    retracted: str = "",
) -> list[Record]:
    """Return the records of a turn: (when it went out, the sentence, how long it sounds); cut where `heard` is given."""
    records = [
        fact(at, TurnBegan(turn_id=turn_id, source=source, priority=5, message_id=message_id)),
        *(
            fact(when, Spoken(turn_id=turn_id, index=index, text=f"{text} ", sound_s=sound, face=None))
            for index, (when, text, sound) in enumerate(said)
        ),
    ]
    if ended is not None:
        whole = len("".join(f"{text} " for _, text, _ in said).strip())
        over = TurnEnded(
            turn_id=turn_id,
            timings=TurnTimings(
                first_audio_ms=Milliseconds(250), end_ms=Milliseconds(round((ended - at) * 1000))
            ),
            heard=whole if heard is None else heard,
            interrupted=heard is not None,
            retracted=retracted,
        )
        records.append(fact(ended, over))
    return records
