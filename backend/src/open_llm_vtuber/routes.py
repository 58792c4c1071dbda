"""HTTP and WebSocket addresses; each body is one call."""

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import fastapi_offline
from fastapi import FastAPI, Header, HTTPException, WebSocket
from fastapi.responses import FileResponse, PlainTextResponse, Response
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel
from starlette.datastructures import Headers, QueryParams
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from open_llm_vtuber import __version__
from open_llm_vtuber.config import LOOPBACK, SystemConfig
from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.ports import SpeechSynthesizer
from open_llm_vtuber.protocol.server_messages import Provider, Snapshot, State
from open_llm_vtuber.show.commands import TakeSnapshot
from open_llm_vtuber.shows import Shows
from open_llm_vtuber.speech_socket import SoundCache, serve_speech
from open_llm_vtuber.websocket_handler import serve_connection

PAGES: Mapping[str, str] = {"/": "talk.html", "/stage": "stage.html", "/docs": "api.html"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; font-src 'self'; frame-src 'self'; frame-ancestors 'self'; base-uri 'none'; "
    "form-action 'none'"
)
PAGE_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
FOLDERS: Mapping[str, str] = {"/live2d-models": "live2d-models", "/bg": "backgrounds", "/avatars": "avatars"}
"""Address → folder beside the configuration file, served when it is there."""
API = (
    "The same character over REST and WebSocket. The WebSocket at `/client-ws` (a private show) or "
    "`/client-ws?show=main` (the show on air) speaks the messages of `docs/protocol.md`."
)


class Health(BaseModel):
    """Whether the server works, part by part."""

    status: Literal["ok"]
    version: str
    providers: dict[str, Provider]


def web_app(
    shows: Shows,
    system: SystemConfig,
    *,
    human_name: str,
    frontend: Path,
    folder: Path,
    voice: SpeechSynthesizer,
) -> FastAPI:
    """Build the web application around shows that are already running."""
    app = FastAPI(
        title="Open-LLM-VTuber live", version=__version__, description=API, docs_url=None, redoc_url=None
    )
    app.add_middleware(Doorkeeper, system=system)
    _add_api(app, shows)
    _add_speech(app, voice)

    @app.websocket("/client-ws")
    async def client_ws(websocket: WebSocket, show: str | None = None) -> None:
        await serve_connection(websocket, shows, show=show, human_name=human_name)

    for path, file in PAGES.items():
        _add_page(app, path, frontend / file)
    app.mount("/static", StaticFiles(directory=frontend))
    app.mount("/swagger", StaticFiles(directory=Path(fastapi_offline.__file__).parent / "static"))
    app.mount("/live2d-models/mika", StaticFiles(directory=frontend / "models" / "mika"))
    for path, name in FOLDERS.items():
        if (folder / name).is_dir():
            app.mount(path, StaticFiles(directory=folder / name))
    return app


def _add_api(app: FastAPI, shows: Shows) -> None:
    @app.get("/health", tags=["server"])
    async def health() -> Health:
        """Answer 200 once the server is ready, and say which engines are at work."""
        state = await _state(shows, "main")
        return Health(status="ok", version=__version__, providers=state.providers)

    @app.get("/api/state", tags=["character"], responses={404: {"description": "There is no such show."}})
    async def state(x_client_uid: Annotated[str, Header()] = "main") -> State:
        """Say what the character is doing. `X-Client-UID` is a show's name; without it, the show on air."""
        try:
            return await _state(shows, x_client_uid)
        except ProtocolError as error:
            raise HTTPException(404, str(error)) from error


def _add_speech(app: FastAPI, voice: SpeechSynthesizer) -> None:
    cache = SoundCache()

    @app.websocket("/tts-ws")
    async def tts_ws(websocket: WebSocket) -> None:
        await serve_speech(websocket, voice, cache)

    @app.get("/cache/{name}", include_in_schema=False)
    async def sound(name: str) -> Response:
        if (wav := cache.get(name)) is None:
            raise HTTPException(404)
        return Response(wav, media_type="audio/wav", headers={"Cache-Control": "no-store"})


async def _state(shows: Shows, show: str) -> State:
    for answer in await shows.ask(show, TakeSnapshot(client="api")):
        if isinstance(answer, Snapshot):
            return answer.state
    raise AssertionError("a show answers TakeSnapshot with a Snapshot")


def _add_page(app: FastAPI, path: str, file: Path) -> None:
    @app.get(path, include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(file, headers=PAGE_HEADERS)


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
        return origin is None or origin in self._origins or _hostname(origin) in LOOPBACK

    def _is_right(self, headers: Headers, scope: Scope) -> bool:
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        given = bearer or QueryParams(scope["query_string"]).get("token", "")
        return secrets.compare_digest(given.encode(), self._token.encode())


def _needs_token(path: str) -> bool:
    return path in ("/client-ws", "/tts-ws") or path.startswith("/api/")


def _hostname(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
