"""What clients may send beside the messages of old. Unknown fields are ignored."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from open_llm_vtuber.protocol.autonomous_messages import AutonomousClientMessage
from open_llm_vtuber.protocol.body_messages import BodyClientMessage
from open_llm_vtuber.protocol.envelope import Capability, Request


class ClientHello(Request):
    """I am not an existing web client: this is what I can do. Counts from the next cue on."""

    type: Literal["client-hello"] = "client-hello"
    client: Annotated[str, StringConstraints(max_length=64)] = ""
    capabilities: tuple[Capability, ...] = Field(default=(), max_length=16)


class GetSnapshot(Request):
    """Tell me all that I may have missed."""

    type: Literal["get-snapshot"] = "get-snapshot"


LiveClientMessage = ClientHello | GetSnapshot | BodyClientMessage | AutonomousClientMessage
"""What this program adds."""
