"""Two characters on one stage: two named shows, of which only one speaks at a time. Keeps the port to shows.

The word goes from one to the other and back, for one turn each. What one has said is handed to the other as a line to
answer, so often and so long as the settings allow; then they are silent until somebody else begins something. A show
knows nothing of the other but the name of the character: each has its own brain, voice, face, memory and stage page.
"""

import asyncio
import logging
import re
from collections import deque
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.protocol.live_server_messages import CharacterState, Snapshot
from open_llm_vtuber.protocol.parts import Queued, State, StoredLine
from open_llm_vtuber.protocol.server_messages import ServerMessage
from open_llm_vtuber.settings.duet import DuetSettings
from open_llm_vtuber.show import operator_commands as orders
from open_llm_vtuber.show.commands import (
    AnyCommand,
    ChatHappened,
    GetState,
    Interrupt,
    Perform,
    TakeSnapshot,
)
from open_llm_vtuber.show.stage_commands import GiveWord, MakeWay, StageCommand, TakeWord
from open_llm_vtuber.shows import Shows, Subscription
from open_llm_vtuber.stimulus import CHAT, ChannelEvent, ChatMessage, Stimulus
from open_llm_vtuber.text_rules import stage_mark
from open_llm_vtuber.units import Seconds

log = logging.getLogger(__name__)

LOOK: Seconds = 0.2
"""For how long one may have the word without using it. It is also the breath between the two."""
WHILE_SPEAKING: Seconds = 0.1
UNREAD_LINES = 20
"""Lines of the other that a character has not answered and is told of with the next one; the oldest go first."""
DUET = "duet"
BOTH = (
    Interrupt
    | orders.Skip
    | orders.Stop
    | orders.Resume
    | orders.PauseChat
    | orders.ResumeChat
    | orders.BlockViewer
    | orders.UnblockViewer
    | orders.ForgetViewer
    | orders.EditModeration
)
"""What is asked of one and concerns everybody on stage."""
ENDS_THE_TALK = Interrupt | orders.Skip | orders.Stop


@dataclass(slots=True)
class _Player:
    """One of the two."""

    show: str
    name: str = ""
    """How the character is called."""
    last: tuple[str, str] = ("", "")
    """Time and text of the last line that it said."""
    unread: deque[str] = field(default_factory=lambda: deque(maxlen=UNREAD_LINES))
    """What was said on stage since it was last asked for an answer, marked as in a prompt."""


class Duet:
    """Passes the word and the lines."""

    def __init__(self, shows: Shows, settings: DuetSettings) -> None:
        self.players = (_Player(settings.shows[0]), _Player(settings.shows[1]))
        self._shows = shows
        self._settings = settings
        self._exchanges_left = 0
        self._until: Seconds = 0.0
        self._ours: str | None = None
        """The turn that was begun here; every other begins a new talk."""
        self._is_cut = False

    async def run(self) -> None:
        """Let them talk until cancelled."""
        one, other = self.players
        for player in (one, other):
            state = await self._state(player, TakeWord())
            player.name = state.character.character_name
            last, _ = await self._last_lines(player)
            player.last = (last.timestamp, last.content) if last else ("", "")
        while True:
            await self._word_to(one, other)
            await self._word_to(other, one)

    def addressed(self, show: str, text: str) -> str:
        """Return to whom a line of chat goes: who is named first in it, else whom it came to."""
        places = [
            (place, each.show) for each in self.players if (place := _place_of(each.name, text)) is not None
        ]
        return min(places)[1] if places else show

    def partner(self, show: str) -> str | None:
        """Return who shares the stage with that show."""
        names = [each.show for each in self.players]
        return names[1 - names.index(show)] if show in names else None

    def end_talk(self) -> None:
        """Let nobody answer the other until somebody else begins something."""
        self._is_cut = True
        self._exchanges_left = 0

    async def _word_to(self, player: _Player, other: _Player) -> None:
        """Let one begin a turn, wait until that is over, and hand on what was said."""
        if _somebody_speaks(await self._state(other, GetState())):
            return  # who speaks there is answered there first
        self._is_cut = False
        await self._ask(player, GiveWord(other.name))
        await asyncio.sleep(LOOK)
        seen = await self._state(player, TakeWord())
        about: Queued | None = None
        while seen.speaking:
            about = seen.reacting_to or about
            if _somebody_speaks(seen) or _somebody_speaks(await self._state(other, GetState())):
                self.end_talk()
                await self._ask(player, MakeWay())
            await asyncio.sleep(WHILE_SPEAKING)
            seen = await self._state(player, TakeWord())
        player.name = seen.character.character_name
        await self._share_stop(seen, other)
        await self._hand_on(player, other, about)

    async def _share_stop(self, seen: State, other: _Player) -> None:
        """Let a moderator's word in the chat of one count for the other as well."""
        if seen.is_stopped and not (await self._state(other, GetState())).is_stopped:
            self.end_talk()
            await self._ask(other, orders.Stop(DUET))

    async def _hand_on(self, player: _Player, other: _Player, about: Queued | None) -> None:
        """Have the other answer what was said, or at least know of it."""
        last, before = await self._last_lines(player)
        if last is None or (last.timestamp, last.content) == player.last:
            return  # nothing was heard
        player.last = (last.timestamp, last.content)
        if about is None or about.stimulus_id != self._ours:
            self._begin_talk(other, about, before)
        is_open = not self._is_cut and self._exchanges_left > 0 and _now() < self._until
        if is_open:
            line = Stimulus(
                text=last.content,
                source="voice",
                author=player.name,
                standing="character",
                priority=CHAT,
                notes=tuple(other.unread),
            )
            try:
                await self._shows.ask(other.show, Perform(line))
            except ProtocolError as error:  # it is stopped, or has too much to do
                log.info("the show %s takes no line: %s", other.show, error)
            else:
                self._ours = line.id
                self._exchanges_left -= 1
                other.unread.clear()
                return
        other.unread.append(f"{stage_mark(player.name, 'character')} {last.content}")

    def _begin_talk(self, other: _Player, about: Queued | None, before: StoredLine | None) -> None:
        """Note that somebody else has begun something; what the streamer said was said to both."""
        self._ours = None
        self._exchanges_left = self._settings.exchanges
        self._until = _now() + self._settings.seconds
        if about and about.source == "voice" and before and before.role == "human":
            other.unread.append(f"{stage_mark(before.name, 'streamer')} {before.content}")

    async def _last_lines(self, player: _Player) -> tuple[StoredLine | None, StoredLine | None]:
        """Return the last line of its conversation, if the character has said it, and the one before that."""
        answers = await self._shows.ask(player.show, TakeSnapshot(DUET))
        lines = [line for each in answers if isinstance(each, Snapshot) for line in each.conversation]
        if not lines or lines[-1].role != "ai":
            return None, None
        return lines[-1], lines[-2] if len(lines) > 1 else None

    async def _state(self, player: _Player, command: TakeWord | GetState) -> State:
        answers = await self._shows.ask(player.show, command)
        return next(each for each in answers if isinstance(each, CharacterState))

    async def _ask(self, player: _Player, command: StageCommand | orders.Stop) -> None:
        with suppress(ProtocolError):
            await self._shows.ask(player.show, command)


class Duets:
    """The port to shows, of which two may share a stage; what concerns both reaches both. Entering begins the duet."""

    def __init__(self, shows: Shows, settings: DuetSettings | None) -> None:
        self._shows = shows
        self._duet = Duet(shows, settings) if settings else None
        self._tasks = asyncio.TaskGroup()
        self._running: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        if self._duet:
            self._running = self._tasks.create_task(self._duet.run(), name="the duet")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        if self._running:
            self._running.cancel()
        if kind is not None and issubclass(kind, asyncio.CancelledError):
            await self._tasks.__aexit__(kind, error, trace)
        else:  # an error of whoever entered goes on as it is, not wrapped into a group
            await self._tasks.__aexit__(None, None, None)

    async def ask(self, show: str, command: AnyCommand) -> Sequence[ServerMessage]:
        """Do it and return the answers of the show that is asked."""
        answers = await self._shows.ask(show, command)
        partner = self._partner(show)
        if self._duet and partner and isinstance(command, BOTH):
            if isinstance(command, ENDS_THE_TALK):
                self._duet.end_talk()
            with suppress(ProtocolError):
                await self._shows.ask(partner, command)
        return answers

    async def tell(self, show: str, command: ChatHappened) -> None:
        """Hand it to whom it concerns: a line to who is named in it, events to that show, everything else to both."""
        partner = self._partner(show)
        if self._duet and isinstance(command.event, ChatMessage) and partner:
            await self._shows.tell(self._duet.addressed(show, command.event.text), command)
            return
        await self._shows.tell(show, command)
        if partner and not isinstance(command.event, ChannelEvent):
            await self._shows.tell(partner, command)

    def subscribe(
        self, show: str | None, client: str, identity: str = "", *, listens_only: bool = False
    ) -> AbstractAsyncContextManager[Subscription]:
        """Attach a client."""
        return self._shows.subscribe(show, client, identity, listens_only=listens_only)

    def _partner(self, show: str) -> str | None:
        return self._duet.partner(show) if self._duet else None


def _somebody_speaks(state: State) -> bool:
    """Whether a microphone of that show has the floor, and she is to wait for it."""
    stage = state.co_host
    return stage is not None and stage.holder is not None and stage.floor != "talk-over"


def _place_of(name: str, text: str) -> int | None:
    """Return where a name stands in a text by itself; None where it does not."""
    found = re.search(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])", text, re.IGNORECASE) if name else None
    return found.start() if found else None


def _now() -> Seconds:
    return asyncio.get_running_loop().time()
