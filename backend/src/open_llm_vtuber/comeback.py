"""After a crash each named show stands as it stood: in its mode, stopped or paused, in its channel.

What is noted is forgotten at a proper end; then the configuration says how a show begins. Paid events, histories and
triggers need none of this: they are in the store anyway.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from uuid import uuid4

from pydantic import BaseModel, ValidationError

from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.modes import Mode
from open_llm_vtuber.ports import Store
from open_llm_vtuber.protocol.envelope import Capability
from open_llm_vtuber.protocol.parts import TwitchState
from open_llm_vtuber.show.audience import Outbox, OutboxClosed
from open_llm_vtuber.show.commands import Describe, Hello
from open_llm_vtuber.show.standing import Standing
from open_llm_vtuber.shows import Shows

log = logging.getLogger(__name__)

NOTE = "standing"
_STATE = '{"type":"character-state"'


class _Told(BaseModel):
    """What is read of a `character-state`."""

    mode: Mode
    is_stopped: bool
    is_chat_paused: bool
    twitch: TwitchState | None

    @property
    def standing(self) -> Standing:
        return Standing(
            mode=self.mode,
            is_stopped=self.is_stopped,
            is_chat_paused=self.is_chat_paused,
            channel=self.twitch.channel if self.twitch and self.twitch.state != "down" else "",
        )


async def stood(store: Store, names: Collection[str]) -> Mapping[str, Standing]:
    """Return how those shows stood that a crash has ended; none of one that ended properly."""
    found: dict[str, Standing] = {}
    for name in names:
        try:
            if noted := await store.noted(name, NOTE):
                found[name] = Standing.model_validate_json(noted)
        except (EngineError, ValidationError) as error:
            log.warning("show %s: how it stood is not known (%s)", name, type(error).__name__)
    return found


@asynccontextmanager
async def listener(
    shows: Shows, show: str, capabilities: tuple[Capability, ...]
) -> AsyncGenerator[Outbox, None]:
    """Join a show as a client that only listens."""
    client = str(uuid4())
    async with shows.subscribe(show, client, listens_only=True) as place:
        for request in (Describe(client), Hello(client, capabilities)):
            for message in await shows.ask(place.show, request):
                place.outbox.send(message)
        yield place.outbox


class Comeback:
    """Notes how the named shows stand for as long as they run. A store that fails costs the note and not the show."""

    def __init__(self, shows: Shows, store: Store, names: Collection[str]) -> None:
        self._shows = shows
        self._store = store
        self._names = names
        self._noted: dict[str, Standing] = {}

    async def run(self) -> None:
        """Note for ever."""
        async with asyncio.TaskGroup() as group:
            for name in self._names:
                group.create_task(self._follow(name))

    async def forget(self) -> None:
        """Forget it all: the shows end as somebody wanted it."""
        for name in self._names:
            await self._note(name, "")

    async def _follow(self, name: str) -> None:
        async with listener(self._shows, name, ("state",)) as outbox:
            with suppress(OutboxClosed):
                while True:
                    frame = await outbox.get()
                    if frame.startswith(_STATE):
                        await self._keep(name, _Told.model_validate_json(frame).standing)

    async def _keep(self, name: str, standing: Standing) -> None:
        if self._noted.get(name) != standing:
            self._noted[name] = standing
            await self._note(name, standing.model_dump_json())

    async def _note(self, name: str, text: str) -> None:
        try:
            await self._store.note(name, NOTE, text)
        except EngineError as error:
            log.warning("show %s: %s", name, error)
