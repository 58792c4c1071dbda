"""The body: whose face and whose gesture the audience sees. The arbiters decide, this tells everybody and keeps time."""

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import inf
from typing import Literal, assert_never

from open_llm_vtuber import course
from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.live2d_model import (
    Ended,
    ExpressionManager,
    FaceClaim,
    GestureClaim,
    Live2dModel,
    MotionManager,
    Playing,
)
from open_llm_vtuber.protocol.body_messages import (
    ClaimEnded,
    ExpressionAck,
    MotionAck,
    MotionCommandCue,
    MotionStop,
    SetExpression,
)
from open_llm_vtuber.protocol.parts import (
    Abilities,
    ClaimReason,
    ClaimStatus,
    Expression,
    ExpressionResult,
    Motion,
    MotionFile,
    MotionResult,
)
from open_llm_vtuber.protocol.server_messages import ServerMessage
from open_llm_vtuber.show import commands, noted
from open_llm_vtuber.show.audience import Audience
from open_llm_vtuber.show.silent_faces import SilentFaces
from open_llm_vtuber.stimulus import USUAL_FADE, ExpressionRequest, MotionRequest, Priority, new_id
from open_llm_vtuber.units import Milliseconds, Seconds

TURN = "turn"
"""The owner of a reply's face."""
MOST_URGENT_REPLY = Priority(9)
"""A reply's face stays in the band of replies, also where the line that it answers is an operator's."""
REPORTS_WITHIN: Seconds = 0.5
"""How long the face of a sentence waits for a client's word that it plays. Without any it comes by the time line."""
REST = "rest"
"""Who is said to own the face when nobody does."""


@dataclass(frozen=True, slots=True)
class _Coming:
    """The face of a sentence that has been sent and does not play yet: shown when its client says so, or at `at`."""

    sentence: int
    at: Seconds
    claim: FaceClaim


class Body:
    """Keeps the port `BodyControl` over an avatar. `on_change` is called when another face or gesture shows."""

    def __init__(
        self, model: Live2dModel, audience: Audience, on_change: Callable[[], None] = lambda: None
    ) -> None:
        self._audience = audience
        self._on_change = on_change
        self._coming: deque[_Coming] = deque()
        self._woken = asyncio.Event()
        self._silent = SilentFaces(audience, model.resting)
        self._look_again: Seconds | None = None
        self._settled: Seconds = 0.0
        """Up to when everything is decided."""
        self._use(model)

    def _use(self, model: Live2dModel) -> None:
        self._model = model
        self._faces = ExpressionManager()
        self._gestures = MotionManager(model.idle)
        self._coming.clear()
        self._told_face: FaceClaim | None = None
        self._told_motion: Playing | None = self._gestures.playing

    async def run(self) -> None:
        """Let time pass for the claims until cancelled."""
        while True:
            self._settle(self._now())
            self._woken.clear()  # it was ourselves
            with suppress(TimeoutError):
                async with course.timeout_at(self._next_change()):
                    await self._woken.wait()

    # --- what shows --------------------------------------------------------------------------------

    @property
    def model(self) -> Live2dModel:
        """The avatar."""
        return self._model

    @property
    def expression(self) -> Expression:
        """The face that shows."""
        index = self._face
        return Expression(expression_id=index, name=self._model.name_of(index))

    @property
    def motion(self) -> Motion | None:
        """The gesture that plays, or the idle motion."""
        playing = self._gestures.playing
        return _motion(playing) if playing else None

    @property
    def abilities(self) -> Abilities:
        """What can be asked for."""
        return Abilities(
            expressions=self._model.expressions,
            emotions=dict(self._model.emotions),
            motions={
                group: tuple(
                    MotionFile(duration_ms=round(each.length * 1000), loops=each.loops) for each in motions
                )
                for group, motions in self._model.motions.items()
            },
        )

    @property
    def emotions(self) -> frozenset[str]:
        """Emotions that the avatar can show, in lower case."""
        return frozenset(self._model.emotions)

    @property
    def _face(self) -> int:
        return claim.expression if (claim := self._faces.shown) else self._model.resting

    # --- requests ----------------------------------------------------------------------------------

    async def ask(self, command: commands.BodyCommand) -> Sequence[ServerMessage]:
        """Do what is asked and return the answers. Raises ProtocolError `not-found` and says what there is."""
        match command:
            case commands.ClaimExpression():
                face = self.express(command.request)
                return (ExpressionAck(expression_id=face.expression_id, name=face.name, result=face),)
            case commands.ClaimMotion():
                gesture = self.move(command.request)
                group, index = gesture.motion_group, gesture.motion_index
                return (MotionAck(motion_group=group, motion_index=index, result=gesture),)
            case commands.ReleaseClaim():
                return self._answer_release(command)
            case _:
                assert_never(command)

    def express(self, request: ExpressionRequest) -> ExpressionResult:
        """Claim the face. Raises ProtocolError `not-found`."""
        index, now = self._model.expression(request.expression), self._now()
        claim = FaceClaim(
            id=new_id(),
            owner=request.owner,
            priority=request.priority,
            expression=index,
            ends_at=now + request.duration / 1000 if request.duration else inf,
            fade=request.fade,
        )
        self._settle(now)
        outcome = self._faces.claim(claim, now)
        self._settle(now, outcome.ended, fresh=claim)
        delivered = self._audience.able("expression") + len(self._audience.existing)
        status, reason = self._status_of(claim, is_accepted=outcome.is_accepted, delivered=delivered)
        noted.claimed(request, str(index), status, reason)
        return ExpressionResult(
            status=status,
            claim_id=claim.id if outcome.is_accepted else None,
            expression_id=index,
            name=self._model.name_of(index),
            duration=request.duration,
            priority=request.priority,
            fade_ms=request.fade,
            owner=request.owner,
            delivered=delivered,
            reason=reason,
        )

    def _status_of(
        self, claim: FaceClaim, *, is_accepted: bool, delivered: int
    ) -> tuple[ClaimStatus, ClaimReason | None]:
        if not is_accepted:
            return "rejected", "too-many"
        if self._faces.shown != claim:
            return "covered", "more-urgent"
        if not delivered:
            return "queued", "no-stage"
        if self._audience.able("expression") or self._silent.shows(claim.expression):
            return "success", None
        return "queued", "after-speech"

    def move(self, request: MotionRequest) -> MotionResult:
        """Claim a gesture. Raises ProtocolError `not-found`."""
        motion, now = self._model.motion(request.group, request.index), self._now()
        claim = GestureClaim(
            id=new_id(), owner=request.owner, priority=request.priority, motion=motion, loop=request.loop
        )
        self._settle(now)
        outcome = self._gestures.claim(claim, now)
        self._settle(now, outcome.ended)
        playing, delivered = self._gestures.playing, self._audience.able("motion")
        status: ClaimStatus = "success"
        reason: ClaimReason | None = None
        if not outcome.is_accepted:
            status, reason = "rejected", "too-many"
        elif playing is None or playing.claim_id != claim.id:
            status, reason = "queued", "behind-a-loop" if self._gestures.is_behind_a_loop else "waiting"
        elif not delivered:
            status, reason = "queued", "no-stage"
        noted.claimed(request, f"{motion.group} {motion.index}", status, reason)
        return MotionResult(
            status=status,
            claim_id=claim.id if outcome.is_accepted else None,
            motion_group=motion.group,
            motion_index=motion.index,
            loop=request.loop,
            priority=request.priority,
            owner=request.owner,
            duration_ms=round(motion.length * 1000),
            delivered=delivered,
            reason=reason,
        )

    def release(
        self, kind: Literal["expression", "motion"], *, claim_id: str | None = None, owner: str | None = None
    ) -> Sequence[str]:
        """End one claim, or all of an owner's; return the ids of those that have ended."""
        return [each.claim_id for each in self._release(kind, claim_id=claim_id, owner=owner)]

    def _release(
        self,
        kind: Literal["expression", "motion"],
        *,
        claim_id: str | None = None,
        owner: str | None = None,
        but_for: str | None = None,
    ) -> Sequence[Ended]:
        """End them and tell everybody, but one client of the first of them."""
        now = self._now()
        self._settle(now)
        arbiter = self._faces if kind == "expression" else self._gestures
        ended = arbiter.release(now, claim_id=claim_id, owner=owner)
        self._tell_ended(ended[:1], but_for=(but_for,))
        self._settle(now, ended[1:])
        return ended

    def _answer_release(self, command: commands.ReleaseClaim) -> Sequence[ServerMessage]:
        claim_id = command.claim_id
        owner = None if claim_id else command.owner or command.client
        released = self._release(command.kind, claim_id=claim_id, owner=owner, but_for=command.client)
        if not released:
            raise ProtocolError("There is no such claim.", code="not-found")
        return (ClaimEnded(claim_id=released[0].claim_id, reason=released[0].reason),)

    # --- a reply -----------------------------------------------------------------------------------

    def feel(self, emotion: str) -> int | None:
        """Return the face of an emotion, None if the avatar has none."""
        return self._model.emotions.get(emotion)

    def accompany(
        self, sentence: int, face: int | None, *, at: Seconds, priority: Priority, sounds: bool
    ) -> int | None:
        """Let a reply's sentence that plays from `at` have this face (None: the one before).

        Returns the face that rides on it: the one that will win by then, as far as is known now; None where nobody
        needs to be told.
        """
        now = self._now()
        if face is not None:
            claim = FaceClaim(
                id=new_id(),
                owner=TURN,
                priority=min(priority, MOST_URGENT_REPLY),
                expression=face,
                fade=USUAL_FADE,
            )
            late = REPORTS_WITHIN if at > now and len(self._audience) else 0.0
            self._coming.append(_Coming(sentence, at + late, claim))
        self._settle(now)
        winner = self._faces.would_show(at, self._coming[-1].claim if self._coming else None)
        rides = winner.expression if winner else self._model.resting
        is_needed = self._silent.rides(rides, sounds=sounds, now=now)
        return rides if face is not None or is_needed else None

    def sentence_begins(self, sentence: int) -> None:
        """Note that a sentence of the reply is being heard."""
        now = self._now()
        self._coming = deque(
            _Coming(each.sentence, now, each.claim) if each.sentence <= sentence else each
            for each in self._coming
        )
        self._settle(now)

    def rest(self) -> None:
        """Let a reply's face go: it ends with its turn."""
        self._coming.clear()
        self.release("expression", owner=TURN)

    def chain_ended(self) -> None:
        """Note that the clients have been told of the end of a chain."""
        self._silent.chain_ended(self._now())
        self._woken.set()

    # --- time --------------------------------------------------------------------------------------

    def look(self) -> None:
        """See soon who has come or gone."""
        self._woken.set()

    def become(self, model: Live2dModel) -> None:
        """Take on another avatar: nothing that was asked of the last one holds for it."""
        now = self._now()
        self._tell_ended((*self._faces.clear(now), *self._gestures.clear(now)))
        self._use(model)
        self._silent.model_changes(model.resting, now)
        self._tell_face(None, USUAL_FADE)
        self._tell_motion(self._gestures.playing)
        self._woken.set()

    def _settle(self, now: Seconds, ended: Iterable[Ended] = (), *, fresh: FaceClaim | None = None) -> None:
        """Let time pass up to now and tell everybody what has changed; `fresh` is the claim that was just made."""
        over = list(ended)
        self._settled, before = now, self._settled
        while self._coming and self._coming[0].at <= now:
            coming = self._coming.popleft()
            fresh = coming.claim
            over += self._faces.claim(fresh, max(coming.at, before)).ended
        over += (*self._faces.advance(now), *self._gestures.advance(now))
        self._tell_ended(over)
        last, shown = self._told_face, self._faces.shown
        self._told_face = shown
        is_another_face = _as_told(shown) != _as_told(last)
        if is_another_face:
            # A face comes with its own fade; what it gives way to comes with the fade of the one that goes.
            fading = shown if shown and shown is fresh else last
            self._tell_face(shown, fading.fade if fading else USUAL_FADE)
        is_another_motion = self._gestures.playing != self._told_motion
        if is_another_motion:
            self._tell_motion(self._gestures.playing)
        self._look_again = self._silent.update(self._face, now)
        self._woken.set()  # the next change may have come nearer
        if is_another_face or is_another_motion:
            self._on_change()

    def _next_change(self) -> Seconds | None:
        times = (
            self._coming[0].at if self._coming else None,
            self._faces.next_change(),
            self._gestures.next_change(),
            self._look_again,
        )
        return min((at for at in times if at is not None), default=None)

    def _tell_face(self, shown: FaceClaim | None, fade: Milliseconds) -> None:
        _, owner, priority = _as_told(shown)
        self._audience.publish(
            SetExpression(**dict(self.expression), fade_ms=fade, owner=owner, priority=priority)
        )

    def _tell_motion(self, playing: Playing | None) -> None:
        self._told_motion = playing
        cue = MotionCommandCue(**dict(_motion(playing))) if playing else MotionStop()
        self._audience.publish(cue)

    def _tell_ended(self, ended: Iterable[Ended], but_for: Collection[str | None] = ()) -> None:
        for each in ended:
            self._audience.publish(ClaimEnded(claim_id=each.claim_id, reason=each.reason), but_for=but_for)

    @staticmethod
    def _now() -> Seconds:
        return course.now()


def _as_told(shown: FaceClaim | None) -> tuple[int | None, str, int]:
    return (shown.expression, shown.owner, shown.priority) if shown else (None, REST, 0)


def _motion(playing: Playing) -> Motion:
    return Motion(
        motion_group=playing.motion.group,
        motion_index=playing.motion.index,
        loop=playing.loop,
        priority=playing.priority,
        duration_ms=round(playing.motion.length * 1000),
    )
