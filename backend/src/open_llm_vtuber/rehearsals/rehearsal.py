"""Recorded chat, played with its own spacing through the very path that live chat takes."""

import asyncio
import json
import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.show.audience import Outbox
from open_llm_vtuber.show.commands import ChatHappened, Hello, PlaybackEnded
from open_llm_vtuber.shows import Shows, Subscription
from open_llm_vtuber.stimulus import ChatMessage, ChatRemoval
from open_llm_vtuber.twitch.irc import parse_line
from open_llm_vtuber.twitch.messages import read_line
from open_llm_vtuber.units import Seconds

ON_AIR = "main"
LONGEST_GAP: Seconds = 60.0
"""A recording may have gaps of hours; nobody waits for those."""
SETTLING: Seconds = 0.5
"""How long the last line has to reach the show."""
LAST_TURN: Seconds = 60.0
"""How long the last answer may take after the last line."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A line of a recording and how long after the line before it was written."""

    event: ChatMessage | ChatRemoval
    after: Seconds


@dataclass(frozen=True, slots=True)
class Line:
    """What a viewer asked or the character answered."""

    who: str
    text: str
    is_answer: bool


@dataclass(slots=True)
class Summary:
    """What has happened in a rehearsal so far."""

    total: int
    messages: int = 0
    answered: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    first_audio_s: list[Seconds] = field(default_factory=list)
    without_sound: int = 0
    """How many of the answers nobody could hear."""
    failures: Counter[str] = field(default_factory=Counter)
    """What went wrong, by its sentence."""

    def first_audio(self) -> str:
        """Return median and worst time from the begin of a turn to its first sound."""
        if not self.first_audio_s:
            return "-"
        return f"median {statistics.median(self.first_audio_s):.2f} s, worst {max(self.first_audio_s):.2f} s"


def recorded(file: Path) -> list[Recorded]:
    """Read a recording of raw IRC lines with tags. Raises ConfigError when there is nothing to play in it."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ConfigError(f"The recording {file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"The recording {file} is not UTF-8 text.") from error
    found: list[Recorded] = []
    before: Seconds | None = None
    for text in lines:
        line = parse_line(text)
        stamp = line.tags.get("tmi-sent-ts", "") if line else ""
        written = int(stamp) / 1000 if stamp.isdecimal() else before
        event = read_line(line, datetime.now(UTC)) if line else None
        if event is None:
            continue
        gap = 0.0 if before is None or written is None else min(max(0.0, written - before), LONGEST_GAP)
        found.append(Recorded(event, gap))
        before = written
    if not found:
        raise ConfigError(f"The recording {file} holds no chat (raw IRC lines with tags are expected).")
    return found


async def play(
    shows: Shows, lines: Sequence[Recorded], speed: float, summary: Summary, say: Callable[[Line], None]
) -> None:
    """Tell the show every line at its time and watch what becomes of it; ends with the last answer.

    `say` gets each question that is answered and its answer, when both are known.
    """
    async with shows.subscribe(ON_AIR, "rehearsal") as place:
        await shows.ask(ON_AIR, Hello("rehearsal", ("chat", "state", "primary")))
        async with asyncio.TaskGroup() as group:
            spectator = _Spectator(shows, place, speed, summary, say, group)
            watching = group.create_task(spectator.watch())
            for line in lines:
                await asyncio.sleep(line.after / speed)
                await shows.tell(ON_AIR, ChatHappened(line.event))
            await spectator.quiet()
            watching.cancel()


class _Spectator:
    """The audience of a rehearsal: notes what it sees, and 'plays' the voice as fast as the chat is played."""

    def __init__(
        self,
        shows: Shows,
        place: Subscription,
        speed: float,
        summary: Summary,
        say: Callable[[Line], None],
        group: asyncio.TaskGroup,
    ) -> None:
        self._shows = shows
        self._outbox: Outbox = place.outbox
        self._speed = speed
        self._summary = summary
        self._say = say
        self._group = group
        self._undecided: dict[str, Line] = {}
        self._question: Line | None = None
        self._answer: Line | None = None
        self._began: Seconds = 0.0
        self._has_sound = False
        self._voice_ends: Seconds = 0.0
        self._is_speaking = False
        self._calm = asyncio.Event()

    async def watch(self) -> None:
        """Read cues for ever."""
        while True:
            self._see(json.loads(await self._outbox.get()))

    async def quiet(self) -> None:
        """Wait until every message is decided and nothing is being said, within limits."""
        await asyncio.sleep(SETTLING)
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_TURN):
                await self._calm.wait()

    def _see(self, cue: dict[str, Any]) -> None:
        match cue["type"]:
            case "chat-message":
                self._summary.messages += 1
                self._undecided[cue["id"]] = Line(cue["display_name"], cue["message"], is_answer=False)
                self._decided(cue["id"], cue["decision"])
            case "chat-decision":
                self._decided(cue["id"], cue["decision"])
            case "control":
                self._chain(cue["text"])
            case "audio":
                self._spoken(cue)
            case "backend-synth-complete":
                self._told()
                self._group.create_task(self._play_to_the_end())
            case "error":
                self._summary.failures[cue["message"]] += 1
            case _:
                pass
        if self._undecided or self._is_speaking:
            self._calm.clear()
        else:
            self._calm.set()

    async def _play_to_the_end(self) -> None:
        await asyncio.sleep(max(0.0, self._voice_ends - self._now()))
        await self._shows.ask(ON_AIR, PlaybackEnded("rehearsal"))

    def _decided(self, message_id: str, decision: dict[str, Any]) -> None:
        if decision["outcome"] == "pending":
            return
        line = self._undecided.pop(message_id, None)
        if decision["outcome"] == "answered":
            self._summary.answered += 1
            self._question = line
        else:
            self._summary.skipped[decision["reason"]] += 1

    def _chain(self, text: str) -> None:
        if text == "conversation-chain-start":
            self._is_speaking = True
            self._began, self._has_sound = self._now(), False
        elif text == "conversation-chain-end":
            self._told()
            self._is_speaking = False

    def _told(self) -> None:
        """Pass on what was asked and answered; at the latest when the turn is over, and once."""
        if self._question:
            self._say(self._question)
        if self._answer:
            self._summary.without_sound += not self._has_sound
            self._say(self._answer)
        self._question = self._answer = None

    def _spoken(self, cue: dict[str, Any]) -> None:
        if cue["audio"] is not None and not self._has_sound:
            self._has_sound = True
            self._summary.first_audio_s.append(self._now() - self._began)
        length = len(cue["volumes"]) * cue["slice_length"] / 1000 / self._speed
        self._voice_ends = max(self._voice_ends, self._now()) + length
        shown = cue["display_text"]
        before = self._answer.text if self._answer else ""
        self._answer = Line(shown["name"], before + shown["text"], is_answer=True)

    @staticmethod
    def _now() -> Seconds:
        return asyncio.get_running_loop().time()
