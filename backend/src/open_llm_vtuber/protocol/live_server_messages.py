"""What the server sends beside the messages of old."""

from typing import ClassVar, Literal

from open_llm_vtuber.protocol.autonomous_messages import AutonomousServerMessage
from open_llm_vtuber.protocol.body_messages import BodyServerMessage
from open_llm_vtuber.protocol.envelope import Answer, Capability, Cue
from open_llm_vtuber.protocol.parts import Badge, Decision, Emote, EventKind, Expression, Motion, State


class ClientWelcome(Answer):
    """The answer to client-hello; a snapshot follows."""

    type: Literal["client-welcome"] = "client-welcome"
    show: str
    client_uid: str
    protocol: int = 1
    role: Literal["stage", "operator", "developer"] = "operator"


class ChatMessageCue(Cue):
    """A viewer's line with what was decided about it. All texts are the viewer's: never treat them as HTML."""

    capability: ClassVar[Capability | None] = "chat"
    type: Literal["chat-message"] = "chat-message"
    id: str
    platform: str
    username: str
    display_name: str
    color: str
    badges: tuple[Badge, ...]
    message: str
    emotes: tuple[Emote, ...]
    timestamp: str
    decision: Decision


class ChatDecision(Cue):
    """The decision about a message has changed."""

    capability: ClassVar[Capability | None] = "chat"
    type: Literal["chat-decision"] = "chat-decision"
    id: str
    decision: Decision


class ChatMessageRemoved(Cue):
    """A moderator removed one message (`id`), all of a viewer's (`username`), or (neither) all."""

    capability: ClassVar[Capability | None] = "chat"
    type: Literal["chat-message-removed"] = "chat-message-removed"
    id: str | None = None
    username: str | None = None


class ChannelEventCue(Cue):
    """Something happened on the channel beside its chat. `message` and the names are a viewer's: never HTML."""

    capability: ClassVar[Capability | None] = "chat"
    type: Literal["channel-event"] = "channel-event"
    id: str
    kind: EventKind
    platform: str
    username: str
    display_name: str
    amount: int | None
    message: str
    data: dict[str, str | int | bool]
    timestamp: str


class SentenceHeld(Cue):
    """A sentence goes on air in `air_in_ms`, unless an operator refuses it (`hold-decide` with this `id`)."""

    capability: ClassVar[Capability | None] = "state"
    type: Literal["sentence-held"] = "sentence-held"
    id: str
    turn_id: str
    text: str
    air_in_ms: int


class SentenceRefused(Cue):
    """A sentence was kept off the air; `rule` says by what. Its words are not repeated."""

    capability: ClassVar[Capability | None] = "state"
    type: Literal["sentence-refused"] = "sentence-refused"
    turn_id: str
    rule: str


class SpeechRetracted(Cue):
    """What this turn has said and was about to say is taken back: stop it, and show nothing of it any more."""

    capability: ClassVar[Capability | None] = "interrupted"
    type: Literal["speech-retracted"] = "speech-retracted"
    turn_id: str
    reason: str


class TwitchStatus(Cue):
    """How reading the channel is going; `reason` is one sentence."""

    capability: ClassVar[Capability | None] = "state"
    type: Literal["twitch-status"] = "twitch-status"
    channel: str
    state: Literal["connecting", "connected", "reconnecting", "down"]
    reason: str


class CharacterState(Cue, State):
    """The state, whenever it has changed; at most ten a second."""

    capability: ClassVar[Capability | None] = "state"
    type: Literal["character-state"] = "character-state"


class Snapshot(Answer):
    """All that a client needs to join or to catch up. `seq` is that of the last cue before it."""

    type: Literal["snapshot"] = "snapshot"
    seq: int
    state: State
    expression: Expression
    motion: Motion | None
    turn: str | None
    """The id of the turn that is running."""
    chat: tuple[ChatMessageCue, ...]


LiveServerMessage = (
    ClientWelcome
    | ChatMessageCue
    | ChatDecision
    | ChatMessageRemoved
    | ChannelEventCue
    | SentenceHeld
    | SentenceRefused
    | SpeechRetracted
    | TwitchStatus
    | CharacterState
    | Snapshot
    | BodyServerMessage
    | AutonomousServerMessage
)
"""What this program adds."""
