"""An event loop without a clock of its own: before each of its turns somebody is asked what comes next."""

import selectors
from collections.abc import Callable
from typing import Any, NoReturn

from open_llm_vtuber.rehearsals.rehearsal_loop import PunctualLoop
from open_llm_vtuber.units import Seconds


class _HastySelector(selectors.SelectSelector):
    """Waits for nothing, and remembers whether it was to."""

    is_idle = False

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return nothing, at once."""
        self.is_idle = timeout is None or timeout > 0
        return []


class ReplayLoop(PunctualLoop):
    """Begins each turn by asking what comes next; its time is what `clock` says."""

    def __init__(self) -> None:
        self._hasty = _HastySelector()
        self.clock: Callable[[], Seconds] = lambda: 0.0
        self.begins: Callable[[bool], None] = lambda _: None
        """Called at the beginning of each turn, with whether nothing else is ready."""
        super().__init__(self._hasty)

    def time(self) -> Seconds:
        """Return the time of the replay."""
        return self.clock()

    def run_in_executor(self, *_: Any) -> NoReturn:  # type: ignore[override]
        """Refuse: a replay asks nothing of the world."""
        raise RuntimeError("a replay has no threads")

    def _process_events(self, event_list: list[tuple[selectors.SelectorKey, int]]) -> None:
        super()._process_events(event_list)
        self.begins(self._hasty.is_idle)
