"""A show with simulated viewers: plays a profile through the very path of a live show, and watches what comes of it."""

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

from open_llm_vtuber.autonomous.content_generator import without_tags
from open_llm_vtuber.autonomous.repetition import REMEMBERED, RecentLines
from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.protocol.autonomous_messages import AutonomousState
from open_llm_vtuber.protocol.envelope import Capability
from open_llm_vtuber.rehearsals.show_report import Said, ShowReport
from open_llm_vtuber.rehearsals.simulated_viewers import Happening
from open_llm_vtuber.show.autonomy_commands import SetAutonomous
from open_llm_vtuber.show.commands import ChatHappened, Hello, PlaybackEnded
from open_llm_vtuber.shows import Shows, Subscription
from open_llm_vtuber.units import Seconds

ON_AIR = "main"
NAME = "rehearsal"
TRIGGER = "trigger "
CAPABILITIES: tuple[Capability, ...] = ("chat", "state", "primary", "expression", "motion", "interrupted")


async def play(
    shows: Shows,
    script: Sequence[Happening],
    report: ShowReport,
    until: Seconds,
    tell: Callable[[Said], None],
) -> None:
    """Let everything happen at its second until the show is over; `tell` gets each turn once it has ended."""
    async with shows.subscribe(ON_AIR, NAME) as place:
        await shows.ask(ON_AIR, Hello(NAME, CAPABILITIES))
        async with asyncio.TaskGroup() as group:
            began = _now()
            watching = group.create_task(_Watcher(shows, place, report, began, tell, group).watch())
            for each in script:
                await asyncio.sleep(began + each.at - _now())
                await shows.tell(ON_AIR, ChatHappened(each.event))
            await asyncio.sleep(began + until - _now())
            report.length = _now() - began
            watching.cancel()


class _Watcher:
    """Reads what the audience is sent, plays the voice, and keeps the report."""

    def __init__(
        self,
        shows: Shows,
        place: Subscription,
        report: ShowReport,
        began: Seconds,
        tell: Callable[[Said], None],
        group: asyncio.TaskGroup,
    ) -> None:
        self._shows = shows
        self._outbox = place.outbox
        self._report = report
        self._began = began
        self._tell = tell
        self._group = group
        self._lines: dict[str, tuple[Seconds, str]] = {}
        """Lines that may still be answered: id → when it came, and who wrote what."""
        self._question: tuple[Seconds, str] | None = None
        self._texts: list[str] = []
        self._first: Seconds | None = None
        self._voice_ends: Seconds = 0.0
        self._event = "event"
        """The last one: her thanks come soon after it."""
        self._unasked: set[str] = set()
        """Stimuli whose turns are reported already."""

    async def watch(self) -> None:
        """Read cues for ever."""
        while True:
            await self._see(json.loads(await self._outbox.get()))

    async def _see(self, cue: dict[str, Any]) -> None:
        report = self._report
        match cue["type"]:
            case "chat-message":
                report.messages += 1
                self._lines[cue["id"]] = (_now(), f"{cue['display_name']}: {cue['message']}")
                self._decided(cue["id"], cue["decision"])
            case "chat-decision":
                self._decided(cue["id"], cue["decision"])
            case "channel-event":
                report.events[cue["kind"]] += 1
                self._event = f"event {cue['kind']}"
            case "audio" if cue["display_text"]:
                self._heard(cue)
            case "backend-synth-complete":
                self._group.create_task(self._played())
            case "control" if cue["text"] == "conversation-chain-end":
                await self._ended()
            case "sentence-refused":
                report.refusals[cue["rule"]] += 1
            case "speech-retracted":
                report.retractions += 1
            case "set-expression":
                report.faces += 1
            case "motion-command":
                report.gestures += 1
            case "error":
                report.failures[cue["message"]] += 1
            case _:
                pass

    def _decided(self, message_id: str, decision: dict[str, Any]) -> None:
        outcome, reason = decision["outcome"], decision["reason"]
        if outcome in ("pending", "queued", "held"):
            return
        line = self._lines.pop(message_id, None)
        if outcome == "answered":
            self._question = line
        self._report.fates[outcome if outcome == "answered" else f"{outcome} ({reason})"] += 1

    def _heard(self, cue: dict[str, Any]) -> None:
        length = len(cue["volumes"]) * cue["slice_length"] / 1000
        begin = max(self._voice_ends, _now())
        self._voice_ends = begin + length
        if self._first is None:
            self._first = begin
        self._texts.append(cue["display_text"]["text"].strip())

    async def _played(self) -> None:
        await asyncio.sleep(max(0.0, self._voice_ends - _now()))
        await self._shows.ask(ON_AIR, PlaybackEnded(NAME))

    async def _ended(self) -> None:
        if self._first is not None:
            why, waited = await self._reason(self._first)
            said = Said(
                at=self._first - self._began,
                ended=min(self._voice_ends, max(_now(), self._first)) - self._began,
                why=why,
                text=" ".join(self._texts),
                waited=waited,
                is_unasked=why.startswith(TRIGGER),
            )
            self._report.said.append(said)
            self._tell(said)
        self._question, self._first = None, None
        self._texts = []
        self._voice_ends = min(self._voice_ends, _now())

    async def _reason(self, first: Seconds) -> tuple[str, Seconds | None]:
        if self._question:
            return self._question[1], first - self._question[0]
        for state in await self._state():
            if isinstance(state, AutonomousState):
                for fire in reversed(state.recent):
                    if fire.outcome == "said" and fire.stimulus not in self._unasked:
                        self._unasked.add(fire.stimulus)
                        topic = f", {fire.topic}" if fire.topic else ""
                        return f"{TRIGGER}{fire.trigger}: {fire.source}{topic}", None
        return self._event, None

    async def _state(self) -> Sequence[object]:
        try:
            return await self._shows.ask(ON_AIR, SetAutonomous())
        except ProtocolError:
            return ()


def is_repeat(before: Sequence[str], text: str) -> bool:
    """Whether a turn is a near-repeat of the ones before."""
    recent = RecentLines()
    for line in before[-REMEMBERED:]:
        recent.add(without_tags(line))
    return recent.is_repeat(without_tags(text))


def _now() -> Seconds:
    return asyncio.get_running_loop().time()
