"""What shows want written in chat, until somebody writes it: a bounded queue, so that no show ever waits for it."""

import asyncio
import logging
from dataclasses import dataclass

MOST_WAITING = 20
"""Lines that wait; further ones are dropped, for an answer that comes late is worth nothing."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ChatLine:
    """One line, and to which message of the channel it replies ("" to none)."""

    show: str
    text: str
    reply_to: str


class ChatLines:
    """Takes lines from every show."""

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[ChatLine] = asyncio.Queue(MOST_WAITING)

    def write(self, show: str, text: str, reply_to: str = "") -> None:
        """Have a line written in the chat that the show reads; dropped where too many wait."""
        try:
            self._waiting.put_nowait(ChatLine(show, text, reply_to))
        except asyncio.QueueFull:
            log.info("show %s: a line is not written in chat, for too many wait", show)

    async def take(self) -> ChatLine:
        """Return the next line."""
        return await self._waiting.get()
