"""How a connection is authenticated: with the token of last time, else with one that the user is asked for. Pure."""

from dataclasses import dataclass, field
from typing import Literal

from open_llm_vtuber.text_rules import bounded, one_line
from open_llm_vtuber.vts.api import (
    ALREADY_ASKING,
    API_IS_OFF,
    DENIED,
    Answer,
    AskForToken,
    Authenticate,
    Authentication,
    Refusal,
    TokenGranted,
)

CLICK_ALLOW = "VTube Studio asks whether this program may control it: click Allow there."
SWITCH_ON = "VTube Studio's plugin API is switched off: switch it on in its settings."
DENIED_HERE = "VTube Studio was told not to allow this program; start the server again to be asked once more."


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """The connection may be used. The token is good."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ended:
    """The connection is of no more use. After `refused` nobody is to be asked again; `reason` is one sentence."""

    why: Literal["lost", "refused"]
    reason: str


class Login:
    """One attempt. The user is asked at most once in it."""

    def __init__(self, token: str | None) -> None:
        self._token = token
        self._is_new = False

    def begin(self) -> AskForToken | Authenticate:
        """Return what to ask first."""
        return Authenticate(self._token) if self._token else AskForToken()

    def heard(self, answer: Answer) -> AskForToken | Authenticate | LoggedIn | Ended:
        """Return what follows from an answer."""
        match answer:
            case TokenGranted():
                self._token, self._is_new = answer.data.token, True
                return Authenticate(self._token)
            case Authentication():
                return self._authenticated(good=answer.data.authenticated)
            case Refusal():
                return refused(answer)
            case _:
                return Ended("lost", "VTube Studio answered something else than was asked.")

    def _authenticated(self, *, good: bool) -> AskForToken | LoggedIn | Ended:
        if good and self._token:
            return LoggedIn(self._token)
        if self._is_new:
            return Ended("lost", "VTube Studio did not take the token that it had just given.")
        return AskForToken()


def refused(refusal: Refusal) -> Ended:
    """Return what a refusal means for the whole connection."""
    match refusal.data.number:
        case n if n == DENIED:
            return Ended("refused", DENIED_HERE)
        case n if n == API_IS_OFF:
            return Ended("lost", SWITCH_ON)
        case n if n == ALREADY_ASKING:
            return Ended("lost", CLICK_ALLOW)
        case _:
            return Ended("lost", in_words(refusal))


def in_words(refusal: Refusal) -> str:
    """Return an operator's sentence for a refusal."""
    said = bounded(one_line(refusal.data.message), 150)
    return f"VTube Studio refused something (error {refusal.data.number}: {said or 'no reason'})."
