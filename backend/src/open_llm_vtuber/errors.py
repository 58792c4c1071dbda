"""Every error of ours. Each class says who can put it right.

VTuberError
├── ConfigError       the operator: a setting, a file, a port
├── ProtocolError     the client: a message that cannot be acted on
└── EngineError       the provider: an LLM, a voice, an ear
"""

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


class ConfigError(VTuberError):
    """A setting is wrong or something on this machine stands in the way."""

    code: ErrorCode = "bad-config"


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
