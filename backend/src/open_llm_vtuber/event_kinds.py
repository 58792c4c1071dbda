"""What may happen on a channel beside its chat, whatever the platform."""

from typing import Literal

EventKind = Literal[
    "follow",
    "subscribe",
    "resubscribe",
    "gift",
    "cheer",
    "raid",
    "redemption",
    "hype-train",
    "poll",
    "ad-break",
    "stream-online",
    "stream-offline",
    "other",
]
