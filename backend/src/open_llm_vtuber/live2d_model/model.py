"""What an avatar can show, read from its `.model3.json` and its entry in `model_dict.json`. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from open_llm_vtuber.errors import ConfigError, ProtocolError
from open_llm_vtuber.units import Seconds

IDLE_GROUP = "Idle"
"""What plays when nobody asks for a gesture; existing web clients know no other name for it."""
LONGEST_MOTION: Seconds = 3_600.0
_LONGEST_ECHO = 100
"""Characters of a client's own words that an error repeats."""

ReadMotion = Callable[[str], Any]
"""Returns the parsed `.motion3.json` of that path, relative to the model's. Raises ConfigError."""


class _Named(BaseModel):
    Name: str


class _MotionReference(BaseModel):
    File: str


class _References(BaseModel):
    Expressions: tuple[_Named, ...] = ()
    Motions: dict[str, tuple[_MotionReference, ...]] = Field(default_factory=dict)


class _HitArea(BaseModel):
    Id: str


class _Model3(BaseModel):
    FileReferences: _References = _References()
    HitAreas: tuple[_HitArea, ...] = ()


class _Meta(BaseModel):
    Duration: Annotated[float, Field(gt=0, le=LONGEST_MOTION, allow_inf_nan=False)]
    Loop: bool = False


class _Motion3(BaseModel):
    Meta: _Meta


class ModelEntry(BaseModel):
    """The part of a `model_dict.json` entry that the server reads; clients get the entry unchanged."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)
    name: str
    url: str
    emotion_map: dict[str, int | str] = Field(default_factory=dict, alias="emotionMap")
    default_emotion: int | str | None = Field(default=None, alias="defaultEmotion")
    tap_motions: dict[str, dict[str, float]] = Field(default_factory=dict, alias="tapMotions")


@dataclass(frozen=True, slots=True, kw_only=True)
class MotionFile:
    """One motion of a model. `loops` is what its file says; whether it does is for the request to say."""

    group: str
    index: int
    length: Seconds
    loops: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Live2dModel:
    """An avatar: its expressions and motions, and which face shows which emotion."""

    name: str
    info: Mapping[str, Any]
    """The entry as it is in `model_dict.json`: what `set-model-and-conf` carries."""
    expressions: tuple[str, ...]
    emotions: Mapping[str, int]
    """Emotion, in lower case → index of an expression."""
    resting: int
    """Index of the expression that is shown when nothing asks for one."""
    motions: Mapping[str, tuple[MotionFile, ...]] = field(default_factory=dict)
    """Group → its motions, as the model's file has them."""
    hit_areas: tuple[str, ...] = ()
    """Ids of the places that can be tapped."""
    tap_motions: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Hit area → motion group → weight, without areas and groups that the model lacks."""

    @classmethod
    def from_json(
        cls, entry: Mapping[str, Any], model3: Mapping[str, Any], read_motion: ReadMotion | None = None
    ) -> "Live2dModel":
        """Build it from the parsed files. Raises ConfigError when they do not fit each other.

        Without `read_motion` the model is taken to have no motions.
        """
        try:
            known, files = ModelEntry.model_validate(entry), _Model3.model_validate(model3)
        except ValidationError as error:
            raise ConfigError(f"The avatar's files are faulty: {_fault(error)}") from error
        names = tuple(each.Name for each in files.FileReferences.Expressions)
        emotions = {key.lower(): _index(value, names, key) for key, value in known.emotion_map.items()}
        resting = (
            0 if known.default_emotion is None else _index(known.default_emotion, names, "defaultEmotion")
        )
        motions = _motions(files.FileReferences.Motions, read_motion) if read_motion else {}
        areas = tuple(each.Id for each in files.HitAreas)
        return cls(
            name=known.name,
            info=entry,
            expressions=names,
            emotions=emotions,
            resting=resting,
            motions=motions,
            hit_areas=areas,
            tap_motions={
                area: {group: weight for group, weight in groups.items() if group in motions}
                for area, groups in known.tap_motions.items()
                if area in areas
            },
        )

    def name_of(self, expression: int) -> str:
        """Return the name of the expression with that index; "" for a model that has none."""
        return self.expressions[expression] if self.expressions else ""

    def expression(self, asked: int | str) -> int:
        """Return the index of an expression by its index, its name, or an emotion that it shows (in any case).

        Raises ProtocolError `not-found` that lists what there is.
        """
        if isinstance(asked, int) and 0 <= asked < len(self.expressions):
            return asked
        if isinstance(asked, str) and asked in self.expressions:
            return self.expressions.index(asked)
        if isinstance(asked, str) and asked.lower() in self.emotions:
            return self.emotions[asked.lower()]
        listed = ", ".join(f"{index} {name}" for index, name in enumerate(self.expressions)) or "none"
        raise ProtocolError(f"There is no expression {_short(asked)}. There are: {listed}.", code="not-found")

    def motion(self, group: str, index: int) -> MotionFile:
        """Return a motion. Raises ProtocolError `not-found` that lists what there is."""
        listed = _listed(self.motions)
        if group not in self.motions:
            raise ProtocolError(
                f"There is no motion group {_short(group)}. There are: {listed}.", code="not-found"
            )
        if not 0 <= index < len(self.motions[group]):
            raise ProtocolError(
                f"There is no motion {_short(group)} {index}. There are: {listed}.", code="not-found"
            )
        return self.motions[group][index]

    @property
    def idle(self) -> tuple[MotionFile, ...]:
        """What plays when nobody asks for a gesture."""
        return self.motions.get(IDLE_GROUP, ())


def _index(value: int | str, names: tuple[str, ...], asked_by: str) -> int:
    if isinstance(value, str) and value in names:
        return names.index(value)
    if isinstance(value, int) and 0 <= value < len(names):
        return value
    listed = ", ".join(names) or "none"
    raise ConfigError(f"{asked_by} names the expression {value!r}, but the avatar has: {listed}.")


def _motions(
    references: Mapping[str, tuple[_MotionReference, ...]], read: ReadMotion
) -> Mapping[str, tuple[MotionFile, ...]]:
    """Read every motion, so that an error can say which of them can be used."""
    usable: dict[str, tuple[MotionFile, ...]] = {}
    faults: list[str] = []
    for group, files in references.items():
        for index, reference in enumerate(files):
            try:
                meta = _Motion3.model_validate(read(reference.File)).Meta
            except ValidationError as error:
                faults.append(f"{group} {index}: the file {reference.File} is faulty: {_fault(error)}")
            except ConfigError as error:
                faults.append(f"{group} {index}: {error}")
            else:
                motion = MotionFile(group=group, index=index, length=meta.Duration, loops=meta.Loop)
                usable[group] = (*usable.get(group, ()), motion)
    if not faults:
        return usable
    others = f" ({len(faults) - 1} more are faulty)" if len(faults) > 1 else ""
    raise ConfigError(
        f"The avatar's motion {faults[0].rstrip('.')}{others}. Those that can be used: {_listed(usable)}."
    )


def _listed(motions: Mapping[str, tuple[MotionFile, ...]]) -> str:
    return (
        ", ".join(
            f"{group!r} {', '.join(str(each.index) for each in files)}" for group, files in motions.items()
        )
        or "none"
    )


def _fault(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"


def _short(asked: int | str) -> str:
    return repr(asked)[:_LONGEST_ECHO]
