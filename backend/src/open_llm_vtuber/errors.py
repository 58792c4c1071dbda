"""Every error of ours. Each class says who can put it right.

VTuberError
├── ConfigError       the operator: a setting, a file, a port
├── ProtocolError     the client: a message that cannot be acted on
└── EngineError       the provider: an LLM, a voice, an ear
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

ErrorCode = Literal[
    "bad-config",
    "bad-json",
    "bad-frame",
    "bad-message",
    "unknown-type",
    "too-long",
    "not-found",
    "misdirected",
    "not-signed-in",
    "forbidden",
    "wrong-state",
    "busy",
    "switched-off",
    "not-configured",
    "nothing-heard",
    "engine-failed",
    "internal",
]
"""All a client ever learns of a failure, beside one sentence. The list is closed."""

ERROR_CODES: tuple[ErrorCode, ...] = get_args(ErrorCode)


class VTuberError(Exception):
    """The root. `str(error)` is one sentence that is safe to show to a client."""

    code: ErrorCode = "internal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong in a configuration, and how it is put right. Never with the value: it may be a secret."""

    sentence: str
    """What is wrong with the value at `place`; a whole sentence where there is no place."""
    file: str = ""
    place: str = ""
    """Keys and positions with dots between, such as `cue_sheets.raid.steps.0.say`."""
    line: int | None = None
    fix: str = ""
    """What to do, "" where the sentence says it all."""

    def __str__(self) -> str:
        where = self.place if self.line is None else f"{self.place} (line {self.line})"
        return f"{where}: {self.sentence}" if self.place else self.sentence


class ConfigError(VTuberError):
    """A setting is wrong or something on this machine stands in the way."""

    code: ErrorCode = "bad-config"

    def __init__(self, message: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(message)
        self.faults = tuple(faults) or (Fault(sentence=message),)
        """One by one what the message says in one line."""


class ProtocolError(VTuberError):
    """A client's message cannot be acted on."""

    def __init__(self, message: str, *, code: ErrorCode) -> None:
        """`switched-off`: the operator's `features:`; `not-configured`: it could be had, but lacks a setting."""
        super().__init__(message)
        self.code = code


class EngineError(VTuberError):
    """A provider failed. `retryable` says whether trying again may help, `retry_after` in how many seconds."""

    code: ErrorCode = "engine-failed"

    def __init__(
        self, message: str, *, engine: str, retryable: bool, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.engine = engine
        self.retryable = retryable
        self.retry_after = retry_after
