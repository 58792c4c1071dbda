"""The body over HTTP: the same requests as on the WebSocket, and the same results."""

from fastapi import FastAPI, Request
from pydantic import BaseModel

from open_llm_vtuber.protocol.body_messages import (
    ClaimEnded,
    ExpressionAck,
    ExpressionCommand,
    ExpressionRelease,
    MotionAck,
    MotionCommand,
    MotionRelease,
)
from open_llm_vtuber.protocol.parts import ClaimStatus, EndReason, ExpressionResult, MotionResult
from open_llm_vtuber.shows import Shows
from open_llm_vtuber.web.api import ON_AIR, Problem, ShowName, answer_to, message_in, takes


class ExpressionAnswer(BaseModel):
    """What became of a request for a face; `status` is that of the result."""

    status: ClaimStatus
    expression_id: int
    name: str
    result: ExpressionResult


class MotionAnswer(BaseModel):
    """What became of a request for a gesture; `status` is that of the result."""

    status: ClaimStatus
    motion_group: str
    motion_index: int
    result: MotionResult


class ReleaseAnswer(BaseModel):
    """The claim that has ended, of several the one that showed."""

    claim_id: str
    reason: EndReason


def add_body_routes(app: FastAPI, shows: Shows) -> None:
    """Add the addresses for faces and gestures."""
    refusals: dict[int | str, dict[str, object]] = {404: {"model": Problem}, 422: {"model": Problem}}

    @app.post(
        "/api/expression",
        tags=["character"],
        responses=refusals,
        openapi_extra=takes(ExpressionCommand),
    )
    async def expression(request: Request, show: ShowName = ON_AIR) -> ExpressionAnswer:
        """Show a face: an index, a name or an emotion."""
        ack = await answer_to(ExpressionAck, shows, show, await message_in(request, ExpressionCommand))
        return ExpressionAnswer(
            status=ack.result.status, expression_id=ack.expression_id, name=ack.name, result=ack.result
        )

    @app.post("/api/motion", tags=["character"], responses=refusals, openapi_extra=takes(MotionCommand))
    async def motion(request: Request, show: ShowName = ON_AIR) -> MotionAnswer:
        """Make a gesture, once or over and over."""
        ack = await answer_to(MotionAck, shows, show, await message_in(request, MotionCommand))
        return MotionAnswer(
            status=ack.result.status,
            motion_group=ack.motion_group,
            motion_index=ack.motion_index,
            result=ack.result,
        )

    @app.post(
        "/api/expression/release",
        tags=["character"],
        responses=refusals,
        openapi_extra=takes(ExpressionRelease),
    )
    async def release_expression(request: Request, show: ShowName = ON_AIR) -> ReleaseAnswer:
        """Give up a claim to the face."""
        ended = await answer_to(ClaimEnded, shows, show, await message_in(request, ExpressionRelease))
        return ReleaseAnswer(claim_id=ended.claim_id, reason=ended.reason)

    @app.post(
        "/api/motion/release", tags=["character"], responses=refusals, openapi_extra=takes(MotionRelease)
    )
    async def release_motion(request: Request, show: ShowName = ON_AIR) -> ReleaseAnswer:
        """Give up a gesture that plays or waits: the way to end a loop."""
        ended = await answer_to(ClaimEnded, shows, show, await message_in(request, MotionRelease))
        return ReleaseAnswer(claim_id=ended.claim_id, reason=ended.reason)
