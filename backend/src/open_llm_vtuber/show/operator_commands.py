"""What an operator may ask of a show: one family of its commands."""

from dataclasses import dataclass

from open_llm_vtuber.protocol.parts import ModerationList
from open_llm_vtuber.stimulus import TYPED, Priority


@dataclass(frozen=True, slots=True)
class Say:
    """Say this, or with `verbatim` exactly this."""

    client: str
    text: str
    verbatim: bool = False
    priority: Priority = TYPED


@dataclass(frozen=True, slots=True)
class Stop:
    """Fall silent, empty the queue, show a neutral face, and take nothing in until `Resume`."""

    client: str


@dataclass(frozen=True, slots=True)
class Resume:
    """Go on after `Stop`."""

    client: str


@dataclass(frozen=True, slots=True)
class PauseChat:
    """Answer no chat until `ResumeChat`; everything else goes on."""

    client: str


@dataclass(frozen=True, slots=True)
class ResumeChat:
    """Answer chat again."""

    client: str


@dataclass(frozen=True, slots=True)
class Skip:
    """Cut the running turn, and go on with what waits."""

    client: str


@dataclass(frozen=True, slots=True)
class DropQueued:
    """Let something that waits wait no longer. `stimulus_id` is an id of the state's queue."""

    stimulus_id: str


@dataclass(frozen=True, slots=True)
class MoveQueued:
    """Put something that waits in front of `before`, or behind all; both are ids of the state's queue."""

    stimulus_id: str
    before: str | None = None


@dataclass(frozen=True, slots=True)
class DecideHeld:
    """Let what is held through, a chat message or a sentence, or drop it."""

    held_id: str
    allow: bool


@dataclass(frozen=True, slots=True)
class BlockViewer:
    """Answer nothing of a viewer any more, and take back what waits of him."""

    platform: str
    username: str


@dataclass(frozen=True, slots=True)
class UnblockViewer:
    """Answer a viewer again."""

    platform: str
    username: str


@dataclass(frozen=True, slots=True)
class ForgetViewer:
    """Remove every trace of a viewer."""

    platform: str
    username: str


@dataclass(frozen=True, slots=True)
class EditModeration:
    """Add to and take from a list of the moderation, on air; what was edited stays over a restart."""

    name: ModerationList
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DescribeTurn:
    """Why was that said?"""

    turn_id: str


@dataclass(frozen=True, slots=True)
class ListDecisions:
    """Why was each of the last messages answered or not?"""


OperatorCommand = (
    Say
    | Stop
    | Resume
    | PauseChat
    | ResumeChat
    | Skip
    | DropQueued
    | MoveQueued
    | DecideHeld
    | BlockViewer
    | UnblockViewer
    | ForgetViewer
    | EditModeration
    | ListDecisions
    | DescribeTurn
)
"""What an operator does about what is on air and what comes in."""
