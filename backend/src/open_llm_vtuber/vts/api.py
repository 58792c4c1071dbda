"""The messages of VTube Studio's public API that we use: requests as text, answers as classes. Pure.

After its documentation, https://github.com/DenchiSoft/VTubeStudio: one JSON object a text frame, answers repeat the
`requestID`, and unknown fields may come at any time.
"""

import json
from dataclasses import dataclass, field
from typing import Annotated, Literal, assert_never

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from open_llm_vtuber.units import Seconds

PLUGIN_NAME = "Open-LLM-VTuber live"
PLUGIN_DEVELOPER = "Open-LLM-VTuber"
"""A token is only good for these two names: whoever changes them is asked to click Allow again."""

API_IS_OFF = 1
NEEDS_AUTHENTICATION = 8
DENIED = 50
ALREADY_ASKING = 51
HOTKEY_QUEUE_FULL = 200
HOTKEY_WITHOUT_MODEL = 201
HOTKEY_UNKNOWN = 202
HOTKEY_TOO_SOON = 203
PARAMETER_UNKNOWN = 453
PARAMETER_TAKEN = 454
EXPRESSION_UNKNOWN = 651
EXPRESSION_WITHOUT_MODEL = 652
"""Error numbers, as in its Files/ErrorID.cs."""

LONGEST_TOKEN = 64


@dataclass(frozen=True, slots=True)
class GetState:
    """Is the API there? The one question that needs no authentication."""


@dataclass(frozen=True, slots=True)
class AskForToken:
    """Let the user decide, in a window of VTube Studio, whether this plugin may control it."""


@dataclass(frozen=True, slots=True)
class Authenticate:
    """Show the token; holds for one connection."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ListExpressions:
    """Which expressions has the loaded model, and which are on?"""


@dataclass(frozen=True, slots=True)
class ListHotkeys:
    """Which hotkeys has the loaded model?"""


@dataclass(frozen=True, slots=True)
class SwitchExpression:
    """Turn an expression on or off. Only fading in has a time of its own; fading out takes the same one."""

    file: str
    on: bool
    fade: Seconds


@dataclass(frozen=True, slots=True)
class PressHotkey:
    """Trigger a hotkey."""

    hotkey_id: str


@dataclass(frozen=True, slots=True)
class MoveMouth:
    """Set a tracking parameter; it is ours until a second after the last time."""

    parameter: str
    value: float


Request = (
    GetState
    | AskForToken
    | Authenticate
    | ListExpressions
    | ListHotkeys
    | SwitchExpression
    | PressHotkey
    | MoveMouth
)


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Answer(_Data):
    request_id: str = Field(alias="requestID")


class StateData(_Data):
    """Whether the API is on."""

    active: bool
    version: str = Field(default="", alias="vTubeStudioVersion")


class State(_Answer):
    """The API is there."""

    kind: Literal["APIStateResponse"] = Field(alias="messageType")
    data: StateData


class TokenData(_Data):
    """A token: a secret."""

    token: str = Field(alias="authenticationToken", min_length=1, max_length=LONGEST_TOKEN, repr=False)


class TokenGranted(_Answer):
    """The user clicked Allow."""

    kind: Literal["AuthenticationTokenResponse"] = Field(alias="messageType")
    data: TokenData


class AuthenticationData(_Data):
    """Whether the token was good."""

    authenticated: bool


class Authentication(_Answer):
    """What became of the token."""

    kind: Literal["AuthenticationResponse"] = Field(alias="messageType")
    data: AuthenticationData


class Expression(_Data):
    """An expression of the loaded model."""

    file: str
    active: bool


class ExpressionsData(_Data):
    """The loaded model and its expressions."""

    is_loaded: bool = Field(alias="modelLoaded")
    model: str = Field(default="", alias="modelName")
    model_id: str = Field(default="", alias="modelID")
    expressions: tuple[Expression, ...] = ()


class Expressions(_Answer):
    """What the loaded model can show."""

    kind: Literal["ExpressionStateResponse"] = Field(alias="messageType")
    data: ExpressionsData


class Hotkey(_Data):
    """A hotkey of the loaded model."""

    name: str
    action: str = Field(default="", alias="type")
    hotkey_id: str = Field(alias="hotkeyID", min_length=1)


class HotkeysData(_Data):
    """The hotkeys of the loaded model."""

    model_id: str = Field(default="", alias="modelID")
    hotkeys: tuple[Hotkey, ...] = Field(default=(), alias="availableHotkeys")


class Hotkeys(_Answer):
    """What the loaded model can do."""

    kind: Literal["HotkeysInCurrentModelResponse"] = Field(alias="messageType")
    data: HotkeysData


class Done(_Answer):
    """It is done."""

    kind: Literal["ExpressionActivationResponse", "HotkeyTriggerResponse", "InjectParameterDataResponse"] = (
        Field(alias="messageType")
    )


class ErrorData(_Data):
    """Why not."""

    number: int = Field(alias="errorID")
    message: str = ""


class Refusal(_Answer):
    """It is not done."""

    kind: Literal["APIError"] = Field(alias="messageType")
    data: ErrorData


Answer = State | TokenGranted | Authentication | Expressions | Hotkeys | Done | Refusal
_ANSWERS: TypeAdapter[Answer] = TypeAdapter(Annotated[Answer, Field(discriminator="kind")])


def encode(request: Request, request_id: str) -> str:
    """Return the text frame of a request; the id is ASCII, at most 64 characters."""
    kind, data = _content(request)
    return json.dumps(
        {
            "apiName": "VTubeStudioPublicAPI",
            "apiVersion": "1.0",
            "requestID": request_id,
            "messageType": kind,
            "data": data,
        }
    )


def _content(request: Request) -> tuple[str, dict[str, object]]:
    plugin: dict[str, object] = {"pluginName": PLUGIN_NAME, "pluginDeveloper": PLUGIN_DEVELOPER}
    match request:
        case GetState():
            return "APIStateRequest", {}
        case AskForToken():
            return "AuthenticationTokenRequest", plugin
        case Authenticate(token):
            return "AuthenticationRequest", {**plugin, "authenticationToken": token}
        case ListExpressions():
            return "ExpressionStateRequest", {"details": False}
        case ListHotkeys():
            return "HotkeysInCurrentModelRequest", {}
        case SwitchExpression(file, on, fade):
            return "ExpressionActivationRequest", {"expressionFile": file, "fadeTime": fade, "active": on}
        case PressHotkey(hotkey_id):
            return "HotkeyTriggerRequest", {"hotkeyID": hotkey_id}
        case MoveMouth(parameter, value):
            values = [{"id": parameter, "value": value}]
            return "InjectParameterDataRequest", {"mode": "set", "parameterValues": values}
        case _:
            assert_never(request)


def decode(frame: str | bytes) -> Answer | None:
    """Return the answer in a frame; None for everything else, whatever it is."""
    try:
        return _ANSWERS.validate_json(frame)
    except ValidationError:
        return None


def is_answer_to(request: Request, answer: Answer) -> bool:
    """Whether an answer is of the kind that the request gets."""
    match answer:
        case Refusal():
            return True
        case State():
            return isinstance(request, GetState)
        case TokenGranted():
            return isinstance(request, AskForToken)
        case Authentication():
            return isinstance(request, Authenticate)
        case Expressions():
            return isinstance(request, ListExpressions)
        case Hotkeys():
            return isinstance(request, ListHotkeys)
        case Done():
            return isinstance(request, SwitchExpression | PressHotkey | MoveMouth)
        case _:
            assert_never(answer)
