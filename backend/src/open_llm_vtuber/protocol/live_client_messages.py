"""What clients may send beside the messages of old. Unknown fields are ignored."""

from typing import Annotated, Literal

from pydantic import AliasChoices, Field, StringConstraints
from pydantic.alias_generators import to_camel

from open_llm_vtuber.modes import Style
from open_llm_vtuber.protocol.autonomous_messages import AutonomousClientMessage
from open_llm_vtuber.protocol.body_messages import BodyClientMessage
from open_llm_vtuber.protocol.envelope import Capability, ClientPart, Request, RequestId
from open_llm_vtuber.protocol.floor_messages import SetFloor
from open_llm_vtuber.protocol.parts import ModerationList
from open_llm_vtuber.protocol.settings_messages import SettingsClientMessage
from open_llm_vtuber.protocol.why_messages import GetTurnWhy

MAX_SAID = 4_000
"""Characters of a line that an operator has said."""
Id = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Platform = Annotated[str, StringConstraints(min_length=1, max_length=40)]


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


class Say(Request):
    """Let her say something: a request in her own words or, with `verbatim`, exactly this. `priority` is 0-29."""

    type: Literal["say"] = "say"
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_SAID)]
    verbatim: bool = False
    priority: int = Field(default=10, ge=0, le=29)


class Stop(Request):
    """Cut her voice, empty the queue, show a neutral face and freeze all inputs until `resume`."""

    type: Literal["stop"] = "stop"


class Resume(Request):
    """Go on after `stop`."""

    type: Literal["resume"] = "resume"


class Skip(Request):
    """Cut what she says or is about to say, and go on with what waits."""

    type: Literal["skip"] = "skip"


class PauseChat(Request):
    """Answer no chat until `resume-chat`."""

    type: Literal["pause-chat"] = "pause-chat"


class ResumeChat(Request):
    """Answer chat again."""

    type: Literal["resume-chat"] = "resume-chat"


class QueueDrop(Request):
    """Let something that waits wait no longer."""

    type: Literal["queue-drop"] = "queue-drop"
    stimulus_id: Id


class QueueMove(Request):
    """Put something that waits in front of something else that waits, or with `before` null behind all of it.

    A line of chat that is moved waits with the requests from then on, in that order, whatever its score.
    """

    type: Literal["queue-move"] = "queue-move"
    stimulus_id: Id
    before: Id | None = None


class HoldDecide(Request):
    """Let a held message or sentence through, or drop it."""

    type: Literal["hold-decide"] = "hold-decide"
    id: Id
    allow: bool


class ViewerBlock(Request):
    """Answer nothing of this viewer any more."""

    type: Literal["viewer-block"] = "viewer-block"
    platform: Platform = "twitch"
    username: Id


class ViewerUnblock(Request):
    """Answer this viewer again."""

    type: Literal["viewer-unblock"] = "viewer-unblock"
    platform: Platform = "twitch"
    username: Id


class ViewerForget(Request):
    """Remove every trace of this viewer: lines, answers, memory."""

    type: Literal["viewer-forget"] = "viewer-forget"
    platform: Platform = "twitch"
    username: Id


class ModerationEdit(Request):
    """Add to and take from one list of the moderation, at once and for good. Without either it only tells the lists."""

    type: Literal["moderation-edit"] = "moderation-edit"
    list: ModerationList
    add: tuple[Id, ...] = Field(default=(), max_length=100)
    remove: tuple[Id, ...] = Field(default=(), max_length=100)


class GetChatDecisions(Request):
    """Why was each of the last messages answered or not?"""

    type: Literal["get-chat-decisions"] = "get-chat-decisions"


OperatorMessage = (
    Say
    | Stop
    | Resume
    | Skip
    | PauseChat
    | ResumeChat
    | QueueDrop
    | QueueMove
    | HoldDecide
    | ViewerBlock
    | ViewerUnblock
    | ViewerForget
    | ModerationEdit
    | GetChatDecisions
    | GetTurnWhy
)
"""What an operator does about what is on air and what comes in."""


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
    | SetFloor
    | OperatorMessage
    | BodyClientMessage
    | AutonomousClientMessage
    | SettingsClientMessage
)
"""What this program adds."""
