"""How long until something may be used again, by one viewer and by all. Pure: times are the caller's seconds."""

from collections import OrderedDict

from open_llm_vtuber.units import Seconds

MOST_REMEMBERED = 10_000
"""Uses that are remembered; the oldest are forgotten first."""


class Cooldowns:
    """Remembers who used what when, for a limited number of uses."""

    def __init__(self) -> None:
        self._by_all: dict[str, Seconds] = {}
        self._by_viewer: OrderedDict[tuple[str, str], Seconds] = OrderedDict()

    def left(self, name: str, viewer: str, now: Seconds, *, for_viewer: Seconds, for_all: Seconds) -> Seconds:
        """Return how many seconds are left until `viewer` may use `name`, 0 when that is now."""
        since_all = now - self._by_all.get(name, -for_all + now)
        since_viewer = now - self._by_viewer.get((name, viewer), -for_viewer + now)
        return max(0.0, for_all - since_all, for_viewer - since_viewer)

    def used(self, name: str, viewer: str, now: Seconds) -> None:
        """Note a use."""
        self._by_all[name] = now
        self._by_viewer[name, viewer] = now
        self._by_viewer.move_to_end((name, viewer))
        if len(self._by_viewer) > MOST_REMEMBERED:
            self._by_viewer.popitem(last=False)

    def forget(self, viewer: str) -> None:
        """Forget every use by a viewer."""
        for key in [key for key in self._by_viewer if key[1] == viewer]:
            del self._by_viewer[key]
