"""Ids that were seen already: for a while, and not more than so many. Pure."""

from collections import OrderedDict

from open_llm_vtuber.units import Seconds

REMEMBERED_S: Seconds = 15 * 60.0
"""Twitch may send a notification again; what is older than ten minutes is refused by its age."""
MOST_IDS = 50_000


class Seen:
    """Knows the last `most` ids of the last `remembered_s` seconds."""

    def __init__(self, remembered_s: Seconds = REMEMBERED_S, most: int = MOST_IDS) -> None:
        self._remembered_s = remembered_s
        self._most = most
        self._ids: OrderedDict[str, Seconds] = OrderedDict()

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, name: str) -> bool:
        return name in self._ids

    def first(self, name: str, now: Seconds) -> bool:
        """Note the id, and return whether it is new. It is forgotten so long after it was first seen."""
        self._forget(now)
        if name in self._ids:
            return False
        self._ids[name] = now
        if len(self._ids) > self._most:
            self._ids.popitem(last=False)
        return True

    def _forget(self, now: Seconds) -> None:
        while self._ids:
            oldest = next(iter(self._ids.values()))
            if now - oldest < self._remembered_s:
                return
            self._ids.popitem(last=False)
