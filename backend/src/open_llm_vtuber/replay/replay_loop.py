"""An event loop without a clock of its own: when nothing is ready, somebody is asked what comes next."""

import selectors
from collections.abc import Callable
from typing import Any, NoReturn

from open_llm_vtuber.rehearsals.rehearsal_loop import PunctualLoop
from open_llm_vtuber.units import Seconds


class _AskingSelector(selectors.SelectSelector):
    """Waits for nothing: where it would, it asks."""

    def __init__(self) -> None:
        super().__init__()
        self.next: Callable[[], None] = lambda: None

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Have the next thing happen where nothing is ready."""
        if timeout is None or timeout > 0:
            self.next()
        return []


class ReplayLoop(PunctualLoop):
    """Runs what is ready, and calls `next` whenever nothing is; its time is what `clock` says."""

    def __init__(self) -> None:
        self._asking = _AskingSelector()
        self.clock: Callable[[], Seconds] = lambda: 0.0
        super().__init__(self._asking)

    def when_idle(self, following: Callable[[], None]) -> None:
        """Call this whenever nothing is ready."""
        self._asking.next = following

    def time(self) -> Seconds:
        """Return the time of the replay."""
        return self.clock()

    def run_in_executor(self, *_: Any) -> NoReturn:  # type: ignore[override]
        """Refuse: a replay asks nothing of the world."""
        raise RuntimeError("a replay has no threads")
