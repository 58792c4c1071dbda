"""What all messages have in common: who they are for, and how a request and its answers belong together."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, StringConstraints, model_serializer
from pydantic.alias_generators import to_camel

RequestId = Annotated[str, StringConstraints(max_length=200)]
Capability = Literal["expression", "motion", "chat", "state", "interrupted", "primary", "preview"]
"""`primary`: it can play the sound and report its end. `preview`: it only watches, and never plays any."""

AccessRole = Literal["stage", "operator", "developer"]
"""Who a client is to this server, from the least to the most: `rights.py` says what each may do."""


class ClientPart(BaseModel):
    """What a client sends. Unknown fields are ignored; camelCase spellings are accepted on every door."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", strict=True, alias_generator=to_camel, populate_by_name=True
    )


class Request(ClientPart):
    """A message of a client."""

    request_id: RequestId | None = None
    """Repeated in every answer to this request."""


class Cue(BaseModel):
    """A message of the server. Its fields are closed: a misspelt one must not go out unnoticed."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    capability: ClassVar[Capability | None] = None
    """Who gets it: None is everybody, anything else only clients that announced it."""


class Answer(Cue):
    """An answer to one request. `request_id` is only there when the request had one."""

    request_id: str | None = None

    @model_serializer(mode="wrap")
    def _without_absent_request(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields: dict[str, Any] = handler(self)
        return {name: value for name, value in fields.items() if value is not None or name not in _OPTIONAL}


_OPTIONAL = {"request_id", "request_type", "retryable", "retry_after"}
