"""What she does unasked, over HTTP: the same requests as on the WebSocket, and the same answer."""

from typing import Annotated

from fastapi import FastAPI, Path, Request
from pydantic_core import from_json, to_json

from open_llm_vtuber.protocol.autonomous_messages import AutonomousFire, AutonomousSet, AutonomousState
from open_llm_vtuber.protocol.autonomous_parts import Autonomous
from open_llm_vtuber.protocol.client_messages import ClientMessage
from open_llm_vtuber.protocol.codec import decode
from open_llm_vtuber.protocol.server_messages import Error
from open_llm_vtuber.shows import Shows
from open_llm_vtuber.web.api import ON_AIR, Problem, Refusal, ShowName, answer_to, message_in, takes

Name = Annotated[str, Path(description="The name of a trigger.")]


def add_autonomy_routes(app: FastAPI, shows: Shows) -> None:
    """Add the addresses for what she does unasked."""
    refusals: dict[int | str, dict[str, object]] = {
        404: {"model": Problem},
        409: {"model": Problem},
        422: {"model": Problem},
    }

    async def answer(show: str, message: ClientMessage) -> Autonomous:
        state = await answer_to(AutonomousState, shows, show, message)
        return Autonomous(**{name: getattr(state, name) for name in Autonomous.model_fields})

    @app.get("/api/autonomous", tags=["autonomous"], responses=refusals)
    async def autonomous(show: ShowName = ON_AIR) -> Autonomous:
        """Say how it goes: mood, triggers and when each is looked at next, run-down, the last fires."""
        return await answer(show, AutonomousSet())

    @app.put("/api/autonomous", tags=["autonomous"], responses=refusals, openapi_extra=takes(AutonomousSet))
    async def change(request: Request, show: ShowName = ON_AIR) -> Autonomous:
        """Change anything of it, as the message `autonomous-set` does."""
        return await answer(show, await message_in(request, AutonomousSet))

    @app.put("/api/autonomous/{trigger}", tags=["autonomous"], responses=refusals)
    @app.post("/api/autonomous/{trigger}", tags=["autonomous"], responses=refusals, include_in_schema=False)
    async def put(trigger: Name, request: Request, show: ShowName = ON_AIR) -> Autonomous:
        """Add a trigger as the configuration has it, or change it; `{"enabled": …}` alone switches it."""
        settings = _object(await request.body())
        if set(settings) == {"enabled"}:
            return await answer(show, _set(trigger, **settings))
        return await answer(show, _set(trigger, settings=settings))

    @app.delete("/api/autonomous/{trigger}", tags=["autonomous"], responses=refusals)
    async def remove(trigger: Name, show: ShowName = ON_AIR) -> Autonomous:
        """Take a trigger off."""
        return await answer(show, _set(trigger, remove=True))

    @app.post("/api/autonomous/{trigger}/fire", tags=["autonomous"], responses=refusals)
    async def fire(trigger: Name, show: ShowName = ON_AIR) -> Autonomous:
        """Let a trigger fire as soon as she is free, whatever its conditions."""
        return await answer(show, _read(AutonomousFire.model_fields["type"].default, trigger=trigger))


def _set(trigger: str, **fields: object) -> ClientMessage:
    return _read(AutonomousSet.model_fields["type"].default, trigger=trigger, **fields)


def _read(type_: str, **fields: object) -> ClientMessage:
    message = decode(to_json({**fields, "type": type_}).decode())
    if isinstance(message, Error):
        raise Refusal(message)
    return message


def _object(body: bytes) -> dict[str, object]:
    try:
        fields = from_json(body or b"{}")
    except ValueError:
        raise Refusal(Error(message="This is not JSON.", code="bad-json")) from None
    if not isinstance(fields, dict):
        raise Refusal(Error(message="The body is a JSON object.", code="bad-message"))
    return fields
