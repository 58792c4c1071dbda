"""Takes down for the show's log what a turn, the body and the chat desk have decided."""

from open_llm_vtuber import course
from open_llm_vtuber.chat.decisions import Decision
from open_llm_vtuber.decided import Claimed, Guarded, Settled, Spoken, TurnBegan, TurnEnded
from open_llm_vtuber.protocol.parts import ClaimReason, ClaimStatus
from open_llm_vtuber.show.speech import Speech
from open_llm_vtuber.stimulus import ExpressionRequest, MotionRequest, Stimulus, TurnTimings


def began(stimulus: Stimulus) -> None:
    """Note that a turn begins."""
    course.note(
        TurnBegan(
            turn_id=stimulus.id,
            source=stimulus.source,
            priority=stimulus.priority,
            message_id=stimulus.message_id or "",
            verbatim=stimulus.verbatim,
        )
    )


def guarded(turn_id: str, text: str, before: str, rule: str | None) -> None:
    """Note what was thought of a sentence."""
    course.note(Guarded(turn_id=turn_id, text=text, before=len(before), rule=rule or ""))


def spoken(turn_id: str, index: int, text: str, sound: Speech | None, face: int | None) -> None:
    """Note that a sentence goes out."""
    length = sound.length if sound else None
    course.note(Spoken(turn_id=turn_id, index=index, text=text, sound_s=length, face=face))


def ended(
    turn_id: str, timings: TurnTimings, heard: str, retracted: str | None, *, interrupted: bool
) -> None:
    """Note that a turn is over."""
    course.note(
        TurnEnded(
            turn_id=turn_id,
            timings=timings,
            heard=len(heard),
            interrupted=interrupted,
            retracted=retracted or "",
        )
    )


def claimed(
    request: ExpressionRequest | MotionRequest, what: str, status: ClaimStatus, reason: ClaimReason | None
) -> None:
    """Note what became of a claim."""
    kind = "expression" if isinstance(request, ExpressionRequest) else "motion"
    course.note(
        Claimed(
            kind=kind,
            owner=request.owner,
            priority=request.priority,
            what=what,
            status=status,
            reason=reason or "",
        )
    )


def settled(decision: Decision) -> None:
    """Note what was decided about a message."""
    course.note(
        Settled(
            message_id=decision.message_id,
            outcome=decision.outcome,
            reason=decision.reason,
            score=decision.score,
            factors=decision.factors,
            beaten_by=decision.beaten_by,
        )
    )
