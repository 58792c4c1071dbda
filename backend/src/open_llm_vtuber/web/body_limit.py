"""How much a request may carry: more is refused, before it is read where its size is said."""

from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY = 1_000_000
LARGER: Mapping[str, int] = {"/asr": 25_000_000}
"""Addresses that take more."""
TOO_LARGE = 413
_SENTENCE = "The request is too large."
_REFUSAL = {"detail": _SENTENCE, "code": "too-long", "retryable": False, "error": _SENTENCE}
"""As every route refuses, and as those who know `/asr` from elsewhere expect it."""


class BodyLimit:
    """Counts what comes in, whatever the request says of itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with a limit to what is read of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = LARGER.get(scope["path"], LARGEST_BODY)
        length = Headers(scope=scope).get("content-length", "0")
        if length.isdecimal() and int(length) > most:
            refusal = JSONResponse(_REFUSAL, TOO_LARGE)
            await refusal(scope, receive, send)
            return
        read = 0

        async def limited() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > most:
                raise HTTPException(TOO_LARGE, _SENTENCE)
            return message

        await self._app(scope, limited, send)
