"""Which viewer's message is answered next: the newest one, or the newest one that speaks to the character."""

from collections.abc import Sequence
from dataclasses import dataclass

from open_llm_vtuber.chat.decisions import Decision, pending, skipped
from open_llm_vtuber.stimulus import ChatMessage, ChatRemoval
from open_llm_vtuber.text_rules import bounded, name_pattern, normalised, one_line, strip_invisible
from open_llm_vtuber.units import Seconds

MOST_PROMPT_CHARACTERS = 300
"""Code points of a viewer's message that may go into a prompt."""


def clean_text(message: ChatMessage) -> str:
    """Return what may go into a prompt: visible, one line, bounded. Still a stranger's words."""
    return bounded(one_line(message.text), MOST_PROMPT_CHARACTERS)


def unanswerable(message: ChatMessage) -> str | None:
    """Return why nobody could answer the message, or None if it says something."""
    text = clean_text(message)
    if not text:
        return "empty"
    if text.startswith("!"):
        return "command"
    if not any(char.isalnum() for char in strip_invisible(_without_emotes(message))):
        return "emote-only"
    return None


def _without_emotes(message: ChatMessage) -> str:
    characters = list(message.text)
    for emote in message.emotes:
        for position in range(max(0, emote.start), min(emote.end + 1, len(characters))):
            characters[position] = " "
    return "".join(characters)


@dataclass(frozen=True, slots=True)
class _Waiting:
    message: ChatMessage
    addressed: bool
    since: Seconds


class Selection:
    """Holds at most one message: the newest unanswered. One that addresses the character beats a plain one.

    `names` are what the character is called; `channel` is where it streams. Times are the caller's seconds.
    """

    def __init__(self, names: Sequence[str], channel: str = "", *, max_age_s: Seconds = 30.0) -> None:
        self.answer_to(names, channel)
        self._max_age_s = max_age_s
        self._waiting: _Waiting | None = None

    def answer_to(self, names: Sequence[str], channel: str = "") -> None:
        """Be called by these names from now on."""
        self._names = [name_pattern(name) for name in names]
        if channel:
            self._names.append(name_pattern("@" + channel.lstrip("#@")))

    def addressed(self, message: ChatMessage) -> bool:
        """Whether it names the character, or replies to or mentions the channel."""
        text = normalised(message.text)
        return any(name.search(text) for name in self._names)

    def offer(self, message: ChatMessage, now: Seconds) -> list[Decision]:
        """Take in a message; return what this decides about it and about the one that waited."""
        if reason := unanswerable(message):
            return [skipped(message.id, reason)]
        stale = self._drop_stale(now)
        addressed = self.addressed(message)
        before = self._waiting
        if before and before.addressed and not addressed:
            return [*stale, skipped(message.id, "addressed-waiting")]
        self._waiting = _Waiting(message, addressed, now)
        displaced = [skipped(before.message.id, "newer-message")] if before else []
        return [*stale, *displaced, pending(message.id)]

    def take(self, now: Seconds) -> tuple[ChatMessage | None, list[Decision]]:
        """Return the message to answer now, if any, and forget it."""
        decisions = self._drop_stale(now)
        waiting, self._waiting = self._waiting, None
        return (waiting.message if waiting else None), decisions

    def remove(self, removal: ChatRemoval) -> list[Decision]:
        """Forget what a moderator removed."""
        if self._waiting is None or not _concerns(removal, self._waiting.message):
            return []
        return self._drop("removed")

    def _drop_stale(self, now: Seconds) -> list[Decision]:
        if self._waiting is None or now - self._waiting.since <= self._max_age_s:
            return []
        return self._drop("stale")

    def _drop(self, reason: str) -> list[Decision]:
        waiting, self._waiting = self._waiting, None
        return [skipped(waiting.message.id, reason)] if waiting else []


def _concerns(removal: ChatRemoval, message: ChatMessage) -> bool:
    if (removal.platform, removal.channel) != (message.platform, message.channel):
        return False
    if removal.message_id is not None:
        return removal.message_id == message.id
    return removal.username is None or removal.username == message.username
