"""What clients may send beside the messages of old. Unknown fields are ignored."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from open_llm_vtuber.protocol.envelope import Capability, Request
from open_llm_vtuber.protocol.parts import ModerationList

MAX_SAID = 4_000
"""Characters of a line that an operator has said."""
Id = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Platform = Annotated[str, StringConstraints(min_length=1, max_length=40)]


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
    | PauseChat
    | ResumeChat
    | QueueDrop
    | HoldDecide
    | ViewerBlock
    | ViewerUnblock
    | ViewerForget
    | ModerationEdit
    | GetChatDecisions
)
"""What an operator does about what is on air and what comes in."""

LiveClientMessage = ClientHello | GetSnapshot | OperatorMessage
"""What this program adds."""
