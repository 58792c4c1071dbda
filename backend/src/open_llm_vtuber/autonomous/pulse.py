"""Pure: how chat is doing. Its rate, its mood, what it keeps repeating, the question that nobody answered."""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile

from open_llm_vtuber.text_rules import normalised
from open_llm_vtuber.units import Seconds

WINDOW: Seconds = 60.0
MOST_MESSAGES = 3_000
"""Messages of the last minute that are kept; in a storm the older ones go."""
MOST_CHARACTERS = 200

# Small on purpose: a mood is a tendency, and one word more or less does not turn it. Emotes count as words.
_KIND = (
    "love lovely nice great good awesome amazing wow cool cute happy fun funny best beautiful yay thanks thank hype "
    "pog pogchamp poggers lol lmao lul lulw kekw omegalul haha hahaha xd wholesome blessed gg welcome congrats "
    "toll super liebe danke schoen klasse genial bonito gracias merci bravo sugoi kawaii"
)
_HOSTILE = (
    "hate bad boring awful terrible worst trash garbage stupid dumb ugly cringe sad angry annoying shut lame mid "
    "scam fake fraud loser idiot clown residentsleeper biblethump notlikethis disgusting gross leave stop sucks "
    "doof langweilig schlecht hass odio malo nul moche"
)
SENTIMENT: Mapping[str, float] = {
    **dict.fromkeys(_KIND.split(), 1.0),
    **dict.fromkeys(_HOSTILE.split(), -1.0),
}
NEGATIONS = frozenset("not no never dont isnt aint wasnt nicht kein nie pas sin".split())  # noqa: SIM905
_WORDS = re.compile(r"[^\W\d_]+")
_QUESTION_WORDS = frozenset(
    "who what when where why how which can do does did is are will would wer was wann wo warum wie".split()  # noqa: SIM905
)


def sentiment(text: str) -> float:
    """Return how kind a line is, -1 to 1, by its words; 0 says nothing about it."""
    words = _WORDS.findall(normalised(text[:MOST_CHARACTERS]).replace("'", "").replace("’", ""))
    total, hits = 0.0, 0
    for before, word in zip(["", *words], words, strict=False):
        if value := SENTIMENT.get(word, 0.0):
            total += -value if before in NEGATIONS else value
            hits += 1
    return total / hits if hits else 0.0


def is_question(text: str) -> bool:
    """Whether a line asks something: a question mark, or at least four words that begin with a question word."""
    plain = normalised(text[:MOST_CHARACTERS]).strip()
    if plain.endswith("?") and any(map(str.isalpha, plain)):
        return True
    words = _WORDS.findall(plain)
    return len(words) >= 4 and words[0] in _QUESTION_WORDS  # noqa: PLR2004  "what a game" asks nothing


@dataclass(frozen=True, slots=True)
class _Heard:
    at: Seconds
    id: str
    text: str
    sentiment: float


class ChatPulse:
    """The last minute of chat. Times are the caller's seconds."""

    def __init__(self) -> None:
        self._heard: deque[_Heard] = deque(maxlen=MOST_MESSAGES)
        self._question: _Heard | None = None

    def take_in(self, message_id: str, text: str, now: Seconds) -> float:
        """Note a viewer's line and return how kind it is."""
        heard = _Heard(now, message_id, normalised(text[:MOST_CHARACTERS]), sentiment(text))
        while self._heard and self._heard[0].at + WINDOW <= now:
            self._heard.popleft()
        self._heard.append(heard)
        if self._question is None and is_question(text):
            self._question = heard
        return heard.sentiment

    def answered(self, message_id: str | None = None) -> None:
        """Note that a question was answered; without an id, whatever was asked."""
        if self._question and message_id in (None, self._question.id):
            self._question = None

    def rate(self, now: Seconds) -> float:
        """Return the messages of the last minute."""
        # Counted from the old end, where there is next to nothing to pass over: chat asks with every line.
        return float(
            len(self._heard) - sum(1 for _ in takewhile(lambda heard: heard.at + WINDOW <= now, self._heard))
        )

    def falls_below(self, rate: float, now: Seconds) -> Seconds:
        """Return when there are fewer than `rate` messages a minute, if no more come."""
        times = [heard.at for heard in self._last(WINDOW, now)]
        too_many = len(times) - _fewer(rate)
        return now if too_many <= 0 else times[too_many - 1] + WINDOW

    def mood(self, now: Seconds) -> float:
        """Return the mean kindness of the last minute's lines that say anything about it."""
        values = [heard.sentiment for heard in self._last(WINDOW, now) if heard.sentiment]
        return sum(values) / len(values) if values else 0.0

    def mentions(self, keywords: Iterable[str], within: Seconds, now: Seconds) -> int:
        """Return how many of the last lines have one of the keywords in them."""
        plain = [normalised(keyword) for keyword in keywords]
        return sum(any(word in heard.text for word in plain) for heard in self._last(within, now))

    def question(self) -> tuple[Seconds, str] | None:
        """Return when the question that waits for an answer was asked, and what it is."""
        return (self._question.at, self._question.text) if self._question else None

    def _last(self, within: Seconds, now: Seconds) -> Iterator[_Heard]:
        """Return what came in the last `within` seconds, the oldest first."""
        newer = takewhile(lambda heard: heard.at + within > now, reversed(self._heard))
        return reversed(list(newer))


def _fewer(rate: float) -> int:
    """Return the largest whole number of messages that is below the rate."""
    whole = int(rate)
    return whole - 1 if whole == rate else whole
