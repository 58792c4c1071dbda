"""How much a request may carry, and how long it may take: more is refused, before it is read where its size is said."""

import asyncio
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from open_llm_vtuber.units import Seconds

LARGEST_BODY = 1_000_000
LARGER: Mapping[str, int] = {"/asr": 25_000_000}
"""Addresses that take more."""
COMES_WITHIN: Seconds = 60.0
"""How long a body may take to arrive."""
TOO_LARGE, TOO_SLOW = 413, 408
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
        read, is_whole = 0, False
        due = asyncio.get_running_loop().time() + COMES_WITHIN

        async def limited() -> Message:
            nonlocal read, is_whole
            try:
                async with asyncio.timeout_at(None if is_whole else due):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(TOO_SLOW, "The request did not come in time.") from None
            read += len(message.get("body", b""))
            is_whole = not message.get("more_body", False)
            if read > most:
                raise HTTPException(TOO_LARGE, _SENTENCE)
            return message

        await self._app(scope, limited, send)
