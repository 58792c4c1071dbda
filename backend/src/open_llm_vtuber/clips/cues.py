"""Pure: sentences on a time line → the cues of subtitles, and these as SRT and as WebVTT.

A cue has two lines of 42 columns at the most, as broadcasters have it; wide characters take two columns.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from open_llm_vtuber.units import Milliseconds, Seconds

COLUMNS = 42
LINES = 2
_JOINER, _WORD_JOINER, _RIGHT_TO_LEFT = "\u200d", "\u2060", "\u200f"
_BEGINS_NO_LINE = frozenset("、。，．！？：；」』）］】〉》〕ー…‥・々ぁぃぅぇぉっゃゅょァィゥェォッャュョ")
_ENDS_NO_LINE = frozenset("「『（［【〈《〔")
_MARKUP = re.compile(r"(?<=[<{])|(?<=--)(?=>)")


@dataclass(frozen=True, slots=True)
class Cue:
    """What stands on the screen from then until then, counted from the beginning of the clip."""

    begin: Milliseconds
    end: Milliseconds
    lines: tuple[str, ...]


def cues(sentences: Sequence[tuple[Seconds, Seconds, str]]) -> list[Cue]:
    """Return the cues of (begin, end, text), which are in order and do not overlap; nor do the cues."""
    return [cue for begin, end, text in sentences for cue in _cues(begin, end, text)]


def wrapped(text: str, columns: int = COLUMNS) -> list[str]:
    """Return the text in lines: broken at spaces, and in scripts without any between characters."""
    lines, line, used = list[str](), "", 0
    for piece in _pieces(text, columns):
        width = _width(piece)
        if line and used + _width(piece.rstrip()) > columns:
            lines.append(line.rstrip())
            line, used = "", 0
        line, used = line + piece, used + width
    return [*lines, line.rstrip()] if line.strip() else lines


def srt(shown: Sequence[Cue]) -> str:
    """Return the cues as SubRip. It has no way to write < and {: what could be taken for a tag is made none."""
    blocks = (
        f"{number}\n{_clock(cue.begin, ',')} --> {_clock(cue.end, ',')}\n{_body(cue, _untagged)}\n"
        for number, cue in enumerate(shown, 1)
    )
    return "\n".join(blocks)


def vtt(shown: Sequence[Cue], title: str = "") -> str:
    """Return the cues as WebVTT (https://www.w3.org/TR/webvtt1/)."""
    blocks = (
        f"{_clock(cue.begin, '.')} --> {_clock(cue.end, '.')}\n{_body(cue, _escaped)}\n" for cue in shown
    )
    head = f"WEBVTT - {title.replace('-->', '→')}" if title else "WEBVTT"
    return "\n".join([f"{head}\n", *blocks])


def _cues(begin: Seconds, end: Seconds, text: str) -> Iterator[Cue]:
    first, last = int(begin * 1000), int(end * 1000)
    lines = wrapped(text)
    groups = [tuple(lines[at : at + LINES]) for at in range(0, len(lines), LINES)]
    if last - first < len(groups):  # nobody could read it in any case
        groups = [(" ".join(lines),)] if last > first else []
    weights = [sum(map(_width, group)) or 1 for group in groups]
    total, shares = sum(weights), [0]
    for weight in weights:
        shares.append(shares[-1] + weight)
    places = [first + max(number, (last - first) * share // total) for number, share in enumerate(shares)]
    for group, (start, stop) in zip(groups, pairwise(_rising(places)), strict=True):
        yield Cue(Milliseconds(start), Milliseconds(stop), group)


def _rising(places: list[int]) -> list[int]:
    """Return the places with at least one between each and the next, the last where it was."""
    for number in range(len(places) - 2, 0, -1):
        places[number] = min(places[number], places[number + 1] - 1)
    return places


def _pieces(text: str, columns: int) -> Iterator[str]:
    """Yield the text in pieces that stay on one line, each with the space behind it."""
    for word in re.findall(r"\S+\s*|\s+", text):
        piece = ""
        for character in _characters(word):
            if piece and (_may_break(piece, character) or _width(piece + character.rstrip()) > columns):
                yield piece
                piece = ""
            piece += character
        if piece:
            yield piece


def _may_break(before: str, after: str) -> bool:
    is_wide = _is_wide(before.strip()[-1:]) or _is_wide(after[:1])
    return is_wide and not (
        after.isspace() or after[0] in _BEGINS_NO_LINE or (before.strip()[-1:] in _ENDS_NO_LINE)
    )


def _characters(text: str) -> Iterator[str]:
    """Yield what a reader takes for one character: with its marks, and what is joined to it."""
    one = ""
    for char in text:
        if one and not (_width(char) == 0 or one.endswith(_JOINER)):
            yield one
            one = ""
        one += char
    if one:
        yield one


def _width(text: str) -> int:
    return sum(2 if _is_wide(char) else int(_is_seen(char)) for char in text)


def _is_wide(char: str) -> bool:
    return bool(char) and unicodedata.east_asian_width(char) in "WF"


def _is_seen(char: str) -> bool:
    return unicodedata.category(char) not in ("Mn", "Me", "Cf")


def _body(cue: Cue, safe: Callable[[str], str]) -> str:
    is_rtl = _direction("".join(cue.lines)) == "rtl"
    return "\n".join(
        # Without it a player takes the direction of a line from the first letter in it.
        _RIGHT_TO_LEFT + safe(line) if is_rtl and _direction(line) != "rtl" else safe(line)
        for line in cue.lines
    )


def _direction(text: str) -> str:
    """Return the direction of the first letter, as the Unicode rules P2 and P3 (UAX 9) have it."""
    for char in text:
        kind = unicodedata.bidirectional(char)
        if kind in ("L", "R", "AL"):
            return "ltr" if kind == "L" else "rtl"
    return ""


def _untagged(line: str) -> str:
    return _MARKUP.sub(_WORD_JOINER, line)


def _escaped(line: str) -> str:
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _clock(at: Milliseconds, point: str) -> str:
    seconds, rest = divmod(at, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{point}{rest:03d}"
