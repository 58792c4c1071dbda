"""Pure rules for text that somebody else wrote: how it is encoded, what is invisible or too much, what looks the same."""

import codecs
import re
import unicodedata
from collections.abc import Iterable

ELLIPSIS = "…"
MOST_MARKS = 2
"""Combining marks in a row that real spelling needs; more is a scrawl over other people's lines."""

_JOINER = "\u200d"
_EMOJI_LOOK = "\ufe0f"
_KEYCAP_BASES = frozenset("0123456789#*")
# Not Cn (unassigned): to an older Python this year's emoji are unassigned.
_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co"})
# These draw nothing either, but Unicode counts them as letters, marks, symbols or nothing.
_INVISIBLE = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, range(0xFE00, 0xFE0F)))
    + "".join(map(chr, range(0xE0000, 0xE1000)))
)
# Cyrillic and Greek letters that readers take for Latin ones in lower or upper case; written as escapes,
# because nobody could check them by eye.
_LOOK_ALIKES = str.maketrans(
    "\u0430\u0432\u0435\u043a\u043c\u043d\u043e\u0440\u0441\u0442\u0443\u0445"
    "\u0455\u0456\u0458\u04bb\u04cf\u0501\u051b\u051d"
    "\u03b1\u03b2\u03b5\u03b6\u03b9\u03ba\u03bc\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7\u0131",
    "abekmhopctyxsijhldqwabezikmvoptuxi",
)

_NO_BRACKETS = str.maketrans("[]", "()")


def encoding_of(beginning: bytes) -> str:
    """Return how a text file is encoded that begins so: UTF-8, or UTF-16 that says so. Anything else would be a guess."""
    says_utf_16 = beginning.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return "utf-16" if says_utf_16 else "utf-8-sig"


def strip_invisible(text: str) -> str:
    """Drop what draws nothing: format, control, private and tag characters. White space stays.

    Emoji stay whole: a joiner between two emoji and the emoji variation selector behind one are kept.
    """
    if text.isascii() and text.isprintable():
        return text
    kept: list[str] = []
    shown = [char for char in text if not _is_invisible(char)]
    for char, following in zip(shown, [*shown[1:], ""], strict=False):
        before = kept[-1] if kept else ""
        if char == _EMOJI_LOOK and not (_is_emoji(before) or before in _KEYCAP_BASES):
            continue
        if char == _JOINER and not (_is_emoji(following) and (_is_emoji(before) or before == _EMOJI_LOOK)):
            continue
        kept.append(char)
    return "".join(kept)


def _is_invisible(char: str) -> bool:
    if char.isspace() or char == _JOINER:
        return False
    return char in _INVISIBLE or unicodedata.category(char) in _INVISIBLE_CATEGORIES


def _is_emoji(char: str) -> bool:
    """Whether it is a symbol or a skin tone; generous, for it only decides which joiners may stay."""
    if char.isascii():
        return False
    return "\U0001f000" <= char <= "\U0001fbff" or unicodedata.category(char) in {"So", "Sk", "Sm", "Po"}


def collapse_blanks(text: str) -> str:
    """Make every run of white space, line ends included, one blank, and trim both ends."""
    return " ".join(text.split())


def limit_marks(text: str) -> str:
    """Keep at most `MOST_MARKS` combining marks in a row."""
    if text.isascii():
        return text
    kept: list[str] = []
    run = 0
    for char in text:
        run = run + 1 if unicodedata.category(char) in {"Mn", "Me"} else 0
        if run <= MOST_MARKS:
            kept.append(char)
    return "".join(kept)


def one_line(text: str) -> str:
    """Make it a single line without invisible characters or piled-up marks: fit for a log or a prompt."""
    return collapse_blanks(limit_marks(strip_invisible(text)))


def writable(text: str) -> str:
    """Replace what no UTF-8 can hold (half characters) by a question mark each; code points keep their places."""
    return text.encode("utf-8", "replace").decode("utf-8")


def bounded(text: str, most: int) -> str:
    """Cut it to `most` (at least 1) code points; the last one is … where something was cut."""
    return text if len(text) <= most else text[: most - 1] + ELLIPSIS


def normalised(text: str) -> str:
    """Make texts that read alike equal: for comparing only, never for showing.

    Width, case, look-alike letters, accents and invisible characters make no difference. It may be longer
    than the text was.
    """
    if text.isascii() and text.isprintable():  # most chat, and nothing of what follows would change it
        return collapse_blanks(text.lower())
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", strip_invisible(text)).casefold())
    bare = "".join(char for char in folded if unicodedata.category(char) not in {"Mn", "Me"})
    return collapse_blanks(strip_invisible(bare).translate(_LOOK_ALIKES))


_WORD_BELOW = "[^\\W\u0e00-\U0010ffff]"
"""A character of a word in a script that puts blanks between words."""


def name_pattern(name: str) -> re.Pattern[str]:
    """Return what finds `name` as a word of its own in a `normalised` text; an empty name is never found."""
    plain = normalised(name)
    if not plain:
        return re.compile(r"(?!)")
    before = f"(?<!{_WORD_BELOW})" if plain[0] < "\u0e00" else ""
    after = f"(?!{_WORD_BELOW})" if plain[-1] < "\u0e00" else ""
    return re.compile(before + re.escape(plain) + after)


_STRETCHED = re.compile(r"(\w)\1{2,}")
_SPELT_OUT = re.compile(r"(?<!\S)\w(?: \w(?!\S)){2,}")
"""Three and more single letters with blanks in between: `b a d`."""
_AS_LETTERS = dict(zip("0134578@$!|+", "oieastbasiit", strict=True))
_DISGUISED = re.compile(r"(?<=[^\W\d_])[0134578]|[0134578@$!|+](?=[^\W_])")
_INNER_MARKS = re.compile(r"(?<=[^\W_])[*._~\-](?=[^\W_])")


def readings(text: str) -> tuple[str, ...]:
    """Return in which ways a text may be read by somebody who looks for a word in it, the plain one first.

    All are `normalised`: as it stands, without stretched letters (baaad), with spelt-out words joined (b.a.d, b a d), with
    digits and signs read as letters (b4d). None comes twice.
    """
    plain = normalised(text)
    found = [plain, _STRETCHED.sub(r"\1", plain), _STRETCHED.sub(r"\1\1", plain)]
    found.append(_INNER_MARKS.sub("", found[1]))
    found.append(_SPELT_OUT.sub(lambda letters: letters[0].replace(" ", ""), found[-1]))
    found.append(_DISGUISED.sub(lambda sign: _AS_LETTERS[sign[0]], found[-1]))
    return tuple(dict.fromkeys(found))


def words_pattern(words: Iterable[str]) -> re.Pattern[str]:
    """Return what finds any of the words or phrases in a `normalised` text, as words of their own; never in none."""
    plain = sorted({normalised(word) for word in words} - {""}, key=len, reverse=True)
    spaced = [re.escape(word) for word in plain if word[0] < "\u0e00" and word[-1] < "\u0e00"]
    others = [name_pattern(word).pattern for word in plain if word[0] >= "\u0e00" or word[-1] >= "\u0e00"]
    # one look at what stands before for all of them: most places in a text are no beginning of a word
    alone = [f"(?<!{_WORD_BELOW})(?:{'|'.join(spaced)})(?!{_WORD_BELOW})"] if spaced else []
    return re.compile("|".join([*alone, *others]) or r"(?!)")


_IN_A_WORD = re.compile(r"\w")


def shape(text: str) -> str:
    """Return the text with every letter and digit made an x: as long, in the same sentences, and without a word."""
    return _IN_A_WORD.sub("x", text)


def stage_mark(name: str, standing: str) -> str:
    """Return what stands in a prompt in front of the words of somebody on stage: `standing` is what they are there.

    >>> stage_mark("Alex", "streamer")
    '[Alex, streamer]'
    """
    return f"[{name.translate(_NO_BRACKETS)}, {standing}]"
