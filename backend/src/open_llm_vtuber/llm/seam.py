"""Pure: where one model's answer breaks off and another goes on, so that nothing is half said and nothing said twice."""

import re
from collections.abc import Iterator

LONGEST_HELD = 24
"""Characters of an unfinished word that are held back; what is longer is no word of a language with blanks."""
SAID_AGAIN = 2
"""Words in a row that begin a continuation and were said before are left out …"""
SAID_AGAIN_LATER = 6
"""… and so many further on: there, fewer may be a turn of phrase."""
_CJK = "぀-ヿ㐀-鿿가-힣"
_UNFINISHED = re.compile(
    rf"\s*(?:\[[^\]\n]{{0,{LONGEST_HELD}}}|[^\W_{_CJK}][^\W_{_CJK}]*(?:['’-][^\W_]*)*)?\Z"
)
_LETTER = rf"[^\W_{_CJK}]"
_TOKEN = re.compile(rf"\[[^\]\n]{{0,40}}\]|[{_CJK}]|{_LETTER}(?:{_LETTER}|['’](?={_LETTER}))*")
_SPACED = re.compile(rf"[^{_CJK}]")
_IS_CJK = re.compile(rf"[{_CJK}]\s*\Z")
_ENDED = re.compile(r"[.!?…。！？～♪]['\"”’)\]*]*\s*\Z")
_TAGS_AT_END = re.compile(r"(?:\s*\[[^\]\n]{0,40}\])+\s*\Z")
_JOINT = " \t\n.,;:!?…。、，！？—–-"


def whole_words(text: str) -> tuple[str, str]:
    """Return the text up to its last unfinished word or tag, and that one: a stream may break before its end.

    Blanks at the end wait too: they belong between this word and the next.
    """
    found = _UNFINISHED.search(text)
    if found is None or len(found[0]) > LONGEST_HELD:
        return text, ""
    return text[: found.start()], found[0]


def ending(said: str) -> str:
    """Return what makes a sentence of the end of `said`, "" where it is one or nothing was said."""
    bare = _TAGS_AT_END.sub("", said)
    if not bare.strip() or _ENDED.search(bare):
        return ""
    return "。" if _IS_CJK.search(bare) else "..."


class Continuation:
    """Passes on what a second model says, without what `said` holds already and without a gap between the two.

    A model that is asked to go on often begins anew, or with its last sentence.
    """

    def __init__(self, said: str) -> None:
        self._said = list(_words(said))
        self._pending = ""
        """Not looked at yet: it may end within a word."""
        self._held = ""
        """The same words as in `said`, so far; decided when the row of them ends."""
        self._reached: list[int] = []
        """Where in `said` such a row has come to."""
        self._weight = 0.0
        self._before = ""
        """What stands before the first word that may be said."""
        self._has_spoken = False

    def feed(self, piece: str) -> str:
        """Return what may be said now."""
        self._pending += piece
        whole, self._pending = whole_words(self._pending)
        return self._take(whole)

    def finish(self) -> str:
        """Return what is left when the text has ended."""
        pending, self._pending = self._pending, ""
        return self._take(pending) + self._row_ends()

    def _take(self, text: str) -> str:
        ready, at = "", 0
        for token in _TOKEN.finditer(text):
            between = text[at : token.start()]
            at = token.end()
            ready += self._word(between, token[0])
        rest = text[at:]
        if self._held:
            self._held += rest
            return ready
        return ready + self._passed_on(rest)

    def _word(self, between: str, token: str) -> str:
        marks = between.rstrip()  # they belong to what they follow, the blanks to the word
        gap, ready = between[len(marks) :], ""
        if self._reached:
            self._held += marks
        else:
            ready = self._passed_on(marks)
        if token.startswith("["):
            self._held += gap + token
            return ready if self._reached else ready + self._row_ends()
        word = token.casefold()
        reached = [at + 1 for at in self._reached if at < len(self._said) and self._said[at] == word]
        if not reached:
            ready += self._row_ends()
            reached = [at + 1 for at, each in enumerate(self._said) if each == word]
        if reached:
            return ready + self._grows(gap, token, reached)
        return ready + self._passed_on(gap + token)

    def _grows(self, between: str, token: str, reached: list[int]) -> str:
        self._held += between + token
        self._reached = reached
        self._weight += 1.0 if _SPACED.match(token) else 0.5
        return ""

    def _row_ends(self) -> str:
        """Decide on a row of words that were said before, and return it if it may be said."""
        held, reached, weight = self._held, self._reached, self._weight
        self._held, self._reached, self._weight = "", [], 0.0
        if self._has_spoken:
            is_repeated = weight >= SAID_AGAIN_LATER
        else:
            is_repeated = bool(reached) and (weight >= SAID_AGAIN or len(self._said) in reached)
        return "" if is_repeated else self._passed_on(held)

    def _passed_on(self, text: str) -> str:
        if self._has_spoken:
            return text
        self._before += text
        if not any(_words(self._before)):  # nothing but tags and marks of the other model's row
            return ""
        self._has_spoken = True
        begun = self._before.lstrip(_JOINT)
        return f" {_with_capital(begun)}"


def _with_capital(text: str) -> str:
    """Return it as a sentence begins, so that it is taken for one."""
    first = next((match for match in _TOKEN.finditer(text) if not match[0].startswith("[")), None)
    at = first.start() if first else 0
    return text[:at] + text[at : at + 1].upper() + text[at + 1 :]


def _words(text: str) -> Iterator[str]:
    for token in _TOKEN.findall(text):
        if not token.startswith("["):
            yield token.casefold()
