"""What is found in a microphone's sound: that somebody begins to speak, and what they have said."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SpeechBegan:
    """Somebody has begun to speak."""


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """Somebody has spoken: the whole utterance, 16-bit little-endian mono at 16 kHz."""

    utterance: bytes = field(repr=False)


SpeechEvent = SpeechBegan | SpeechEnded
