"""What the server sends: answers, and cues that everybody attached to a show gets.

`capability` says who gets a cue: None is everybody, anything else only clients that announced it.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from open_llm_vtuber.errors import ErrorCode
from open_llm_vtuber.protocol.audio_message import Audio
from open_llm_vtuber.protocol.envelope import Answer, Cue
from open_llm_vtuber.protocol.live_server_messages import LiveServerMessage
from open_llm_vtuber.protocol.parts import (
    ConfigFile,
    HistorySummary,
    StoredLine,
)
from open_llm_vtuber.protocol.twitch_messages import TwitchServerMessage

ControlText = Literal[
    "conversation-chain-start",
    "conversation-chain-end",
    "start-mic",
    "stop-mic",
    "interrupt",
    "mic-audio-end",
]


class FullText(Cue):
    """A line of subtitle outside speech; `Thinking...` has a meaning of its own to existing clients."""

    type: Literal["full-text"] = "full-text"
    text: str


class SetModelAndConf(Cue):
    """The avatar to load and the character's names. `model_info` is the model's entry, unchanged."""

    type: Literal["set-model-and-conf"] = "set-model-and-conf"
    model_info: dict[str, Any]
    conf_name: str
    conf_uid: str
    client_uid: str


class Control(Cue):
    """Begin and end of a chain (everything of one turn stands between the two), and what the microphone does."""

    type: Literal["control"] = "control"
    text: ControlText


class ConfigFiles(Answer):
    """Characters that can be switched to."""

    type: Literal["config-files"] = "config-files"
    configs: tuple[ConfigFile, ...]


class BackgroundFiles(Answer):
    """Plain file names below /bg/."""

    type: Literal["background-files"] = "background-files"
    files: tuple[str, ...]


class HistoryList(Answer):
    """Stored conversations, newest first."""

    type: Literal["history-list"] = "history-list"
    histories: tuple[HistorySummary, ...]


class NewHistoryCreated(Answer):
    """A new conversation has begun."""

    type: Literal["new-history-created"] = "new-history-created"
    history_uid: str


class HistoryData(Answer):
    """The conversation that is now gone on with."""

    type: Literal["history-data"] = "history-data"
    messages: tuple[StoredLine, ...]


class HistoryDeleted(Answer):
    """Whether the conversation was deleted."""

    type: Literal["history-deleted"] = "history-deleted"
    success: bool
    history_uid: str


class ConfigSwitched(Answer):
    """The character is another one now; the client then asks for its histories and begins a new one."""

    type: Literal["config-switched"] = "config-switched"
    message: str


class GroupUpdate(Cue):
    """Who talks in this client's group."""

    type: Literal["group-update"] = "group-update"
    members: tuple[str, ...] = ()
    is_owner: bool = False


class GroupOperationResult(Cue):
    """What became of an invitation or of leaving a group; `message` is one sentence."""

    type: Literal["group-operation-result"] = "group-operation-result"
    success: bool
    message: str


class UserInputTranscription(Cue):
    """A line that somebody else said or typed."""

    type: Literal["user-input-transcription"] = "user-input-transcription"
    text: str


class BackendSynthComplete(Cue):
    """The last audio of the turn has been sent."""

    type: Literal["backend-synth-complete"] = "backend-synth-complete"


class ToolCallStatus(Cue):
    """The use of a tool; later messages with the same `tool_id` are about the same use. `timestamp` is ISO 8601."""

    type: Literal["tool_call_status"] = "tool_call_status"
    tool_id: str
    tool_name: str
    status: Literal["running", "completed", "error"]
    content: str
    name: str
    timestamp: str


class ForceNewMessage(Cue):
    """The next reply begins a new bubble."""

    type: Literal["force-new-message"] = "force-new-message"


class InterruptSignalCue(Cue):
    """Stop playing at once and forget what is queued."""

    type: Literal["interrupt-signal"] = "interrupt-signal"
    text: Literal["conversation-interrupted"] = "conversation-interrupted"


class Error(Answer):
    """Something went wrong; `message` is one sentence, the connection stays."""

    type: Literal["error"] = "error"
    message: str
    code: ErrorCode
    request_type: str | None = None
    retryable: bool | None = None
    """Whether the same request may succeed later; only there where a provider failed."""
    retry_after: float | None = None
    """In how many seconds, where that is known."""


class HeartbeatAck(Answer):
    """Yes."""

    type: Literal["heartbeat-ack"] = "heartbeat-ack"


ExistingServerMessage = (
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
)
"""What web clients have always understood."""

ServerMessage = Annotated[
    ExistingServerMessage | LiveServerMessage | TwitchServerMessage, Field(discriminator="type")
]
