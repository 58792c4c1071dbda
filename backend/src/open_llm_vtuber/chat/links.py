"""Pure: is there a link in a text, also one that wants to hide?"""

import re

_SURE = "com|net|org|tv|gg|io|ru|info|biz|xyz|app|dev|live|stream|shop|store|site|online|club|link|top|pro|cc|ly|fun"
_WITH_PATH = (
    "me|to|be|us|de|uk|eu|fr|es|it|nl|pl|br|jp|kr|cn|in|co|ai|at|ch|se|no|fi|sh|am|fm|im|is|st|so|art|lol|moe"
)
_DOT = r"(?:\.|\s?[(\[{]\s?(?:dot|punkt|punto)\s?[)\]}]\s?)"
_LINK = re.compile(
    rf"""
    \b(?:https?|ftp)\s?:\s?//\s?\S
    | \bwww\s?{_DOT}\s?\w
    | (?<![\w@.])[\w-]{{1,63}}(?:{_DOT}[\w-]{{1,63}})*{_DOT}(?:{_SURE})\b(?!\.\w)
    | (?<![\w@.])[\w-]{{1,63}}(?:{_DOT}[\w-]{{1,63}})*{_DOT}(?:{_WITH_PATH})/\S
    | \b\w{{2,63}}\s(?:dot|punkt|punto)\s(?:com|net|org|tv|gg|ru)\b
    | \bdiscord\s?{_DOT}\s?gg\b
    """,
    re.IGNORECASE | re.VERBOSE,
)


def has_link(text: str) -> bool:
    """Whether somebody could follow something in it."""
    return _LINK.search(text) is not None
