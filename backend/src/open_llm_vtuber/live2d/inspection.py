"""What is wrong with a model's files, each fault with its fix. They may come from anywhere, and say anything.

Rules are those of the pages, which read the JSON files by themselves, and of Live2D's published file formats:
`.model3.json`, `.exp3.json` and `.motion3.json` are JSON, a `.moc3` begins with the letters MOC3 and a version byte.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.live2d.files import ModelFiles, read_json
from open_llm_vtuber.live2d_model.model import IDLE_GROUP, LONGEST_MOTION, ModelEntry
from open_llm_vtuber.text_rules import bounded, one_line

MOC = ".moc3"
MOST_FAULTS = 30
"""Of one model; more are counted, not told."""
LONGEST_FAULT = 300
MOST_TEXTURES = 32
MOST_EXPRESSIONS = 300
MOST_MOTIONS = 1_000
MOST_MOVEMENT = 64_000_000
"""Bytes of all expressions and motions together."""
LARGEST_MOC = 64_000_000
LARGEST_TEXTURE = 64_000_000
LARGEST_SIDE = 16_384
"""Pixels; graphics processors take no larger texture."""
MOC_HEAD = 5
"""Bytes: the letters and the version."""
NEWEST_MOC = 5
"""Of Cubism 5.0, as `.moc3` files count."""
_LATEST_MOC = {6: "5.3"}
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF")
_POINTS = {0: 1, 1: 3, 2: 1, 3: 1}
"""Kind of a motion's segment → how many points it adds."""

_Number = Annotated[float, Field(allow_inf_nan=False)]
_Id = Annotated[str, Field(min_length=1, max_length=100)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Expression(_Part):
    Name: str
    File: str


class _Motion(_Part):
    File: str


class _References(_Part):
    Moc: str
    Textures: Annotated[tuple[str, ...], Field(max_length=MOST_TEXTURES)] = ()
    Physics: str | None = None
    Pose: str | None = None
    Expressions: Annotated[tuple[_Expression, ...], Field(max_length=MOST_EXPRESSIONS)] = ()
    Motions: dict[str, tuple[_Motion, ...]] = Field(default_factory=dict)


class _Group(_Part):
    Name: str
    Ids: tuple[_Id, ...] = ()


class _Model3(_Part):
    Version: Literal[3]
    FileReferences: _References
    Groups: tuple[_Group, ...] = ()


class _Blend(_Part):
    Id: _Id
    Value: _Number
    Blend: Literal["Add", "Multiply", "Overwrite"] = "Add"


class _Exp3(_Part):
    Parameters: tuple[_Blend, ...]


class _Curve(_Part):
    Target: str
    Id: _Id
    Segments: tuple[_Number, ...]

    @field_validator("Segments")
    @classmethod
    def _is_whole(cls, segments: tuple[float, ...]) -> tuple[float, ...]:
        """Walk along: a time and a value, then for each segment its kind and its points."""
        place = 2
        while place < len(segments):
            kind = segments[place]
            if kind not in _POINTS:
                raise ValueError(f"{kind:g} is no kind of segment")
            place += 1 + 2 * _POINTS[int(kind)]
        if place != len(segments):
            raise ValueError("it ends in the middle of a segment")
        return segments


class _Meta(_Part):
    Duration: Annotated[float, Field(gt=0, le=LONGEST_MOTION, allow_inf_nan=False)]


class _Motion3(_Part):
    Meta: _Meta
    Curves: tuple[_Curve, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What a look at a model's files has brought to light."""

    needs_live2d: bool = True
    """Whether it is drawn by Live2D; also of a model that cannot be read."""
    faults: tuple[str, ...] = ()
    """What keeps it, or a part of it, from being shown; one sentence each."""
    remarks: tuple[str, ...] = ()
    """What an operator should know although nothing is wrong."""
    expressions: tuple[str, ...] = ()
    motions: Mapping[str, int] = field(default_factory=dict)
    """Group → how many motions."""


def inspected(entry: Mapping[str, Any] | None, files: ModelFiles) -> Inspection:
    """Look at every file that the model names; `entry` is what `model_dict.json` says of it, if anything.

    A model without a `.moc3` is drawn by the pages' own puppet, and is no fault. Reads files; raises nothing.
    """
    try:
        model = _Model3.model_validate(read_json(files.model))
    except ConfigError as error:
        return Inspection(faults=(_told(str(error)),))
    except ValidationError as error:
        return Inspection(faults=tuple(_listed(f"{files.model.name}: {why}" for why in _why(error))))
    references = model.FileReferences
    needs_live2d = references.Moc.endswith(MOC)
    faults = [
        *(_drawing_faults(files, references) if needs_live2d else ()),
        *_movement_faults(files, references),
    ]
    if entry is not None:
        faults += _entry_faults(entry, references)
    return Inspection(
        needs_live2d=needs_live2d,
        faults=tuple(_listed(faults)),
        remarks=tuple(_remarks(model)),
        expressions=tuple(_told(each.Name) for each in references.Expressions),
        motions={_told(group): len(motions) for group, motions in references.Motions.items()},
    )


def _drawing_faults(files: ModelFiles, references: _References) -> Iterator[str]:
    yield from _moc_faults(files, references.Moc)
    if not references.Textures:
        yield "The model names no textures: export it again."
    for texture in references.Textures:
        yield from _texture_faults(files, texture)
    for reference in filter(None, (references.Physics, references.Pose)):
        try:
            files.json(reference)
        except ConfigError as error:
            yield str(error)


def _moc_faults(files: ModelFiles, reference: str) -> Iterator[str]:
    try:
        head = _head(files, reference, MOC_HEAD, LARGEST_MOC)
    except ConfigError as error:
        yield str(error)
        return
    if not head.startswith(b"MOC3") or len(head) < MOC_HEAD:
        yield f"{reference} is no .moc3 file of Cubism 3 or later: export the model again."
    elif head[-1] > NEWEST_MOC:
        made_for = _LATEST_MOC.get(head[-1], "a later version")
        yield f"{reference} was exported for Cubism {made_for}: export it again for SDK 5.0, which the add-on can draw."


def _texture_faults(files: ModelFiles, reference: str) -> Iterator[str]:
    try:
        head = _head(files, reference, 24, LARGEST_TEXTURE)
    except ConfigError as error:
        yield str(error)
        return
    if not head.startswith(_PICTURES):
        yield f"{reference} is no PNG, JPEG or WebP picture: export the textures again."
    elif head.startswith(_PICTURES[0]):
        width, height = int.from_bytes(head[16:20]), int.from_bytes(head[20:24])
        if not (0 < width <= LARGEST_SIDE and 0 < height <= LARGEST_SIDE):
            yield f"{reference} measures {width} × {height} pixels; {LARGEST_SIDE} is the most: export it smaller."


def _head(files: ModelFiles, reference: str, length: int, most: int) -> bytes:
    file = files.find(reference)
    try:
        if file.stat().st_size > most:
            raise ConfigError(f"{reference} is larger than {most} bytes: export it smaller.")
        with file.open("rb") as opened:
            return opened.read(length)
    except OSError as error:
        raise ConfigError(f"{reference} cannot be read: {error.strerror}.") from error


def _movement_faults(files: ModelFiles, references: _References) -> Iterator[str]:
    motions = [motion.File for group in references.Motions.values() for motion in group]
    if len(motions) > MOST_MOTIONS:
        yield f"The model has {len(motions)} motions; {MOST_MOTIONS} is the most."
        return
    shapes: dict[str, type[BaseModel]] = {each.File: _Exp3 for each in references.Expressions}
    shapes |= dict.fromkeys(motions, _Motion3)  # one that is named twice is read once
    size = 0
    for reference, shape in shapes.items():
        try:
            size += files.find(reference).stat().st_size
            if size > MOST_MOVEMENT:
                yield f"The expressions and motions are larger than {MOST_MOVEMENT} bytes together."
                return
            shape.model_validate(files.json(reference))
        except ConfigError as error:
            yield str(error)
        except ValidationError as error:
            yield from (f"{reference}: {why}" for why in _why(error))


def _entry_faults(entry: Mapping[str, Any], references: _References) -> Iterator[str]:
    try:
        known = ModelEntry.model_validate(entry)
    except ValidationError as error:
        yield from (f"model_dict.json: {why}" for why in _why(error))
        return
    names = [each.Name for each in references.Expressions]
    asked = {
        **known.emotion_map,
        **({} if known.default_emotion is None else {"defaultEmotion": known.default_emotion}),
    }
    for emotion, value in asked.items():
        if not (value in names if isinstance(value, str) else 0 <= value < len(names)):
            has = ", ".join(names) or "no expressions"
            yield f"model_dict.json: {emotion} names the expression {value!r}; the model has {has}."
    for area, groups in known.tap_motions.items():
        for group in groups.keys() - references.Motions.keys():
            has = ", ".join(map(repr, references.Motions)) or "no motions"
            yield f"model_dict.json: tapMotions of {area!r} names the motion group {group!r}; the model has {has}."


def _remarks(model: _Model3) -> Iterator[str]:
    groups = {group.Name: group.Ids for group in model.Groups}
    if not model.FileReferences.Motions.get(IDLE_GROUP):
        yield f"It has no motion group {IDLE_GROUP}: between gestures it only breathes and blinks."
    if not groups.get("LipSync"):
        yield "Its group LipSync names no parameter: ParamMouthOpenY is taken for the mouth."
    if not groups.get("EyeBlink"):
        yield "Its group EyeBlink names no parameter: it does not blink."
    if not model.FileReferences.Expressions:
        yield "It has no expressions: its face does not follow what is felt."


def _why(error: ValidationError) -> Iterator[str]:
    for each in islice(error.errors(include_input=False, include_url=False), 3):
        place = ".".join(str(part) for part in each["loc"])
        yield f"{place or 'the file'}: {each['msg']}"


def _listed(faults: Iterator[str] | Sequence[str]) -> Iterator[str]:
    rest = iter(faults)
    for fault in islice(rest, MOST_FAULTS):
        yield _told(fault)
    if more := sum(1 for _ in rest):
        yield f"There are {more} more faults."


def _told(text: str) -> str:
    return bounded(one_line(text), LONGEST_FAULT)
