"""What a client asks of the body → one command: the same for every door."""

from typing import assert_never

from open_llm_vtuber.protocol.body_messages import (
    FADES,
    BodyClientMessage,
    ExpressionCommand,
    ExpressionRelease,
    MotionCommand,
    MotionRelease,
)
from open_llm_vtuber.show.commands import BodyCommand, ClaimExpression, ClaimMotion, ReleaseClaim
from open_llm_vtuber.stimulus import USUAL_FADE, ExpressionRequest, MotionRequest, Priority
from open_llm_vtuber.units import Milliseconds

OPERATOR = Priority(10)
"""The priority of a request that names none."""


def body_command(message: BodyClientMessage, client: str) -> BodyCommand:
    """Return what a message of `client` asks for, with what it leaves open filled in."""
    match message:
        case ExpressionCommand():
            request = ExpressionRequest(
                expression=message.expression_id,
                owner=message.owner or client,
                priority=_priority(message),
                duration=Milliseconds(message.duration),
                fade=_fade(message),
            )
            return ClaimExpression(client, request)
        case MotionCommand():
            return ClaimMotion(
                client,
                MotionRequest(
                    group=message.motion_group,
                    index=message.motion_index,
                    owner=message.owner or client,
                    priority=_priority(message),
                    loop=message.loop,
                ),
            )
        case ExpressionRelease():
            return ReleaseClaim(client, "expression", message.claim_id, message.owner)
        case MotionRelease():
            return ReleaseClaim(client, "motion", message.claim_id, message.owner)
        case _:
            assert_never(message)


def _priority(message: ExpressionCommand | MotionCommand) -> Priority:
    return OPERATOR if message.priority is None else Priority(message.priority)


def _fade(message: ExpressionCommand) -> Milliseconds:
    if message.fade_ms is not None:
        return Milliseconds(message.fade_ms)
    return Milliseconds(FADES[message.transition]) if message.transition else USUAL_FADE
