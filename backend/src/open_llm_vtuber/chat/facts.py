"""What viewers tell about themselves, in their own words, found by a few plain patterns. Pure."""

import re
from collections.abc import Sequence

from open_llm_vtuber.chat.links import has_link
from open_llm_vtuber.chat.moderation import slur_in, topics_pattern
from open_llm_vtuber.chat.personal_data import personal_data
from open_llm_vtuber.chat.swearing import swears
from open_llm_vtuber.text_rules import bounded, one_line, readings

LONGEST_FACT = 80
MOST_OF_A_LINE = 2
_TELLS = re.compile(
    r"\b(?:i(?:'m| am) (?:a|an|from|learning|playing|studying|working on) |i (?:like|love|play|hate|own|draw|study) "
    r"|i have (?:a|an|two|three|my) |my (?:name|favou?rite \w+|cat|dog|pet|birthday|job|hobby)(?: name)? is )[^.!?;]{2,}",
    re.IGNORECASE,
)
_SENSITIVE = topics_pattern(("politics", "religion", "sex", "self-harm", "drugs"))
"""What the law of many countries calls special, and what nobody wants to be reminded of on a stream."""


def facts_in(text: str) -> Sequence[str]:
    """Return what a line tells about its writer: at most two phrases; nothing of a line that is delicate anywhere."""
    line = one_line(text)
    found = [bounded(told[0].strip(), LONGEST_FACT) for told in _TELLS.finditer(line)]
    return found[:MOST_OF_A_LINE] if found and not _is_delicate(line) else []


def _is_delicate(text: str) -> bool:
    ways = readings(text)
    return (
        any(_SENSITIVE.search(way) for way in ways)
        or slur_in(ways)
        or has_link(text)
        or swears(text)
        or personal_data(text) is not None
    )
