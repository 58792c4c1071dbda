"""Groups: which private shows talk with each other. Keeps the port to shows; who is in no group notices nothing."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import Self

from open_llm_vtuber.errors import ProtocolError, VTuberError
from open_llm_vtuber.group_talk import LISTENER, Group, Line, Utterance, listened
from open_llm_vtuber.protocol.live_server_messages import Snapshot
from open_llm_vtuber.protocol.server_messages import (
    GroupOperationResult,
    GroupUpdate,
    ServerMessage,
)
from open_llm_vtuber.show.audience import Outbox
from open_llm_vtuber.show.commands import (
    AddToGroup,
    AnswerUtterance,
    AnyCommand,
    BecomeCharacter,
    ChatHappened,
    CreateHistory,
    DescribeGroup,
    FindSpeech,
    HearAll,
    Interrupt,
    Perform,
    PlayStarted,
    RemoveFromGroup,
    ResumeHistory,
    SpeakUp,
    TakeSnapshot,
)
from open_llm_vtuber.show.ears import SPEECH_BEGINS
from open_llm_vtuber.shows import Shows, Subscription
from open_llm_vtuber.stimulus import Stimulus

MOST_MEMBERS = 8
ROUNDS = 2


class Groups:
    """Lets private shows of other `Shows` talk with each other; entering starts nothing, leaving ends what runs."""

    def __init__(self, shows: Shows, *, rounds: int = ROUNDS, accepts: bool = True, scene: str = "") -> None:
        self._shows = shows
        self._rounds = rounds
        self._accepts = accepts
        self._scene = scene
        self._outboxes: dict[str, Outbox] = {}
        """Of each client that has a private show."""
        self._groups: dict[str, Group] = {}
        """Client → its group, which has at least two members."""
        self._talks: set[asyncio.Task[None]] = set()
        self._listening: dict[asyncio.Task[Stimulus | VTuberError], str] = {}
        """To an utterance of that client."""
        self._tasks = asyncio.TaskGroup()

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        for task in (*self._talks, *self._listening):
            task.cancel()
        if kind is not None and issubclass(kind, asyncio.CancelledError):
            await self._tasks.__aexit__(kind, error, trace)
        else:  # an error of whoever entered goes on as it is, not wrapped into a group
            await self._tasks.__aexit__(None, None, None)

    async def ask(self, show: str, command: AnyCommand) -> Sequence[ServerMessage]:
        """Do it and return the answers; what a member of a group asks may concern all of it."""
        match command:
            case AddToGroup():
                return await self._add(command)
            case RemoveFromGroup():
                return await self._remove(command)
            case DescribeGroup():
                return (self._update(command.client),)
            case PlayStarted():
                if group := self._groups.get(command.client):
                    group.play_started(command.client, command.text)
                return await self._shows.ask(show, command)
            case AnswerUtterance() if command.client in self._groups:
                return await self._answer_utterance(show, command)
            case Perform() if command.stimulus.client in self._groups:
                client = command.stimulus.client
                return self._submit(self._groups[client], client, command)
            case SpeakUp() if group := self._groups.get(command.client):
                if group.is_talking:
                    return ()  # somebody speaks already
                return self._submit(group, command.client, command)
            case HearAll() if group := self._groups.get(command.client):
                return await self._find_speech(show, command, group)
            case Interrupt() if group := self._groups.get(command.client):
                await group.interrupt(command.client, command.heard)
                return ()
            case CreateHistory() | ResumeHistory() | BecomeCharacter() if group := self._groups.get(show):
                answers = await self._shows.ask(show, command)
                group.forget(show)
                return answers
            case _:
                return await self._shows.ask(show, command)

    async def tell(self, show: str, command: ChatHappened) -> None:
        """Hand something over."""
        await self._shows.tell(show, command)

    @asynccontextmanager
    async def subscribe(
        self, show: str | None, client: str, identity: str = "", *, listens_only: bool = False
    ) -> AsyncGenerator[Subscription, None]:
        """Attach a client. Who leaves also leaves its group. A private show is for nobody but its own client."""
        is_taken = show is not None and (show in self._outboxes or show.startswith(LISTENER))
        if is_taken and not listens_only:
            raise ProtocolError("There is no such show.", code="not-found")
        async with self._shows.subscribe(show, client, identity, listens_only=listens_only) as place:
            if not show:
                self._outboxes[client] = place.outbox
            try:
                yield place
            finally:
                self._outboxes.pop(client, None)
                for task, speaker in self._listening.items():
                    if speaker == client:
                        task.cancel()
                if client in self._groups:
                    self._leave(client, f"{client} has left the group.")

    def _submit(self, group: Group, client: str, line: Line) -> Sequence[ServerMessage]:
        group.submit(client, line)
        if not group.is_talking:
            group.is_talking = True
            talk = self._tasks.create_task(group.talk(), name=f"the group of {client}")
            self._talks.add(talk)
            talk.add_done_callback(self._talks.discard)
        return ()

    async def _find_speech(self, show: str, command: HearAll, group: Group) -> Sequence[ServerMessage]:
        outbox = self._outboxes[command.client]
        for found in await self._shows.ask(show, FindSpeech(command.client, command.samples)):
            outbox.send(found)  # at once: the client goes quiet before the turn has ended
            if found == SPEECH_BEGINS and command.client in group.members:
                await group.interrupt(command.client, None)
        return ()

    async def _answer_utterance(self, show: str, command: AnswerUtterance) -> Sequence[ServerMessage]:
        """Have somebody listen meanwhile: the client that spoke is not kept waiting."""
        client = command.client
        group, outbox = self._groups[client], self._outboxes[client]
        group.refuse_if_full()
        listening = self._tasks.create_task(
            listened(self._shows, show, command), name=f"listening to {client}"
        )
        self._listening[listening] = client
        listening.add_done_callback(self._listening.pop)
        await asyncio.sleep(0)  # now it has taken the sound: what comes next is another utterance
        if listening.done() and isinstance(refusal := listening.result(), VTuberError):
            raise refusal
        return self._submit(group, client, Utterance(listening, outbox))

    async def _add(self, command: AddToGroup) -> Sequence[ServerMessage]:
        host, guest = command.client, command.invitee
        if objection := await self._objection(host, guest):
            return (GroupOperationResult(success=False, message=objection), self._update(host))
        group = self._groups.get(host) or self._new_group(host)
        group.join(guest, self._outboxes[guest])
        self._groups[guest] = group
        for member in group.members:
            if member != host:
                self._outboxes[member].send(self._update(member))
        self._outboxes[guest].send(GroupOperationResult(success=True, message="You are in a group now."))
        return (GroupOperationResult(success=True, message=f"{guest} is in the group."), self._update(host))

    async def _objection(self, host: str, guest: str) -> str:
        """Return why the guest cannot join; "" if it can."""
        group = self._groups.get(host)
        if host not in self._outboxes:
            return "A show that several share cannot be in a group."
        if guest == host:
            return "Nobody can invite themselves."
        if guest not in self._outboxes:
            return "There is no such client."
        if not self._accepts:
            return "This server accepts no invitations: group_invitations in its configuration."
        if guest in self._groups:
            return f"{guest} is in a group already."
        if group and len(group.members) >= MOST_MEMBERS:
            return f"A group has at most {MOST_MEMBERS} members."
        if await self._is_busy(guest) or (not group and await self._is_busy(host)):
            return "A character is still speaking; try again when it has ended."
        return ""

    async def _is_busy(self, client: str) -> bool:
        """Return whether its show has a turn of its own, which must not meet one of the group."""
        with suppress(ProtocolError):
            (snapshot,) = await self._shows.ask(client, TakeSnapshot(client))
            return isinstance(snapshot, Snapshot) and (snapshot.state.speaking or snapshot.state.queue > 0)
        return False

    def _new_group(self, owner: str) -> Group:
        group = self._groups[owner] = Group(self._shows, self._rounds, self._scene)
        group.join(owner, self._outboxes[owner])
        return group

    async def _remove(self, command: RemoveFromGroup) -> Sequence[ServerMessage]:
        client, target = command.client, command.target
        group = self._groups.get(client)
        if group is None or target not in group.members:
            return self._refused(client, "That client is not in your group.")
        if client not in (target, next(iter(group.members))):
            return self._refused(client, "Only the owner of a group may remove others.")
        was_speaking = self._leave(target, f"{target} has left the group.")
        self._outboxes[target].send(self._update(target))
        self._outboxes[target].send(GroupOperationResult(success=True, message="You have left the group."))
        if was_speaking:
            with suppress(ProtocolError):
                await self._shows.ask(target, Interrupt(target, None))
        return ()

    def _refused(self, client: str, why: str) -> Sequence[ServerMessage]:
        return (GroupOperationResult(success=False, message=why), self._update(client))

    def _leave(self, client: str, message: str) -> bool:
        """Let a client go and tell the others; return whether its character is speaking. One alone is no group."""
        group = self._groups.pop(client)
        was_speaking = group.leave(client)
        others = list(group.members)
        if len(others) == 1:
            group.leave(others[0])
            del self._groups[others[0]]
        for other in others:
            self._outboxes[other].send(self._update(other))
            self._outboxes[other].send(GroupOperationResult(success=True, message=message))
        return was_speaking

    def _update(self, client: str) -> GroupUpdate:
        group = self._groups.get(client)
        if group is None:
            return GroupUpdate()
        members = tuple(group.members)
        return GroupUpdate(members=members, is_owner=members[0] == client)
