"""Pure: what a reply is worth, by rules that need no other model. Each is 1 (kept) or 0 (broken)."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from open_llm_vtuber.show.guard import Guard
from open_llm_vtuber.show.sentences import SentenceSplitter

SHORTEST, LONGEST = 3, 45
"""Words of a reply that is spoken on air."""
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_TAG = re.compile(r"\[([^\]\n]{1,40})\]")
_MARKUP = re.compile(r"[*_#`<>{}|]|\bhttps?://|[\U0001f300-\U0001faff]")
_OUT_OF_CHARACTER = re.compile(
    r"\b(?:as an? (?:ai|assistant|language model|chatbot|virtual)|i(?:'m| am) (?:just )?(?:an? )?"
    r"(?:ai|artificial|language model|chatbot|assistant|virtual assistant|computer program|text-based)"
    r"|i (?:don't|do not) have (?:feelings|emotions|a body|personal)|(?:how|what) (?:can|may) i (?:help|assist)"
    r"|assist you|smollm|hugging ?face|openai|anthropic)\b",
    re.IGNORECASE,
)
_REFUSAL = re.compile(
    r"\b(?:i(?:'m| am) (?:sorry|unable|not able)|i (?:can't|cannot|can not|won't) (?:help|do|answer|provide|assist|engage|respond)"
    r"|i apologi[sz]e)\b",
    re.IGNORECASE,
)
_COMMON = frozenset(
    """a about all also am an and any are as at be because been but by can could did do does doesn't don't for from get go got
    had has have he her here him his how i if i'm in into is it it's its just know let like me more my no not now of
    oh ok on one or our out over really say see she so some than that that's the their them then there these they this
    those time to too up us very was we well were what what's when where which who why will with would yes you you're your
    think thing things good make something""".split()  # noqa: SIM905  a list of words reads better as one
)
_REACTIONS: Mapping[str, str] = {
    "happy": "happy glad celebrate cheers year wonderful",
    "new": "new year celebrate",
    "year": "year years celebrate",
    "lol": "laugh funny laughing haha joke",
    "lul": "laugh funny laughing haha joke",
    "hello": "hello hi hey welcome",
    "hi": "hello hi hey welcome",
    "bye": "bye goodbye later",
    "sad": "sad sorry cheer hug",
    "drunk": "drink drinking water",
    "drinking": "drink drinks cheers",
}
"""Words of a line → words with which one answers them, without repeating any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A reply, the line that it answers, and whose line that was."""

    line: str
    author: str
    text: str


def scores(
    reply: Reply, earlier: Sequence[Reply], emotions: Collection[str], guard: Guard
) -> dict[str, float]:
    """Return every rule with its score. `earlier` are the replies before it in the same conversation."""
    bare = _TAG.sub(" ", reply.text)
    words = _WORD.findall(bare)
    return {
        "addresses the line": float(_addresses(reply, bare)),
        "in character": float(bool(words) and not _OUT_OF_CHARACTER.search(bare)),
        "no repetition": float(bool(words) and not _repeats(words, earlier)),
        "tags and markup": float(_is_clean(reply.text, emotions)),
        "length": float(SHORTEST <= len(words) <= LONGEST),
        "whole sentences": float(bare.rstrip().endswith((".", "!", "?", "…", '"'))),
        "no refusal": float(bool(words) and not _REFUSAL.search(bare)),
        "may go on air": float(
            bool(words) and not any(map(guard.objection, _sentences(reply.text, emotions)))
        ),
    }


def _addresses(reply: Reply, bare: str) -> bool:
    """Return whether it names the author, takes up a word of the line, or reacts to one."""
    said = _stems(bare)
    if reply.author and reply.author.lower()[:6] in bare.lower():
        return True
    asked = _stems(reply.line)
    reactions = {
        stem for word in _WORD.findall(reply.line.lower()) for stem in _stems(_REACTIONS.get(word, ""))
    }
    return bool(said & (asked | reactions))


def _stems(text: str) -> set[str]:
    """Return the beginnings of the words that mean something."""
    words = (word for word in _WORD.findall(text.lower()) if word not in _COMMON and len(word) > 2)
    return {word[:5].rstrip("es") or word for word in words}


def _repeats(words: Sequence[str], earlier: Sequence[Reply]) -> bool:
    """Return whether it says the same thing twice, or nearly what one of the last fifty replies said."""
    mine = _runs(words)
    if len(words) > 5 and len(mine) < (len(words) - 2) * 0.8:
        return True
    for before in earlier[-50:]:
        theirs = _runs(_WORD.findall(_TAG.sub(" ", before.text)))
        if mine and theirs and len(mine & theirs) / len(mine | theirs) > 0.6:
            return True
        if not mine and [*map(str.lower, words)] == _WORD.findall(before.text.lower()):
            return True
    return False


def _runs(words: Sequence[str]) -> set[tuple[str, ...]]:
    lower = [word.lower() for word in words]
    return {tuple(lower[at : at + 3]) for at in range(len(lower) - 2)}


def _is_clean(text: str, emotions: Collection[str]) -> bool:
    tags = [tag.strip().lower() for tag in _TAG.findall(text)]
    return all(tag in emotions for tag in tags) and not _MARKUP.search(_TAG.sub("", text))


def _sentences(text: str, emotions: Collection[str]) -> list[str]:
    splitter = SentenceSplitter(emotions, first_clause=False)
    return [sentence.text for sentence in (*splitter.feed(text), *splitter.finish())]
