"""What a log holds, and how it becomes JSON: entries, which a replay is driven by, and facts, which it must bring again."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import isnan
from typing import Any, Generic, Literal, Protocol, TypeVar, get_args

from pydantic import TypeAdapter, ValidationError

from open_llm_vtuber.decided import Asked, Cue, Fact, digest
from open_llm_vtuber.errors import ConfigError, EngineError, ProtocolError, VTuberError
from open_llm_vtuber.protocol.audio_message import Audio
from open_llm_vtuber.protocol.codec import encode
from open_llm_vtuber.show_log.frames import BadLog
from open_llm_vtuber.units import Seconds

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)

Kind = Literal[
    "plan", "run", "end", "in", "came", "left", "whose", "port", "look", "tick", "wall", "fact", "told", "gap"
]
"""`plan`: how the show was built. `run`, `end`: it began, it was ended. `in`: a command. `came`, `left`: a client.

`whose`: whom a private show belongs to. `port`: what a part answered. `look`: a part's state, where it has changed.
`tick`: a wait is over. `wall`: somebody set the clock. `fact`: what was decided; `told`: what parts say of themselves,
which a replay cannot bring again. `gap`: so many records are missing here.
"""


class Dumps(Protocol[T_contra]):
    """Makes JSON of something."""

    def dump(self, value: T_contra) -> object:
        """Return it as JSON."""
        ...


class Codec(Dumps[T], Protocol[T]):
    """Makes JSON of something, and that of it again."""

    def load(self, data: object) -> T:
        """Return what the JSON stands for. Raises ValueError."""
        ...


class Typed(Generic[T]):
    """The codec of a type."""

    def __init__(self, kind: Any) -> None:
        self._adapter: TypeAdapter[T] = TypeAdapter(kind)

    def dump(self, value: T) -> object:
        """Return it as JSON."""
        return self._adapter.dump_python(value, mode="json", warnings=False)

    def load(self, data: object) -> T:
        """Return what the JSON stands for. Raises ValueError."""
        return self._adapter.validate_json(json.dumps(data))


_made: dict[Any, Typed[Any]] = {}


def typed(kind: Any) -> Typed[Any]:
    """Return the codec of a type, which is made once."""
    if kind not in _made:
        _made[kind] = Typed(kind)
    return _made[kind]


@dataclass(slots=True)
class Record:
    """One record, before it is JSON or after. `codec` makes JSON of the value; without one it is JSON."""

    kind: Kind
    at: Seconds
    name: str = ""
    value: object = None
    codec: Dumps[Any] | None = None
    waited: bool = False
    """Whether the show did something else before the part answered."""
    hops: int | None = None
    """Turns of the event loop since the entry before; None where nobody counts them."""
    error: Exception | None = None
    turn: str = ""
    """Of which turn a part tells something."""


class PartFailed(Exception):
    """A part of the show had a bug."""


def encoded(record: Record) -> bytes:
    """Return it as JSON."""
    if record.kind in ("fact", "told") and not record.name:
        record = fact_record(record)
    value = record.value if record.codec is None else record.codec.dump(record.value)
    data: dict[str, object] = {"k": record.kind, "t": record.at}
    if record.name:
        data["n"] = record.name
    if record.turn:
        data["u"] = record.turn
    if record.error is not None:
        data["x"] = _failure(record.error)
    elif value is not None:
        data["v"] = value
    if record.waited:
        data["w"] = 1
    if record.hops is not None:
        data["h"] = record.hops
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode(errors="replace")


KINDS: tuple[Kind, ...] = get_args(Kind)


def decoded(data: Mapping[str, object]) -> Record:
    """Return the record that it is. Raises BadLog."""
    kind = next((each for each in KINDS if each == data.get("k")), None)
    at, name = data.get("t"), data.get("n", "")
    if kind is None or not isinstance(at, int | float) or not isinstance(name, str) or isnan(at):
        raise BadLog("The log holds a record of a kind that this program does not know.")
    error = _error(data["x"]) if "x" in data else None
    turn, hops = data.get("u", ""), data.get("h")
    return Record(
        kind,
        float(at),
        name,
        data.get("v"),
        waited=bool(data.get("w")),
        hops=hops if isinstance(hops, int) else None,
        error=error,
        turn=turn if isinstance(turn, str) else "",
    )


FACTS: Mapping[str, type] = {each.__name__: each for each in get_args(Fact)}


def fact_record(record: Record) -> Record:
    """Return the record of a fact with the name and the codec of that."""
    kind = type(record.value)
    codec = _CODECS.get(kind) or typed(kind)
    return replace(record, name=kind.__name__, codec=codec)


class _AskedCodec:
    """A prompt by reference."""

    def dump(self, value: Asked) -> object:
        told = value.by_reference()
        return {
            "model": told.model,
            "prompt": [
                {"role": each.role, "characters": each.characters, "digest": each.digest}
                for each in told.prompt
            ],
        }


class _CueCodec:
    """A cue by its type, its turn and the digest of all of it but the sound, which a replay hums."""

    def dump(self, value: Cue) -> object:
        message = value.message
        if isinstance(message, Audio) and message.audio is not None:
            message = message.model_copy(update={"audio": ""})
        data: dict[str, object] = {"type": getattr(message, "type", ""), "digest": digest(encode(message))}
        if value.turn_id is not None:
            data["turn"] = value.turn_id
        if value.index is not None:
            data["index"] = value.index
        return data


_CODECS: Mapping[type, Dumps[Any]] = {Asked: _AskedCodec(), Cue: _CueCodec()}


def fact_of(record: Record) -> Fact | None:
    """Return the fact that a record holds; None for a cue, and for one of another version. Raises BadLog."""
    kind = FACTS.get(record.name)
    if kind is None or kind is Cue:
        return None
    fact: Fact = loaded(typed(kind), record)
    return fact


def loaded(codec: Codec[T], record: Record) -> T:
    """Return what a record's value stands for. Raises BadLog, or the error that it tells of."""
    if record.error is not None:
        raise record.error
    try:
        return codec.load(record.value)
    except (ValidationError, ValueError, TypeError, KeyError) as error:
        raise BadLog(f"The log holds a faulty record ({record.kind} {record.name[:40]}).") from error


def _failure(error: Exception) -> object:
    if not isinstance(error, VTuberError):
        return {"type": "bug", "message": ""}
    told: dict[str, object] = {"type": type(error).__name__, "message": str(error), "code": error.code}
    if isinstance(error, EngineError):
        told.update(engine=error.engine, retryable=error.retryable)
    return told


_MADE: Mapping[str, Callable[[Mapping[str, Any]], VTuberError]] = {
    "ProtocolError": lambda told: ProtocolError(str(told["message"]), code=told.get("code", "internal")),
    "ConfigError": lambda told: ConfigError(str(told["message"])),
}


def _error(told: object) -> Exception:
    if not isinstance(told, dict) or "message" not in told:
        raise BadLog("The log holds a faulty record.")
    if told.get("type") == "bug":
        return PartFailed()
    if make := _MADE.get(str(told.get("type"))):
        return make(told)
    return EngineError(
        str(told["message"]), engine=str(told.get("engine", "")), retryable=bool(told.get("retryable"))
    )
