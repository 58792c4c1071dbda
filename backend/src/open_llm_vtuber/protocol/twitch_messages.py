"""Messages about the reading of a Twitch channel, and about the login for it. No answer ever holds a token."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, SecretStr, StringConstraints

from open_llm_vtuber.protocol.envelope import Answer, Request

Via = Literal["eventsub", "irc"]
ReadingState = Literal["off", "connecting", "connected", "reconnecting", "down"]
LoginState = Literal["none", "waiting", "stored", "failed"]


class TwitchConnect(Request):
    """Read a channel's chat: with a token, with the stored login, or (`anonymous`) without either.

    `channel` may have a leading #, or be a channel's address; `token` may begin with `oauth:`.
    """

    type: Literal["twitch-connect"] = "twitch-connect"
    token: SecretStr = SecretStr("")
    channel: Annotated[str, StringConstraints(max_length=200)] = ""
    anonymous: bool = False


class TwitchDisconnect(Request):
    """Read the channel no more."""

    type: Literal["twitch-disconnect"] = "twitch-disconnect"


class GetTwitch(Request):
    """How is the reading going?"""

    type: Literal["get-twitch"] = "get-twitch"


class TwitchLogin(Request):
    """Begin a login: the answer is a code, and where somebody has to enter it."""

    type: Literal["twitch-login"] = "twitch-login"


TwitchClientMessage = TwitchConnect | TwitchDisconnect | GetTwitch | TwitchLogin


class TwitchConnected(Answer):
    """Chat is really being read. `missing` are scopes without which something does not work."""

    type: Literal["twitch-connected"] = "twitch-connected"
    channel: str
    via: Via
    scopes: tuple[str, ...]
    missing: tuple[str, ...]


class TwitchDisconnected(Answer):
    """That channel is not read any more."""

    type: Literal["twitch-disconnected"] = "twitch-disconnected"
    channel: str


class LoginProgress(BaseModel):
    """How far a login is: `none`, `waiting` for its code to be entered, `stored`, or `failed` with the reason."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    state: LoginState
    reason: str = ""


class TwitchReading(Answer):
    """How the reading is going; `problems` are events that do not arrive, one sentence each."""

    type: Literal["twitch-reading"] = "twitch-reading"
    channel: str | None
    state: ReadingState
    reason: str
    via: Via | None
    scopes: tuple[str, ...]
    missing: tuple[str, ...]
    problems: tuple[str, ...]
    login: LoginProgress


class TwitchLoginCode(Answer):
    """Enter this code there, within so many seconds; `get-twitch` says what became of it."""

    type: Literal["twitch-login-code"] = "twitch-login-code"
    user_code: str
    verification_uri: str
    expires_in_s: int


TwitchServerMessage = TwitchConnected | TwitchDisconnected | TwitchReading | TwitchLoginCode
TwitchMessage = TwitchClientMessage | TwitchServerMessage
