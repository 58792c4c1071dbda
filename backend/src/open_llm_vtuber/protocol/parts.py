"""What messages of the server are made of: the objects inside them."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, model_serializer

from open_llm_vtuber.modes import Mode
from open_llm_vtuber.protocol.autonomous_parts import AutonomousSummary, MoodState
from open_llm_vtuber.protocol.floor_messages import CoHostState

ModerationList = Literal[
    "banned_words",
    "topics",
    "bots",
    "allowed_viewers",
    "blocked_viewers",
    "hold_words",
    "hold_viewers",
    "output_words",
]
"""The lists of the moderation that can be edited on air."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DisplayText(_Part):
    """A sentence as it is shown; `avatar` is a file name below /avatars/."""

    text: str
    name: str
    avatar: str


class Actions(_Part):
    """What the character does while a sentence plays: expression indices, the first one counts."""

    expressions: tuple[int, ...] = ()


class Expression(_Part):
    """A face: index and name of an expression of the model."""

    expression_id: int
    name: str


class Motion(_Part):
    """A gesture that plays; `duration_ms` is one round of it. An idle motion has the priority 0."""

    motion_group: str
    motion_index: int
    loop: bool
    priority: int
    duration_ms: int


ClaimStatus = Literal["success", "covered", "queued", "rejected"]
"""`success`: shown now on at least one client. `covered`: something more urgent shows; it appears if that ends in time.

`queued`: it waits for its turn (a gesture), for the end of speech, or (`no-stage`) for a client that can show it.
"""
ClaimReason = Literal["more-urgent", "waiting", "behind-a-loop", "after-speech", "no-stage", "too-many"]
EndReason = Literal["expired", "replaced", "released", "dropped"]
"""`replaced`: by its owner. `dropped`: a gesture that was cut or waited too long, or too many claims."""


class _Result(_Part):
    status: ClaimStatus
    claim_id: str | None
    """None when it was rejected: there is no claim then."""
    priority: int
    owner: str
    delivered: int
    """How many clients can render it."""
    reason: ClaimReason | None = None
    """Only there where it is no success."""

    @model_serializer(mode="wrap")
    def _without_absent_reason(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields: dict[str, Any] = handler(self)
        return {name: value for name, value in fields.items() if name != "reason" or value is not None}


class ExpressionResult(_Result):
    """What became of a request for a face, with the request as it was understood. Times in milliseconds."""

    expression_id: int
    name: str
    duration: int
    fade_ms: int


class MotionResult(_Result):
    """What became of a request for a gesture; `duration_ms` is one round of it."""

    motion_group: str
    motion_index: int
    loop: bool
    duration_ms: int


class Decision(_Part):
    """What became of a chat message and why."""

    outcome: Literal["pending", "answered", "queued", "skipped", "held", "blocked"]
    reason: str = ""
    score: float | None = None


class DecisionReason(_Part):
    """A chat message, what was decided about it last, and why."""

    id: str
    platform: str
    username: str
    text: str
    """What the viewer wrote, bounded; empty once it was removed."""
    timestamp: str
    decision: Decision
    factors: dict[str, float]
    """They add up to the score."""
    beaten_by: float | None
    """The score of the message that was answered instead."""
    would_have_won_without: tuple[str, ...]
    """Factors that cost it the answer, each by itself."""
    explanation: str


class Queued(_Part):
    """Something that waits for its turn. `text` is the viewer's or the operator's, bounded."""

    stimulus_id: str
    source: Literal["typed", "voice", "chat", "unasked", "group", "event"]
    author: str
    text: str
    line: Literal["request", "event", "chat"] = "request"
    """Where it waits: requests are taken in their order, then events are thanked for, then chat is chosen from."""


class Held(_Part):
    """A chat message that waits for an operator's decision. `text` is the viewer's."""

    id: str
    username: str
    text: str
    reason: str


class Badge(_Part):
    """A chat badge."""

    name: str
    version: str


class Emote(_Part):
    """An emote; `start` and `end` count code points of the message, `end` inclusive."""

    id: str
    name: str
    start: int
    end: int


class ConfigFile(_Part):
    """A character that can be switched to."""

    filename: str
    name: str


class LatestMessage(_Part):
    """The last line of a stored conversation; `timestamp` is ISO 8601."""

    role: Literal["human", "ai"]
    timestamp: str
    content: str


class HistorySummary(_Part):
    """A stored conversation."""

    uid: str
    latest_message: LatestMessage | None
    timestamp: str | None


class Provider(_Part):
    """Which engine does a job. A demo engine proves the pipeline and is no personality."""

    engine: str
    is_demo: bool = False
    note: str = ""


class TwitchState(_Part):
    """How reading the channel is going."""

    channel: str
    state: Literal["connecting", "connected", "reconnecting", "down"]
    reason: str = ""


class CharacterNames(_Part):
    """Who is on air."""

    conf_name: str
    character_name: str
    human_name: str = ""
    """How she calls whoever types; "" leaves it to the connection."""


class MotionFile(_Part):
    """A motion of the avatar. `loops` is what its file says; a request says for itself whether it does."""

    duration_ms: int
    loops: bool


class Abilities(_Part):
    """What the avatar can show. An expression's place in the list is its index, a motion's that in its group."""

    expressions: tuple[str, ...] = ()
    emotions: dict[str, int] = {}
    """Emotion → index of the expression that shows it."""
    motions: dict[str, tuple[MotionFile, ...]] = {}


class ModelSpend(_Part):
    """What one remote language model has come to in this stream; `cost` is null where its price is not known."""

    provider: str
    model: str
    requests: int
    prompt_tokens: int
    answer_tokens: int
    cost: float | None


class Spend(_Part):
    """What remote language models cost. Limits that are null do not exist."""

    currency: str
    stream: float
    hour: float
    per_stream: float | None
    per_hour: float | None
    per_viewer_hour: float | None
    step: Literal["full", "small", "spent"]
    """Every model may be asked; only smaller ones; none that costs anything."""
    unpriced: int = 0
    """Requests of this stream whose price is not known: their tokens are counted, their money is not."""
    models: tuple[ModelSpend, ...] = ()


class TurnTimes(_Part):
    """Milliseconds since a turn began, at each point that it has reached; `end_ms` is when all was heard."""

    turn_id: str
    first_token_ms: int | None = None
    first_sentence_ms: int | None = None
    first_audio_ms: int | None = None
    end_ms: int | None = None


class State(_Part):
    """Everything an operator or a page wants to know of a show."""

    expression: Expression
    motion: Motion | None = None
    """None when nothing plays, not even an idle motion."""
    abilities: Abilities = Abilities()
    speaking: bool
    mode: Mode = "orphiq"
    queue: int
    """How much waits: requests, events and chat."""
    waiting: tuple[Queued, ...] = ()
    """What waits, in order; at most twenty of it."""
    reacting_to: Queued | None = None
    """What the running turn is about; its `stimulus_id` is the turn's id."""
    timings: TurnTimes | None = None
    """Of the turn that runs, else of the last one."""
    held: tuple[Held, ...] = ()
    is_stopped: bool = False
    is_chat_paused: bool = False
    primary: str | None
    """Uid of the client that plays the sound and reports its end; others are muted previews."""
    twitch: TwitchState | None
    providers: dict[str, Provider]
    character: CharacterNames
    spend: Spend | None = None
    """What all shows of this server have spent; None in a private show."""
    mood: MoodState | None = None
    """None where nothing happens unasked."""
    autonomous: AutonomousSummary | None = None
    co_host: CoHostState | None = None
    """None in a private show."""


class GenerationMetadata(_Part):
    """How a text came about. `tokens` are the text's own, estimated where the provider does not count them."""

    model: str
    tokens: int
    generation_ms: int
    finish_reason: Literal["stop", "length", "cancelled"]


class StoredLine(_Part):
    """A line of a stored conversation; `timestamp` is ISO 8601."""

    role: Literal["human", "ai"]
    timestamp: str
    content: str
    name: str = ""
    avatar: str = ""
