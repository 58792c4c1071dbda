"""What she does unasked, over HTTP: the same requests as on the WebSocket, and the same answer."""

from typing import Annotated, Any

from fastapi import Body, FastAPI, Path

from open_llm_vtuber.api import ON_AIR, Problem, ShowName, ask_for
from open_llm_vtuber.autonomy_door import autonomous_command
from open_llm_vtuber.protocol.autonomous_messages import (
    AutonomousSet,
    AutonomousState,
    TriggerName,
)
from open_llm_vtuber.protocol.autonomous_parts import Autonomous
from open_llm_vtuber.show.commands import AutonomousCommand, FireTrigger, SetAutonomous
from open_llm_vtuber.shows import Shows

Trigger = Annotated[TriggerName, Path(description="The name of a trigger.")]
Settings = Annotated[dict[str, Any], Body(description="A trigger as the configuration has it.")]


def add_autonomy_routes(app: FastAPI, shows: Shows) -> None:
    """Add the addresses for what she does unasked."""
    refusals: dict[int | str, dict[str, object]] = {
        404: {"model": Problem},
        409: {"model": Problem},
        422: {"model": Problem},
    }

    async def answer(show: str, command: AutonomousCommand) -> Autonomous:
        state = await ask_for(AutonomousState, shows, show, command)
        return Autonomous(**{name: getattr(state, name) for name in Autonomous.model_fields})

    @app.get("/api/autonomous", tags=["autonomous"], responses=refusals)
    async def autonomous(show: ShowName = ON_AIR) -> Autonomous:
        """Say how it goes: mood, triggers and when each is looked at next, run-down, the last fires."""
        return await answer(show, SetAutonomous())

    @app.put("/api/autonomous", tags=["autonomous"], responses=refusals)
    async def change(message: AutonomousSet, show: ShowName = ON_AIR) -> Autonomous:
        """Change anything of it, as the message `autonomous-set` does."""
        return await answer(show, autonomous_command(message))

    @app.put("/api/autonomous/{trigger}", tags=["autonomous"], responses=refusals)
    @app.post("/api/autonomous/{trigger}", tags=["autonomous"], responses=refusals, include_in_schema=False)
    async def put(trigger: Trigger, settings: Settings, show: ShowName = ON_AIR) -> Autonomous:
        """Add a trigger, or let it take the place of the one of its name; `{"enabled": …}` alone switches it."""
        if set(settings) == {"enabled"}:
            return await answer(show, SetAutonomous(trigger=trigger, enabled=settings["enabled"] is True))
        return await answer(show, SetAutonomous(trigger=trigger, settings=settings))

    @app.delete("/api/autonomous/{trigger}", tags=["autonomous"], responses=refusals)
    async def remove(trigger: Trigger, show: ShowName = ON_AIR) -> Autonomous:
        """Take a trigger off."""
        return await answer(show, SetAutonomous(trigger=trigger, remove=True))

    @app.post("/api/autonomous/{trigger}/fire", tags=["autonomous"], responses=refusals)
    async def fire(trigger: Trigger, show: ShowName = ON_AIR) -> Autonomous:
        """Let a trigger fire as soon as she is free, whatever its conditions."""
        return await answer(show, FireTrigger(trigger))
