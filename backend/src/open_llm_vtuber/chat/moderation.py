"""May a viewer's line reach the character? Pure but for the clock that is passed in."""

import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from open_llm_vtuber.chat.injection import gives_orders
from open_llm_vtuber.chat.links import has_link
from open_llm_vtuber.chat.permissions import NAMES, Role, is_at_least
from open_llm_vtuber.chat.personal_data import personal_data
from open_llm_vtuber.chat.swearing import swears
from open_llm_vtuber.chat.word_lists import BOTS, SLURS, TOPICS
from open_llm_vtuber.settings.chat import Action, ModerationSettings
from open_llm_vtuber.stimulus import ChatMessage
from open_llm_vtuber.text_rules import normalised, one_line, readings, words_pattern
from open_llm_vtuber.units import Seconds

MOST_READ = 500
"""Code points of a line that are looked at: as much as the platform lets anybody write."""
REPEATS_WITHIN: Seconds = 30.0
REMEMBERED_VIEWERS = 5_000
"""Viewers whose last line is remembered for that; the quietest are forgotten first."""
FEWEST_WORDS_TO_REPEAT = 12
LEAST_VARIETY = 0.3
"""A long line of which less than three words in ten are different is copied together."""
FEWEST_LETTERS_TO_SHOUT = 40
SHOUTING = 0.9
"""The share of capital letters from which a long line shouts. Chat shouts much, in short."""
_SLURS = words_pattern(SLURS)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a line that may not simply be answered, and by which rule."""

    outcome: Literal["skipped", "held", "blocked"]
    rule: str


class Moderation:
    """Reads the rules of the settings, which may be exchanged on air."""

    def __init__(self, settings: ModerationSettings) -> None:
        self._said: OrderedDict[str, tuple[str, Seconds]] = OrderedDict()
        self.settings = settings
        self.apply(settings)

    def apply(self, settings: ModerationSettings) -> None:
        """Go by these rules from now on."""
        self.settings = settings
        self._banned = words_pattern(settings.banned_words)
        self._topics = topics_pattern(settings.topics)
        self._held_words = words_pattern(settings.hold.words)
        self._held_viewers = _logins(settings.hold.viewers)
        self._held_roles = {NAMES[name] for name in settings.hold.roles}
        self._allowed = _logins(settings.allowed_viewers)
        self._blocked = _logins(settings.blocked_viewers)
        self._bots = BOTS | _logins(settings.bots)

    def verdict(
        self, message: ChatMessage, role: Role, now: Seconds, *, is_first: bool = False
    ) -> Verdict | None:
        """Return what speaks against answering it, the gravest first; None when nothing does."""
        username = message.username.lower()
        if username in self._blocked:
            return Verdict("blocked", "viewer-blocked")
        if username in self._bots:
            return Verdict("skipped", "bot")
        repeats = self._repeats(message, now)
        if username in self._allowed:
            return None
        found = list(self._objections(message, role, is_first=is_first))
        for outcome in ("blocked", "held"):
            if grave := next((verdict for verdict in found if verdict.outcome == outcome), None):
                return grave
        if self.settings.repeats and repeats:
            return Verdict("skipped", "repeats")
        if self.settings.caps and _shouts(message):
            return Verdict("skipped", "caps")
        return None

    def objection_to_name(self, name: str) -> str | None:
        """Return the rule by which a viewer's name must not be spoken, or None."""
        words = name.replace("_", " ").strip("0123456789 ")
        ways = readings(words)
        if _in_any(_SLURS, ways) or _in_any(self._banned, ways) or swears(words):
            return "name"
        return "link" if has_link(name) else None

    def forget(self, username: str) -> None:
        """Forget what a viewer wrote."""
        self._said.pop(username, None)

    def _objections(self, message: ChatMessage, role: Role, *, is_first: bool) -> Iterator[Verdict]:
        rules, text = self.settings, one_line(message.text[:MOST_READ])
        ways = readings(f"{text} {message.display_name.replace('_', ' ').strip('0123456789 ')}")
        if _in_any(self._banned, ways):
            yield Verdict("blocked", "banned-word")
        if _in_any(self._topics, ways):
            yield Verdict("blocked", "topic")
        yield from _found(rules.slurs, "slur", found=_in_any(_SLURS, ways))
        if rules.links != "allow" and not is_at_least(role, rules.links_from):
            yield from _found(rules.links, "link", found=has_link(text))
        if rules.injection != "allow" and role < Role.MODERATOR:
            yield from _found(rules.injection, "injection", found=gives_orders(text))
        if rules.personal_data != "allow":
            yield from _found(rules.personal_data, "personal-data", found=personal_data(text) is not None)
        if rules.profanity != "allow":
            yield from _found(rules.profanity, "profanity", found=swears(text))
        if rule := self._hold_rule(message, role, ways, is_first=is_first):
            yield Verdict("held", rule)

    def _hold_rule(
        self, message: ChatMessage, role: Role, ways: Iterable[str], *, is_first: bool
    ) -> str | None:
        if message.username.lower() in self._held_viewers:
            return "hold-viewer"
        if role in self._held_roles:
            return "hold-role"
        if is_first and self.settings.hold.first_time:
            return "hold-first-time"
        return "hold-word" if _in_any(self._held_words, ways) else None

    def _repeats(self, message: ChatMessage, now: Seconds) -> bool:
        text = normalised(message.text[:MOST_READ])
        before = self._said.get(message.username)
        self._said[message.username] = (text, now)
        self._said.move_to_end(message.username)
        if len(self._said) > REMEMBERED_VIEWERS:
            self._said.popitem(last=False)
        is_again = before is not None and before[0] == text and now - before[1] <= REPEATS_WITHIN
        words = text.split()
        return is_again or (
            len(words) >= FEWEST_WORDS_TO_REPEAT and len(set(words)) / len(words) < LEAST_VARIETY
        )


def topics_pattern(topics: Iterable[str]) -> re.Pattern[str]:
    """Return what finds the topics: the words of one that is known by name, else the phrase itself."""
    return words_pattern(word for topic in topics for word in TOPICS.get(topic.lower(), (topic,)))


def slur_in(ways: Iterable[str]) -> bool:
    """Whether one of the readings of a text holds a slur."""
    return _in_any(_SLURS, ways)


def _logins(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name.lstrip("@").lower() for name in names)


def _in_any(pattern: re.Pattern[str], ways: Iterable[str]) -> bool:
    return any(pattern.search(way) for way in ways)


def _found(action: Action, rule: str, *, found: bool) -> Iterator[Verdict]:
    if found and action != "allow":
        yield Verdict("held" if action == "hold" else "blocked", rule)


def _shouts(message: ChatMessage) -> bool:
    letters = [letter for letter in message.text[:MOST_READ] if letter.isupper() or letter.islower()]
    return (
        len(letters) >= FEWEST_LETTERS_TO_SHOUT and sum(map(str.isupper, letters)) / len(letters) > SHOUTING
    )
