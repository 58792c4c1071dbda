"""Several engines for one job: when one fails the next does it, and what keeps failing is left alone for a while."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.units import Seconds

E = TypeVar("E")
T = TypeVar("T")

log = logging.getLogger(__name__)

FAILURES = 2
"""So many in a row and an engine rests."""
REST: Seconds = 30.0
LONGEST_REST: Seconds = 300.0
"""A rest is twice as long as the one before up to here: each probe of an engine that hangs costs a pause on air."""

OnChange = Callable[[str, str], None]
"""Gets the name of the engine that is at work now, and a note about those that rest ("" when none does)."""


class Circuit:
    """Whether an engine may be asked. Pure: whoever asks says what time it is.

    After a rest the engine is probed: one more failure and it rests again, one success and all is forgotten.
    """

    def __init__(self) -> None:
        self._failures = 0
        self._rest = REST
        self._rests_until: Seconds = 0.0

    @property
    def is_broken(self) -> bool:
        """Whether it has failed so often that it is no longer the first choice."""
        return self._failures >= FAILURES

    def is_resting(self, now: Seconds) -> bool:
        """Return whether it should not be asked yet."""
        return self.is_broken and now < self._rests_until

    def failed(self, now: Seconds) -> None:
        """Note a failure."""
        self._failures += 1
        if self._failures > FAILURES:
            self._rest = min(2 * self._rest, LONGEST_REST)
        self._rests_until = now + self._rest

    def worked(self) -> None:
        """Note a success."""
        self._failures, self._rest = 0, REST


@dataclass(slots=True)
class _Link(Generic[E]):
    """One engine of the chain."""

    name: str
    engine: E
    circuit: Circuit = field(default_factory=Circuit)
    trouble: str = ""
    """What its last failure said."""


class Fallback(Generic[E]):
    """Engines by name, in the order of preference."""

    def __init__(self, engines: Mapping[str, E], on_change: OnChange) -> None:
        self._links = [_Link(name, engine) for name, engine in engines.items()]
        self._on_change = on_change
        self._told = self._state()

    async def first_answer(self, ask: Callable[[E], Awaitable[T]]) -> T:
        """Return what the first engine answers that does not fail. Raises the last one's EngineError.

        `ask` is one whole piece of work, or of a stream all that comes before its first piece: what it has done
        before it failed is lost. The last engine is asked in any case: there is nobody to spare it.
        """
        last = self._links[-1]
        for link in self._links:
            if link is not last and link.circuit.is_resting(_now()):
                continue
            try:
                answer = await ask(link.engine)
            except EngineError as error:
                self._failed(link, error)
                if link is last:
                    raise
            else:
                self._worked(link)
                return answer
        raise AssertionError("a chain has a last engine")

    def _failed(self, link: _Link[E], error: EngineError) -> None:
        if not link.circuit.is_broken:  # once it rests that is known, and a failed probe is no news
            log.warning("%s failed: %s", link.name, error)
        link.trouble = str(error)
        link.circuit.failed(_now())
        self._tell()

    def _worked(self, link: _Link[E]) -> None:
        link.circuit.worked()
        self._tell()

    def _tell(self) -> None:
        state = self._state()
        if state == self._told:
            return
        self._told = state
        log.info("%s is at work now. %s", *state)
        self._on_change(*state)

    def _state(self) -> tuple[str, str]:
        broken = [link for link in self._links if link.circuit.is_broken]
        sound = [link for link in self._links if not link.circuit.is_broken]
        at_work = (sound or self._links[-1:])[0].name
        return at_work, " ".join(f"{link.name} keeps failing: {link.trouble}" for link in broken)


def _now() -> Seconds:
    return asyncio.get_running_loop().time()
