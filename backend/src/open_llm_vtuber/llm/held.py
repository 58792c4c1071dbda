"""A request that we ourselves hold back: no provider has failed, but none may be asked just now."""

from typing import Literal

from open_llm_vtuber.errors import EngineError, ErrorCode
from open_llm_vtuber.units import Seconds

Cause = Literal["rate", "budget"]


class Held(EngineError):
    """Not now: too many requests in this minute, or too much money in this hour."""

    def __init__(self, message: str, *, engine: str, cause: Cause, retry_after: Seconds | None) -> None:
        super().__init__(message, engine=engine, retryable=retry_after is not None, retry_after=retry_after)
        self.cause = cause
        self.code: ErrorCode = "busy"  # nobody has failed: it is we who let nobody in
