"""The HTTP addresses about Twitch: connect, disconnect, how it is going, and the login."""

from fastapi import FastAPI, Request

from open_llm_vtuber.protocol.twitch_messages import (
    GetTwitch,
    TwitchConnect,
    TwitchConnected,
    TwitchDisconnect,
    TwitchDisconnected,
    TwitchLogin,
    TwitchLoginCode,
    TwitchReading,
)
from open_llm_vtuber.shows import Shows
from open_llm_vtuber.web.api import ON_AIR, Problem, ShowName, answer_to, message_in, takes

_PROBLEMS: dict[int | str, dict[str, object]] = {
    404: {"model": Problem},
    409: {"model": Problem},
    422: {"model": Problem},
    502: {"model": Problem},
}


def add_twitch_api(app: FastAPI, shows: Shows) -> None:
    """Add the addresses."""

    @app.post("/api/twitch/connect", tags=["twitch"], responses=_PROBLEMS, openapi_extra=takes(TwitchConnect))
    async def connect(request: Request, show: ShowName = ON_AIR) -> TwitchConnected:
        """Read a channel; answers once its chat is really being read."""
        return await answer_to(TwitchConnected, shows, show, await message_in(request, TwitchConnect))

    @app.post("/api/twitch/disconnect", tags=["twitch"], responses=_PROBLEMS)
    async def disconnect(show: ShowName = ON_AIR) -> TwitchDisconnected:
        """Read the channel no more."""
        return await answer_to(TwitchDisconnected, shows, show, TwitchDisconnect())

    @app.get("/api/twitch", tags=["twitch"], responses=_PROBLEMS)
    async def reading(show: ShowName = ON_AIR) -> TwitchReading:
        """Say how the reading is going; never with what token."""
        return await answer_to(TwitchReading, shows, show, GetTwitch())

    @app.post("/api/twitch/login", tags=["twitch"], responses=_PROBLEMS)
    async def login(show: ShowName = ON_AIR) -> TwitchLoginCode:
        """Begin a login: enter the code at the address; `GET /api/twitch` says what became of it."""
        return await answer_to(TwitchLoginCode, shows, show, TwitchLogin())
