"""What she notices: chat, events, the stream's facts, her own speech. It moves her mood and what triggers ask for."""

from collections.abc import Mapping
from typing import assert_never
from zoneinfo import ZoneInfo

from open_llm_vtuber.autonomous.moments import Now
from open_llm_vtuber.autonomous.personality import Personality
from open_llm_vtuber.autonomous.pulse import ChatPulse
from open_llm_vtuber.autonomous.timing import Scene
from open_llm_vtuber.stimulus import (
    ChannelEvent,
    ChannelStatus,
    ChatEvent,
    ChatMessage,
    ChatRemoval,
    Stimulus,
    StreamFacts,
)
from open_llm_vtuber.text_rules import bounded, one_line

LONGEST_NAME = 40
LONGEST_MESSAGE = 200
KIND_WORD = 0.5
"""From here on a line is a kind or a hostile word."""
RUSH_PER_MIN = 60.0


class Senses:
    """Keeps the scene and moves the mood."""

    def __init__(self, personality: Personality, zone: ZoneInfo, now: Now) -> None:
        self.personality = personality
        self.scene = Scene(zone=zone, chat_at=now.loop, speech_at=now.loop, pulse=ChatPulse())
        self._facts: dict[str, str] = {}
        self.viewers: int | None = None

    def hear(self, event: ChatEvent, now: Now) -> None:
        """Take in something that happened on the channel."""
        match event:
            case ChatMessage():
                self._hear_line(event, now)
            case ChatRemoval():
                self.personality.feel("blocked", now.loop)
            case ChannelEvent():
                self._hear_event(event, now)
            case StreamFacts():
                self._learn(event)
            case ChannelStatus():
                pass
            case _:
                assert_never(event)

    def began(self) -> None:
        """Note that she has begun to speak."""
        self.scene.speaks = True

    def ended(self, stimulus: Stimulus, heard: str, now: Now) -> None:
        """Note that she has ended, and what was heard of it."""
        self.scene.speaks = False
        if stimulus.message_id:
            self.scene.pulse.answered(stimulus.message_id)
        if heard:
            self.scene.speech_at = now.loop
            self.personality.feel("spoken", now.loop)

    def facts(self, now: Now, character: str, segment: str | None) -> dict[str, str]:
        """Return what templates may be filled with at any time."""
        return {
            **self._facts,
            "mood": self.personality.face(now.loop),
            "character": character,
            "segment": segment or "",
            "time": now.wall.astimezone(self.scene.zone).strftime("%H:%M"),
        }

    def refresh(self, now: Now) -> None:
        """Let the mood set the pace of what comes next."""
        self.scene.pace = self.personality.pace(now.loop)
        self.scene.liveliness = self.personality.liveliness(now.loop)

    def _hear_line(self, message: ChatMessage, now: Now) -> None:
        scene = self.scene
        scene.chat_at = now.loop
        kindness = scene.pulse.take_in(message.id, message.text, now.loop)
        if kindness >= KIND_WORD:
            self.personality.feel("kind-word", now.loop)
        elif kindness <= -KIND_WORD:
            self.personality.feel("hostile-word", now.loop)
        elif scene.pulse.rate(now.loop) > RUSH_PER_MIN:
            self.personality.feel("chat-rush", now.loop)

    def _hear_event(self, event: ChannelEvent, now: Now) -> None:
        self.personality.feel(event.kind, now.loop, event.amount or 1)
        if event.kind in ("stream-online", "stream-offline"):
            self.scene.is_live = event.kind == "stream-online"

    def _learn(self, facts: StreamFacts) -> None:
        self.viewers = facts.viewers
        if facts.is_live is not None:
            self.scene.is_live = facts.is_live
        known = {"title": facts.title, "category": facts.category}
        self._facts |= {name: bounded(one_line(text), LONGEST_MESSAGE) for name, text in known.items()}
        self._facts["viewers"] = "" if facts.viewers is None else str(facts.viewers)


def facts_of(event: ChannelEvent) -> Mapping[str, str]:
    """Return what templates may say of an event; all of it is a stranger's, bounded and on one line."""
    return {
        "username": bounded(one_line(event.display_name or event.username), LONGEST_NAME) or "somebody",
        "amount": "" if event.amount is None else str(event.amount),
        "message": bounded(one_line(event.message), LONGEST_MESSAGE),
    }
