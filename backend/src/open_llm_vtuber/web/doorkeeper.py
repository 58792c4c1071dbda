"""Who is let in: the first thing that every request meets."""

import secrets
from urllib.parse import urlsplit

from starlette.datastructures import Headers, QueryParams
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from open_llm_vtuber.config import LOOPBACK, SystemConfig


class Doorkeeper:
    """Turns away whoever has no business here, before anything else looks at the request.

    The Host must be ours (DNS rebinding), a WebSocket's Origin must be loopback or allowed by name (otherwise any
    page that the operator opens could drive the character), and a token is asked for where one is set.
    """

    def __init__(self, app: ASGIApp, system: SystemConfig) -> None:
        self._app = app
        self._hosts = LOOPBACK | {system.host, *system.allowed_hosts}
        self._origins = frozenset(system.allowed_origins)
        self._token = system.access_token.get_secret_value() if system.access_token else ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on or refuse it."""
        refusal = self._refusal(scope) if scope["type"] in ("http", "websocket") else None
        if refusal is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await refusal(scope, receive, send)
        else:
            await WebSocketClose(4403, bytes(refusal.body).decode())(scope, receive, send)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        if _hostname("//" + headers.get("host", "")) not in self._hosts:
            return PlainTextResponse("This server does not go by that name (see allowed_hosts).", 421)
        if scope["type"] == "websocket" and not self._lets_in(headers.get("origin")):
            return PlainTextResponse("Pages of that origin may not connect (see allowed_origins).", 403)
        if self._token and _needs_token(scope["path"]) and not self._is_right(headers, scope):
            return PlainTextResponse("An access token is needed.", 401)
        return None

    def _lets_in(self, origin: str | None) -> bool:
        return origin is None or is_trusted(origin, self._origins)

    def _is_right(self, headers: Headers, scope: Scope) -> bool:
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        given = bearer or QueryParams(scope["query_string"]).get("token", "")
        return secrets.compare_digest(given.encode(), self._token.encode())


def _needs_token(path: str) -> bool:
    own = ("/client-ws", "/proxy-ws", "/tts-ws", "/asr", "/metrics")  # figures tell what was spent
    return path in own or path.startswith("/api/")


def is_trusted(origin: str, allowed: frozenset[str]) -> bool:
    """Return whether pages of that origin may connect."""
    return origin in allowed or _hostname(origin) in LOOPBACK


def _hostname(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
