"""What clients send. Unknown fields are ignored, as existing web clients send some; unknown types are errors."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from open_llm_vtuber.protocol.envelope import ClientPart, Request
from open_llm_vtuber.protocol.live_client_messages import LiveClientMessage
from open_llm_vtuber.protocol.twitch_messages import TwitchClientMessage

MAX_TEXT = 16_000
"""Characters of a typed line or a prompt."""

MAX_SAMPLES = 160_000
"""Samples in one message: ten seconds."""

ClientUid = Annotated[str, StringConstraints(min_length=1, max_length=200)]
HistoryUid = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Image(ClientPart):
    """A picture that came with a line; only data URLs of images are used."""

    source: str = ""
    data: str = ""
    mime_type: str = ""


class DisplayText(ClientPart):
    """The text of an audio message, as a client reports it back."""

    text: str = ""
    name: str | None = None
    avatar: str | None = None


class TextInput(Request):
    """A typed line. Starts a turn, or waits for its turn behind the one that runs."""

    type: Literal["text-input"] = "text-input"
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TEXT)]
    images: tuple[Image, ...] = Field(default=(), max_length=16)


class InterruptSignal(Request):
    """Stop speaking. `text` is what was heard: the texts that started to play, joined."""

    type: Literal["interrupt-signal"] = "interrupt-signal"
    text: str = ""


class FrontendPlaybackComplete(Request):
    """The client has played everything of the turn. Existing clients send up to ten copies."""

    type: Literal["frontend-playback-complete"] = "frontend-playback-complete"


class AudioPlayStart(Request):
    """The client began to play an audio message."""

    type: Literal["audio-play-start"] = "audio-play-start"
    display_text: DisplayText | None = None
    forwarded: bool = False


class FetchBackgrounds(Request):
    """Which background pictures are there?"""

    type: Literal["fetch-backgrounds"] = "fetch-backgrounds"


class FetchConfigs(Request):
    """Which characters are there?"""

    type: Literal["fetch-configs"] = "fetch-configs"


class FetchHistoryList(Request):
    """Which conversations are stored?"""

    type: Literal["fetch-history-list"] = "fetch-history-list"


class CreateNewHistory(Request):
    """Begin a new conversation."""

    type: Literal["create-new-history"] = "create-new-history"


class FetchAndSetHistory(Request):
    """Go on with a stored conversation."""

    type: Literal["fetch-and-set-history"] = "fetch-and-set-history"
    history_uid: HistoryUid


class DeleteHistory(Request):
    """Delete a stored conversation for good."""

    type: Literal["delete-history"] = "delete-history"
    history_uid: HistoryUid


class SwitchConfig(Request):
    """Become another character; `file` is a `filename` from `config-files`."""

    type: Literal["switch-config"] = "switch-config"
    file: Annotated[str, StringConstraints(min_length=1, max_length=255)]


class MicAudioData(Request):
    """A piece of an utterance: 16 kHz mono samples (-1 to 1), found by the client's own voice detection."""

    type: Literal["mic-audio-data"] = "mic-audio-data"
    audio: tuple[float, ...] = Field(max_length=MAX_SAMPLES)


class MicAudioEnd(Request):
    """The utterance is complete: answer it."""

    type: Literal["mic-audio-end"] = "mic-audio-end"
    images: tuple[Image, ...] = Field(default=(), max_length=16)


class RawAudioData(Request):
    """A piece of the microphone's sound, speech or not: 16 kHz mono samples; the server finds the utterances."""

    type: Literal["raw-audio-data"] = "raw-audio-data"
    audio: tuple[float, ...] = Field(max_length=MAX_SAMPLES)


class AISpeakSignal(Request):
    """Say something of your own accord."""

    type: Literal["ai-speak-signal"] = "ai-speak-signal"
    idle_time: float | None = None
    """Seconds of silence; -1 when a button asked for it."""
    images: tuple[Image, ...] = Field(default=(), max_length=16)


class AddClientToGroup(Request):
    """Let the character of another client talk with mine."""

    type: Literal["add-client-to-group"] = "add-client-to-group"
    invitee_uid: ClientUid


class RemoveClientFromGroup(Request):
    """Let a client leave the group: its owner may name anybody, everybody itself."""

    type: Literal["remove-client-from-group"] = "remove-client-from-group"
    target_uid: ClientUid


class RequestGroupInfo(Request):
    """Who is in my group?"""

    type: Literal["request-group-info"] = "request-group-info"


class RequestInitConfig(Request):
    """Send the model and the character's names again."""

    type: Literal["request-init-config"] = "request-init-config"


class Heartbeat(Request):
    """Are you there?"""

    type: Literal["heartbeat"] = "heartbeat"


ExistingClientMessage = (
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
)
"""What web clients have always sent."""

ClientMessage = Annotated[
    ExistingClientMessage | LiveClientMessage | TwitchClientMessage, Field(discriminator="type")
]
