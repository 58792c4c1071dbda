"""What the output follows of a show's cues. Pure; what it does not need of them it does not read."""

import re
from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from open_llm_vtuber.live2d_model import ModelEntry

_TYPE = re.compile(r'\{"type":"([a-z-]+)"')


class _Cue(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Face(_Cue):
    """An expression of the show's own model."""

    expression_id: int
    name: str = ""
    priority: int = 0


class FaceSet(Face):
    """Show this face now."""

    type: Literal["set-expression"]
    fade_ms: int = 250


class MotionBegins(_Cue):
    """Make this gesture now."""

    type: Literal["motion-command"]
    motion_group: str
    motion_index: int
    loop: bool = False
    duration_ms: int | None = None


class MotionEnds(_Cue):
    """No gesture any more."""

    type: Literal["motion-stop"]


class LoopingMotion(_Cue):
    """The gesture that goes on when somebody joins."""

    motion_group: str
    motion_index: int
    loop: bool = False
    duration_ms: int | None = None


class Text(_Cue):
    """A sentence as it is shown."""

    text: str = ""


class FacesOfSentence(_Cue):
    """Indices of expressions; the first one counts."""

    expressions: tuple[int | str, ...] = ()


class Sentence(_Cue):
    """One sentence, up to two ahead of what is heard."""

    type: Literal["audio"]
    audio: str | None = Field(default=None, repr=False)
    volumes: tuple[float, ...] = ()
    slice_length: int = Field(default=20, gt=0)
    display_text: Text | None = None
    actions: FacesOfSentence | None = None


class SpeechCut(_Cue):
    """Be silent at once."""

    type: Literal["interrupt-signal"]


class Chain(_Cue):
    """A turn begins or ends."""

    type: Literal["control"]
    text: str


class Joined(_Cue):
    """How things are for one who joins."""

    type: Literal["snapshot"]
    expression: Face
    motion: LoopingMotion | None = None


class ModelChosen(_Cue):
    """The show's model, which says what its expressions mean."""

    type: Literal["set-model-and-conf"]
    model_info: ModelEntry


Cue = FaceSet | MotionBegins | MotionEnds | Sentence | SpeechCut | Chain | Joined | ModelChosen
_CUES: Mapping[str, type[Cue]] = {
    "set-expression": FaceSet,
    "motion-command": MotionBegins,
    "motion-stop": MotionEnds,
    "audio": Sentence,
    "interrupt-signal": SpeechCut,
    "control": Chain,
    "snapshot": Joined,
    "set-model-and-conf": ModelChosen,
}


def read(frame: str) -> Cue | None:
    """Return the cue in a frame of the show; None when nothing is to be done about it."""
    found = _TYPE.match(frame)
    kind = _CUES.get(found[1]) if found else None
    if kind is None:
        return None
    try:
        return kind.model_validate_json(frame)
    except ValidationError:  # a model's entry that is not complete: faces then go by their names
        return None
