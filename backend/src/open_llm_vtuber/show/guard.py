"""May this sentence go on air? The last check before the voice: pure, by rules that are named, and it fails closed."""

import re

from open_llm_vtuber.chat.links import has_link
from open_llm_vtuber.chat.moderation import slur_in, topics_pattern
from open_llm_vtuber.chat.personal_data import personal_data
from open_llm_vtuber.chat.swearing import swears
from open_llm_vtuber.settings.chat import ModerationSettings
from open_llm_vtuber.text_rules import readings, words_pattern

_THREATS = re.compile(
    r"\b(?:kys|kill (?:your|him|her|them)sel(?:f|ves)|end your (?:own )?life|hope (?:you|he|she|they) dies?"
    r"|i(?:'?ll| will|'?m going to) (?:kill|murder|rape) (?:you|him|her|them)|holocaust (?:never|did ?n[o']t)"
    r"|hitler (?:was|did) (?:right|nothing wrong)|gas the \w+)\b"
)
_ENDINGS = ".,;:!?\u2026\u3002\uff0c \"'"
TAIL = 80
"""Code points of what was said before that are read along: a rule may be broken over the end of a sentence."""


class Guard:
    """Knows what must not be said. The rules may be exchanged on air."""

    def __init__(self, settings: ModerationSettings | None = None) -> None:
        self.apply(settings or ModerationSettings())

    @property
    def instead(self) -> str:
        """What is said when nothing of a reply may go on air; "" is nothing."""
        return self._rules.instead

    def apply(self, settings: ModerationSettings) -> None:
        """Go by these rules from now on."""
        self._rules = settings.output
        self._words = words_pattern(settings.output.words)
        self._topics = topics_pattern(settings.topics)

    def objection(self, text: str, before: str = "") -> str | None:
        """Return the name of the rule that keeps the text off the air, or None.

        `before` is what was said before it: together they may say what neither says alone.
        """
        if rule := self._rule(text):
            return rule
        tail = before[-TAIL:].strip().rstrip(_ENDINGS)
        return self._rule(f"{tail} {text}") if tail else None

    def _rule(self, text: str) -> str | None:
        rules, ways = self._rules, readings(text)
        if slur_in(ways):
            return "slur"
        if any(self._words.search(way) for way in ways):
            return "word"
        if any(self._topics.search(way) for way in ways):
            return "topic"
        if any(_THREATS.search(way) for way in ways):
            return "threat"
        if rules.links and has_link(text):
            return "link"
        if rules.personal_data and (kind := personal_data(text)):
            return f"personal-data-{kind}"
        return "profanity" if rules.profanity and swears(text) else None
