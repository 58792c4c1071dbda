"""What clients send. Unknown fields are ignored, as existing web clients send some; unknown types are errors."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

MAX_TEXT = 16_000
"""Characters of a typed line or a prompt."""

MAX_SAMPLES = 160_000
"""Samples in one message: ten seconds."""

ClientUid = Annotated[str, StringConstraints(min_length=1, max_length=200)]
HistoryUid = Annotated[str, StringConstraints(min_length=1, max_length=200)]
RequestId = Annotated[str, StringConstraints(max_length=200)]
MAX_NAME = 200
LONGEST_FACE_MS = 3_600_000
LONGEST_FADE_MS = 2_000
Name = Annotated[str, StringConstraints(min_length=1, max_length=MAX_NAME)]
PriorityField = Annotated[int | None, Field(ge=0, le=29)]
Owner = Annotated[str | None, StringConstraints(min_length=1, max_length=MAX_NAME)]
Capability = Literal["expression", "motion", "chat", "state", "interrupted", "primary"]


class _Message(BaseModel):
    # camelCase spellings of our own fields are accepted on every door.
    model_config = ConfigDict(
        frozen=True, extra="ignore", strict=True, alias_generator=to_camel, populate_by_name=True
    )


class _Request(_Message):
    request_id: RequestId | None = None
    """Repeated in every answer to this request."""


class Image(_Message):
    """A picture that came with a line; only data URLs of images are used."""

    source: str = ""
    data: str = ""
    mime_type: str = ""


class DisplayText(_Message):
    """The text of an audio message, as a client reports it back."""

    text: str = ""
    name: str | None = None
    avatar: str | None = None


class TextInput(_Request):
    """A typed line. Starts a turn, or waits for its turn behind the one that runs."""

    type: Literal["text-input"] = "text-input"
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TEXT)]
    images: tuple[Image, ...] = Field(default=(), max_length=16)


class InterruptSignal(_Request):
    """Stop speaking. `text` is what was heard: the texts that started to play, joined."""

    type: Literal["interrupt-signal"] = "interrupt-signal"
    text: str = ""


class FrontendPlaybackComplete(_Request):
    """The client has played everything of the turn. Existing clients send up to ten copies."""

    type: Literal["frontend-playback-complete"] = "frontend-playback-complete"


class AudioPlayStart(_Request):
    """The client began to play an audio message."""

    type: Literal["audio-play-start"] = "audio-play-start"
    display_text: DisplayText | None = None
    forwarded: bool = False


class FetchBackgrounds(_Request):
    """Which background pictures are there?"""

    type: Literal["fetch-backgrounds"] = "fetch-backgrounds"


class FetchConfigs(_Request):
    """Which characters are there?"""

    type: Literal["fetch-configs"] = "fetch-configs"


class FetchHistoryList(_Request):
    """Which conversations are stored?"""

    type: Literal["fetch-history-list"] = "fetch-history-list"


class CreateNewHistory(_Request):
    """Begin a new conversation."""

    type: Literal["create-new-history"] = "create-new-history"


class FetchAndSetHistory(_Request):
    """Go on with a stored conversation."""

    type: Literal["fetch-and-set-history"] = "fetch-and-set-history"
    history_uid: HistoryUid


class DeleteHistory(_Request):
    """Delete a stored conversation for good."""

    type: Literal["delete-history"] = "delete-history"
    history_uid: HistoryUid


class SwitchConfig(_Request):
    """Become another character; `file` is a `filename` from `config-files`."""

    type: Literal["switch-config"] = "switch-config"
    file: Annotated[str, StringConstraints(min_length=1, max_length=255)]


class MicAudioData(_Request):
    """A piece of an utterance: 16 kHz mono samples (-1 to 1), found by the client's own voice detection."""

    type: Literal["mic-audio-data"] = "mic-audio-data"
    audio: tuple[float, ...] = Field(max_length=MAX_SAMPLES)


class MicAudioEnd(_Request):
    """The utterance is complete: answer it."""

    type: Literal["mic-audio-end"] = "mic-audio-end"
    images: tuple[Image, ...] = Field(default=(), max_length=16)


class RawAudioData(_Request):
    """A piece of the microphone's sound, speech or not: 16 kHz mono samples; the server finds the utterances."""

    type: Literal["raw-audio-data"] = "raw-audio-data"
    audio: tuple[float, ...] = Field(max_length=MAX_SAMPLES)


class AISpeakSignal(_Request):
    """Say something of your own accord."""

    type: Literal["ai-speak-signal"] = "ai-speak-signal"
    idle_time: float | None = None
    """Seconds of silence; -1 when a button asked for it."""
    images: tuple[Image, ...] = Field(default=(), max_length=16)


class AddClientToGroup(_Request):
    """Let the character of another client talk with mine."""

    type: Literal["add-client-to-group"] = "add-client-to-group"
    invitee_uid: ClientUid


class RemoveClientFromGroup(_Request):
    """Let a client leave the group: its owner may name anybody, everybody itself."""

    type: Literal["remove-client-from-group"] = "remove-client-from-group"
    target_uid: ClientUid


class RequestGroupInfo(_Request):
    """Who is in my group?"""

    type: Literal["request-group-info"] = "request-group-info"


class RequestInitConfig(_Request):
    """Send the model and the character's names again."""

    type: Literal["request-init-config"] = "request-init-config"


class Heartbeat(_Request):
    """Are you there?"""

    type: Literal["heartbeat"] = "heartbeat"


class ClientHello(_Request):
    """I am not an existing web client: this is what I can do. Counts from the next cue on."""

    type: Literal["client-hello"] = "client-hello"
    client: Annotated[str, StringConstraints(max_length=64)] = ""
    capabilities: tuple[Capability, ...] = Field(default=(), max_length=16)


class GetSnapshot(_Request):
    """Tell me all that I may have missed."""

    type: Literal["get-snapshot"] = "get-snapshot"


class ExpressionCommand(_Request):
    """Show this face: for `duration` ms, or (0) until its owner asks for another one or it is released."""

    type: Literal["expression-command"] = "expression-command"
    expression_id: int | Name
    """Index or name of an expression, or an emotion that one of them shows."""
    duration: int = Field(default=0, ge=0, le=LONGEST_FACE_MS)
    priority: PriorityField = None
    fade_ms: int | None = Field(default=None, ge=0, le=LONGEST_FADE_MS)
    """250 unless it or `transition` says otherwise."""
    transition: Literal["instant", "smooth", "ease-in-out"] | None = None
    """Another way to say `fade_ms`, which goes before it: 0, 250 or 500."""
    owner: Owner = None


class MotionCommand(_Request):
    """Make this gesture, once or over and over."""

    type: Literal["motion-command"] = "motion-command"
    motion_group: Annotated[str, StringConstraints(max_length=MAX_NAME)]
    motion_index: int = Field(ge=0)
    loop: bool = False
    priority: PriorityField = None
    owner: Owner = None


class _Release(_Request):
    claim_id: Name | None = None
    owner: Owner = None
    """All claims of that owner; without either field all of this connection's own."""


class ExpressionRelease(_Release):
    """Give up a claim to the face."""

    type: Literal["expression-release"] = "expression-release"


class MotionRelease(_Release):
    """Give up a gesture that plays or waits; the way to end a loop."""

    type: Literal["motion-release"] = "motion-release"


ClientMessage = Annotated[
    TextInput
    | InterruptSignal
    | FrontendPlaybackComplete
    | AudioPlayStart
    | FetchBackgrounds
    | FetchConfigs
    | FetchHistoryList
    | CreateNewHistory
    | FetchAndSetHistory
    | DeleteHistory
    | SwitchConfig
    | MicAudioData
    | MicAudioEnd
    | RawAudioData
    | AISpeakSignal
    | AddClientToGroup
    | RemoveClientFromGroup
    | RequestGroupInfo
    | RequestInitConfig
    | Heartbeat
    | ClientHello
    | GetSnapshot
    | ExpressionCommand
    | MotionCommand
    | ExpressionRelease
    | MotionRelease,
    Field(discriminator="type"),
]
