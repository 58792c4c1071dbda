"""What goes on in one group: who speaks next, what each is told, and what the others see of it.

A reply is an ordinary turn of the speaker's own show. The group listens to that show like one more client, and passes
on what everybody sees. So each prompt reaches one character only, and a show knows of no other.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from pydantic import TypeAdapter
from pydantic_core import from_json

from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.protocol.codec import encode, harmless
from open_llm_vtuber.protocol.parts import DisplayText
from open_llm_vtuber.protocol.server_messages import (
    Audio,
    Control,
    ForceNewMessage,
    InterruptSignalCue,
    ServerMessage,
    UserInputTranscription,
)
from open_llm_vtuber.show.audience import Outbox, OutboxClosed
from open_llm_vtuber.show.commands import Interrupt, Perform, SpeakUp
from open_llm_vtuber.show.speech import SLICE
from open_llm_vtuber.shows import Shows
from open_llm_vtuber.stimulus import Stimulus
from open_llm_vtuber.text_rules import one_line
from open_llm_vtuber.units import Seconds

log = logging.getLogger(__name__)

LISTENER = "the group of "
"""How the name begins under which a group listens to a show."""
WAITING_LINES = 32
"""Lines of humans that may wait for the running turn to end."""
UNREAD_LINES = 100
"""Lines that a character is told of at once; of more, the oldest are not."""
LONGEST_TURN: Seconds = 600.0
EVERYBODY_SEES = frozenset(
    ("control", "full-text", "tool_call_status", "force-new-message", "interrupt-signal", "error")
)
"""What the other members get of a turn as it is; its words they get when the speaker's client begins to play them."""
CHAIN_START = Control(text="conversation-chain-start")
CHAIN_END = Control(text="conversation-chain-end")
_CUE: TypeAdapter[ServerMessage] = TypeAdapter(ServerMessage)


@dataclass(slots=True)
class Member:
    """A client in the group, and the lines that its character has not been told yet."""

    client: str
    outbox: Outbox
    unread: deque[str] = field(default_factory=lambda: deque(maxlen=UNREAD_LINES))


class _Reply:
    """One member's turn, as the others see it."""

    def __init__(self, speaker: Member, listeners: Sequence[Member]) -> None:
        self.speaker = speaker
        self.is_cut = False
        self.name = ""
        self._listeners = list(listeners)
        self._is_open = False
        self._texts: list[str] = []
        self._played: list[str] = []
        self._to_play: deque[DisplayText] = deque()

    @property
    def heard(self) -> str:
        """What was heard of it: all, or what the speaker's client began to play before it was cut."""
        return "".join(self._played if self.is_cut else self._texts).replace("<\u200b", "<")

    def follow(self, message: ServerMessage) -> None:
        """Take in a cue of the speaker's show and pass on what everybody sees."""
        if isinstance(message, Audio) and message.display_text:
            self.name = message.display_text.name or ""
            self._texts.append(message.display_text.text)
            self._to_play.append(message.display_text)
        elif message.type in EVERYBODY_SEES:
            for listener in self._listeners:
                show_cue(listener.outbox, message)
            if isinstance(message, Control):
                self._is_open = message == CHAIN_START

    def play_started(self, text: str) -> None:
        """Show a sentence to the others. Only what this turn has said counts, each once, whatever a client says."""
        if all(each.text != text for each in self._to_play):
            return
        while (shown := self._to_play.popleft()).text != text:
            self._play(shown)
        self._play(shown)

    def drop(self, client: str) -> None:
        """Let a listener go who leaves the group: for it the chain ends here."""
        for listener in self._listeners:
            if listener.client == client and self._is_open:
                _end_chain(listener)
        self._listeners = [each for each in self._listeners if each.client != client]

    def close(self) -> None:
        """End the chain for the others if the speaker's show could not."""
        for listener in self._listeners if self._is_open else ():
            _end_chain(listener)
        self._is_open = False

    def _play(self, shown: DisplayText) -> None:
        self._played.append(shown.text)
        forwarded = Audio(
            audio=None, volumes=(), slice_length=SLICE, display_text=shown, actions=None, forwarded=True
        )
        for listener in self._listeners:
            show_cue(listener.outbox, forwarded)


class Group:
    """Several shows in one conversation. After a human's line each replies `rounds` times, in the order of joining."""

    def __init__(self, shows: Shows, rounds: int) -> None:
        self.members: dict[str, Member] = {}
        """By client, the longest here first; that one owns the group."""
        self.is_talking = False
        self._shows = shows
        self._rounds = rounds
        self._waiting: deque[tuple[str, Perform | SpeakUp]] = deque(maxlen=WAITING_LINES)
        self._reply: _Reply | None = None
        self._is_cut = False

    def join(self, client: str, outbox: Outbox) -> None:
        """Let a client in. Its character is told of what is said from now on."""
        self.members[client] = Member(client, outbox)

    def leave(self, client: str) -> bool:
        """Let a client go; return whether its character is speaking. The others go on."""
        del self.members[client]
        if self._reply is None:
            return False
        self._reply.drop(client)
        return self._reply.speaker.client == client

    def submit(self, client: str, command: Perform | SpeakUp) -> None:
        """Take a line in, for when the running turn has ended. Raises ProtocolError `busy`."""
        if len(self._waiting) == WAITING_LINES:
            raise ProtocolError("Too much is waiting already; try again in a moment.", code="busy")
        if isinstance(command, Perform):
            self.members[client].outbox.is_interrupted = False  # who types listens again
        self._waiting.append((client, command))

    def play_started(self, client: str, text: str) -> None:
        """Note that a client plays a sentence: the others may read it now."""
        if self._reply and self._reply.speaker.client == client:
            self._reply.play_started(text)

    async def interrupt(self, client: str, heard: str | None) -> None:
        """Cut whoever speaks; nobody replies until the next line."""
        self.members[client].outbox.is_interrupted = True
        self._is_cut = True
        if reply := self._reply:
            speaker = reply.speaker.client
            await self._ask(speaker, Interrupt(speaker, heard if client == speaker else None))

    async def talk(self) -> None:
        """React to the lines that wait, until none does."""
        self.is_talking = True
        try:
            while self._waiting:
                await self._react(*self._waiting.popleft())
        finally:
            self.is_talking = False

    async def _react(self, client: str, command: Perform | SpeakUp) -> None:
        if client not in self.members:  # it has left meanwhile: its own character answers
            await self._ask(client, command)
            return
        self._is_cut = False
        if isinstance(command, SpeakUp):
            await self._turn(self.members[client], command)
            author = ""
        else:
            author = command.stimulus.author
            self._hear(command.stimulus, self.members[client])
        for _ in range(self._rounds):
            for speaker in tuple(self.members.values()):
                if self._waiting or self._is_cut:
                    return
                await self._answer(speaker, author)

    def forget(self, client: str) -> None:
        """Let a member's character begin anew: what it was not yet told belongs to another conversation."""
        if member := self.members.get(client):
            member.unread.clear()

    def _hear(self, stimulus: Stimulus, initiator: Member) -> None:
        """Show a human's line to everybody who has not seen it, and tell it to all."""
        cue = UserInputTranscription(text=harmless(stimulus.text))
        if stimulus.source == "voice":
            show_cue(initiator.outbox, cue)
        for member in self.members.values():
            if member is not initiator:
                show_cue(member.outbox, cue)
        self._tell(stimulus.author, stimulus.text)

    def _tell(self, name: str, text: str, but_for: Member | None = None) -> None:
        line = f"{one_line(name)}: {one_line(text)}"
        for member in self.members.values():
            if member is not but_for:
                member.unread.append(line)

    async def _answer(self, speaker: Member, author: str) -> None:
        if self.members.get(speaker.client) is not speaker or not speaker.unread:
            return  # it has left, or there is nothing new for it
        text = "\n".join(speaker.unread)
        speaker.unread.clear()
        await self._turn(speaker, Perform(Stimulus(text=text, source="group", author=author)))

    async def _turn(self, speaker: Member, command: Perform | SpeakUp) -> None:
        listeners = [member for member in self.members.values() if member is not speaker]
        reply = self._reply = _Reply(speaker, listeners)
        try:
            async with asyncio.timeout(LONGEST_TURN):
                await self._follow(reply, command)
        except (ProtocolError, OutboxClosed) as error:  # its client has left, and its show has ended
            log.info("a member of a group has gone: %s", error)
            reply.is_cut = True
        except TimeoutError:
            log.warning("a turn in a group took too long")
            reply.is_cut = True
            await self._ask(speaker.client, Interrupt(speaker.client, None))
        finally:
            self._reply = None
            reply.close()
        if heard := reply.heard.strip():
            self._tell(reply.name, heard, but_for=speaker)

    async def _follow(self, reply: _Reply, command: Perform | SpeakUp) -> None:
        """Let the speaker's show perform, and listen to it until the chain ends."""
        speaker = reply.speaker
        listener = f"{LISTENER}{speaker.client}"
        async with self._shows.subscribe(speaker.client, listener, listens_only=True) as place:
            answers = await self._shows.ask(speaker.client, command)
            for answer in answers:
                speaker.outbox.send(answer)
            if isinstance(command, SpeakUp) and not answers:
                return  # it speaks already
            while (message := _cue(await place.outbox.get())) != CHAIN_END:
                await self._take(message, reply)
            reply.follow(CHAIN_END)

    async def _take(self, message: ServerMessage | None, reply: _Reply) -> None:
        if message is None:
            return
        if isinstance(message, InterruptSignalCue):
            reply.is_cut = True
            if reply.speaker.client not in self.members:
                return  # it has left: for the others only its turn is over
            self._is_cut = True
        reply.follow(message)
        if message == CHAIN_START and self._is_cut:  # it was interrupted before it had begun
            await self._ask(reply.speaker.client, Interrupt(reply.speaker.client, None))

    async def _ask(self, client: str, command: Perform | SpeakUp | Interrupt) -> None:
        with suppress(ProtocolError):  # it has gone
            await self._shows.ask(client, command)


def show_cue(outbox: Outbox, message: ServerMessage) -> None:
    """Queue a cue of another show for a client, with the care that its own audience takes."""
    if message == CHAIN_START:
        outbox.chain_starts()
    if isinstance(message, InterruptSignalCue):
        outbox.is_interrupted = True
    outbox.put_cue(encode(message), "", message)


def _end_chain(listener: Member) -> None:
    show_cue(listener.outbox, ForceNewMessage())
    show_cue(listener.outbox, CHAIN_END)


def _cue(text: str) -> ServerMessage | None:
    """Return what a show sent, without what concerns this connection only; None for what is not part of a turn."""
    fields: dict[str, object] = from_json(text)
    if fields["type"] not in EVERYBODY_SEES | {"audio"}:
        return None
    for own in ("seq", "turn_id", "index"):
        fields.pop(own, None)
    return _CUE.validate_python(fields)
