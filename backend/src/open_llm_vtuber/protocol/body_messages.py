"""What clients and the server tell each other about faces and gestures."""

from typing import Annotated, ClassVar, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag

from open_llm_vtuber.protocol.envelope import Answer, Capability, Cue, Request
from open_llm_vtuber.protocol.parts import EndReason, ExpressionResult, Motion, MotionResult

LONGEST_NAME = 200
LONGEST_FACE_MS = 3_600_000
LONGEST_FADE_MS = 2_000

Name = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NAME)]


def _index_or_name(given: object) -> str:
    return "name" if isinstance(given, str) else "index"


IndexOrName = Annotated[
    Annotated[int, Tag("index")] | Annotated[Name, Tag("name")], Discriminator(_index_or_name)
]
"""Told apart before it is checked, so that a name that is too long is not said to be no number."""
RequestPriority = Annotated[int, Field(ge=0, le=29)]
"""0-29; without one, 10."""
Transition = Literal["instant", "smooth", "ease-in-out"]
FADES: dict[Transition, int] = {"instant": 0, "smooth": 250, "ease-in-out": 500}
"""What a `transition` stands for, in milliseconds."""


class ExpressionCommand(Request):
    """Show this face: for `duration` ms or, at 0, until its owner asks for another one or it is released."""

    type: Literal["expression-command"] = "expression-command"
    expression_id: IndexOrName
    """Index or name of an expression, or an emotion that one of them shows."""
    duration: int = Field(default=0, ge=0, le=LONGEST_FACE_MS)
    priority: RequestPriority | None = None
    fade_ms: int | None = Field(default=None, ge=0, le=LONGEST_FADE_MS)
    """250 unless it or `transition` says otherwise."""
    transition: Transition | None = None
    """Another way to say `fade_ms`, which goes before it: 0, 250 or 500."""
    owner: Name | None = None
    """Who asks; without it, this connection's uid."""


class MotionCommand(Request):
    """Make this gesture, once or over and over."""

    type: Literal["motion-command"] = "motion-command"
    motion_group: Annotated[str, StringConstraints(max_length=LONGEST_NAME)]
    motion_index: int = Field(ge=0)
    loop: bool = False
    priority: RequestPriority | None = None
    owner: Name | None = None


class _Release(Request):
    claim_id: Name | None = None
    owner: Name | None = None
    """All of that owner's; without either field, all of this connection's own."""


class ExpressionRelease(_Release):
    """Give up a claim to the face."""

    type: Literal["expression-release"] = "expression-release"


class MotionRelease(_Release):
    """Give up a gesture that plays or waits: the way to end a loop."""

    type: Literal["motion-release"] = "motion-release"


BodyClientMessage = ExpressionCommand | MotionCommand | ExpressionRelease | MotionRelease


class SetExpression(Cue):
    """Show this face now."""

    capability: ClassVar[Capability | None] = "expression"
    type: Literal["set-expression"] = "set-expression"
    expression_id: int
    name: str
    fade_ms: int
    owner: str
    priority: int


class MotionCommandCue(Cue, Motion):
    """Play this motion from its beginning; who loops it already goes on."""

    capability: ClassVar[Capability | None] = "motion"
    type: Literal["motion-command"] = "motion-command"


class MotionStop(Cue):
    """Let what plays fade out: nothing is asked for, and there is no idle motion."""

    capability: ClassVar[Capability | None] = "motion"
    type: Literal["motion-stop"] = "motion-stop"


class ExpressionAck(Answer):
    """What became of a request for a face."""

    type: Literal["expression-ack"] = "expression-ack"
    expression_id: int
    name: str
    result: ExpressionResult


class MotionAck(Answer):
    """What became of a request for a gesture."""

    type: Literal["motion-ack"] = "motion-ack"
    motion_group: str
    motion_index: int
    result: MotionResult


class ClaimEnded(Answer):
    """A claim is over: follows every claim that was not rejected, and is the answer to a release."""

    capability: ClassVar[Capability | None] = "state"
    type: Literal["claim-ended"] = "claim-ended"
    claim_id: str
    reason: EndReason


BodyServerMessage = SetExpression | MotionCommandCue | MotionStop | ExpressionAck | MotionAck | ClaimEnded
BodyMessage = BodyClientMessage | BodyServerMessage
