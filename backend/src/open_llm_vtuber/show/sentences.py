"""Pure: pieces of text in, whole sentences out, each with the emotions that its tags name."""

import re
from collections.abc import Collection
from dataclasses import dataclass

import sentencex

from open_llm_vtuber.reply import SpokenSentence

_TAG = re.compile(r"\[\s*([^\W\d][\w -]{0,23})\s*\]")
"""What looks like an emotion tag: one bracketed word or two. Never shown, whether it names an emotion or not."""
_TAG_AND_BLANK = re.compile(_TAG.pattern + r"[ ]?")
_LAST_TAG = re.compile(r"\[[^\]]{0,26}\]?$")
"""A tag that may go on, or that a blank may follow."""
_OPEN_TAG = re.compile(r"\[[^\]]{0,26}$")
_THOUGHT = re.compile(r"<think>.*?(</think>|$)", re.DOTALL)
_CLAUSE_END = re.compile(r"[,;:\u3001\uff0c\uff1b\uff1a\u2014](?=\s|$)|[\u3001\uff0c]")
_FIRST_CLAUSE = 12
"""Characters that a first clause needs before it may be spoken on its own."""
_LONGEST = 300
"""Characters after which a sentence without an end is cut at a blank."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A piece of the reply to be shown and spoken at once."""

    text: str
    """Without tags, and with nothing around it."""
    emotions: tuple[str, ...] = ()
    sound: SpokenSentence | None = None
    """The sound that it came with; without it a voice says it."""

    @property
    def is_speakable(self) -> bool:
        """Whether there is anything in it that a voice could say."""
        return any(character.isalnum() for character in self.text)


class SentenceSplitter:
    """Cuts a stream of text into sentences as soon as each is complete.

    `emotions` are the tags that mean something, in lower case. With `first_clause` the very first piece may end
    at a comma already, so that the voice can begin sooner. Thoughts (`<think>…</think>`) are left out.
    """

    def __init__(self, emotions: Collection[str], *, first_clause: bool = True) -> None:
        self._emotions = emotions
        self._at_first_clause = first_clause
        self._text = ""

    def feed(self, piece: str) -> list[Sentence]:
        """Return the sentences that `piece` has completed."""
        self._text += piece
        ready = self._complete()
        return self._sentences(ready)

    def finish(self) -> list[Sentence]:
        """Return what is left when the text has ended."""
        rest, self._text = _THOUGHT.sub("", self._text), ""
        return self._sentences(sentencex.segment("en", rest))

    def _complete(self) -> list[str]:
        text = _THOUGHT.sub("", self._text) if "</think>" in self._text else self._text
        if "<think>" in text or _OPEN_TAG.search(text):
            return []
        *ready, tail = list(sentencex.segment("en", text)) or [""]
        if not ready and self._at_first_clause and (end := _clause_end(tail)):
            ready, tail = [tail[:end]], tail[end:]
        while len(tail) > _LONGEST:
            cut = tail.rfind(" ", 0, _LONGEST) + 1 or _LONGEST
            ready, tail = [*ready, tail[:cut]], tail[cut:]
        self._text = tail
        return ready

    def _sentences(self, texts: list[str]) -> list[Sentence]:
        found = [self._sentence(text) for text in texts]
        kept = [sentence for sentence in found if sentence.text]
        self._at_first_clause = self._at_first_clause and not kept
        return kept

    def _sentence(self, text: str) -> Sentence:
        tags = tuple(tag.strip().lower() for tag in _TAG.findall(text))
        shown = " ".join(_TAG.sub(" ", text).split())
        return Sentence(shown, tuple(tag for tag in tags if tag in self._emotions))


class TagFilter:
    """Takes the tags that mean something out of a stream of text, for those who read it as it comes."""

    def __init__(self, emotions: Collection[str]) -> None:
        self._emotions = emotions
        self._held = ""

    def feed(self, piece: str) -> str:
        """Return what may be shown by now: what could still become a tag is held back."""
        text = self._held + piece
        found = _LAST_TAG.search(text)
        cut = found.start() if found else len(text)
        self._held = text[cut:]
        return self._without_tags(text[:cut])

    def finish(self) -> str:
        """Return what was held back when the text has ended."""
        held, self._held = self._held, ""
        return self._without_tags(held)

    def _without_tags(self, text: str) -> str:
        return _TAG_AND_BLANK.sub(
            lambda tag: "" if tag[1].strip().lower() in self._emotions else tag[0], text
        )


def as_spoken(given: SpokenSentence, emotions: Collection[str]) -> Sentence:
    """Return a sentence that comes with its sound, felt as the avatar can show it.

    Nothing is taken out of its text, for nothing can be taken out of the sound: the guard judges all of it.
    """
    felt = next(((emotion,) for emotion in given.emotions if emotion in emotions), ())
    return Sentence(" ".join(given.text.split()), felt, given if given.pcm else None)


def _clause_end(text: str) -> int:
    shown_before = len(text) - len(_TAG.sub("", text))
    found = _CLAUSE_END.search(text, shown_before + _FIRST_CLAUSE)
    return found.end() if found else 0
