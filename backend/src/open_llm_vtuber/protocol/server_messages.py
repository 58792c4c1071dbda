"""What the server sends: answers, and cues that everybody attached to a show gets.

`capability` says who gets a cue: None is everybody, anything else only clients that announced it.
"""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

from open_llm_vtuber.errors import ErrorCode
from open_llm_vtuber.protocol.client_messages import Capability
from open_llm_vtuber.protocol.parts import (
    Actions,
    Badge,
    ConfigFile,
    Decision,
    DisplayText,
    Emote,
    EndReason,
    Expression,
    ExpressionResult,
    HistorySummary,
    Motion,
    MotionResult,
    State,
    StoredLine,
)

ControlText = Literal[
    "conversation-chain-start",
    "conversation-chain-end",
    "start-mic",
    "stop-mic",
    "interrupt",
    "mic-audio-end",
]


class _Message(BaseModel):
    # Fields of our own messages are closed: a misspelt one must not go out unnoticed.
    model_config = ConfigDict(frozen=True, extra="forbid")
    capability: ClassVar[Capability | None] = None


class _Answer(_Message):
    """An answer to one request. `request_id` is only there when the request had one."""

    request_id: str | None = None

    @model_serializer(mode="wrap")
    def _without_absent_request(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields: dict[str, Any] = handler(self)
        return {name: value for name, value in fields.items() if value is not None or name not in _OPTIONAL}


_OPTIONAL = {"request_id", "request_type"}


class FullText(_Message):
    """A line of subtitle outside speech; `Thinking...` has a meaning of its own to existing clients."""

    type: Literal["full-text"] = "full-text"
    text: str


class SetModelAndConf(_Message):
    """The avatar to load and the character's names. `model_info` is the model's entry, unchanged."""

    type: Literal["set-model-and-conf"] = "set-model-and-conf"
    model_info: dict[str, Any]
    conf_name: str
    conf_uid: str
    client_uid: str


class Control(_Message):
    """Begin and end of a chain (everything of one turn stands between the two), and what the microphone does."""

    type: Literal["control"] = "control"
    text: ControlText


class ConfigFiles(_Answer):
    """Characters that can be switched to."""

    type: Literal["config-files"] = "config-files"
    configs: tuple[ConfigFile, ...]


class BackgroundFiles(_Answer):
    """Plain file names below /bg/."""

    type: Literal["background-files"] = "background-files"
    files: tuple[str, ...]


class HistoryList(_Answer):
    """Stored conversations, newest first."""

    type: Literal["history-list"] = "history-list"
    histories: tuple[HistorySummary, ...]


class NewHistoryCreated(_Answer):
    """A new conversation has begun."""

    type: Literal["new-history-created"] = "new-history-created"
    history_uid: str


class HistoryData(_Answer):
    """The conversation that is now gone on with."""

    type: Literal["history-data"] = "history-data"
    messages: tuple[StoredLine, ...]


class HistoryDeleted(_Answer):
    """Whether the conversation was deleted."""

    type: Literal["history-deleted"] = "history-deleted"
    success: bool
    history_uid: str


class ConfigSwitched(_Answer):
    """The character is another one now; the client then asks for its histories and begins a new one."""

    type: Literal["config-switched"] = "config-switched"
    message: str


class GroupUpdate(_Message):
    """Who talks in this client's group."""

    type: Literal["group-update"] = "group-update"
    members: tuple[str, ...] = ()
    is_owner: bool = False


class GroupOperationResult(_Message):
    """What became of an invitation or of leaving a group; `message` is one sentence."""

    type: Literal["group-operation-result"] = "group-operation-result"
    success: bool
    message: str


class Audio(_Message):
    """One sentence. `audio` is a whole base64 WAV (PCM 16) or null, `volumes` the loudness of each slice (0-1)."""

    type: Literal["audio"] = "audio"
    audio: str | None
    volumes: tuple[float, ...]
    slice_length: int
    display_text: DisplayText | None
    actions: Actions | None
    forwarded: bool = False


class UserInputTranscription(_Message):
    """A line that somebody else said or typed."""

    type: Literal["user-input-transcription"] = "user-input-transcription"
    text: str


class BackendSynthComplete(_Message):
    """The last audio of the turn has been sent."""

    type: Literal["backend-synth-complete"] = "backend-synth-complete"


class ToolCallStatus(_Message):
    """The use of a tool; later messages with the same `tool_id` are about the same use. `timestamp` is ISO 8601."""

    type: Literal["tool_call_status"] = "tool_call_status"
    tool_id: str
    tool_name: str
    status: Literal["running", "completed", "error"]
    content: str
    name: str
    timestamp: str


class ForceNewMessage(_Message):
    """The next reply begins a new bubble."""

    type: Literal["force-new-message"] = "force-new-message"


class InterruptSignalCue(_Message):
    """Stop playing at once and forget what is queued."""

    type: Literal["interrupt-signal"] = "interrupt-signal"
    text: Literal["conversation-interrupted"] = "conversation-interrupted"


class Error(_Answer):
    """Something went wrong; `message` is one sentence, the connection stays."""

    type: Literal["error"] = "error"
    message: str
    code: ErrorCode
    request_type: str | None = None


class HeartbeatAck(_Answer):
    """Yes."""

    type: Literal["heartbeat-ack"] = "heartbeat-ack"


class ClientWelcome(_Answer):
    """The answer to client-hello; a snapshot follows."""

    type: Literal["client-welcome"] = "client-welcome"
    show: str
    client_uid: str
    protocol: int = 1
    role: Literal["stage", "operator", "developer"] = "operator"


class ChatMessageCue(_Message):
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


class ChatDecision(_Message):
    """The decision about a message has changed."""

    capability: ClassVar[Capability | None] = "chat"
    type: Literal["chat-decision"] = "chat-decision"
    id: str
    decision: Decision


class ChatMessageRemoved(_Message):
    """A moderator removed one message (`id`), all of a viewer's (`username`), or (neither) all."""

    capability: ClassVar[Capability | None] = "chat"
    type: Literal["chat-message-removed"] = "chat-message-removed"
    id: str | None = None
    username: str | None = None


class SetExpression(_Message):
    """Show this face now."""

    capability: ClassVar[Capability | None] = "expression"
    type: Literal["set-expression"] = "set-expression"
    expression_id: int
    name: str
    fade_ms: int
    owner: str
    priority: int


class MotionCommandCue(_Message, Motion):
    """Play this motion from its beginning; whoever loops it already goes on."""

    capability: ClassVar[Capability | None] = "motion"
    type: Literal["motion-command"] = "motion-command"


class MotionStop(_Message):
    """Let what plays fade out: nobody asks for a motion."""

    capability: ClassVar[Capability | None] = "motion"
    type: Literal["motion-stop"] = "motion-stop"


class ExpressionAck(_Answer):
    """What became of a request for a face."""

    type: Literal["expression-ack"] = "expression-ack"
    expression_id: int
    name: str
    result: ExpressionResult


class MotionAck(_Answer):
    """What became of a request for a gesture."""

    type: Literal["motion-ack"] = "motion-ack"
    motion_group: str
    motion_index: int
    result: MotionResult


class ClaimEnded(_Answer):
    """A claim is over. Follows every claim that was not rejected; also the answer to a release."""

    capability: ClassVar[Capability | None] = "state"
    type: Literal["claim-ended"] = "claim-ended"
    claim_id: str
    reason: EndReason


class TwitchStatus(_Message):
    """How reading the channel is going; `reason` is one sentence."""

    capability: ClassVar[Capability | None] = "state"
    type: Literal["twitch-status"] = "twitch-status"
    channel: str
    state: Literal["connecting", "connected", "reconnecting", "down"]
    reason: str


class CharacterState(_Message, State):
    """The state, whenever it has changed; at most ten a second."""

    capability: ClassVar[Capability | None] = "state"
    type: Literal["character-state"] = "character-state"


class Snapshot(_Answer):
    """All that a client needs to join or to catch up. `seq` is that of the last cue before it."""

    type: Literal["snapshot"] = "snapshot"
    seq: int
    state: State
    expression: Expression
    motion: Motion | None
    turn: str | None
    """The id of the turn that is running."""
    chat: tuple[ChatMessageCue, ...]


ServerMessage = Annotated[
    FullText
    | SetModelAndConf
    | Control
    | ConfigFiles
    | BackgroundFiles
    | HistoryList
    | NewHistoryCreated
    | HistoryData
    | HistoryDeleted
    | ConfigSwitched
    | GroupUpdate
    | GroupOperationResult
    | Audio
    | UserInputTranscription
    | BackendSynthComplete
    | ToolCallStatus
    | ForceNewMessage
    | InterruptSignalCue
    | Error
    | HeartbeatAck
    | ClientWelcome
    | ChatMessageCue
    | ChatDecision
    | ChatMessageRemoved
    | SetExpression
    | MotionCommandCue
    | MotionStop
    | ExpressionAck
    | MotionAck
    | ClaimEnded
    | TwitchStatus
    | CharacterState
    | Snapshot,
    Field(discriminator="type"),
]
