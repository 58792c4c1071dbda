"""How much a viewer's line deserves an answer: factors between 0 and 1, weighed and added up. Pure."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from open_llm_vtuber.chat.permissions import Role
from open_llm_vtuber.settings.chat import Weights

Words = frozenset[str]

TAKEN_AWAY = ("duplicates", "length", "noise")
FAIR_LENGTH = 160
"""Code points from which a line begins to be long; at twice as many it is as long as counts."""
MANY_DUPLICATES = 10
MANY_BITS = 1_000
_QUESTION_WORDS = re.compile(
    r"^(?:@\S+ )?(?:who|what|when|where|why|how|which|whose|do|does|did|is|are|was|were|can|could|will|would|should"
    r"|have|has|wer|was|wann|wo|warum|wie|welche|quien|que|cuando|donde|por que|como|qui|quand|ou|pourquoi|comment)\b"
)
_ASKS = re.compile(r"[?\uff1f\u061f\u037e](?!\S*(?:/|=))")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Line:
    """What is known of a line when it comes in; it never changes."""

    words: Words
    length: int
    asks: bool
    addressed: bool
    role: Role
    bits: int
    noise: float


def words_of(text: str) -> Words:
    """Return the words of a `normalised` text."""
    return frozenset(_WORD.findall(text))


def asks(text: str) -> bool:
    """Whether a `normalised` text is a question."""
    return _ASKS.search(text) is not None or _QUESTION_WORDS.search(text) is not None


def noise(text: str) -> float:
    """Return how much of a text is not words: signs, the same again and again, one word alone; 0 to 1."""
    if not text:
        return 1.0
    letters = sum(map(str.isalnum, text))
    signs = 1.0 - letters / sum(not char.isspace() for char in text) if text.strip() else 1.0
    found = _WORD.findall(text.lower())
    repetition = 1.0 - len(set(found)) / len(found) if found else 1.0
    alone = 0.4 if len(found) <= 1 and text.isascii() else 0.0
    return min(1.0, max(signs, repetition) + alone)


def similarity(one: Words, other: Words) -> float:
    """Return how much of two lines is the same, 0 to 1 (Jaccard)."""
    return len(one & other) / len(one | other) if one or other else 1.0


def factors(
    line: Line,
    *,
    age: float,
    novelty: float,
    wait: float,
    duplicates: int,
    is_first: bool = False,
    greets: bool = False,
) -> Mapping[str, float]:
    """Return every factor, 0 to 1. `age` and `wait` are shares of what counts at most, 0 to 1."""
    return {
        "question": float(line.asks),
        "addressed": float(line.addressed or (is_first and greets)),
        "novelty": novelty,
        "freshness": 1.0 - age,
        "wait": wait,
        "role": line.role / Role.BROADCASTER,
        "bits": min(1.0, math.log1p(line.bits) / math.log1p(MANY_BITS)) if line.bits else 0.0,
        "duplicates": min(1.0, duplicates / MANY_DUPLICATES),
        "length": min(1.0, max(0.0, line.length / FAIR_LENGTH - 1.0)),
        "noise": line.noise,
    }


def weighed(found: Mapping[str, float], weights: Weights) -> Mapping[str, float]:
    """Return what each factor adds to the score."""
    given = dict(weights)
    return {
        name: round(given[name] * value * (-1 if name in TAKEN_AWAY else 1), 4)
        for name, value in found.items()
    }


def score(parts: Mapping[str, float]) -> float:
    """Return the score that weighed factors make."""
    return round(sum(parts.values()), 4)
