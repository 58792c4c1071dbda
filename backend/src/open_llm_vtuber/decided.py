"""What a show decided, and why: the facts that go into its log. Plain data; of a viewer there are ids and no words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from open_llm_vtuber.protocol.parts import ModerationList
from open_llm_vtuber.protocol.server_messages import ServerMessage
from open_llm_vtuber.stimulus import PromptMessage, TurnTimings
from open_llm_vtuber.units import Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A line that waited when one was chosen. `parts` are the weighed `factors`, and add up to the score."""

    message_id: str
    score: float
    factors: Mapping[str, float]
    parts: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A message was decided about for the first time; what was known of it besides its words."""

    message_id: str
    is_first: bool
    closed: str = ""
    """Why nothing was answered just then."""
    with_event: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What was decided about a message; the last one holds."""

    message_id: str
    outcome: str
    reason: str = ""
    score: float | None = None
    factors: Mapping[str, float] = field(default_factory=dict)
    beaten_by: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The line that is answered now, and all that waited with it, the best first."""

    turn_id: str
    message_id: str
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """A list of the moderation was edited on air."""

    name: ModerationList
    added: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """What came of something that she does unasked."""

    trigger: str
    outcome: str
    reason: str = ""
    turn_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnBegan:
    """A turn: what it reacts to."""

    turn_id: str
    source: str
    priority: int
    message_id: str = ""
    verbatim: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptPart:
    """A message of a prompt by reference: its role, its length, and the digest of its text."""

    role: str
    characters: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A language model was asked. Only the log's writer takes the time to make references of the messages."""

    model: str
    messages: Sequence[PromptMessage] = field(default=(), repr=False)
    prompt: tuple[PromptPart, ...] = ()

    def by_reference(self) -> "Asked":
        """Return the same without any words."""
        parts = tuple(
            PromptPart(role=each.role, characters=len(each.content), digest=digest(each.content))
            for each in self.messages
        )
        return Asked(model=self.model, prompt=self.prompt or parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """What a request to a remote model came to; `cost` is None where the price is not known."""

    provider: str
    model: str
    prompt_tokens: int
    answer_tokens: int
    cost: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    """Whether a sentence may go on air; `rule` is what keeps it off."""

    turn_id: str
    text: str = field(repr=False)
    before: int
    """How many characters of the reply were admitted before it: what the guard reads it with."""
    rule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A sentence went out; `index` counts those of the turn."""

    turn_id: str
    index: int
    text: str = field(repr=False)
    sound_s: Seconds | None
    """How long it sounds; None where it is only read."""
    face: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """Somebody asked for the face or for a gesture, and what became of it."""

    kind: str
    owner: str
    priority: int
    what: str
    status: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnEnded:
    """A turn is over: how long everything took, and how much of it was heard."""

    turn_id: str
    timings: TurnTimings
    heard: int
    """Characters."""
    interrupted: bool = False
    retracted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """A cue was published."""

    message: ServerMessage = field(repr=False)
    turn_id: str | None = None
    index: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """Nothing of a viewer may stay. No record itself: what hears of it takes the viewer out of every record."""

    username: str
    message_ids: tuple[str, ...]


def digest(text: str) -> str:
    """Return by what a text is known again without being kept."""
    return blake2b(text.encode(errors="surrogatepass"), digest_size=8).hexdigest()


Fact = (
    Arrived
    | Settled
    | Chosen
    | Edited
    | Fired
    | TurnBegan
    | Asked
    | Paid
    | Guarded
    | Spoken
    | Claimed
    | TurnEnded
    | Cue
    | Forgotten
)
