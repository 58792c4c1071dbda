"""One EventSub session: what its frames mean, and when silence means that it is dead. Pure: the time is passed in."""

import logging
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from open_llm_vtuber.twitch.frames import (
    Keepalive,
    MoveTo,
    Notification,
    Revocation,
    Unintelligible,
    Welcome,
    read_frame,
)
from open_llm_vtuber.twitch.seen import Seen
from open_llm_vtuber.units import Seconds

log = logging.getLogger(__name__)

OLDEST = timedelta(minutes=10)
"""Twitch's own advice against replays: what is older is refused."""
WELCOME_S: Seconds = 10.0
"""How long a new connection may take to be welcome."""
PATIENCE = 1.5
"""Twitch may be late: a session is dead after so many times its keepalive, and two seconds."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The session can be subscribed with."""

    session_id: str


Action = Opened | Notification | MoveTo | Revocation


class Freshness:
    """Says which notifications are new. Shared by the connections that follow each other.

    Twitch delivers at least once: the same message may come again, on the same connection or on the next.
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._seen = Seen()
        self._theirs: tuple[datetime, Seconds] | None = None
        """Twitch's time and the loop's when it was told: a clock that is wrong, or set, must not make all too old."""

    def set_clock(self, theirs: datetime, now: Seconds) -> None:
        """Take Twitch's clock for the time of day: this frame was sent just now."""
        self._theirs = theirs, now

    def is_new(self, notification: Notification, now: Seconds, ours: datetime) -> bool:
        """Note the notification, and say whether it is to be acted on."""
        if self._theirs is not None:
            theirs, then = self._theirs
            ours = theirs + timedelta(seconds=now - then)
        if ours - notification.sent_at > OLDEST:
            self.counts["stale"] += 1
            return False
        if not self._seen.first(notification.message_id, now):
            self.counts["duplicates"] += 1
            return False
        return True


class EventSubSession:
    """What one connection has said so far."""

    def __init__(self, freshness: Freshness, now: Seconds) -> None:
        self._freshness = freshness
        self._patience: Seconds = WELCOME_S
        self.session_id = ""
        self.deadline = now + WELCOME_S
        """When the connection is dead unless another frame comes."""

    def heard(self, data: str | bytes, now: Seconds, ours: datetime) -> Action | None:
        """Take note of a frame; return what is to be done about it, if anything. `ours` is this machine's time."""
        self.deadline = now + self._patience
        frame = read_frame(data)
        match frame:
            case Welcome():
                return self._welcomed(frame, now)
            case Keepalive():
                return None
            case Notification():
                return frame if self._freshness.is_new(frame, now, ours) else None
            case MoveTo() | Revocation():
                return frame
            case Unintelligible():
                if not self._freshness.counts["unintelligible"]:
                    log.warning(
                        "Twitch sent a frame that nobody understands (%s). More are counted.", frame.why
                    )
                self._freshness.counts["unintelligible"] += 1
                return None
            case _:
                assert_never(frame)

    def _welcomed(self, welcome: Welcome, now: Seconds) -> Opened:
        self.session_id = welcome.session_id
        self._patience = welcome.keepalive_s * PATIENCE + 2
        self.deadline = now + self._patience
        if welcome.sent_at is not None:
            self._freshness.set_clock(welcome.sent_at, now)
        return Opened(welcome.session_id)
