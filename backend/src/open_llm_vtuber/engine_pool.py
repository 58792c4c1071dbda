"""Engines that shows share: one for all with the same settings, started for the first and closed after the last."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Generic, Self, TypeVar

from open_llm_vtuber.engines import EngineTable
from open_llm_vtuber.errors import ConfigError, EngineError
from open_llm_vtuber.ports import Engine
from open_llm_vtuber.stimulus import EngineStatus

log = logging.getLogger(__name__)

E = TypeVar("E", bound=Engine)


@dataclass(frozen=True, slots=True)
class Lease(Generic[E]):
    """A running engine, until `end` is called."""

    engine: E
    status: EngineStatus
    end: Callable[[], Awaitable[None]]


@dataclass(slots=True, eq=False)
class _Place(Generic[E]):
    name: str
    options: Mapping[str, object]
    users: int = 0
    engine: E | None = None
    """None until it runs, and when it has ended."""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while it starts or ends."""


class EnginePool(Generic[E]):
    """The engines of one kind that are in use. Leaving the context ends them all.

    `instead` are the engines that stand in for one that we do not have or that cannot run here.
    """

    def __init__(self, table: EngineTable[E], instead: tuple[str, str]) -> None:
        self._table = table
        self._instead = instead
        self._places: list[_Place[E]] = []

    @property
    def running(self) -> tuple[str, ...]:
        """The names of the engines that run."""
        return tuple(place.name for place in self._places if place.engine is not None)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        for place in reversed(self._places.copy()):
            place.users = 0
            await self._close(place)

    async def take(self, name: str, options: Mapping[str, object]) -> Lease[E]:
        """Return an engine with these settings. One that we lack is replaced, and its status says so.

        Raises ConfigError when one that we have does not start.
        """
        note, first = "", self._instead[0]
        if name not in self._table:
            note = f"{name} is not available in this version; {first} is used instead."
            name, options = first, {}
        try:
            return await self._lease(name, options, note)
        except (EngineError, ConfigError) as error:
            if name != first:
                raise ConfigError(str(error)) from error
            note = f"{note} {name} cannot run here: {error} {self._instead[1]} is used instead.".strip()
        return await self._lease(self._instead[1], {}, note)

    async def take_as_named(self, name: str, options: Mapping[str, object]) -> Lease[E]:
        """Return an engine with these settings, and no other. Raises ConfigError or EngineError."""
        return await self._lease(name, options, "")

    async def _lease(self, name: str, options: Mapping[str, object], note: str) -> Lease[E]:
        place = self._place(name, options)
        place.users += 1
        try:
            engine = await self._running(place)
        except BaseException:
            await self._leave(place)
            raise
        is_over = False

        async def end() -> None:
            nonlocal is_over
            if not is_over:
                is_over = True
                await self._leave(place)

        return Lease(engine, EngineStatus(engine=name, note=note), end)

    def _place(self, name: str, options: Mapping[str, object]) -> _Place[E]:
        for place in self._places:
            if place.users and place.name == name and place.options == options:
                return place
        self._places.append(_Place(name, options))
        return self._places[-1]

    async def _running(self, place: _Place[E]) -> E:
        async with place.lock:
            if place.engine is None:
                engine = self._table.build(place.name, place.options)
                await engine.__aenter__()
                place.engine = engine
            return place.engine

    async def _leave(self, place: _Place[E]) -> None:
        place.users -= 1
        if not place.users:
            await self._close(place)

    async def _close(self, place: _Place[E]) -> None:
        """End it; it stays in the list until that is done, so that leaving the pool can finish what was cut."""
        async with place.lock:
            try:
                if place.engine is not None:
                    await place.engine.__aexit__(None, None, None)
            except (EngineError, ConfigError, OSError) as error:
                log.warning("%s did not end well: %s", place.name, error)
            place.engine = None
            if place in self._places:
                self._places.remove(place)
