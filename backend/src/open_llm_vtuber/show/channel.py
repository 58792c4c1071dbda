"""The show's side of its channel: chat and events come in here, and go again wherever a moderator takes them back."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import assert_never

from open_llm_vtuber import course
from open_llm_vtuber.chat.commands import Commands
from open_llm_vtuber.chat.cue_sheets import CueSheets
from open_llm_vtuber.chat.decisions import skipped
from open_llm_vtuber.chat.events import Events
from open_llm_vtuber.chat.moderation import Moderation
from open_llm_vtuber.chat.selection import Selection
from open_llm_vtuber.chat_ports import ChatWriter
from open_llm_vtuber.decided import Forgotten
from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.ports import Adapter, BodyControl, Store
from open_llm_vtuber.protocol.server_messages import ServerMessage
from open_llm_vtuber.settings.chat import ChatSettings
from open_llm_vtuber.show.chat_desk import Asked, ChatDesk
from open_llm_vtuber.show.director import Director
from open_llm_vtuber.show.event_desk import EventDesk
from open_llm_vtuber.show.viewer_desk import ViewerDesk, channel_of
from open_llm_vtuber.stimulus import (
    ChannelEvent,
    ChatMessage,
    ChatRemoval,
    Stimulus,
    StreamFacts,
)
from open_llm_vtuber.text_rules import bounded, one_line
from open_llm_vtuber.units import Seconds

log = logging.getLogger(__name__)

WRITE_EVERY: Seconds = 10.0
"""How long it may take until the store knows who was here."""
SHORTEST_WAIT: Seconds = 0.1
BRIEFING_LIMIT: Seconds = 1.0
"""How long a prompt waits for what is known of a viewer."""
LONGEST_FACT = 140
PLATFORM = "twitch"


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """What the operator has set for chat and events."""

    chat: ChatSettings = field(default_factory=ChatSettings)
    sheets: CueSheets = field(default_factory=lambda: CueSheets({}))
    may_move: bool = True
    """Whether viewers and events may move the body."""


class Channel:
    """Takes in what happens on a channel, hands the director what to react to, and takes back what was removed."""

    def __init__(  # noqa: PLR0913  its parts, each by name
        self,
        show: str,
        settings: ChannelSettings,
        *,
        store: Store,
        names: Sequence[str],
        channel: str,
        publish: Callable[[ServerMessage], None],
        director: Callable[[], Director],
        adapter: Callable[[], Adapter],
        body: Callable[[], BodyControl],
        erase: Callable[[Collection[str], str | None], Awaitable[None]],
        writer: ChatWriter | None = None,
    ) -> None:
        """`erase` deletes the lines of these messages, and of a viewer, from the show's conversations."""
        self._show = show
        self._settings = settings
        self._store = store
        self._director = director
        self._adapter = adapter
        self._erase_lines = erase
        self._writer = writer
        self._facts: StreamFacts | None = None
        self._written_at: Seconds = 0.0
        self._poked = asyncio.Event()
        self._places: dict[tuple[str, str], None] = {(PLATFORM, channel): None} if channel else {}
        chat = settings.chat
        greets = chat.viewers.greet_first_time
        self._wants_first = greets or chat.moderation.hold.first_time
        self.obey: Callable[[Asked], Awaitable[None]] | None = None
        """Does what a command asks for."""
        self.chat = ChatDesk(
            Selection(names, channel, settings=chat.selection, greets=greets),
            publish,
            moderation=Moderation(chat.moderation),
            commands=Commands(chat.commands),
        )
        self.body = lambda: body() if settings.may_move else None
        """What viewers and events may move."""
        self.viewers = ViewerDesk(store.viewers, chat.viewers)
        self.events = EventDesk(
            show,
            Events(settings.sheets, channel),
            store,
            publish=publish,
            body=self.body,
            speakable=lambda text: self.chat.moderation.objection_to_name(text) is None,
        )

    def tune(self, chat: ChatSettings, sheets: CueSheets) -> None:
        """Go by these commands, this selection and these cue sheets from now on."""
        self.chat.tune(chat.commands, chat.selection)
        self.events.tune(sheets)

    async def run(self) -> None:
        """Keep the store up to date, drop what has waited too long, and wake the director when something is due."""
        await self.events.restore(self._now())
        await self.viewers.tidy()
        self._written_at = self._now()
        try:
            while True:
                await self._until_due()
                await self._keep_house()
        finally:
            await self.viewers.write()

    async def _until_due(self) -> None:
        self._director().wake()
        self._poked.clear()
        now = self._now()
        due = [each for each in (self.chat.next_expiry, self.events.next_due) if each is not None]
        if self.viewers.has_unwritten:
            due.append(max(now + SHORTEST_WAIT, self._written_at + WRITE_EVERY))
        later = [each for each in due if each > now]
        with suppress(TimeoutError):
            async with course.timeout_at(min(later) if later else None):
                await self._poked.wait()

    async def _keep_house(self) -> None:
        self.chat.expire(self._now())
        if self.events.has_settled:
            await self.events.write()
        if self._now() - self._written_at >= WRITE_EVERY:
            self._written_at = self._now()
            await self.viewers.write()

    @property
    def is_awaited(self) -> bool:
        """Whether a viewer waits: for an answer, or for thanks that are due."""
        due = self.events.next_due
        return self.chat.is_awaited or (due is not None and due <= self._now())

    def next(self, now: Seconds) -> Stimulus | None:
        """Return what to react to next: events before chat."""
        stimulus = self.events.next(now) or self.chat.next_line(now)
        if self.events.has_settled:
            self._poked.set()
        return stimulus

    async def tell(self, event: ChatMessage | ChatRemoval | ChannelEvent | StreamFacts) -> None:
        """Take something in; it is dealt with once this returns."""
        match event:
            case ChatMessage():
                await self._message(event)
            case ChatRemoval():
                await self.take_back(event)
            case ChannelEvent():
                if event.kind == "follow":
                    self.chat.follows(event.username)
                event = self.chat.with_line(event)
                message_id = event.data.get("message_id")
                if message_id and event.is_paid and self.events.answers(event):
                    self.chat.came_with_event(str(message_id))
                await self.events.take_in(event, self._now())
                self._poked.set()
            case StreamFacts():
                self._facts = event
            case _:
                assert_never(event)
        self._director().wake()

    async def take_back(self, removal: ChatRemoval, reason: str = "removed") -> None:
        """Remove a text wherever it is: waiting, being written, half spoken, remembered, stored."""
        ids = self.chat.remove(removal, self._now())
        if removal.message_id is None and removal.username is not None:
            self.events.remove_viewer(removal.username)
        if removal.message_id is not None:
            self.events.remove_message(removal.message_id)
        await self._silence(lambda stimulus: _concerns(removal, stimulus), reason)
        self._adapter().take_back(removal)
        await self._erase(removal, ids)

    async def forget_viewer(self, platform: str, username: str) -> None:
        """Remove every trace of a viewer. Raises EngineError when the store cannot do it."""
        username = username.lstrip("@").lower()
        ids = self.chat.forget(username)
        self.events.remove_viewer(username)
        await self._silence(lambda stimulus: stimulus.username == username, "forgotten")
        for channel in self.places(platform):
            removal = ChatRemoval(platform=platform, channel=channel, username=username)
            self._adapter().take_back(removal)
            await self.viewers.forget(channel_of(platform, channel), username)
        await self._erase_lines(ids, username)
        await self._store.paid.forget_viewer(self._show, username)
        course.note(Forgotten(username=username, message_ids=tuple(ids)))

    async def brief(self, stimulus: Stimulus) -> tuple[str, ...]:
        """Return what is known beside a line: of its viewer and of the stream, as data for a prompt."""
        if stimulus.source != "chat":
            return ()
        told: tuple[str, ...] = ()
        with suppress(TimeoutError):
            async with course.timeout(BRIEFING_LIMIT):
                told = await self.viewers.brief(
                    self._place(), stimulus, is_first=self.chat.is_first(stimulus.message_id)
                )
        return (*told, *_stream(self._facts))

    async def answering(self, stimulus: Stimulus) -> None:
        """Note that an answer goes out."""
        if stimulus.source == "event":
            await self.events.answering(stimulus)

    async def ended(self, stimulus: Stimulus, heard: str) -> None:
        """Note what was heard of an answer."""
        if stimulus.source == "event":
            await self.events.ended(stimulus)
            self._poked.set()
        elif stimulus.source == "chat":
            await self.viewers.answered(self._place(), stimulus, heard)

    def write(self, text: str, reply_to: str) -> None:
        """Answer a message in chat, where there is a login that may."""
        if self._writer is not None:
            self._writer.write(self._show, text, reply_to)

    @property
    def explains_commands(self) -> bool:
        """Whether viewers are told in chat what was wrong with a command."""
        return self._settings.chat.reply_errors

    def decide_held(self, message_id: str, *, allow: bool) -> bool:
        """Let a held message be answered, or not; return whether it was held."""
        was_held = self.chat.decide_held(message_id, self._now(), allow=allow)
        self._director().wake()
        return was_held

    def places(self, platform: str) -> Sequence[str]:
        """Return the channels of a platform that were read."""
        return [channel for each, channel in self._places if each == platform]

    def poke(self) -> None:
        """Look anew at what is due."""
        self._poked.set()

    async def _message(self, message: ChatMessage) -> None:
        if not await self._is_new(message):
            return
        self._places[message.platform, message.channel] = None
        is_first = self._wants_first and await self.viewers.is_first(message)
        await self.viewers.saw(message)
        if self.events.answers_line(message):
            self.chat.came_with_event(message.id)
        asked = self.chat.take_in(message, self._now(), is_first=is_first)
        self._poked.set()
        if asked and self.obey:
            await self.obey(asked)

    async def _silence(self, concerned: Callable[[Stimulus], bool], reason: str) -> None:
        """Take out of the inbox what is concerned, and cut the running turn if it is; the others go on."""
        for stimulus in self._director().drop(concerned):
            if stimulus.message_id:
                self.chat.decide(skipped(stimulus.message_id, reason))
        turn = self._director().turn
        if turn is not None and concerned(turn.stimulus):
            turn.retract(reason)
            await self._director().interrupt()
            await self._director().end_of(turn)

    async def _erase(self, removal: ChatRemoval, ids: Sequence[str]) -> None:
        username = removal.username if removal.message_id is None else None
        try:
            await self._erase_lines(ids, username)
            place = channel_of(removal.platform, removal.channel)
            await self.viewers.retract(place, ids, username)
        except EngineError as error:
            log.warning("show %s: what was removed may still be stored: %s", self._show, error)

    async def _is_new(self, message: ChatMessage) -> bool:
        try:
            return await self._store.first_sight(self._show, message.id)
        except EngineError as error:  # chat goes on; at worst a line that comes twice is answered twice
            log.warning("show %s: %s", self._show, error)
            return True

    def _place(self) -> str:
        """Return the channel, as the store knows it."""
        *_, (platform, channel) = self._places or {(PLATFORM, ""): None}
        return channel_of(platform, channel)

    @staticmethod
    def _now() -> Seconds:
        return course.now()


def _concerns(removal: ChatRemoval, stimulus: Stimulus) -> bool:
    if stimulus.source not in ("chat", "event"):
        return False
    if removal.message_id is not None:
        return stimulus.message_id == removal.message_id
    if removal.username is not None:
        return stimulus.username == removal.username
    return stimulus.source == "chat"


def _stream(facts: StreamFacts | None) -> tuple[str, ...]:
    if facts is None:
        return ()
    known = [
        facts.title and f'The stream is called "{bounded(one_line(facts.title), LONGEST_FACT)}".',
        facts.category and f"Its category is {bounded(one_line(facts.category), LONGEST_FACT)}.",
        facts.viewers is not None and f"{facts.viewers} people are watching.",
    ]
    return tuple(sentence for sentence in known if sentence)
