"""What the show wants to be seen: face, gesture and mouth at any moment. Pure, time is passed in."""

from dataclasses import dataclass
from typing import assert_never

from open_llm_vtuber.units import Seconds
from open_llm_vtuber.vts.cues import (
    Chain,
    Cue,
    Face,
    FaceSet,
    Joined,
    ModelChosen,
    ModelInfo,
    Motion,
    MotionBegins,
    MotionEnds,
    Sentence,
    SpeechCut,
)
from open_llm_vtuber.vts.timeline import Timeline

USUAL_FADE: Seconds = 0.25
LONGEST_FADE: Seconds = 2.0
MOUTH_STAYS: Seconds = 1.0
"""How long the closed mouth is still ours after the last sound, so that sentences are not torn apart."""


@dataclass(frozen=True, slots=True)
class Look:
    """A face by all its names: the expression's own, then the emotions that it shows."""

    names: tuple[str, ...] = ()
    fade: Seconds = USUAL_FADE
    is_at_rest: bool = True


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
        self.look = Look()
        self._model = ModelInfo()
        self._names: tuple[str, ...] = ()
        """The model's expressions, as far as they are known."""
        self._timeline = Timeline()
        self._gestures = 0

    def hear(self, cue: Cue, now: Seconds) -> None:
        """Take a cue in."""
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
            case Chain():
                if cue.text == "conversation-chain-end":  # whoever plays the sound has played it
                    self._timeline.cut(now)
            case Joined():
                self._names = cue.state.abilities.expressions
                self._set_face(cue.expression, USUAL_FADE)
                if cue.motion and cue.motion.loop:
                    self._move(cue.motion, now)
            case ModelChosen():
                if cue.model_info != self._model:
                    self._model, self._names = cue.model_info, ()
            case _:
                assert_never(cue)

    def mouth(self, now: Seconds) -> float | None:
        """Return how far the mouth is open, 0 to 1; None while it is not ours. Time only goes forward."""
        ends_at = self._timeline.sound_ends_at
        if ends_at is None or now >= ends_at + MOUTH_STAYS:
            return None
        return self._timeline.opening(now)

    @property
    def emotions(self) -> tuple[tuple[str, ...], ...]:
        """All faces that the show's model has a word for, but for the one at rest, each by all its names."""
        faces = dict.fromkeys(self._model.emotions.values())
        return tuple(
            names for face in faces if not self._is_at_rest(face) and (names := self._all_names(face))
        )

    def _set_face(self, face: Face, fade: Seconds) -> None:
        names = self._all_names(face.expression_id, face.name)
        is_at_rest = self._is_at_rest(face.expression_id) or self._is_at_rest(face.name)
        self.look = Look(names, fade, is_at_rest)

    def _move(self, motion: Motion, now: Seconds) -> None:
        self._gestures += 1
        repeats = motion.duration_ms / 1000 if motion.loop and motion.duration_ms > 0 else None
        self.gesture = Gesture(self._gestures, motion.motion_group, motion.motion_index, repeats, now)

    def _speak(self, cue: Sentence, now: Seconds) -> None:
        text = cue.display_text.text if cue.display_text else ""
        self._timeline.add(cue.volumes if cue.audio else (), cue.slice_length / 1000, text, now=now)

    def _all_names(self, face: int | str, name: str = "") -> tuple[str, ...]:
        if isinstance(face, str):
            name = face
        elif not name and 0 <= face < len(self._names):
            name = self._names[face]
        emotions = (key for key, each in self._model.emotions.items() if each in (face, name))
        return tuple(dict.fromkeys(filter(None, (name, *emotions))))

    def _is_at_rest(self, face: int | str) -> bool:
        """Whether nothing need be turned on for it, and nobody misses it."""
        resting = 0 if self._model.resting is None else self._model.resting
        return face == resting or "neutral" in [name.lower() for name in self._all_names(face)]
