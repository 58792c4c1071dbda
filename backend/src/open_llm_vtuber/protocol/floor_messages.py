"""Who has the floor on stage: the messages about it, and what the state says of it."""

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from open_llm_vtuber.modes import FloorMode
from open_llm_vtuber.protocol.envelope import Answer, Capability, Cue, Request


class CoHostState(BaseModel):
    """Who speaks on stage beside her."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    floor: FloorMode
    name: str
    """How the streamer is called."""
    holder: str | None = None
    """Uid of the client whose microphone has the floor; what others say waits until it is free."""
    waiting: int = 0
    """How many come after that one."""


class SetFloor(Request):
    """What is she to do when somebody on stage speaks? Counts at once, and until the server is started anew."""

    type: Literal["set-floor"] = "set-floor"
    floor: FloorMode


class FloorSet(Answer):
    """That is what she does now. Everybody in the show is told."""

    type: Literal["floor-set"] = "floor-set"
    floor: FloorMode


class SpeechYields(Cue):
    """Somebody on stage speaks: finish what is being said and drop what would follow it.

    The last to be heard is sentence `index` of the turn, up to `at_ms` of it; a page that is further already stops there
    and then. The end of it is reported as always.
    """

    capability: ClassVar[Capability | None] = "interrupted"
    type: Literal["speech-yields"] = "speech-yields"
    turn_id: str
    index: int
    at_ms: int


FloorServerMessage = FloorSet | SpeechYields
