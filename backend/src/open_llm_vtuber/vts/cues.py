"""What the output follows of a show's cues. Pure; what it does not need of them it does not read."""

import re
from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

_TYPE = re.compile(r'\{"type":"([a-z-]+)"')


class _Cue(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Face(_Cue):
    """An expression of the show's own model."""

    expression_id: int
    name: str = ""


class FaceSet(Face):
    """Show this face now."""

    type: Literal["set-expression"]
    fade_ms: int = 250


class Motion(_Cue):
    """A motion of the show's own model; `duration_ms` is one round of it."""

    motion_group: str
    motion_index: int
    loop: bool = False
    duration_ms: int = 0


class MotionBegins(Motion):
    """Make this gesture now."""

    type: Literal["motion-command"]


class MotionEnds(_Cue):
    """No gesture any more."""

    type: Literal["motion-stop"]


class Text(_Cue):
    """A sentence as it is shown."""

    text: str = ""


class Sentence(_Cue):
    """One sentence, up to two ahead of what is heard."""

    type: Literal["audio"]
    audio: str | None = Field(default=None, repr=False)
    volumes: tuple[float, ...] = ()
    slice_length: int = Field(default=20, gt=0)
    display_text: Text | None = None


class SpeechCut(_Cue):
    """Be silent at once."""

    type: Literal["interrupt-signal"]


class Chain(_Cue):
    """A turn begins or ends."""

    type: Literal["control"]
    text: str


class Abilities(_Cue):
    """What the show's model can do."""

    expressions: tuple[str, ...] = ()


class State(_Cue):
    """The part of a show's state that is of use here."""

    abilities: Abilities = Abilities()


class Joined(_Cue):
    """How things are for one who joins."""

    type: Literal["snapshot"]
    expression: Face
    motion: Motion | None = None
    state: State = State()


class ModelInfo(_Cue):
    """What the expressions of the show's model mean: emotion → index or name."""

    emotions: dict[str, int | str] = Field(default_factory=dict, alias="emotionMap")
    resting: int | str | None = Field(default=None, alias="defaultEmotion")


class ModelChosen(_Cue):
    """The show has this model."""

    type: Literal["set-model-and-conf"]
    model_info: ModelInfo


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
