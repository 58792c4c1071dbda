"""What an operator does on air, over REST: the same as on the WebSocket."""

from typing import Annotated, Any

from fastapi import FastAPI, Path, Request

from open_llm_vtuber.protocol.floor_messages import FloorSet, SetFloor
from open_llm_vtuber.protocol.live_client_messages import GetChatDecisions, Resume, Say, Skip, Stop
from open_llm_vtuber.protocol.live_server_messages import (
    ChatDecisions,
    Resumed,
    SayAck,
    Skipped,
    Stopped,
)
from open_llm_vtuber.protocol.why_messages import GetTurnWhy, TurnWhy
from open_llm_vtuber.shows import Shows
from open_llm_vtuber.web.api import ON_AIR, Problem, ShowName, answer_to, message_in, takes

TurnId = Annotated[str, Path(max_length=200, description="Id of a turn, or `last`.")]
REFUSALS: dict[int | str, dict[str, Any]] = {status: {"model": Problem} for status in (404, 409, 422)}


def add_operator_routes(app: FastAPI, shows: Shows) -> None:
    """Add the routes."""

    @app.post("/api/say", tags=["operator"], status_code=202, responses=REFUSALS, openapi_extra=takes(Say))
    async def say(request: Request, show: ShowName = ON_AIR) -> SayAck:
        """Let her say something, in her own words or verbatim; the answer holds the id of its turn."""
        return await answer_to(SayAck, shows, show, await message_in(request, Say))

    @app.post("/api/interrupt", tags=["operator"], responses=REFUSALS)
    async def interrupt(show: ShowName = ON_AIR) -> Skipped:
        """Cut what she says, and go on with what waits; say whether there was anything to cut."""
        return await answer_to(Skipped, shows, show, Skip())

    @app.post("/api/stop", tags=["operator"], responses=REFUSALS)
    async def stop(show: ShowName = ON_AIR) -> Stopped:
        """Silence: the voice is cut, the queue is emptied, everything is frozen until it is resumed."""
        return await answer_to(Stopped, shows, show, Stop())

    @app.post("/api/resume", tags=["operator"], responses=REFUSALS)
    async def resume(show: ShowName = ON_AIR) -> Resumed:
        """Go on after a stop."""
        return await answer_to(Resumed, shows, show, Resume())

    @app.get("/api/turns/{turn_id}/why", tags=["operator"], responses=REFUSALS)
    async def why(turn_id: TurnId, show: ShowName = ON_AIR) -> TurnWhy:
        """Say why she said something: what came in, what was chosen and why, who gave the words, what went out."""
        return await answer_to(TurnWhy, shows, show, GetTurnWhy(turn_id=turn_id))

    @app.put("/api/floor", tags=["operator"], responses=REFUSALS, openapi_extra=takes(SetFloor))
    async def floor(request: Request, show: ShowName = ON_AIR) -> FloorSet:
        """Say what she does when somebody on stage speaks. The state tells what it is now."""
        return await answer_to(FloorSet, shows, show, await message_in(request, SetFloor))

    @app.get("/api/chat/decisions", tags=["chat"], responses=REFUSALS)
    async def decisions(show: ShowName = ON_AIR) -> ChatDecisions:
        """Say of each of the last messages whether it was answered, and why."""
        return await answer_to(ChatDecisions, shows, show, GetChatDecisions())
