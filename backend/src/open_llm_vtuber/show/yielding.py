"""Pure: where a sentence may end before its end, and what was heard of it then."""

import re
from collections.abc import Sequence

from open_llm_vtuber.units import Seconds

PAUSE: Seconds = 0.16
"""So long a silence stands between two clauses; the closure of a consonant is shorter."""
SILENT = 0.1
"""Of the loudest moment of the sentence."""
INTO_THE_PAUSE: Seconds = 0.06
"""So far into it, for the last sound to fade."""
FAR_OFF = 0.15
"""Of the text: so far from where the sound ended, a comma is not where the words did."""
_CLAUSE = re.compile(
    r"(?<=[,;:.!?\u2026\u2014\u3001\u3002\uff0c\uff1b\uff1a\uff01\uff1f])(?=\s)|(?<=[\u3001\u3002\uff0c])"
)
_WORD = re.compile(r"(?<=\s)")


def clause_end(volumes: Sequence[float], slice_length: Seconds, position: Seconds) -> Seconds | None:
    """Return where the clause ends that is heard at that place of a sentence; None where only the sentence does.

    `volumes` are the loudness of each slice, 0 to 1. A silence at the very beginning or the very end is no end of a clause.
    """
    needed = round(PAUSE / slice_length)
    loud = [place for place, volume in enumerate(volumes) if volume > SILENT]
    if not loud:
        return None
    first = max(loud[0], int(position / slice_length))
    for place in range(first, loud[-1] - needed + 1):
        if all(volume <= SILENT for volume in volumes[place : place + needed]):
            return place * slice_length + INTO_THE_PAUSE
    return None


def heard_part(text: str, share: float) -> str:
    """Return what was heard of a text of which that share was played: up to the clause that is nearest, or the word.

    >>> heard_part("Well, I like cats, and you know it.", 0.5)
    'Well, I like cats,'
    """
    if share >= 1.0:
        return text
    wanted = share * len(text)
    nearest = 0
    for border in (_CLAUSE, _WORD):
        ends = [0, *(found.start() for found in border.finditer(text)), len(text)]
        nearest = min(ends, key=lambda end: abs(end - wanted))
        if abs(nearest - wanted) <= FAR_OFF * len(text):
            break
    return text[:nearest].rstrip()
