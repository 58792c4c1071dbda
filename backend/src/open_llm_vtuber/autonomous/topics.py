"""What she may talk about: a written list, a file, or what a language model proposes. What was used rests."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.text_rules import bounded, one_line
from open_llm_vtuber.units import Seconds

REST: Seconds = 3600.0
MOST_TOPICS = 1_000
LONGEST_TOPIC = 120
_MARKS = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s*")


class Topics:
    """The topics and when each was last used. Times are the caller's seconds."""

    def __init__(self, topics: Iterable[str], rest_s: Seconds = REST) -> None:
        self._last: dict[str, Seconds | None] = {}
        self._rest = rest_s
        self.add(topics)

    def __len__(self) -> int:
        return len(self._last)

    def add(self, topics: Iterable[str]) -> None:
        """Take in further topics; those known already stay as they are, and beyond a bound the oldest go."""
        for topic in topics:
            if plain := bounded(one_line(topic), LONGEST_TOPIC):
                self._last.setdefault(plain, None)
        while len(self._last) > MOST_TOPICS:
            del self._last[next(iter(self._last))]

    def rested(self, now: Seconds) -> Sequence[str]:
        """Return the topics that may be used, in their order."""
        return [topic for topic, last in self._last.items() if last is None or now - last >= self._rest]

    def take(self, now: Seconds, chance: float) -> str | None:
        """Return one that has rested, by chance (0 ≤ chance < 1), and let it rest; None when all are resting."""
        rested = self.rested(now)
        if not rested:
            return None
        topic = rested[int(chance * len(rested))]
        self._last[topic] = now
        return topic


def read_topics(file: Path) -> Sequence[str]:
    """Read a file with a topic on each line; # begins a remark. Raises ConfigError, also for one without a topic."""
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise ConfigError(f"the topic file {file.name} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"the topic file {file.name} is not UTF-8 text (byte {error.start})") from error
    topics = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    if not topics:
        raise ConfigError(f"the topic file {file.name} holds no topic")
    return topics[:MOST_TOPICS]


def proposed(answer: str, most: int = 10) -> Sequence[str]:
    """Return the topics in a language model's answer, one a line, without list marks or emotion tags."""
    lines = (_MARKS.sub("", re.sub(r"\[[^\]]*\]", "", line)).strip(" \"'.") for line in answer.splitlines())
    return [bounded(one_line(line), LONGEST_TOPIC) for line in lines if any(map(str.isalpha, line))][:most]
