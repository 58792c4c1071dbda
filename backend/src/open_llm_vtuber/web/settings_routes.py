"""The settings that can be edited on air, over HTTP: the same requests as on the WebSocket, and the same answers."""

from typing import Any

from fastapi import FastAPI, Request

from open_llm_vtuber.protocol.settings_messages import (
    EditSettings,
    GetSettings,
    ReloadSettings,
    SectionName,
    SettingsChanged,
    SettingsChecked,
    SettingsNow,
    UndoEdit,
)
from open_llm_vtuber.shows import Shows
from open_llm_vtuber.web.api import ON_AIR, Problem, ShowName, answer_to, answers_to, message_in, takes

REFUSALS: dict[int | str, dict[str, Any]] = {status: {"model": Problem} for status in (404, 409, 422)}


def add_settings_routes(app: FastAPI, shows: Shows) -> None:
    """Add the addresses."""

    @app.get("/api/settings", tags=["settings"], responses=REFUSALS)
    async def settings(show: ShowName = ON_AIR) -> SettingsNow:
        """Return every section that can be edited, as the file has it; nothing of it is secret."""
        return await answer_to(SettingsNow, shows, show, GetSettings())

    @app.put(
        "/api/settings/{section}", tags=["settings"], responses=REFUSALS, openapi_extra=takes(EditSettings)
    )
    async def edit(
        section: SectionName, request: Request, show: ShowName = ON_AIR
    ) -> SettingsChanged | SettingsChecked:
        """Put a section into the file; it counts from the next turn. A faulty one changes nothing."""
        message = await message_in(request, EditSettings, section=section)
        for answer in await answers_to(shows, show, message):
            if isinstance(answer, SettingsChanged | SettingsChecked):
                return answer
        raise TypeError(f"an edit was answered without a {SettingsChanged.__name__}")

    @app.post("/api/settings/undo", tags=["settings"], responses=REFUSALS, openapi_extra=takes(UndoEdit))
    async def undo(request: Request, show: ShowName = ON_AIR) -> SettingsChanged:
        """Take the last change of the file back."""
        return await answer_to(SettingsChanged, shows, show, await message_in(request, UndoEdit))

    @app.post("/api/reload", tags=["settings"], responses=REFUSALS)
    async def reload(show: ShowName = ON_AIR) -> SettingsChanged:
        """Read the configuration file anew; what cannot change while the server runs is named."""
        return await answer_to(SettingsChanged, shows, show, ReloadSettings())
