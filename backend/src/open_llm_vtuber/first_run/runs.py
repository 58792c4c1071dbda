"""One run of the server after the other: the same address, other settings. Only plans; `serving.py` performs them."""

import asyncio
from dataclasses import dataclass

from open_llm_vtuber.config import Settings


@dataclass(frozen=True, slots=True)
class Run:
    """One time on air, from the start of the engines to their end."""

    settings: Settings
    rehearses: bool = False
    """Simulated viewers write, and nothing of it is kept."""


class Runs:
    """The present run and the one that is planned after it. Without a plan the server ends with the present one."""

    def __init__(self, first: Run) -> None:
        self.present = first
        self.number = 0
        """How many runs have begun: whoever waits for the next one compares it."""
        self.problem = ""
        """Why the run that was planned last did not start; "" when it did."""
        self._next: Run | None = first
        self._proven: Run | None = None
        self._changed = asyncio.Event()

    @property
    def is_planned(self) -> bool:
        """Whether another run follows."""
        return self._next is not None

    def take(self) -> Run | None:
        """Return the run that begins now; None when the server is to end."""
        run, self._next = self._next, None
        self._changed.clear()
        if run is not None:
            self.present = run
        return run

    def works(self, run: Run) -> None:
        """Note that a run is on air: it is what can be gone back to."""
        self._proven = Run(run.settings)
        self.number += 1

    def plan(self, run: Run) -> None:
        """Let the present run end soon, and this one follow."""
        self._next, self.problem = run, ""
        self._changed.set()

    def fall_back(self, problem: str) -> bool:
        """Plan the last run that worked, instead of one that did not start; return whether there is one."""
        if self._proven is None or self.present == self._proven:
            return False
        self.problem = problem
        self._next = self._proven
        return True

    def end(self) -> None:
        """Let the present run end soon, and nothing follow."""
        self._next = None
        self._changed.set()

    async def changed(self) -> None:
        """Return once the present run is to end."""
        await self._changed.wait()
