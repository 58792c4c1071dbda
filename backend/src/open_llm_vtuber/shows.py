"""The port to shows, and its implementation inside one process.

Whatever reaches a show from outside (sockets, REST, chat, timers) uses these three calls and nothing else, so
that shows could as well live on another machine.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import TracebackType
from typing import Protocol, Self

from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.modes import Feature
from open_llm_vtuber.protocol.server_messages import ServerMessage
from open_llm_vtuber.show.audience import Outbox
from open_llm_vtuber.show.commands import NEEDS, AnyCommand, ChatHappened, GroupCommand, SourceCommand
from open_llm_vtuber.show.settings_commands import SettingsCommand
from open_llm_vtuber.show.show import Show


class Shows(Protocol):
    """All shows of this server, by name."""

    async def ask(self, show: str, command: AnyCommand) -> Sequence[ServerMessage]:
        """Do it and return the answers. Raises ProtocolError, `not-found` for an unknown show."""
        ...

    async def tell(self, show: str, command: ChatHappened) -> None:
        """Hand something over; the show has committed it once this returns. Raises ProtocolError."""
        ...

    def subscribe(
        self, show: str | None, client: str, identity: str = "", *, listens_only: bool = False
    ) -> AbstractAsyncContextManager["Subscription"]:
        """Attach a client to a show or, without a name, to a private one that ends with the context.

        What is said in a private show is found again by the same `identity`, and by nobody else. Who only listens
        may name a client's private show, and is never taken for somebody that the show is played to.
        """
        ...


class Subscription:
    """A client's place in a show's audience: what it is sent, and the name to ask under."""

    def __init__(self, show: str, outbox: Outbox) -> None:
        self.show = show
        self.outbox = outbox


class LocalShows:
    """Runs every show in this process; entering starts the named ones."""

    def __init__(
        self, build: Callable[[str], Show], named: Sequence[str], off: Collection[Feature] = ()
    ) -> None:
        """`off` are the features that the operator has switched off."""
        self._build = build
        self._off = frozenset(off)
        self._named = named
        self._shows: dict[str, Show] = {}
        self._places: dict[str, str] = {}
        """Client → the show it is attached to."""
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._group = asyncio.TaskGroup()

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        for name in self._named:
            self._open(name)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        for task in self._tasks.values():
            task.cancel()
        if kind is not None and issubclass(kind, asyncio.CancelledError):
            await self._group.__aexit__(kind, error, trace)
        else:  # an error of whoever entered goes on as it is, not wrapped into a group
            await self._group.__aexit__(None, None, None)

    async def ask(self, show: str, command: AnyCommand) -> Sequence[ServerMessage]:
        """Do it and return the answers. What concerns more than a show is acted on in front of it."""
        if isinstance(command, GroupCommand):
            return ()
        feature = NEEDS.get(type(command))
        if feature in self._off:
            raise ProtocolError(f"This is switched off here (features.{feature}).", code="switched-off")
        found = self._find(show)
        if isinstance(command, SourceCommand | SettingsCommand):
            return ()
        return await found.ask(command)

    @property
    def open(self) -> Sequence[str]:
        """The names of all shows there are now."""
        return tuple(self._shows)

    async def tell(self, show: str, command: ChatHappened) -> None:
        """Hand something over."""
        await self._find(show).tell(command)

    @asynccontextmanager
    async def subscribe(
        self, show: str | None, client: str, identity: str = "", *, listens_only: bool = False
    ) -> AsyncGenerator[Subscription, None]:
        """Attach a client."""
        name = show or client  # an empty name is none
        attached = self._find(name) if show else self._open(name)
        if not show:
            attached.belongs_to(identity)
        try:
            self._places[client] = name
            with attached.attach(client, listens_only=listens_only) as outbox:
                yield Subscription(name, outbox)
        finally:
            del self._places[client]
            if not show:
                await self._close(name)

    def _find(self, name: str) -> Show:
        name = self._places.get(name, name)  # a client's uid stands for its show
        if name not in self._shows:
            raise ProtocolError("There is no such show.", code="not-found")
        return self._shows[name]

    def _open(self, name: str) -> Show:
        show = self._shows[name] = self._build(name)
        self._tasks[name] = self._group.create_task(show.run(), name=f"show {name}")
        return show

    async def _close(self, name: str) -> None:
        del self._shows[name]
        task = self._tasks.pop(name)
        task.cancel()
        await asyncio.wait([task])
