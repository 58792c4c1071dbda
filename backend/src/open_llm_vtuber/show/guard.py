"""Pure: may this sentence go on air? The last check before the voice; it fails closed.

A first net, not the whole of moderation: words that get a channel into trouble, and a few phrases that word lists miss.
"""

import re

from glin_profanity import Filter

from open_llm_vtuber.text_rules import normalised

_STRETCHED = re.compile(r"(\w)\1{2,}")
_THREATS = re.compile(
    r"\b(?:kys|kill (?:your|him|her|them)sel(?:f|ves)|end your (?:own )?life|hope (?:you|he|she|they) dies?"
    r"|i(?:'?ll| will|'?m going to) (?:kill|murder|rape) (?:you|him|her|them)|holocaust (?:never|did ?n[o']t)"
    r"|hitler (?:was|did) (?:right|nothing wrong)|gas the \w+)\b"
)


class Guard:
    """Knows what must not be said."""

    def __init__(self) -> None:
        self._words = Filter({"languages": ["english"], "detect_leetspeak": True, "normalize_unicode": True})

    def objection(self, text: str) -> str | None:
        """Return the name of the rule that keeps the text off the air, or None."""
        spellings = {text, _STRETCHED.sub(r"\1", text)}
        if any(self._words.is_profane(spelling) for spelling in spellings):
            return "profanity"
        return "threat" if _THREATS.search(normalised(text)) else None
