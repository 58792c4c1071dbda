"""Pure: which emotion a sentence's own words speak of. For models that do not name one."""

import re
from collections.abc import Callable

from open_llm_vtuber.show.sentences import Sentence

_WORDS = {
    "joy": """amazing awesome aww best cheer cheers congrats congratulations cute enjoy excellent excited fantastic
        favorite fun funny glad good great haha happy hello hey hi hooray hug hype joy laugh lol love loved lovely
        nice perfect please pleased pog proud smile sweet thank thanks thrilled welcome win won wonderful wow yay
        yes""",
    "sadness": """alone bye cried cry crying died disappointed goodbye grief heartbroken hurt lonely lose loss lost
        mourn miss missed pain regret sad sadly sorrow sorry tear tears tired unfortunately unhappy""",
    "anger": """angry annoyed annoying awful damn enough fight furious hate hated mad outrage rage rude stop stupid
        ugh unfair worst""",
    "surprise": """no-way omg really seriously shock shocked sudden suddenly surprise surprised
        surprising unbelievable unexpected whoa woah""",
    "fear": """afraid anxious careful danger dangerous dark fear ghost horror nervous panic scared scary spooky
        terrified terrifying worried worry""",
    "disgust": "cringe disgust disgusting eww ew gross nasty rotten smelly yuck yucky",
    "smirk": "bet clever hehe heh joke joking kidding obviously prank secret smart sneaky tease teasing trick",
}
_EMOTION = {word: emotion for emotion, words in _WORDS.items() for word in words.split()}
_NOT = frozenset(("not", "no", "never", "don't", "isn't", "wasn't", "can't", "won't", "didn't"))
_WORD = re.compile(r"[a-z']+(?:-[a-z]+)?")


def emotion_of(text: str) -> str | None:
    """Return the emotion that most words of `text` speak of, the first one among equals; None for none."""
    words = [word.replace("\u2019", "'") for word in _WORD.findall(text.lower().replace("\u2019", "'"))]
    counts: dict[str, int] = {}
    for before, word in zip(["", *words], words, strict=False):
        emotion = _EMOTION.get(word)
        if emotion and before not in _NOT:
            counts[emotion] = counts.get(emotion, 0) + 1
    return max(counts, key=lambda emotion: counts[emotion]) if counts else None


def face_of(sentence: Sentence, asked: str, feel: Callable[[str], int | None]) -> int | None:
    """Return the face that goes with a sentence: from its tags, else from its words, else from what it answers."""
    shown = [index for emotion in sentence.emotions if (index := feel(emotion)) is not None]
    if shown:
        return shown[0]
    felt = emotion_of(sentence.text) or emotion_of(asked)
    return feel(felt) if felt else None
