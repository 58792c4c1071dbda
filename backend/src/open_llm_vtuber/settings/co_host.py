"""What an operator may say about sharing the stage with her."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from open_llm_vtuber.modes import FloorMode

Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=60, pattern=r"^[^\[\]\x00-\x1f]*$")]


class CoHostSettings(BaseModel):
    """The streamer's microphone in a named show."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    floor: FloorMode = "wait-for-me"
    name: Name = ""
    """How she calls the streamer; "" is the character's human_name."""
    echo_gate: bool = True
    """Keep her own voice out of what the microphone brings."""
