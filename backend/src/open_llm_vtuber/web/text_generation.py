"""Texts on demand over REST: the same request, pieces and text as on the WebSocket."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from typing import Annotated
from uuid import uuid4

from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, TypeAdapter

from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.protocol.codec import encode, problem
from open_llm_vtuber.protocol.live_client_messages import TextGenerationRequest
from open_llm_vtuber.protocol.live_server_messages import TextGenerationChunk, TextGenerationResponse
from open_llm_vtuber.protocol.parts import GenerationMetadata
from open_llm_vtuber.protocol.server_messages import Error
from open_llm_vtuber.show.audience import Outbox, OutboxClosed
from open_llm_vtuber.shows import Shows, Subscription
from open_llm_vtuber.web.api import CALLER, ON_AIR, Problem, Refusal, ShowName, answers_to, message_in, takes

EVENTS = "text/event-stream"
NOBODYS = "-"
"""A name that no show has: an empty one would stand for a place of the caller's own."""
OWN_ID = "text"
"""The `request_id` of the one text that a caller's place in the show is for."""
Piece = TextGenerationChunk | TextGenerationResponse | Error
_PIECE: TypeAdapter[Piece] = TypeAdapter(Piece)
_OURS = f'"request_id":"{OWN_ID}"'
"""What frames hold that are about the text; in a text itself the quotes would be escaped. The others, sound among
them, are not even parsed."""
_SHOW_ENDED = Error(message="The show has ended.", code="not-found")


class GeneratedText(BaseModel):
    """The whole text."""

    text: str
    is_complete: bool
    metadata: GenerationMetadata


def add_text_generation(app: FastAPI, shows: Shows) -> None:
    """Add the route."""

    async def place_in(request: Request, show: ShowName = ON_AIR) -> AsyncGenerator[Subscription, None]:
        """Listen to the show until the response has been sent, or the caller has gone."""
        try:
            async with shows.subscribe(
                show or NOBODYS,
                f"{request.client.host if request.client else CALLER}/{uuid4()}",
                listens_only=True,
            ) as place:
                yield place
        except ProtocolError as error:  # there is no such show
            refused = problem(error, request_type="text-generation-request", request_id=None)
            raise Refusal(refused) from error

    @app.post(
        "/api/text-generation",
        tags=["character"],
        response_model=GeneratedText,
        responses={status: {"model": Problem} for status in (404, 409, 422, 429, 502)},
        openapi_extra=takes(TextGenerationRequest),
    )
    async def text_generation(
        request: Request, place: Annotated[Subscription, Depends(place_in)]
    ) -> Response:
        """Write a text in character that leaves no trace in the conversation.

        With `Accept: text/event-stream` its pieces come as server-sent events. Who hangs up stops the generation.
        """
        message = await message_in(request, TextGenerationRequest, request_id=OWN_ID)
        await answers_to(shows, place.show, message, place.outbox.client)
        pieces = _pieces(request, place.outbox)
        if EVENTS in request.headers.get("accept", ""):
            return await _streamed(pieces)
        async for piece in pieces:
            if isinstance(piece, Error):
                raise Refusal(piece)
            if isinstance(piece, TextGenerationResponse):
                return JSONResponse(piece.model_dump(include=set(GeneratedText.model_fields)))
        return Response(status_code=499)  # nobody is there to read it


async def _pieces(request: Request, outbox: Outbox) -> AsyncGenerator[Piece, None]:
    """Yield what is written, up to the whole text or what went wrong. Ends early when the caller has gone."""
    while piece := await _unless_gone(request, _next(outbox)):
        yield piece
        if not isinstance(piece, TextGenerationChunk):
            return


async def _next(outbox: Outbox) -> Piece:
    try:
        while True:
            frame = await outbox.get()
            if _OURS in frame:
                return _PIECE.validate_json(frame)
    except OutboxClosed:
        return _SHOW_ENDED


async def _unless_gone(request: Request, work: Coroutine[None, None, Piece]) -> Piece | None:
    """Await it, or give it up and return None as soon as the caller hangs up."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(work)
        gone = group.create_task(_gone(request))
        await asyncio.wait((task, gone), return_when=asyncio.FIRST_COMPLETED)
        gone.cancel()
        task.cancel()
    return None if task.cancelled() else task.result()


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _streamed(pieces: AsyncGenerator[Piece, None]) -> Response:
    """Send them as they come. Raises Refusal for a text that failed before its first piece."""
    first = await anext(pieces, None)
    if first is None:
        return Response(status_code=499)  # nobody is there to read it
    if isinstance(first, Error):
        raise Refusal(first)
    return StreamingResponse(_events(first, pieces), media_type=EVENTS, headers={"Cache-Control": "no-store"})


async def _events(first: Piece, others: AsyncGenerator[Piece, None]) -> AsyncGenerator[str, None]:
    yield _event(first)
    async for piece in others:
        yield _event(piece)


def _event(piece: Piece) -> str:
    own = piece.model_copy(update={"request_id": None})
    return f"event: {piece.type}\ndata: {encode(own)}\n\n"
