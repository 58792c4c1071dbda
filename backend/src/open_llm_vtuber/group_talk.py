"""What goes on in one group: who speaks next, what each is told, and what the others see of it.

A reply is an ordinary turn of the speaker's own show. The group listens to that show like one more client, and passes
on what everybody sees. So each prompt reaches one character only, and a show knows of no other. What is said is put
into every member's conversation at once, whether or not its character ever comes to answer it.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from open_llm_vtuber.errors import ProtocolError, VTuberError
from open_llm_vtuber.group_reply import CHAIN_END, CHAIN_START, Member, Reply, cue_of, show_cue
from open_llm_vtuber.protocol.codec import harmless, problem
from open_llm_vtuber.protocol.live_server_messages import Snapshot
from open_llm_vtuber.protocol.parts import CharacterNames
from open_llm_vtuber.protocol.server_messages import (
    Error,
    InterruptSignalCue,
    ServerMessage,
    UserInputTranscription,
)
from open_llm_vtuber.show.audience import Outbox, OutboxClosed
from open_llm_vtuber.show.commands import (
    AnswerUtterance,
    Interrupt,
    KeepLine,
    Perform,
    SpeakUp,
    TakeSnapshot,
    Transcribe,
)
from open_llm_vtuber.shows import Shows
from open_llm_vtuber.stimulus import HistoryLine, Stimulus
from open_llm_vtuber.text_rules import one_line
from open_llm_vtuber.units import Seconds

log = logging.getLogger(__name__)

LISTENER = "the group of "
"""How the name begins under which a group listens to a show."""
WAITING_LINES = 32
"""Lines of humans that may wait for the running turn to end."""
LONGEST_TURN: Seconds = 600.0
HUMAN_NAME, OTHER_AIS = "{human_name}", "{other_ais}"
"""Where a scene names those who are there."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """A line that was spoken. It keeps its place among the others while somebody listens to it."""

    heard: asyncio.Future[Stimulus | VTuberError]
    """Cancelled when its speaker has gone."""
    outbox: Outbox
    """Its speaker's."""


Line = Perform | SpeakUp | Utterance


async def listened(shows: Shows, show: str, command: AnswerUtterance) -> Stimulus | VTuberError:
    """Return the line that a member has spoken, or why there is none. Takes the sound at once."""
    try:
        (heard,) = await shows.ask(show, Transcribe(command.client, command.microphone))
    except VTuberError as error:
        return error
    except Exception:  # the boundary: a bug in an ear costs one line
        log.exception("a bug while listening to a member of a group")
        return VTuberError("Something went wrong inside the server.")
    text = heard.text.replace("<\u200b", "<") if isinstance(heard, UserInputTranscription) else ""
    return Stimulus(text=text, source="voice", author=command.author, client=command.client)


class Group:
    """Several shows in one conversation. After a human's line each replies `rounds` times, in the order of joining.

    `scene` is what each character is told about such a conversation.
    """

    def __init__(self, shows: Shows, rounds: int, scene: str = "") -> None:
        self.members: dict[str, Member] = {}
        """By client, the longest here first; that one owns the group."""
        self.is_talking = False
        self._shows = shows
        self._rounds = rounds
        self._scene = scene
        self._waiting: deque[tuple[str, Line]] = deque(maxlen=WAITING_LINES)
        self._reply: Reply | None = None
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

    def refuse_if_full(self) -> None:
        """Raise ProtocolError `busy` when no more lines can wait."""
        if len(self._waiting) == WAITING_LINES:
            raise ProtocolError("Too much is waiting already; try again in a moment.", code="busy")

    def submit(self, client: str, line: Line) -> None:
        """Take a line in, for when the running turn has ended. Raises ProtocolError `busy`."""
        self.refuse_if_full()
        if not isinstance(line, SpeakUp) and (member := self.members.get(client)):
            member.outbox.is_interrupted = False  # who types or speaks listens again
        self._waiting.append((client, line))

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

    async def _react(self, client: str, line: Line) -> None:
        self._is_cut = False
        command = await _understood(line) if isinstance(line, Utterance) else line
        if command is None:
            return
        if client not in self.members:  # it has left meanwhile: its own character answers
            await self._ask(client, command)
            return
        if isinstance(command, SpeakUp):
            await self._turn(self.members[client], command)
        else:
            await self._hear(command.stimulus, self.members[client])
        if not await self._all_reply() and isinstance(line, Utterance):
            _end_wait(line.outbox)

    async def _all_reply(self) -> bool:
        """Let the characters reply until all have done so often enough or are cut; return whether one did."""
        has_begun = False
        for _ in range(self._rounds):
            for speaker in tuple(self.members.values()):
                if self._waiting or self._is_cut:
                    return has_begun
                has_begun = await self._answer(speaker) or has_begun
        return has_begun

    def forget(self, client: str) -> None:
        """Let a member's character begin anew: what it was not yet told belongs to another conversation."""
        if member := self.members.get(client):
            member.unread.clear()

    async def _hear(self, stimulus: Stimulus, initiator: Member) -> None:
        """Show a human's line to everybody who has not seen it, and tell it to all."""
        cue = UserInputTranscription(text=harmless(stimulus.text))
        if stimulus.source == "voice":
            show_cue(initiator.outbox, cue)
        for member in self.members.values():
            if member is not initiator:
                show_cue(member.outbox, cue)
        name = (await self._names(initiator.client)).human_name or stimulus.author
        said = HistoryLine(role="human", name=name, content=stimulus.text, timestamp=datetime.now(UTC))
        await self._tell(said, tuple(self.members.values()))

    async def _tell(self, said: HistoryLine, members: Sequence[Member]) -> None:
        """Let these characters be told the line with their next turn, and put it into their conversations now."""
        line = f"{one_line(said.name)}: {one_line(said.content)}"
        for member in members:
            member.unread.append(line)
        # Another character's words are what is said to this one: the name is part of the line.
        kept = replace(said, role="human", content=line) if said.role == "ai" else said
        for member in members:
            await self._keep(member, kept)

    async def _keep(self, member: Member, line: HistoryLine) -> None:
        try:
            await self._shows.ask(member.client, KeepLine(line))
        except ProtocolError:
            return  # it has gone
        except VTuberError as error:
            log.warning("a line of a group was not stored: %s", error)
            show_cue(member.outbox, Error(message=str(error), code=error.code))

    async def _answer(self, speaker: Member) -> bool:
        """Let it speak if there is anything new for it; return whether it did."""
        if self.members.get(speaker.client) is not speaker or not speaker.unread:
            return False  # it has left, or there is nothing new for it
        scene = await self._scene_for(speaker) if self._scene else ""
        text = "\n".join(speaker.unread)
        speaker.unread.clear()
        await self._turn(speaker, Perform(Stimulus(text=text, source="group", author="", scene=scene)))
        return True

    async def _scene_for(self, speaker: Member) -> str:
        named = [(member, await self._names(member.client)) for member in tuple(self.members.values())]
        humans = dict.fromkeys(names.human_name for _, names in named if names.human_name)
        others = [names.character_name for member, names in named if member is not speaker]
        scene = self._scene.replace(HUMAN_NAME, ", ".join(humans) or "Human")
        return scene.replace(OTHER_AIS, ", ".join(others))

    async def _names(self, client: str) -> CharacterNames:
        """Return whom a member's show plays just now: it may change."""
        with suppress(ProtocolError):
            (snapshot,) = await self._shows.ask(client, TakeSnapshot(client))
            if isinstance(snapshot, Snapshot):
                return snapshot.state.character
        return CharacterNames(conf_name="", character_name="")

    async def _turn(self, speaker: Member, command: Perform | SpeakUp) -> None:
        listeners = [member for member in self.members.values() if member is not speaker]
        reply = self._reply = Reply(speaker, listeners)
        try:
            await self._followed(reply, command)
            if heard := reply.heard.strip():
                said = HistoryLine(
                    role="ai",
                    name=reply.name,
                    content=heard,
                    timestamp=datetime.now(UTC),
                    interrupted=reply.is_cut,
                )
                await self._tell(said, [each for each in self.members.values() if each is not speaker])
        finally:
            self._reply = None
            reply.close()

    async def _followed(self, reply: Reply, command: Perform | SpeakUp) -> None:
        """Let the speaker's show perform, and follow it for as long as it can be."""
        speaker = reply.speaker.client
        try:
            async with asyncio.timeout(LONGEST_TURN):
                await self._follow(reply, command)
        except (ProtocolError, OutboxClosed) as error:  # its client has left, and its show has ended
            log.info("a member of a group has gone: %s", error)
            reply.is_cut = True
        except TimeoutError:
            log.warning("a turn in a group took too long")
            reply.is_cut = True
            await self._ask(speaker, Interrupt(speaker, None))

    async def _follow(self, reply: Reply, command: Perform | SpeakUp) -> None:
        """Let the speaker's show perform, and listen to it until the chain ends."""
        speaker = reply.speaker
        listener = f"{LISTENER}{speaker.client}"
        async with self._shows.subscribe(speaker.client, listener, listens_only=True) as place:
            answers = await self._shows.ask(speaker.client, command)
            for answer in answers:
                speaker.outbox.send(answer)
            if isinstance(command, SpeakUp) and not answers:
                return  # it speaks already
            while (message := cue_of(await place.outbox.get())) != CHAIN_END:
                await self._take(message, reply)

    async def _take(self, message: ServerMessage | None, reply: Reply) -> None:
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


async def _understood(utterance: Utterance) -> Perform | None:
    """Wait for the words; who spoke without any being heard is told, and waits no longer for a chain to end."""
    await asyncio.wait([utterance.heard])
    if utterance.heard.cancelled():
        return None
    heard = utterance.heard.result()
    if isinstance(heard, Stimulus):
        return Perform(heard)
    utterance.outbox.send(problem(heard, request_type="mic-audio-end", request_id=None))
    _end_wait(utterance.outbox)
    return None


def _end_wait(outbox: Outbox) -> None:
    """Let a client that has spoken wait no longer for a chain."""
    if not outbox.is_in_chain:
        outbox.send(CHAIN_END)
