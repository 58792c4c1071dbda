"""An event loop that counts its turns: a log says by them whether things that came at one moment met each other."""

import asyncio
import selectors
import sys


class CountedLoop(asyncio.SelectorEventLoop):
    """In each of its turns everything runs that was ready when it began."""

    turns = 0

    def _process_events(self, event_list: list[tuple[selectors.SelectorKey, int]]) -> None:
        """Begin the next turn: asyncio calls this once in each, before anything runs."""
        self.turns += 1
        super()._process_events(event_list)  # type: ignore[misc]


def counting_loop() -> asyncio.AbstractEventLoop:
    """Return a loop for a server: one that counts, but on Windows, where such a loop could start no program."""
    return asyncio.new_event_loop() if sys.platform == "win32" else CountedLoop()
