"""Who is let in: the first thing that every request meets."""

import asyncio
from contextlib import suppress
from urllib.parse import urlencode, urlsplit

from starlette.datastructures import Headers, QueryParams
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from open_llm_vtuber.config import LOOPBACK, SystemConfig
from open_llm_vtuber.errors import ErrorCode
from open_llm_vtuber.rights import PAGES, may, needed_for
from open_llm_vtuber.units import Seconds
from open_llm_vtuber.web.access import Access, SignedOut, TooManyGuesses
from open_llm_vtuber.web.api import STATUS, Problem
from open_llm_vtuber.web.key_ring import Pass
from open_llm_vtuber.web.sign_in import COOKIE, SIGN_IN, Trouble, address_of, session_cookie

NOT_LET_IN = 4403
SIGNED_OUT = 4401
"""A WebSocket is closed with it once what it came with opens nothing any more."""
CLOSING: Seconds = 2.0
"""How long a client may take to be told so."""
_READS = ("GET", "HEAD", "OPTIONS")
_OURS = ("same-origin", "none")
_ANYBODY = Pass("stage")
"""Where nothing is asked for, nobody is anybody."""


class Doorkeeper:
    """Turns away whoever has no business here, before anything else looks at the request.

    The Host must be ours (DNS rebinding). What changes something, and a WebSocket, must not come from a page of
    somebody else's (otherwise any page that the operator opens could drive the character). Then `rights.py` says what
    the request takes, and `access.py` what the one who makes it has.
    """

    def __init__(self, app: ASGIApp, system: SystemConfig, access: Access) -> None:
        self._app = app
        self._access = access
        self._hosts = LOOPBACK | {system.host, *system.allowed_hosts}
        self._origins = frozenset(system.allowed_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        verdict = self._verdict(HTTPConnection(scope))
        if isinstance(verdict, Pass):
            scope.setdefault("state", {})["access"] = verdict
            await self._let_in(verdict, scope, receive, send)
        elif scope["type"] == "http":
            await verdict(scope, receive, send)
        else:
            await WebSocketClose(NOT_LET_IN)(scope, receive, send)

    async def _let_in(self, by: Pass, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            try:
                async with self._access.visit(by):
                    await self._access.note_use(by)
                    await self._app(scope, receive, send)
            except SignedOut:
                await _goodbye(scope, receive, send)
        elif self._brings_token_to_page(by, scope):
            cookie = await self._access.sign_in(by)
            response = RedirectResponse(_without_token(scope), 303)
            response.headers.append("Set-Cookie", session_cookie(cookie, scope["scheme"]))
            await response(scope, receive, send)
        else:
            await self._access.note_use(by)
            await self._app(scope, receive, send)

    def _verdict(self, asked: HTTPConnection) -> Pass | Response:
        if _hostname("//" + asked.headers.get("host", "")) not in self._hosts:
            return refusal("This server does not go by that name (see allowed_hosts).", "misdirected")
        is_socket, path = asked.scope["type"] == "websocket", asked.scope["path"]
        method = "WS" if is_socket else asked.scope["method"]
        if method not in _READS and not self._is_our_own(asked.headers, is_socket=is_socket):
            return refusal("Pages of that origin may not do this (see allowed_origins).", "forbidden")
        needed = needed_for(method, path, names_show=bool(asked.query_params.get("show")))
        if needed is None:
            return _ANYBODY
        is_page = method in _READS and path in PAGES
        try:
            by = self._access.examine(_token(asked), asked.cookies.get(COOKIE, ""), address_of(asked))
        except TooManyGuesses as error:
            return _sent_to_sign_in(asked, "busy") if is_page else too_many(error.wait)
        if by is None:
            return _sent_to_sign_in(asked, "token") if is_page else _unknown()
        if not may(by.role, needed):
            sentence = "What you came in with does not allow this."
            return _sent_to_sign_in(asked, "role") if is_page else refusal(sentence, "forbidden")
        if by.session and method not in _READS and not _names_its_page(asked.headers):
            sentence = "A cookie alone changes nothing: send Origin, or the token itself."
            return refusal(sentence, "forbidden")
        return by

    def _is_our_own(self, headers: Headers, *, is_socket: bool) -> bool:
        """Whether a program asks, a page of ours, or one that may. Browsers say which page it is.

        A form of a page that hides where it is (`Origin: null`) is known by Sec-Fetch-Site, which only secure
        addresses and loopback are told (Fetch Metadata, W3C).
        """
        origin = headers.get("origin")
        if origin is not None and (is_trusted(origin, self._origins) or _is_same(origin, headers)):
            return True
        site = headers.get("sec-fetch-site")
        return (site in _OURS and not is_socket) if site else origin is None

    def _brings_token_to_page(self, by: Pass, scope: Scope) -> bool:
        """Whether somebody opens a page by a token that pages need more than once. A stage has its own in its address."""
        is_page = scope["method"] == "GET" and scope["path"] in PAGES
        return self._access.is_locked and is_page and not by.session and by.role != "stage"


def pass_of(asked: HTTPConnection) -> Pass:
    """Return what a request that was let in came with."""
    found: Pass = asked.scope["state"]["access"]
    return found


def is_trusted(origin: str, allowed: frozenset[str]) -> bool:
    """Return whether pages of that origin may connect."""
    return origin in allowed or _hostname(origin) in LOOPBACK


def refusal(sentence: str, code: ErrorCode, headers: dict[str, str] | None = None) -> JSONResponse:
    """Return the answer to a request that is not let in."""
    problem = Problem(detail=sentence, code=code, retryable=code == "busy")
    return JSONResponse(problem.model_dump(), STATUS[code], headers)


def too_many(wait: int) -> JSONResponse:
    """Return the answer to one guess too many; `wait` in seconds."""
    sentence = "Too many wrong tokens came from your address; try again later."
    return refusal(sentence, "busy", {"Retry-After": str(wait)})


def _unknown() -> JSONResponse:
    return refusal("An access token is needed.", "not-signed-in", {"WWW-Authenticate": "Bearer"})


def _sent_to_sign_in(asked: HTTPConnection, why: Trouble) -> RedirectResponse:
    brought = {} if why == "token" and not _token(asked) else {"problem": why}
    query = urlencode({"next": _without_token(asked.scope), **brought})
    return RedirectResponse(f"{SIGN_IN}?{query}", 303, {"Cache-Control": "no-store"})


def _without_token(scope: Scope) -> str:
    query = [each for each in QueryParams(scope["query_string"]).multi_items() if each[0] != "token"]
    path = str(scope["path"])
    return f"{path}?{urlencode(query)}" if query else path


def _token(asked: HTTPConnection) -> str:
    authorization = asked.headers.get("authorization", "")
    bearer = "" if authorization.startswith("Basic ") else authorization.removeprefix("Bearer ")
    return bearer or asked.query_params.get("token", "")


def _names_its_page(headers: Headers) -> bool:
    return "origin" in headers or "sec-fetch-site" in headers


async def _goodbye(scope: Scope, receive: Receive, send: Send) -> None:
    with suppress(OSError, RuntimeError, TimeoutError):  # it has left at the same moment, or reads no more
        async with asyncio.timeout(CLOSING):
            close = WebSocketClose(SIGNED_OUT, "signed out: this link or sign-in was ended")
            await close(scope, receive, send)


def _is_same(origin: str, headers: Headers) -> bool:
    try:
        return urlsplit(origin).netloc.lower() == headers.get("host", "").lower() != ""
    except ValueError:
        return False


def _hostname(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
