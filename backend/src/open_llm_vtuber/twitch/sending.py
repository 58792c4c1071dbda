"""Writing into a chat: not faster than Twitch allows, nothing twice, and nothing is taken for sent that was not."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from open_llm_vtuber.stimulus import ChatMessage
from open_llm_vtuber.text_rules import bounded, normalised, one_line
from open_llm_vtuber.twitch.fields import flag, identifier, line, part, parts
from open_llm_vtuber.twitch.helix import Helix
from open_llm_vtuber.twitch.seen import Seen
from open_llm_vtuber.units import Seconds

LONGEST = 500
"""Code points of a message."""
WINDOW_S: Seconds = 30.0
MOST_IN_WINDOW = 20
MOST_IN_WINDOW_PRIVILEGED = 100
"""For moderators, VIPs and the broadcaster (https://dev.twitch.tv/docs/chat/#rate-limits)."""
APART_S: Seconds = 1.0
"""Between two messages of anybody else."""
MOST_WAITING = 20
PRIVILEGED = frozenset({"broadcaster", "moderator", "vip"})


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a message: with an id it is in the chat, else `reason` says why it is not."""

    message_id: str = ""
    reason: str = ""

    @property
    def is_sent(self) -> bool:
        """Whether it is in the chat."""
        return bool(self.message_id)


class SendWindow:
    """When the next message may go. Pure. Nobody knows when Twitch counts anew, so the window slides."""

    def __init__(self) -> None:
        self.is_privileged = False
        self._sent: deque[tuple[Seconds, str]] = deque()

    def pause(self, now: Seconds) -> Seconds:
        """Return how long to wait before one more message is safe."""
        self._forget(now)
        most = MOST_IN_WINDOW_PRIVILEGED if self.is_privileged else MOST_IN_WINDOW
        full = self._sent[-most][0] + WINDOW_S - now if len(self._sent) >= most else 0.0
        apart = self._sent[-1][0] + APART_S - now if self._sent and not self.is_privileged else 0.0
        return max(0.0, full, apart)

    def is_repeated(self, text: str, now: Seconds) -> bool:
        """Whether Twitch would drop it as said just now."""
        self._forget(now)
        return any(said == normalised(text) for _, said in self._sent)

    def note(self, text: str, now: Seconds) -> None:
        """Count a message that goes now."""
        self._sent.append((now, normalised(text)))

    def _forget(self, now: Seconds) -> None:
        while self._sent and now - self._sent[0][0] >= WINDOW_S:
            self._sent.popleft()


class ChatSender:
    """Sends as one account into one channel, one message after the other; at most `MOST_WAITING` wait."""

    def __init__(self, helix: Helix, broadcaster_id: str, user_id: str, clock: Callable[[], Seconds]) -> None:
        self._helix = helix
        self._broadcaster_id = broadcaster_id
        self._user_id = user_id
        self._clock = clock
        self._window = SendWindow()
        self._window.is_privileged = broadcaster_id == user_id
        self._next = asyncio.Lock()
        self._waiting = 0
        self._on_its_way = ""
        self._ours = Seen()

    async def send(self, text: str, reply_to: str = "") -> Sent:
        """Send a message, later if need be, and say what became of it. Raises EngineError."""
        said = bounded(one_line(text), LONGEST)
        if not said:
            return Sent(reason="empty")
        if self._waiting >= MOST_WAITING:
            return Sent(reason="busy")
        self._waiting += 1
        try:
            async with self._next:
                return await self._send(said, reply_to)
        finally:
            self._waiting -= 1

    def is_own(self, message: ChatMessage) -> bool:
        """Whether we wrote it ourselves: an account that is not the streamer's does nothing else.

        The streamer may type with the account that we send with; only what we sent is ours then. Badges tell, by
        the way, how fast we may send.
        """
        if not self._user_id or message.user_id != self._user_id:
            return False
        self._window.is_privileged = self._user_id == self._broadcaster_id or any(
            badge.name in PRIVILEGED for badge in message.badges
        )
        if self._user_id != self._broadcaster_id or one_line(message.text) == self._on_its_way:
            return True
        return message.id in self._ours

    async def _send(self, said: str, reply_to: str) -> Sent:
        if self._window.is_repeated(said, self._clock()):
            return Sent(reason="repeated")
        if pause := self._window.pause(self._clock()):
            await asyncio.sleep(pause)
        self._window.note(said, self._clock())
        self._on_its_way = said
        try:
            answer = await self._helix.call(
                "POST",
                "chat/messages",
                json={
                    "broadcaster_id": self._broadcaster_id,
                    "sender_id": self._user_id,
                    "message": said,
                    **({"reply_parent_message_id": reply_to} if reply_to else {}),
                },
            )
        finally:
            self._on_its_way = ""
        result = next(iter(parts(answer, "data")), {})
        message_id = identifier(result, "message_id")
        if flag(result, "is_sent") and message_id:
            self._ours.first(message_id, self._clock())
            return Sent(message_id)
        return Sent(reason=line(part(result, "drop_reason"), "code", 100) or "not sent")
