"""One WebSocket connection from accept to close: a reader and a writer."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Protocol
from uuid import uuid4

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.message_handler import MessageHandler
from open_llm_vtuber.protocol.client_messages import ClientMessage
from open_llm_vtuber.protocol.codec import decode
from open_llm_vtuber.protocol.envelope import AccessRole
from open_llm_vtuber.protocol.identity import identity_of, set_cookie
from open_llm_vtuber.protocol.server_messages import Control, Error, ServerMessage
from open_llm_vtuber.show.audience import Outbox, OutboxClosed
from open_llm_vtuber.show.commands import Greet
from open_llm_vtuber.shows import Shows
from open_llm_vtuber.units import Seconds

log = logging.getLogger(__name__)

UNKNOWN_SHOW = 4404
TRY_AGAIN_LATER = 1013
ENDS_A_CHAIN = frozenset(("text-input", "mic-audio-end"))
"""Requests after which an existing client waits for the end of a chain, also when they were refused."""

STALLED: Seconds = 20.0
"""How long a client may take no byte before it is dropped. Its connection would else keep its place for ever."""


class Handler(Protocol):
    """Acts on the messages of one client."""

    async def handle(self, message: ClientMessage) -> Sequence[ServerMessage]:
        """Do what the message asks and return the answers, in order."""
        ...


async def serve_connection(
    websocket: WebSocket, shows: Shows, *, show: str | None, human_name: str, role: AccessRole
) -> None:
    """Talk to one client until it leaves, is dropped, or its show ends."""
    client = str(uuid4())
    identity = identity_of(websocket.cookies)
    await websocket.accept(headers=[set_cookie(identity, is_secure=websocket.url.scheme == "wss")])
    try:
        async with shows.subscribe(show, client, identity) as place:
            for message in await shows.ask(place.show, Greet(client)):
                place.outbox.send(message)
            handler = MessageHandler(shows, place.show, client, human_name, role=role)
            await talk(websocket, place.outbox, handler)
    except ProtocolError as error:  # the show is unknown
        await websocket.close(UNKNOWN_SHOW, str(error))


async def talk(websocket: WebSocket, outbox: Outbox, handler: Handler) -> None:
    """Read from and write to a client that was accepted, until it leaves or is dropped."""
    try:
        async with asyncio.TaskGroup() as group:
            writer = group.create_task(_write(websocket, outbox))
            try:
                await _read(websocket, outbox, handler)
            finally:
                writer.cancel()
    except* TimeoutError:
        log.warning("client %s was dropped: it stopped reading", outbox.client)


async def _read(websocket: WebSocket, outbox: Outbox, handler: Handler) -> None:
    while True:
        event = await websocket.receive()
        if event["type"] == "websocket.disconnect":
            return
        text: str | None = event.get("text")
        if text is None:
            outbox.send(Error(message="A message is a text frame that holds JSON.", code="bad-frame"))
            continue
        await respond(decode(text), outbox, handler)


async def respond(
    message: ClientMessage | Error, outbox: Outbox, handler: Handler
) -> Sequence[ServerMessage]:
    """Act on a message and send the client the answers, which are returned as well. Raises nothing."""
    try:
        answers = [message] if isinstance(message, Error) else await handler.handle(message)
    except Exception:  # the boundary: a bug costs one message, not the connection
        log.exception("a bug while handling a client's message")
        answers = [
            Error(
                message="Something went wrong inside the server.",
                code="internal",
                request_type=message.type,
                request_id=message.request_id,
            )
        ]
    for answer in answers:
        outbox.send(answer)
        is_refusal = isinstance(answer, Error) and answer.request_type in ENDS_A_CHAIN
        if is_refusal and not outbox.is_in_chain:  # a chain that runs has its own end
            outbox.send(Control(text="conversation-chain-end"))
    return answers


async def _write(websocket: WebSocket, outbox: Outbox) -> None:
    loop = asyncio.get_running_loop()
    try:
        # One limit for all frames: it is told when a frame begins and ends.
        async with asyncio.timeout(None) as stalled:
            while True:
                text = await outbox.get()
                stalled.reschedule(loop.time() + STALLED)
                await websocket.send_text(text)
                stalled.reschedule(None)
    except OutboxClosed:
        if websocket.application_state is WebSocketState.CONNECTED:
            async with asyncio.timeout(STALLED):
                await websocket.close(TRY_AGAIN_LATER, "dropped: too slow, or the show has ended")
    except (WebSocketDisconnect, RuntimeError):
        return  # the client is gone; the reader learns of it as well and ends the connection
