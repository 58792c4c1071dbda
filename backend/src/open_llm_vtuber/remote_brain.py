"""The remote brain of a server: `external_api` with its books, started once for all shows, and the mode that follows it."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Collection, MutableMapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from open_llm_vtuber.bookkeeping import Bookkeeping
from open_llm_vtuber.config import Settings
from open_llm_vtuber.engine_pool import EnginePool
from open_llm_vtuber.errors import ConfigError, EngineError, ProtocolError
from open_llm_vtuber.llm.external import Hooks, budget_of, external_model, not_configured, notes
from open_llm_vtuber.llm.fallback_brain import FallbackBrain
from open_llm_vtuber.modes import Mode
from open_llm_vtuber.ports import LanguageModel, SpendingStore
from open_llm_vtuber.protocol.live_server_messages import BackendMode
from open_llm_vtuber.settings.providers import ExternalApiConfig, Spare
from open_llm_vtuber.show.commands import GetMode, SetMode
from open_llm_vtuber.shows import Shows
from open_llm_vtuber.stimulus import EngineStatus

log = logging.getLogger(__name__)

JOB = "external_api"
"""Its name among the providers of the state."""
SERVER = "server"
"""Whose wish a change of the mode is that nobody has asked for."""


@dataclass(slots=True, eq=False)
class RemoteBrain:
    """What a server has of it; without a model, `unavailable` says why."""

    books: Bookkeeping
    model: FallbackBrain | None = None
    unavailable: str = ""
    is_lost: bool = False
    """Nobody of the chain answers, and the chain ends in `autonomous`."""
    has_changed: asyncio.Event = field(default_factory=asyncio.Event)

    def lost(self, reason: str) -> None:
        """Note that nobody answers any more."""
        log.warning("no remote language model answers: %s", reason)
        self.is_lost = True
        self.has_changed.set()

    def recovered(self) -> None:
        """Note that somebody answers again."""
        self.is_lost = False
        self.has_changed.set()


@asynccontextmanager
async def remote_brain(
    settings: Settings,
    store: SpendingStore,
    llms: EnginePool[LanguageModel],
    statuses: MutableMapping[str, EngineStatus],
    report: Callable[[str], None],
) -> AsyncGenerator[RemoteBrain, None]:
    """Start it as far as the configuration has one; `statuses` always says who answers.

    One that cannot be had is no failure of the server: the mode cannot be chosen, and the reason is told.
    """
    external = settings.external_api if settings.features.external_api else None
    async with AsyncExitStack() as stack:
        books = await stack.enter_async_context(Bookkeeping(budget_of(settings.budget), store))
        brain = RemoteBrain(books, unavailable=not_configured(external))
        if external and not brain.unavailable:
            for note in notes(external, settings.budget.currency):
                report(note)
            try:
                brain.model = await _started(stack, settings, external, brain, llms, statuses)
            except (ConfigError, EngineError) as error:
                brain.unavailable = str(error)
                report(f"The mode external-api cannot be chosen: {error}")
        yield brain


async def _started(
    stack: AsyncExitStack,
    settings: Settings,
    external: ExternalApiConfig,
    brain: RemoteBrain,
    llms: EnginePool[LanguageModel],
    statuses: MutableMapping[str, EngineStatus],
) -> FallbackBrain:
    def on_change(engine: str, note: str) -> None:
        statuses[JOB] = EngineStatus(engine=engine, note=note)

    hooks = Hooks(on_change=on_change, on_exhausted=brain.lost, on_recovered=brain.recovered)
    spares = await _spares(stack, settings, external, llms)
    model = await stack.enter_async_context(external_model(external, brain.books, hooks, spares))
    on_change(next(iter(model.brains)), "")
    return model


async def _spares(
    stack: AsyncExitStack,
    settings: Settings,
    external: ExternalApiConfig,
    llms: EnginePool[LanguageModel],
) -> dict[Spare, LanguageModel]:
    """Return the models behind the words of the chain. Raises ConfigError or EngineError."""
    found: dict[Spare, LanguageModel] = {}
    if "orphiq" in external.fallback:
        own = await llms.take(*settings.character_config.agent_config.language_model())
        stack.push_async_callback(own.end)
        found["orphiq"] = own.engine
    if "embedded" in external.fallback:
        embedded = await llms.take_as_named("embedded_llm", {})
        stack.push_async_callback(embedded.end)
        found["embedded"] = embedded.engine
    return found


class ModeFollower:
    """Puts shows into the mode `autonomous` while nobody of the chain answers, and back when somebody does.

    Only those that were in `external-api`, and back only if nobody has chosen another mode meanwhile.
    """

    def __init__(self, brain: RemoteBrain, shows: Shows, names: Collection[str]) -> None:
        self._brain = brain
        self._shows = shows
        self._names = names
        self._moved: set[str] = set()

    async def run(self) -> None:
        """Follow for ever, and probe the chain while it is lost."""
        async with asyncio.TaskGroup() as group:
            if self._brain.model:
                group.create_task(self._brain.model.watch())
            while True:
                await self._brain.has_changed.wait()
                self._brain.has_changed.clear()
                await self._follow()

    async def _follow(self) -> None:
        if self._brain.is_lost:
            for name in self._names:
                if await self._moves(name, "external-api", "autonomous"):
                    self._moved.add(name)
            return
        for name in sorted(self._moved):
            await self._moves(name, "autonomous", "external-api")
        self._moved.clear()

    async def _moves(self, name: str, before: Mode, after: Mode) -> bool:
        """Change the mode if it is `before`; return whether it was."""
        try:
            for answer in await self._shows.ask(name, GetMode()):
                if isinstance(answer, BackendMode) and answer.mode == before:
                    await self._shows.ask(name, SetMode(client=SERVER, mode=after))
                    return True
        except ProtocolError as error:
            log.warning("%s stays in the mode %s: %s", name, before, error)
        return False
