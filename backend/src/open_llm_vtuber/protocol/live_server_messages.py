"""What the server sends beside the messages of old."""

from typing import ClassVar, Literal

from open_llm_vtuber.modes import Mode
from open_llm_vtuber.protocol.body_messages import BodyServerMessage
from open_llm_vtuber.protocol.envelope import Answer, Capability, Cue
from open_llm_vtuber.protocol.parts import (
    Badge,
    Decision,
    Emote,
    Expression,
    GenerationMetadata,
    Motion,
    State,
    StoredLine,
)


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
    | TwitchStatus
    | CharacterState
    | Snapshot
    | TextGenerationChunk
    | TextGenerationResponse
    | BackendModeSet
    | BackendMode
    | BodyServerMessage
)
"""What this program adds."""
