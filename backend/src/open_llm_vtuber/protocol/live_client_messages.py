"""What clients may send beside the messages of old. Unknown fields are ignored."""

from typing import Annotated, Literal

from pydantic import AliasChoices, Field, StringConstraints
from pydantic.alias_generators import to_camel

from open_llm_vtuber.modes import Style
from open_llm_vtuber.protocol.body_messages import BodyClientMessage
from open_llm_vtuber.protocol.envelope import Capability, ClientPart, Request, RequestId


def _spellings(*names: str) -> AliasChoices:
    return AliasChoices(*(spelling for name in names for spelling in (name, to_camel(name))))


class ClientHello(Request):
    """I am not an existing web client: this is what I can do. Counts from the next cue on."""

    type: Literal["client-hello"] = "client-hello"
    client: Annotated[str, StringConstraints(max_length=64)] = ""
    capabilities: tuple[Capability, ...] = Field(default=(), max_length=16)


class GetSnapshot(Request):
    """Tell me all that I may have missed."""

    type: Literal["get-snapshot"] = "get-snapshot"


Line = Annotated[str, StringConstraints(max_length=2_000)]
Word = Annotated[str, StringConstraints(max_length=200)]


class ChatLine(ClientPart):
    """A line of chat and who wrote it."""

    username: Word = ""
    message: Line = ""


class GenerationContext(ClientPart):
    """What a text on demand is about. All of it reaches the model as data, never as an instruction."""

    source: Word = ""
    username: Word = ""
    timestamp: Word | float | int = ""
    """Seconds since 1970, or ISO 8601."""
    chat_history: tuple[Line | ChatLine, ...] = Field(default=(), max_length=100)
    """Oldest first."""
    stream_info: dict[Word, Line | int | float | bool | None] = Field(default_factory=dict, max_length=50)
    character_persona: Annotated[str, StringConstraints(max_length=8_000)] = ""


class GenerationOptions(ClientPart):
    """How a text on demand should be; what is left out is the character's and the model's own."""

    max_tokens: int | None = Field(
        default=None, ge=1, le=4_096, validation_alias=_spellings("max_tokens", "max_length")
    )
    """Also accepted as `max_length`."""
    temperature: float | None = Field(default=None, ge=0, le=2)
    style: Style | None = None
    speak: bool = False
    """Perform the text aloud as well, once it is complete."""


class TextGenerationRequest(Request):
    """Write a text in character. It leaves no trace in the conversation; what is spoken of it does."""

    type: Literal["text-generation-request"] = "text-generation-request"
    prompt: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=16_000)]
    context: GenerationContext | None = None
    options: GenerationOptions | None = None


class TextGenerationCancel(Request):
    """Stop the generation that was asked for with this `request_id`."""

    type: Literal["text-generation-cancel"] = "text-generation-cancel"
    request_id: RequestId


class SetBackendMode(Request):
    """Take the words from somewhere else, from the next turn on. `now` cuts the running turn first."""

    type: Literal["set-backend-mode"] = "set-backend-mode"
    mode: Word = "orphiq"
    """`orphiq`, `external-api` or `autonomous`."""
    when: Literal["after-turn", "now"] = "after-turn"


class GetBackendMode(Request):
    """Where do the words come from, and where else could they?"""

    type: Literal["get-backend-mode"] = "get-backend-mode"


class GetCharacterState(Request):
    """What is the character doing?"""

    type: Literal["get-character-state"] = "get-character-state"


LiveClientMessage = (
    ClientHello
    | GetSnapshot
    | TextGenerationRequest
    | TextGenerationCancel
    | SetBackendMode
    | GetBackendMode
    | GetCharacterState
    | BodyClientMessage
)
"""What this program adds."""
