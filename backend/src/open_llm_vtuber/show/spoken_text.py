"""Pure: what of a sentence is spoken. What stands in brackets or between asterisks is shown only."""

import re
import unicodedata
from dataclasses import dataclass

from open_llm_vtuber.text_rules import collapse_blanks

_BRACKETS = re.compile(r"\[[^\[\]]*\]|【[^【】]*】")
_PARENTHESES = re.compile(r"\([^()]*\)|\uff08[^\uff08\uff09]*\uff09")
_ANGLE_BRACKETS = re.compile(r"<(?=\S)[^<>]*>")
_EMPHASIS = re.compile(r"\*{2,}(?=\S)([^*]+)(?<=\S)\*{2,}")
_ACTION = re.compile(r"\*(?=\S)[^*]+(?<=\S)\*")
_SPACE_BEFORE_MARK = re.compile(r"\s+(?=[.,!?;:])")
_NOT_SPOKEN = frozenset(("So", "Sk", "Cc", "Cf", "Co", "Cs", "Cn"))
"""Pictures and what is invisible. Signs of money and of arithmetic are read out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenText:
    """Which parts are left out."""

    brackets: bool = True
    parentheses: bool = True
    asterisks: bool = True
    angle_brackets: bool = True
    special: bool = True
    """Emoji and other pictures."""

    def __call__(self, text: str) -> str:
        """Return what the voice says."""
        spoken = text
        for left_out, pattern in (
            (self.brackets, _BRACKETS),
            (self.parentheses, _PARENTHESES),
            (self.angle_brackets, _ANGLE_BRACKETS),
        ):
            spoken = _without(spoken, pattern) if left_out else spoken
        if self.asterisks:
            spoken = _ACTION.sub("", _EMPHASIS.sub(r"\1", spoken))
        if self.special:
            spoken = "".join(c for c in spoken if c.isspace() or unicodedata.category(c) not in _NOT_SPOKEN)
        return text if spoken == text else _SPACE_BEFORE_MARK.sub("", collapse_blanks(spoken))


def _without(text: str, pattern: re.Pattern[str]) -> str:
    """Leave out what matches, from the innermost pair outwards."""
    before = ""
    while text != before:
        before, text = text, pattern.sub("", text)
    return text
