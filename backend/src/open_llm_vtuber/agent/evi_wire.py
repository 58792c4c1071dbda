"""The messages of Hume's Empathic Voice Interface (EVI) that are used, as its API reference describes them. Pure.

https://dev.hume.ai/reference/speech-to-speech-evi/chat
"""

import json
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, TypeAdapter

MOST_PIECES = 10_000
"""Highest index of a piece of sound that is believed."""


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class ChatText(_Message):
    """What was said."""

    content: str | None = None


class Prosody(_Message):
    """How much of each of Hume's 48 emotions is in the voice, mostly between 0 and 1."""

    scores: dict[str, FiniteFloat] = Field(default_factory=dict)


class Measures(_Message):
    """What Hume measured."""

    prosody: Prosody | None = None

    @property
    def scores(self) -> dict[str, float]:
        """The scores, none where nothing was measured."""
        return self.prosody.scores if self.prosody else {}


class ChatMetadata(_Message):
    """The first message of every chat."""

    type: Literal["chat_metadata"]


class UserMessage(_Message):
    """The echo of what was asked."""

    type: Literal["user_message"]
    from_text: bool = False
    interim: bool = False


class AssistantMessage(_Message):
    """A sentence of the answer, before its sound."""

    type: Literal["assistant_message"]
    id: str | None = None
    message: ChatText = ChatText()
    models: Measures = Measures()


class AssistantProsody(_Message):
    """What was measured in the sound of the sentence with that id."""

    type: Literal["assistant_prosody"]
    id: str | None = None
    models: Measures = Measures()


class AudioOutput(_Message):
    """A piece of the sound of the sentence with that id: a WAV file in base64."""

    type: Literal["audio_output"]
    id: str
    index: int = Field(default=0, ge=0, le=MOST_PIECES)
    data: str


class AssistantEnd(_Message):
    """The answer is over."""

    type: Literal["assistant_end"]


class UserInterruption(_Message):
    """EVI has stopped answering, because something came in between."""

    type: Literal["user_interruption"]


class ToolCalled(_Message):
    """The configuration at Hume names a tool, and EVI waits for somebody to use it."""

    type: Literal["tool_call"]
    tool_call_id: str
    response_required: bool = True


class Fault(_Message):
    """Something went wrong at Hume's. The message in it is not shown to anybody."""

    type: Literal["error"]
    code: str = ""


EviMessage = Annotated[
    ChatMetadata
    | UserMessage
    | AssistantMessage
    | AssistantProsody
    | AudioOutput
    | AssistantEnd
    | UserInterruption
    | ToolCalled
    | Fault,
    Field(discriminator="type"),
]
_MESSAGE: TypeAdapter[EviMessage] = TypeAdapter(EviMessage)
_KNOWN = frozenset(
    (
        "chat_metadata",
        "user_message",
        "assistant_message",
        "assistant_prosody",
        "audio_output",
        "assistant_end",
        "user_interruption",
        "tool_call",
        "error",
    )
)


def read(frame: str | bytes) -> EviMessage | None:
    """Return the message in a frame, None for one of a kind that is not used. Raises ValueError for what is none."""
    try:
        given = json.loads(frame)
    except RecursionError:
        msg = "nested too deeply"
        raise ValueError(msg) from None
    if not isinstance(given, dict) or not isinstance(given.get("type"), str):
        msg = "no message"
        raise ValueError(msg)  # noqa: TRY004  a fault of the far end, like broken JSON
    return _MESSAGE.validate_python(given) if given["type"] in _KNOWN else None


class Context(_Message):
    """What EVI puts behind what is asked, in each question of the chat."""

    type: Literal["persistent"] = "persistent"
    text: str


class SessionSettings(_Message):
    """Who she is, and what was said before this chat. The prompt holds nothing that a viewer wrote."""

    type: Literal["session_settings"] = "session_settings"
    system_prompt: str
    context: Context | None = None


class UserInput(_Message):
    """What is asked."""

    type: Literal["user_input"] = "user_input"
    text: str


class ToolError(_Message):
    """The answer to a tool call: nobody uses tools for Hume here."""

    type: Literal["tool_error"] = "tool_error"
    tool_call_id: str
    error: str = "not available"
    level: Literal["warn"] = "warn"


ClientMessage = SessionSettings | UserInput | ToolError


def written(message: ClientMessage) -> str:
    """Return the frame of a message."""
    return message.model_dump_json(exclude_none=True)
