"""Several engines for one job: when one fails the next does it, and what keeps failing is left alone for a while."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
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

    def failed(self, now: Seconds, retry_after: Seconds | None = None) -> None:
        """Note a failure. An engine that says after what time to come back rests at once, and so long at least."""
        self._failures += 1
        if retry_after:
            self._failures = max(self._failures, FAILURES)
        if self._failures > FAILURES:
            self._rest = min(2 * self._rest, LONGEST_REST)
        self._rests_until = now + min(max(self._rest, retry_after or 0.0), LONGEST_REST)

    def rest_left(self, now: Seconds) -> Seconds:
        """Return for how long it should not be asked yet."""
        return max(self._rests_until - now, 0.0) if self.is_broken else 0.0

    def worked(self) -> None:
        """Note a success."""
        self._failures, self._rest = 0, REST


@dataclass(slots=True, eq=False)
class Link(Generic[E]):
    """One engine of the chain."""

    name: str
    engine: E
    circuit: Circuit = field(default_factory=Circuit)
    trouble: str = ""
    """What its last failure said."""


class Fallback(Generic[E]):
    """Engines by name, in the order of preference."""

    def __init__(self, engines: Mapping[str, E], on_change: OnChange) -> None:
        self.links = [Link(name, engine) for name, engine in engines.items()]
        self._on_change = on_change
        self._mentioned = ""
        self._told = self._state()

    async def first_answer(self, ask: Callable[[E], Awaitable[T]]) -> T:
        """Return what the first engine answers that does not fail. Raises the last one's EngineError.

        `ask` is one whole piece of work, or of a stream all that comes before its first piece: what it has done
        before it failed is lost. The last engine is asked in any case: there is nobody to spare it.
        """
        for link in self.candidates():
            try:
                answer = await ask(link.engine)
            except EngineError as error:
                self.failed(link, error)
                if link is self.links[-1]:
                    raise
            else:
                self.worked(link)
                return answer
        raise AssertionError("a chain has a last engine")

    def candidates(self) -> Iterator[Link[E]]:
        """Yield the engines to ask, one after the other: those that do not rest, and the last one in any case."""
        for link in self.links:
            if link is self.links[-1] or not link.circuit.is_resting(_now()):
                yield link

    def failed(self, link: Link[E], error: EngineError) -> None:
        """Note that an engine failed; whoever asks several in a row says so of each."""
        if not link.circuit.is_broken:  # once it rests that is known, and a failed probe is no news
            log.warning("%s failed: %s", link.name, error)
        link.trouble = str(error)
        link.circuit.failed(_now(), error.retry_after)
        self._tell()

    def worked(self, link: Link[E]) -> None:
        """Note that an engine did its work."""
        link.circuit.worked()
        self._tell()

    def mention(self, note: str) -> None:
        """Add a note that no engine's rest explains, in place of the one before; "" takes it back."""
        self._mentioned = note
        self._tell()

    def _tell(self) -> None:
        state = self._state()
        if state == self._told:
            return
        self._told = state
        log.info("%s is at work now. %s", *state)
        self._on_change(*state)

    def _state(self) -> tuple[str, str]:
        broken = [link for link in self.links if link.circuit.is_broken]
        sound = [link for link in self.links if not link.circuit.is_broken]
        at_work = (sound or self.links[-1:])[0].name
        notes = [f"{link.name} keeps failing: {link.trouble}" for link in broken]
        if self._mentioned and not notes:
            notes = [self._mentioned]
        return at_work, " ".join(notes)


def _now() -> Seconds:
    return asyncio.get_running_loop().time()
