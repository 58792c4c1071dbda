"""What the server sends beside the messages of old."""

from typing import ClassVar, Literal

from open_llm_vtuber.event_kinds import EventKind
from open_llm_vtuber.modes import Mode
from open_llm_vtuber.protocol.audio_message import Audio
from open_llm_vtuber.protocol.autonomous_messages import AutonomousServerMessage
from open_llm_vtuber.protocol.body_messages import BodyServerMessage
from open_llm_vtuber.protocol.envelope import AccessRole, Answer, Capability, Cue
from open_llm_vtuber.protocol.floor_messages import FloorServerMessage
from open_llm_vtuber.protocol.parts import (
    Badge,
    Decision,
    DecisionReason,
    Emote,
    Expression,
    GenerationMetadata,
    ModerationList,
    Motion,
    Queued,
    State,
    StoredLine,
)
from open_llm_vtuber.protocol.settings_messages import SettingsServerMessage
from open_llm_vtuber.protocol.why_messages import TurnWhy


class ClientWelcome(Answer):
    """The answer to client-hello; a snapshot follows. `role` says what the client may do (docs/how-to/access.md)."""

    type: Literal["client-welcome"] = "client-welcome"
    show: str
    client_uid: str
    protocol: int = 1
    role: AccessRole = "developer"


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


class ChatCommand(Cue):
    """What became of a viewer's command; `id` is the message's. `text` is one sentence for pages, with `why` the answer."""

    capability: ClassVar[Capability | None] = "chat"
    type: Literal["chat-command"] = "chat-command"
    id: str
    command: str
    username: str
    done: bool
    reason: str
    text: str = ""


class SayAck(Answer):
    """The line waits for its turn, whose id this is; `rejected` when too much waits already."""

    type: Literal["say-ack"] = "say-ack"
    turn_id: str
    status: Literal["queued", "rejected"]


class Stopped(Answer):
    """Everything is silent and frozen until `resume`. Whoever asked has it as an answer, everybody else as a cue."""

    type: Literal["stopped"] = "stopped"


class Resumed(Answer):
    """The show goes on."""

    type: Literal["resumed"] = "resumed"


class ChatPaused(Answer):
    """Chat is not answered until `resume-chat`."""

    type: Literal["chat-paused"] = "chat-paused"


class ChatResumed(Answer):
    """Chat is answered again."""

    type: Literal["chat-resumed"] = "chat-resumed"


class Skipped(Answer):
    """Whether a turn was cut."""

    type: Literal["skipped"] = "skipped"
    cut: bool


class QueueChanged(Answer):
    """What waits now."""

    type: Literal["queue-changed"] = "queue-changed"
    waiting: tuple[Queued, ...]


class HoldDecided(Answer):
    """What was held is let through or dropped."""

    type: Literal["hold-decided"] = "hold-decided"
    id: str
    allow: bool


class ViewerBlockAck(Answer):
    """The viewer is answered no more."""

    type: Literal["viewer-block-ack"] = "viewer-block-ack"
    platform: str
    username: str


class ViewerUnblockAck(Answer):
    """The viewer may be answered again."""

    type: Literal["viewer-unblock-ack"] = "viewer-unblock-ack"
    platform: str
    username: str


class ViewerForgetAck(Answer):
    """Every trace of the viewer is removed."""

    type: Literal["viewer-forget-ack"] = "viewer-forget-ack"
    platform: str
    username: str


class ModerationLists(Answer):
    """The lists of the moderation as they are now."""

    type: Literal["moderation-lists"] = "moderation-lists"
    lists: dict[ModerationList, tuple[str, ...]]


class ChatDecisions(Answer):
    """The last messages and why each was answered or not, the oldest first."""

    type: Literal["chat-decisions"] = "chat-decisions"
    decisions: tuple[DecisionReason, ...]


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


class CharacterState(Answer, State):
    """The state: whenever it has changed, at most ten a second, and whenever it is asked for."""

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
    conversation: tuple[StoredLine, ...] = ()
    """The last lines of what was said in this show, oldest first. All texts may be strangers'."""


class SpeechUnderWay(Answer):
    """What is still to be heard of the turn that is running: follows the snapshot after client-hello.

    Only for clients with capability `expression`, and only while a turn runs. It replaces what the client has waiting:
    one that is in the middle of one of these sentences goes on with it, one that has been reloaded begins there.
    """

    type: Literal["speech-under-way"] = "speech-under-way"
    turn_id: str
    index: int
    """Of the first of these sentences within its turn; the others follow it."""
    position_ms: int
    """How much of the first has been heard."""
    sentences: tuple[Audio, ...]
    is_complete: bool
    """Whether no more sentences follow: their end is to be reported then."""


class TextGenerationChunk(Answer):
    """A piece of a text on demand; all pieces joined are the text."""

    type: Literal["text-generation-chunk"] = "text-generation-chunk"
    text: str
    is_complete: Literal[False] = False


class TextGenerationResponse(Answer):
    """The whole text on demand."""

    type: Literal["text-generation-response"] = "text-generation-response"
    text: str
    is_complete: Literal[True] = True
    metadata: GenerationMetadata


class BackendModeSet(Answer):
    """The words come from there now. Everybody in the show is told."""

    type: Literal["backend-mode-set"] = "backend-mode-set"
    mode: Mode


class BackendMode(Answer):
    """Where the words come from, and what can be chosen."""

    type: Literal["backend-mode"] = "backend-mode"
    mode: Mode
    available: tuple[Mode, ...]


LiveServerMessage = (
    ClientWelcome
    | ChatMessageCue
    | ChatDecision
    | ChatMessageRemoved
    | ChannelEventCue
    | ChatCommand
    | SayAck
    | Stopped
    | Resumed
    | ChatPaused
    | ChatResumed
    | Skipped
    | QueueChanged
    | HoldDecided
    | ViewerBlockAck
    | ViewerUnblockAck
    | ViewerForgetAck
    | ModerationLists
    | ChatDecisions
    | TurnWhy
    | SentenceHeld
    | SentenceRefused
    | SpeechRetracted
    | TwitchStatus
    | CharacterState
    | Snapshot
    | SpeechUnderWay
    | TextGenerationChunk
    | TextGenerationResponse
    | BackendModeSet
    | BackendMode
    | FloorServerMessage
    | BodyServerMessage
    | AutonomousServerMessage
    | SettingsServerMessage
)
"""What this program adds."""
