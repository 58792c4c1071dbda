"""What the show wants to be seen: face, gesture and mouth at any moment. Pure, time is passed in."""

from dataclasses import dataclass
from typing import assert_never

from open_llm_vtuber.live2d_model import ModelEntry
from open_llm_vtuber.units import Seconds
from open_llm_vtuber.vts.cues import (
    Chain,
    Cue,
    Face,
    FaceSet,
    Joined,
    LoopingMotion,
    ModelChosen,
    MotionBegins,
    MotionEnds,
    Sentence,
    SpeechCut,
)
from open_llm_vtuber.vts.timeline import Timeline

USUAL_FADE: Seconds = 0.25
LONGEST_FADE: Seconds = 2.0
HIGHEST_REPLY = 9
"""Priorities above it belong to an operator or to safety: no sentence changes such a face."""
MOUTH_STAYS: Seconds = 1.0
"""How long the closed mouth is still ours after the last sound, so that sentences are not torn apart."""


@dataclass(frozen=True, slots=True)
class Look:
    """A face by all its names, the likeliest first: the expression's own, then the emotions that it shows."""

    names: tuple[str, ...]
    fade: Seconds = USUAL_FADE


@dataclass(frozen=True, slots=True)
class Gesture:
    """A motion that is wanted since `since`; `number` tells it from the same one asked for again."""

    number: int
    group: str
    index: int
    repeats_after: Seconds | None
    """For a loop: how long it takes. None is once."""
    since: Seconds

    @property
    def name(self) -> str:
        """The name that a configuration gives it."""
        return f"{self.group}/{self.index}"


class Puppet:
    """Follows the cues of a show."""

    def __init__(self) -> None:
        self.gesture: Gesture | None = None
        self._model = ModelEntry(name="", url="")
        self._names: dict[int, str] = {}
        """Names of expressions, as far as they were mentioned."""
        self._face: Face | None = None
        self._fade = USUAL_FADE
        self._spoken: int | str | None = None
        self._timeline = Timeline()
        self._gestures = 0

    def hear(self, cue: Cue, now: Seconds) -> None:
        """Take a cue in."""
        self._advance(now)
        match cue:
            case FaceSet():
                self._set_face(cue, min(LONGEST_FADE, max(0, cue.fade_ms) / 1000))
            case MotionBegins():
                self._move(cue, now)
            case MotionEnds():
                self.gesture = None
            case Sentence():
                self._speak(cue, now)
            case SpeechCut():
                self._timeline.cut(now)
                self._spoken = None
            case Chain():
                if cue.text == "conversation-chain-end":  # whoever plays the sound has played it
                    self._timeline.cut(now)
                    self._spoken = None
            case Joined():
                self._set_face(cue.expression, USUAL_FADE)
                if cue.motion and cue.motion.loop:
                    self._move(cue.motion, now)
            case ModelChosen():
                if cue.model_info != self._model:
                    self._model, self._face = cue.model_info, None
                    self._names.clear()
            case _:
                assert_never(cue)

    def look(self, now: Seconds) -> Look:
        """Return the face that is to be seen; one without names is at rest."""
        self._advance(now)
        is_reply = self._face is None or self._face.priority <= HIGHEST_REPLY
        if self._spoken is not None and is_reply:
            return Look(self._all_names(self._spoken))
        if self._face is None:
            return Look(())
        return Look(self._all_names(self._face.expression_id, self._face.name), self._fade)

    def mouth(self, now: Seconds) -> float | None:
        """Return how far the mouth is open, 0 to 1; None while it is not ours."""
        self._advance(now)
        ends_at = self._timeline.sound_ends_at
        if ends_at is None or now >= ends_at + MOUTH_STAYS:
            return None
        return self._timeline.opening(now)

    @property
    def next_line(self) -> Seconds | None:
        """When the next sentence begins, which may change the face and opens the mouth."""
        return self._timeline.next_start

    @property
    def emotions(self) -> tuple[tuple[str, ...], ...]:
        """All faces that the show's model has a word for, but for the one at rest."""
        shown = dict.fromkeys(self._model.emotion_map.values())
        return tuple(
            names for face in shown if not self._is_at_rest(face) and (names := self._all_names(face))
        )

    def _set_face(self, face: Face, fade: Seconds) -> None:
        self._face, self._fade, self._spoken = face, fade, None
        if face.name:
            self._names[face.expression_id] = face.name

    def _move(self, cue: MotionBegins | LoopingMotion, now: Seconds) -> None:
        self._gestures += 1
        length = (cue.duration_ms or 0) / 1000
        repeats = length if cue.loop and length > 0 else None
        self.gesture = Gesture(self._gestures, cue.motion_group, cue.motion_index, repeats, now)

    def _speak(self, cue: Sentence, now: Seconds) -> None:
        face = cue.actions.expressions[0] if cue.actions and cue.actions.expressions else None
        text = cue.display_text.text if cue.display_text else ""
        volumes = cue.volumes if cue.audio else ()
        self._timeline.add(volumes, cue.slice_length / 1000, text, face, now=now)

    def _advance(self, now: Seconds) -> None:
        """Take on the faces of the sentences that have begun since the last look."""
        for line in self._timeline.begun(now):
            if line.face is not None:
                self._spoken = line.face

    def _all_names(self, expression: int | str, name: str = "") -> tuple[str, ...]:
        own = expression if isinstance(expression, str) else name or self._names.get(expression, "")
        emotions = [
            emotion
            for emotion, face in self._model.emotion_map.items()
            if face == expression or (own and face == own)
        ]
        return tuple(dict.fromkeys(filter(None, (own, *emotions))))

    def _is_at_rest(self, face: int | str) -> bool:
        resting = self._model.default_emotion
        return face == (0 if resting is None else resting) or "neutral" in map(
            str.lower, self._all_names(face)
        )
