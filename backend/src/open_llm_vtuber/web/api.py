"""The way from an HTTP request to a show and back. A body is the fields of a WebSocket message and is read as one.

So both doors take the same, refuse the same with the same sentence, and answer the same.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeVar

from fastapi import FastAPI, Header, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from pydantic_core import from_json, to_json

from open_llm_vtuber.errors import ErrorCode
from open_llm_vtuber.message_handler import MessageHandler
from open_llm_vtuber.protocol.client_messages import ClientMessage
from open_llm_vtuber.protocol.codec import decode
from open_llm_vtuber.protocol.envelope import Request as Message
from open_llm_vtuber.protocol.server_messages import Error, ServerMessage
from open_llm_vtuber.shows import Shows

A = TypeVar("A", bound=BaseModel)

STATUS: Mapping[ErrorCode, int] = {
    "bad-json": 400,
    "bad-message": 422,
    "bad-config": 422,
    "too-long": 422,
    "not-signed-in": 401,
    "forbidden": 403,
    "not-found": 404,
    "misdirected": 421,
    "switched-off": 404,
    "wrong-state": 409,
    "not-configured": 409,
    "busy": 429,
    "engine-failed": 502,
}
"""Code → HTTP status; 500 for the others."""
RETRY_AFTER_S = 1
ON_AIR = "main"
"""The show that the pages join, that chat feeds, and that is meant where none is named."""
CALLER = "api"
"""The client that REST's requests are from: it has no connection, and owns what it claims."""

ShowName = Annotated[
    str,
    Header(
        alias="X-Client-UID",
        description="A connected client's uid, or a show's name; without it, the show on air.",
    ),
]


class Problem(BaseModel):
    """Why a request failed: one sentence, and a code of `docs/protocol.md`."""

    detail: str
    code: ErrorCode
    retryable: bool = False
    """Whether the same request may succeed later."""


class Refusal(HTTPException):
    """A refused request, as HTTP says it."""

    def __init__(self, error: Error) -> None:
        wait = error.retry_after or (RETRY_AFTER_S if error.code == "busy" else None)
        headers = {"Retry-After": str(math.ceil(wait))} if wait and error.retryable is not False else None
        super().__init__(STATUS.get(error.code, 500), error.message, headers)
        is_retryable = error.code == "busy" if error.retryable is None else error.retryable
        self.problem = Problem(detail=error.message, code=error.code, retryable=is_retryable)


def add_refusals(app: FastAPI) -> None:
    """Let every refusal be one `Problem`."""

    @app.exception_handler(Refusal)
    async def refused(_: Request, refusal: Refusal) -> JSONResponse:
        return JSONResponse(refusal.problem.model_dump(), refusal.status_code, refusal.headers)

    @app.exception_handler(RequestValidationError)
    async def unreadable(_: Request, error: RequestValidationError) -> JSONResponse:
        fault = error.errors()[0]  # without what was sent: it may be large, or a secret
        place = ".".join(str(part) for part in fault["loc"][1:])
        problem = Problem(detail=f"{place}: {fault['msg']}", code="bad-message")
        return JSONResponse(problem.model_dump(), STATUS[problem.code])


def takes(kind: type[Message]) -> dict[str, Any]:
    """Return what the API page says of the body of a route that takes the fields of that message."""
    schema = kind.model_json_schema(by_alias=False, ref_template="#/components/schemas/{model}")
    for name in ("type", "request_id"):
        schema["properties"].pop(name, None)
    inner = schema.pop("$defs", {})
    return {"requestBody": {"content": {"application/json": {"schema": _inlined(schema, inner)}}}}


def _inlined(schema: Any, inner: Mapping[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_inlined(each, inner) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if reference := schema.get("$ref"):
        return _inlined(inner[str(reference).rsplit("/", 1)[-1]], inner)
    return {name: _inlined(each, inner) for name, each in schema.items()}


async def message_in(request: Request, kind: type[Message], **given: object) -> ClientMessage:
    """Return the message whose fields are the body's, with those given instead. Raises Refusal."""
    type_ = str(kind.model_fields["type"].default)
    try:
        fields = from_json(await request.body() or b"{}")
    except ValueError:
        raise Refusal(Error(message="This is not JSON.", code="bad-json")) from None
    if not isinstance(fields, dict):
        raise Refusal(Error(message="The body is a JSON object.", code="bad-message"))
    message = decode(to_json({**fields, **given, "type": type_}).decode())
    if isinstance(message, Error):
        raise Refusal(message)
    return message


async def answers_to(
    shows: Shows, show: str, message: ClientMessage, client: str = CALLER
) -> Sequence[ServerMessage]:
    """Ask a show what a client of the WebSocket would ask it, and return the answers. Raises Refusal."""
    answers = await MessageHandler(shows, show, client, CALLER).handle(message)
    for answer in answers:
        if isinstance(answer, Error):
            raise Refusal(answer)
    return answers


async def answer_to(kind: type[A], shows: Shows, show: str, message: ClientMessage) -> A:
    """Return the one answer of that kind. Raises Refusal."""
    for answer in await answers_to(shows, show, message):
        if isinstance(answer, kind):
            return answer
    raise TypeError(f"a show answered {message.type} without a {kind.__name__}")
