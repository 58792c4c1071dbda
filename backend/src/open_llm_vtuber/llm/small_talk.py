"""Pure: written answers to what is often said in a chat, for a model that is too small to find them itself."""

import re
import zlib
from collections import deque

from open_llm_vtuber.llm.small_talk_lines import TOPICS, VIBES, Topic

REMEMBERED = 60
"""Lines that were said lately, and are not said again as long as they are remembered."""
LONGEST_LINE = 300
"""Characters of what was said that are looked at: what is longer is no small talk."""
FEWEST_WORDS = 2
_AUTHOR = re.compile(r"\A([^:\n]{1,40}): (?=\S)")
_NOT_WORDS = re.compile(r"https?://\S+|\S*[a-z][A-Z]\S*|@?\w*[^\W\d]\d+\w*|[^\w\s<>?'3.,!:-]|_", re.ASCII)
"""Addresses, emotes (capitals inside), names with figures, signs."""
_MARKS = re.compile(r"['.,!:-]")
_ORDER = re.compile(
    r"(?:say|tell|write|describe|welcome|thank|announce|introduce|give|make|explain|list|summari[sz]e|talk|greet|translate|comment|ask)\b"
)
"""How a request begins that is nobody's line of chat: it wants a text, not an answer."""
_PLAIN = re.compile(r"(?<![^\W_])[a-z]{2,}(?![^\W_])")
_SPEAKABLE = re.compile(r"[A-Za-z]{2,14}")
_SIGNS = tuple((re.compile(topic.sign), topic) for topic in TOPICS)


def spoken_by(line: str) -> tuple[str, str]:
    """Return who said a line of chat, as far as the name can be spoken, and what was said."""
    found = _AUTHOR.match(line)
    if not found:
        return "", line
    name = _SPEAKABLE.match(found[1].replace("_", " ").strip())
    return (name[0] if name and not _is_shouting(name[0]) else ""), line[found.end() :]


def readable(said: str) -> str:
    """Return what was said without emotes, names with figures, addresses and signs."""
    return " ".join(_NOT_WORDS.sub(" ", said[:LONGEST_LINE].replace("\u2019", "'")).split())


def plain(said: str) -> str:
    """Return the words alone."""
    return " ".join(_MARKS.sub(" ", readable(said).replace("'", "")).split())


class SmallTalk:
    """Answers what is often said, each time with another line."""

    def __init__(self) -> None:
        self._lately: deque[str] = deque(maxlen=REMEMBERED)

    def answer(self, line: str) -> str | None:
        """Return a written line for a line of chat; None where there is none, or all were said lately."""
        name, said = spoken_by(line)
        words = plain(said).lower()
        if len(said) > LONGEST_LINE or (said == line and _ORDER.match(words)):
            return None
        # A sign may be in what is no word, for example an emote that laughs.
        topic = next((each for sign, each in _SIGNS if sign.search(words)), None)
        if topic is None and len(_PLAIN.findall(words)) < FEWEST_WORDS:
            topic = Topic("", VIBES)
        return self._unsaid(topic, name, line) if topic else None

    def _unsaid(self, topic: Topic, name: str, line: str) -> str | None:
        """Return a line that was not said lately. The same words meet the same one first."""
        usable = [each for each in topic.lines if name or "{name}" not in each]
        start = zlib.crc32(line.encode("utf-8", "replace"))
        for offset in range(len(usable)):
            text = usable[(start + offset) % len(usable)]
            if text not in self._lately:
                self._lately.append(text)
                return text.replace("{name}", name)
        return None


def _is_shouting(name: str) -> bool:
    return len(name) > 4 and name.isupper()  # noqa: PLR2004  up to there it may be an abbreviation
