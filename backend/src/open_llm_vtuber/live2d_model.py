"""What an avatar can show, read from its `.model3.json` and its entry in `model_dict.json`. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from open_llm_vtuber.errors import ConfigError


class _Named(BaseModel):
    Name: str


class _References(BaseModel):
    Expressions: tuple[_Named, ...] = ()


class _Model3(BaseModel):
    FileReferences: _References = _References()


class ModelEntry(BaseModel):
    """The part of a `model_dict.json` entry that the server reads; clients get the entry unchanged."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)
    name: str
    url: str
    emotion_map: dict[str, int | str] = Field(default_factory=dict, alias="emotionMap")
    default_emotion: int | str | None = Field(default=None, alias="defaultEmotion")


@dataclass(frozen=True, slots=True, kw_only=True)
class Live2dModel:
    """An avatar: its expressions, and which of them shows which emotion."""

    name: str
    info: Mapping[str, Any]
    """The entry as it is in `model_dict.json`: what `set-model-and-conf` carries."""
    expressions: tuple[str, ...]
    emotions: Mapping[str, int]
    """Emotion, in lower case → index of an expression."""
    resting: int
    """Index of the expression that is shown when nothing asks for one."""

    @classmethod
    def from_json(cls, entry: Mapping[str, Any], model3: Mapping[str, Any]) -> "Live2dModel":
        """Build it from the two parsed files. Raises ConfigError when they do not fit each other."""
        try:
            known = ModelEntry.model_validate(entry)
            names = tuple(e.Name for e in _Model3.model_validate(model3).FileReferences.Expressions)
        except ValidationError as error:
            fault = error.errors(include_input=False, include_url=False)[0]
            place = ".".join(str(part) for part in fault["loc"])
            raise ConfigError(f"The avatar's files are faulty: {place}: {fault['msg']}") from error
        emotions = {key.lower(): _index(value, names, key) for key, value in known.emotion_map.items()}
        resting = (
            0 if known.default_emotion is None else _index(known.default_emotion, names, "defaultEmotion")
        )
        return cls(name=known.name, info=entry, expressions=names, emotions=emotions, resting=resting)

    def name_of(self, expression: int) -> str:
        """Return the name of the expression with that index; "" for a model that has none."""
        return self.expressions[expression] if self.expressions else ""


def _index(value: int | str, names: tuple[str, ...], asked_by: str) -> int:
    if isinstance(value, str) and value in names:
        return names.index(value)
    if isinstance(value, int) and 0 <= value < len(names):
        return value
    listed = ", ".join(names) or "none"
    raise ConfigError(f"{asked_by} names the expression {value!r}, but the avatar has: {listed}.")
