"""Why she said something: the messages that tell the chain of one turn, from what came in to what went out."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from open_llm_vtuber.protocol.envelope import Answer, Request


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class GetTurnWhy(Request):
    """Why was that said? The last turns of a named show are known."""

    type: Literal["get-turn-why"] = "get-turn-why"
    turn_id: str = Field(min_length=1, max_length=200)
    """As cues have it; "last" is the last turn in which something was said."""


class WhyCandidate(_Part):
    """A line that could have been answered."""

    message_id: str
    username: str
    """Empty where it is not known any more."""
    score: float
    factors: dict[str, float]
    """What was found, each from 0 to 1."""
    parts: dict[str, float]
    """The same by its weight: they add up to the score."""


class WhyOtherwise(_Part):
    """With that part gone from that line's score, another line would have been answered."""

    message_id: str
    without: str
    score: float
    """The line's score then."""
    winner: str
    """Message id of the line that would have been answered."""


class WhyDecision(_Part):
    """What was decided last about the line that it answers: by which rule, and with which score."""

    outcome: str
    reason: str
    score: float | None
    parts: dict[str, float]


class WhyPromptPart(_Part):
    """A message of the prompt by reference: the words are not kept."""

    role: str
    characters: int
    digest: str


class WhyRequest(_Part):
    """A request to a language model."""

    model: str
    prompt: tuple[WhyPromptPart, ...]


class WhyBill(_Part):
    """What a request to a remote model came to; `cost` is null where the price is not known."""

    provider: str
    model: str
    prompt_tokens: int
    answer_tokens: int
    cost: float | None


class WhySentence(_Part):
    """A sentence and what became of it. `rule` kept it off the air; "" let it through."""

    text: str
    rule: str
    index: int | None = None
    """Its place among those that went out; null for one that did not."""
    sound_s: float | None = None
    """How long it sounds; null where it was only shown."""
    expression: int | None = None


class WhyTimings(_Part):
    """Milliseconds since the turn began; null where that was never reached."""

    first_token_ms: int | None
    first_sentence_ms: int | None
    first_audio_ms: int | None
    end_ms: int | None


class TurnWhy(Answer):
    """All that is known of why a turn went as it did."""

    type: Literal["turn-why"] = "turn-why"
    turn_id: str
    source: str
    """What made her speak: typed, voice, chat, unasked, group or event."""
    message_id: str
    """The line that it answers; "" where it answers none."""
    trigger: str
    """What made her speak unasked; "" otherwise."""
    decision: WhyDecision | None
    candidates: tuple[WhyCandidate, ...]
    """The best first; empty where no line was chosen."""
    otherwise: tuple[WhyOtherwise, ...]
    providers: dict[str, str]
    """Who did which job when it began."""
    requests: tuple[WhyRequest, ...]
    bills: tuple[WhyBill, ...]
    sentences: tuple[WhySentence, ...]
    timings: WhyTimings | None
    """Null while it is under way."""
    heard: int
    """Characters that the audience heard."""
    interrupted: bool
    retracted: str
    """Why it was taken back; "" if it was not."""
    explanation: str
    """The gist of it in a sentence or two, without anybody's words."""
