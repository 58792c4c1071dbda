"""Swearing, by a library's lists. Loaded when first asked."""

import re
from functools import cache
from typing import Protocol, cast

from glin_profanity import Filter

_STRETCHED = re.compile(r"(\w)\1{2,}")
_NUMBER = re.compile(r"(?<!\w)\d[\d.,:]*(?!\w)")
"""A number on its own: read as letters, 455 would be a word, and nobody could be told a score."""


class _Filter(Protocol):
    def is_profane(self, text: str, /) -> bool: ...


def swears(text: str) -> bool:
    """Whether a text swears, in English, also in leetspeak or with stretched letters."""
    text = _NUMBER.sub(" ", text)
    return any(_filter().is_profane(spelling) for spelling in {text, _STRETCHED.sub(r"\1", text)})


@cache
def _filter() -> _Filter:
    return cast(
        "_Filter", Filter({"languages": ["english"], "detect_leetspeak": True, "normalize_unicode": True})
    )
