"""The HTTP addresses about Twitch: connect, disconnect, how it is going, and the login."""

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from open_llm_vtuber.api import CALLER, ON_AIR, Problem, ShowName, ask_for
from open_llm_vtuber.protocol.twitch_messages import (
    TwitchConnected,
    TwitchDisconnected,
    TwitchLoginCode,
    TwitchReading,
)
from open_llm_vtuber.show.commands import BeginTwitchLogin, ConnectTwitch, DescribeTwitch, DisconnectTwitch
from open_llm_vtuber.shows import Shows

_PROBLEMS: dict[int | str, dict[str, object]] = {
    404: {"model": Problem},
    409: {"model": Problem},
    422: {"model": Problem},
    502: {"model": Problem},
}


class Connection(BaseModel):
    """What to read, and with what: a token, the stored login (neither), or nothing at all (`anonymous`)."""

    model_config = ConfigDict(extra="ignore")
    token: SecretStr = SecretStr("")
    channel: str = Field(default="", max_length=200)
    anonymous: bool = False


def add_twitch_api(app: FastAPI, shows: Shows) -> None:
    """Add the addresses."""

    @app.post("/api/twitch/connect", tags=["twitch"], responses=_PROBLEMS)
    async def connect(body: Connection, show: ShowName = ON_AIR) -> TwitchConnected:
        """Read a channel; answers once its chat is really being read."""
        command = ConnectTwitch(CALLER, body.channel, body.token.get_secret_value(), body.anonymous)
        return await ask_for(TwitchConnected, shows, show, command)

    @app.post("/api/twitch/disconnect", tags=["twitch"], responses=_PROBLEMS)
    async def disconnect(show: ShowName = ON_AIR) -> TwitchDisconnected:
        """Read the channel no more."""
        return await ask_for(TwitchDisconnected, shows, show, DisconnectTwitch())

    @app.get("/api/twitch", tags=["twitch"], responses=_PROBLEMS)
    async def reading(show: ShowName = ON_AIR) -> TwitchReading:
        """Say how the reading is going; never with what token."""
        return await ask_for(TwitchReading, shows, show, DescribeTwitch())

    @app.post("/api/twitch/login", tags=["twitch"], responses=_PROBLEMS)
    async def login(show: ShowName = ON_AIR) -> TwitchLoginCode:
        """Begin a login: enter the code at the address; `GET /api/twitch` says what became of it."""
        return await ask_for(TwitchLoginCode, shows, show, BeginTwitchLogin())
