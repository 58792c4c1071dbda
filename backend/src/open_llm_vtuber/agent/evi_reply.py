"""Pure: the messages of one answer of EVI, in whatever order they come → its sentences, each with its sound."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import assert_never

from open_llm_vtuber.agent.evi_wire import (
    AssistantEnd,
    AssistantMessage,
    AssistantProsody,
    AudioOutput,
    ChatMetadata,
    EviMessage,
    Fault,
    ToolCalled,
    UserInterruption,
    UserMessage,
)

MOST_TEXT = 20_000
"""Characters of one answer."""
MOST_SOUND = 40_000_000
"""Characters of base64 of one answer: five minutes at 48 kHz."""
_PIECE = 100
"""What a message costs however little it holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A sentence of the answer."""

    text: str
    scores: Mapping[str, float]
    sound: tuple[str, ...] = ()
    """WAV files in base64, one behind the other; () when it came without."""


@dataclass(slots=True)
class _Sentence:
    texts: list[str] = field(default_factory=list)
    scores: Mapping[str, float] = field(default_factory=dict)
    sound: dict[int, str] = field(default_factory=dict)

    @property
    def has_all_sound(self) -> bool:
        """Whether no piece is known to be missing."""
        return bool(self.sound) and max(self.sound) - min(self.sound) + 1 == len(self.sound)

    def said(self) -> Said:
        pieces = tuple(self.sound[index] for index in sorted(self.sound))
        return Said(text=" ".join(self.texts), scores=self.scores, sound=pieces)


class EviReply:
    """Puts one answer together. A sentence is complete once the sound of a later one begins, or the answer ends.

    EVI does not say which piece of a sentence's sound is its last. What comes before the echo of the question belongs
    to something else, for example a greeting; sound of which no words are known is never given out. Without
    `with_sound`, sentences are complete as they come, and their sound is left out.
    """

    def __init__(self, *, with_sound: bool) -> None:
        self.is_over = False
        self._with_sound = with_sound
        self._is_ours = False
        self.has_begun = False
        """Whether any words of it have come."""
        self._sentences: dict[str, _Sentence] = {}
        self._early: dict[str, _Sentence] = {}
        self._gone: set[str] = set()
        self._text_left, self._sound_left = MOST_TEXT, MOST_SOUND

    def take(self, message: EviMessage) -> list[Said]:
        """Return the sentences that this message completes. Raises ValueError when it is more than an answer holds."""
        match message:
            case UserMessage(from_text=True, interim=False) if not self._is_ours:
                self._is_ours, self.has_begun = True, False
                self._sentences.clear()
                self._early.clear()
                return []
            case AssistantMessage():
                return self._words(message)
            case AssistantProsody(id=str(name)) if name in self._sentences:
                self._sentences[name].scores = message.models.scores
                return []
            case AudioOutput():
                return self._sound(message) if self._with_sound else []
            case AssistantEnd() | UserInterruption():
                return self._end() if self.has_begun else []
            case UserMessage() | AssistantProsody() | ChatMetadata() | ToolCalled() | Fault():
                return []
            case _:
                assert_never(message)

    def _words(self, message: AssistantMessage) -> list[Said]:
        text = " ".join((message.message.content or "").split())
        self._text_left -= len(text) + 1
        if self._text_left < 0:
            msg = "too much text"
            raise ValueError(msg)
        if not text:
            return []
        name = message.id or ""
        if not name or name in self._gone:  # more words under a name that is on air already
            name = f"{name} {self._text_left}"
        self.has_begun = True
        sentence = self._sentences.setdefault(name, self._early.pop(name, _Sentence()))
        sentence.texts.append(text)
        sentence.scores = message.models.scores or sentence.scores
        return self._complete_before(None) if self._is_ours and not self._with_sound else []

    def _sound(self, message: AudioOutput) -> list[Said]:
        self._sound_left -= len(message.data) + _PIECE
        if self._sound_left < 0:
            msg = "too much sound"
            raise ValueError(msg)
        # What comes too late for a sentence that is on air waits with the rest of what has no words, for nothing.
        known = self._sentences.get(message.id)
        sentence = known or self._early.setdefault(message.id, _Sentence())
        sentence.sound[message.index] = message.data
        return self._complete_before(message.id) if known and self._is_ours else []

    def _complete_before(self, name: str | None) -> list[Said]:
        """Give out the sentences that stand before that one, up to the first that still lacks sound; None: all."""
        complete = []
        while self._sentences:
            first = next(iter(self._sentences))
            if name is not None and (first == name or not self._sentences[first].has_all_sound):
                break
            complete.append(self._sentences.pop(first).said())
            self._gone.add(first)
        return complete

    def _end(self) -> list[Said]:
        self.is_over = True
        return self._complete_before(None)
