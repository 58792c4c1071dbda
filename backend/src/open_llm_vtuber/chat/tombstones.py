"""What was removed before it came: a deletion that overtakes its message still counts. Pure."""

from collections import OrderedDict

from open_llm_vtuber.stimulus import ChatMessage, ChatRemoval
from open_llm_vtuber.units import Seconds

MOST_IDS = 10_000
"""Removed messages that are remembered; the oldest are forgotten first."""
VIEWER_STAYS_SILENT: Seconds = 3.0
"""For so long after a timeout or a ban lines of that viewer are late ones: nobody writes while he is out."""
MOST_VIEWERS = 1_000


class Tombstones:
    """Remembers what was removed. Times are the caller's seconds."""

    def __init__(self) -> None:
        self._ids: OrderedDict[tuple[str, str, str], None] = OrderedDict()
        self._viewers: OrderedDict[tuple[str, str, str], Seconds] = OrderedDict()

    def note(self, removal: ChatRemoval, now: Seconds) -> None:
        """Remember a removal."""
        place = (removal.platform, removal.channel)
        if removal.message_id is not None:
            self._ids[*place, removal.message_id] = None
            if len(self._ids) > MOST_IDS:
                self._ids.popitem(last=False)
        elif removal.username is not None:
            self._viewers.pop((*place, removal.username), None)
            self._viewers[*place, removal.username] = now
            if len(self._viewers) > MOST_VIEWERS:
                self._viewers.popitem(last=False)

    def covers(self, message: ChatMessage, now: Seconds) -> bool:
        """Whether a message that comes now was removed before."""
        place = (message.platform, message.channel)
        if (*place, message.id) in self._ids:
            return True
        since = self._viewers.get((*place, message.username))
        return since is not None and now - since <= VIEWER_STAYS_SILENT
