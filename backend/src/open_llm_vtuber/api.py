"""The way from an HTTP request to a show and back: which show is meant, and which status a refusal has."""

from collections.abc import Mapping, Sequence
from typing import Annotated, TypeVar

from fastapi import FastAPI, Header, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from open_llm_vtuber.errors import EngineError, ErrorCode, VTuberError
from open_llm_vtuber.protocol.codec import code_of
from open_llm_vtuber.protocol.server_messages import ServerMessage
from open_llm_vtuber.show.commands import Command
from open_llm_vtuber.shows import Shows

A = TypeVar("A", bound=BaseModel)

STATUS: Mapping[ErrorCode, int] = {
    "bad-json": 400,
    "bad-message": 422,
    "too-long": 422,
    "not-found": 404,
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
"""The client that commands from REST are from: no connection of its own, and the owner of what it claims."""

ShowName = Annotated[
    str,
    Header(
        alias="X-Client-UID",
        description="A connected client's uid, or a show's name; without it, the show on air.",
    ),
]


class Problem(BaseModel):
    """Why a request failed: one sentence and a code of `docs/protocol.md`."""

    detail: str
    code: ErrorCode
    retryable: bool = False


class Refusal(HTTPException):
    """A refused request, as HTTP says it."""

    def __init__(self, error: VTuberError) -> None:
        is_retryable = isinstance(error, EngineError) and error.retryable
        headers = {"Retry-After": str(RETRY_AFTER_S)} if error.code == "busy" else None
        super().__init__(STATUS.get(error.code, 500), str(error), headers)
        self.problem = Problem(
            detail=str(error), code=error.code, retryable=is_retryable or error.code == "busy"
        )


def add_refusals(app: FastAPI) -> None:
    """Let every refusal be one `Problem`, also that of a body that cannot be read."""

    @app.exception_handler(Refusal)
    async def refused(_: Request, refusal: Refusal) -> JSONResponse:
        return JSONResponse(refusal.problem.model_dump(), refusal.status_code, refusal.headers)

    @app.exception_handler(RequestValidationError)
    async def unreadable(_: Request, error: RequestValidationError) -> JSONResponse:
        fault = error.errors()[0]  # without what was sent: it may be large, or a secret
        is_json = fault["type"] != "json_invalid"
        field = ".".join(str(part) for part in fault["loc"][1:]) if is_json else ""
        sentence = (f"{field}: {fault['msg']}" if field else fault["msg"]) if is_json else "This is not JSON."
        code = code_of(fault["type"])
        return JSONResponse(Problem(detail=sentence, code=code).model_dump(), STATUS[code])


async def ask(shows: Shows, show: str, command: Command) -> Sequence[ServerMessage]:
    """Ask a show and return its answers. Raises Refusal."""
    try:
        return await shows.ask(show, command)
    except VTuberError as error:
        raise Refusal(error) from error


async def ask_for(kind: type[A], shows: Shows, show: str, command: Command) -> A:
    """Ask a show for one answer of that kind. Raises Refusal."""
    for answer in await ask(shows, show, command):
        if isinstance(answer, kind):
            return answer
    raise TypeError(f"a show answered {type(command).__name__} without a {kind.__name__}")
