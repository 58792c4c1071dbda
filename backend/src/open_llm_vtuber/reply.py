"""What a reply is made of, on its way from an adapter to a turn."""

from dataclasses import dataclass, field

from open_llm_vtuber.tool_use import ToolUse
from open_llm_vtuber.units import Hertz


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenSentence:
    """A sentence of a reply that comes with its own sound: no voice of ours says it."""

    text: str
    """Every word that is to be heard in the sound: it is what the guard judges."""
    emotions: tuple[str, ...] = ()
    """What is felt in it, the strongest first, in lower case; the avatar shows the first that it can."""
    pcm: bytes = field(repr=False)
    """16-bit little-endian mono, at the loudness of every voice."""
    sample_rate: Hertz


ReplyPiece = str | ToolUse | SpokenSentence
"""What a reply is made of: text as it comes, the tools that it takes, sentences that come spoken."""
