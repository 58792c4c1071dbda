"""IRC lines with tags, as Twitch sends them: text in, parts out. Pure, and no input makes it raise."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

MOST_LINE_CHARACTERS = 16_384
"""Tags may take 8,191 bytes and the rest 512; anything twice as long is no IRC line."""

_STRAY = str.maketrans("", "", "\0\r\n")
_COMMAND = re.compile(r"[A-Za-z]{1,64}|[0-9]{3}")
_ESCAPED = {":": ";", "s": " ", "r": "\r", "n": "\n"}
_ESCAPE = re.compile(r"\\(.?)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class IrcLine:
    """One line. A part that is missing is empty."""

    tags: Mapping[str, str]
    prefix: str
    command: str
    params: tuple[str, ...]

    @property
    def nick(self) -> str:
        """Who sent it: what stands before the ! of a prefix, empty when a server did."""
        nick, mark, _ = self.prefix.partition("!")
        return nick if mark else ""

    def param(self, number: int) -> str:
        """Return a parameter, empty where there is none."""
        return self.params[number] if number < len(self.params) else ""


def split_frame(frame: str) -> list[str]:
    """Return the lines of a frame. Only LF ends one: viewers can type most of what `str.splitlines` splits at."""
    return [line for line in (part.strip("\r\0") for part in frame.split("\n")) if line]


def parse_line(line: str) -> IrcLine | None:
    """Take a line apart; None when it is malformed. Never raises, whatever it is given."""
    if len(line) > MOST_LINE_CHARACTERS:
        return None
    rest = line.translate(_STRAY)
    tags, rest = _cut(rest, "@")
    prefix, rest = _cut(rest, ":")
    command, _, rest = rest.partition(" ")
    if not _COMMAND.fullmatch(command):
        return None
    return IrcLine(tags=_tags(tags), prefix=prefix, command=command.upper(), params=_params(rest))


def _cut(rest: str, mark: str) -> tuple[str, str]:
    """Split off the leading word that `mark` announces; without it there is none."""
    if not rest.startswith(mark):
        return "", rest
    word, _, after = rest[1:].partition(" ")
    return word, after.lstrip(" ")


def _tags(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(";") if part)
    return {key: _unescape(value) for key, _, value in pairs if key}


def _unescape(value: str) -> str:
    if "\\" not in value:
        return value
    return _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), value)


def _params(rest: str) -> tuple[str, ...]:
    if rest.startswith(":"):
        return (rest[1:],)
    middle, colon, trailing = rest.partition(" :")
    words = tuple(word for word in middle.split(" ") if word)
    return (*words, trailing) if colon else words
