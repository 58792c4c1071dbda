"""HTTP and WebSocket addresses; each body is one call."""

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import fastapi_offline
from fastapi import FastAPI, HTTPException, Request, UploadFile, WebSocket
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import FileResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel

from open_llm_vtuber import __version__
from open_llm_vtuber.config import SystemConfig
from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.modes import Mode
from open_llm_vtuber.ports import SpeechRecognizer, SpeechSynthesizer
from open_llm_vtuber.protocol.live_client_messages import GetBackendMode, GetSnapshot, SetBackendMode
from open_llm_vtuber.protocol.live_server_messages import BackendMode, Snapshot
from open_llm_vtuber.protocol.parts import State
from open_llm_vtuber.show.ears import DEAF
from open_llm_vtuber.show.sound import NotSound, read_wav
from open_llm_vtuber.show.stage_view import in_short
from open_llm_vtuber.shows import Shows
from open_llm_vtuber.web.access import Access
from open_llm_vtuber.web.access_routes import add_access_routes
from open_llm_vtuber.web.api import (
    ON_AIR,
    Problem,
    ShowName,
    add_refusals,
    answer_to,
    answers_to,
    message_in,
    takes,
)
from open_llm_vtuber.web.autonomy_routes import add_autonomy_routes
from open_llm_vtuber.web.body_limit import BodyLimit
from open_llm_vtuber.web.body_routes import add_body_routes
from open_llm_vtuber.web.doorkeeper import Doorkeeper, is_trusted, pass_of
from open_llm_vtuber.web.health import Troubles, add_health
from open_llm_vtuber.web.metrics import Metrics, add_metrics
from open_llm_vtuber.web.model_routes import ModelDesk, add_model_routes
from open_llm_vtuber.web.operator_routes import add_operator_routes
from open_llm_vtuber.web.proxy import Proxy
from open_llm_vtuber.web.public_files import add_public_files
from open_llm_vtuber.web.settings_routes import add_settings_routes
from open_llm_vtuber.web.sign_in import add_sign_in
from open_llm_vtuber.web.speech_socket import SoundCache, serve_speech
from open_llm_vtuber.web.text_generation import add_text_generation
from open_llm_vtuber.web.twitch_api import add_twitch_api
from open_llm_vtuber.web.web_client import add_web_client
from open_llm_vtuber.websocket_handler import serve_connection

log = logging.getLogger(__name__)

PAGES: Mapping[str, str] = {
    "/": "talk.html",
    "/stage": "stage.html",
    "/control": "control.html",
    "/model": "model.html",
    "/docs": "api.html",
}
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
API = (
    "The same character over REST and WebSocket. The WebSocket at `/client-ws` (a private show) or "
    "`/client-ws?show=main` (the show on air) speaks the messages of `docs/protocol.md`."
)


REFUSALS: dict[int | str, dict[str, Any]] = {status: {"model": Problem} for status in (401, 403, 421, 422)}
"""What any address may answer, for the API page."""


class Heard(BaseModel):
    """What was said; "" when that is nothing."""

    text: str


class NotHeard(BaseModel):
    """Why a recording was not written down, as existing clients read it."""

    error: str


class ModeAnswer(BaseModel):
    """Where the words come from, and what can be chosen."""

    mode: Mode
    available: tuple[Mode, ...]


def web_app(  # noqa: PLR0913  its parts, each by name
    shows: Shows,
    system: SystemConfig,
    *,
    human_name: str,
    frontend: Path,
    folder: Path,
    voice: SpeechSynthesizer,
    ear: SpeechRecognizer | None = None,
    proxy: Proxy | None = None,
    metrics: Metrics | None = None,
    models: ModelDesk | None = None,
    troubles: Troubles = dict,
) -> FastAPI:
    """Build the web application around shows that are already running."""
    app = _described()
    app.add_middleware(BodyLimit)
    access = Access(system)
    app.add_middleware(Doorkeeper, system=system, access=access)
    add_refusals(app)
    add_sign_in(app, access, frontend)
    add_access_routes(app, access)
    add_health(app, shows, troubles)
    _add_api(app, shows)
    add_body_routes(app, shows)
    add_autonomy_routes(app, shows)
    add_text_generation(app, shows)
    add_operator_routes(app, shows)
    add_settings_routes(app, shows)
    if metrics:
        add_metrics(app, shows, metrics)
    _add_asr(app, ear)
    _add_speech(app, voice)
    add_twitch_api(app, shows)
    _add_client_socket(app, shows, human_name)
    if proxy:
        _add_proxy(app, proxy)
    _add_pages(app, frontend)

    def lets_in(origin: str) -> bool:
        return is_trusted(origin, frozenset(system.allowed_origins))

    if models:
        add_model_routes(app, models, lets_in)
    add_public_files(app, folder, frontend, lets_in)
    if system.web_client_dir:
        add_web_client(app, folder / system.web_client_dir, frontend)
    return app


def _add_client_socket(app: FastAPI, shows: Shows, human_name: str) -> None:
    @app.websocket("/client-ws")
    async def client_ws(websocket: WebSocket, show: str | None = None) -> None:
        role = pass_of(websocket).role
        await serve_connection(websocket, shows, show=show, human_name=human_name, role=role)


def _described() -> FastAPI:
    return FastAPI(
        title="Open-LLM-VTuber live",
        version=__version__,
        description=API,
        docs_url=None,
        redoc_url=None,
        responses=REFUSALS,
    )


def _add_pages(app: FastAPI, frontend: Path) -> None:
    for path, file in PAGES.items():
        _add_page(app, path, frontend / file)
    for name in ("css", "js"):  # a checkout's folder holds more than pages need
        app.mount(f"/static/{name}", GZipMiddleware(StaticFiles(directory=frontend / name)))
    _add_page(app, "/static/icon.svg", frontend / "icon.svg")
    app.mount("/swagger", StaticFiles(directory=Path(fastapi_offline.__file__).parent / "static"))


def _add_api(app: FastAPI, shows: Shows) -> None:
    @app.get("/api/state", tags=["character"], responses={404: {"model": Problem}})
    async def state(request: Request, show: ShowName = ON_AIR) -> State:
        """Say what the character is doing; a stage is told what its audience may notice."""
        found = await _state(shows, show)
        return in_short(found) if pass_of(request).role == "stage" else found

    @app.get("/api/backend-mode", tags=["character"], responses={404: {"model": Problem}})
    async def backend_mode(show: ShowName = ON_AIR) -> ModeAnswer:
        """Say where the words come from, and where else they could."""
        answer = await answer_to(BackendMode, shows, show, GetBackendMode())
        return ModeAnswer(mode=answer.mode, available=answer.available)

    @app.put(
        "/api/backend-mode",
        tags=["character"],
        responses={status: {"model": Problem} for status in (404, 409, 422)},
        openapi_extra=takes(SetBackendMode),
    )
    async def set_backend_mode(request: Request, show: ShowName = ON_AIR) -> ModeAnswer:
        """Take the words from somewhere else from the next turn on. Everybody in the show is told."""
        await answers_to(shows, show, await message_in(request, SetBackendMode))
        return await backend_mode(show)


def _add_asr(app: FastAPI, ear: SpeechRecognizer | None) -> None:
    @app.post(
        "/asr",
        tags=["server"],
        response_model=Heard,
        responses={status: {"model": NotHeard} for status in (400, 500, 503)},
    )
    async def asr(file: UploadFile) -> JSONResponse:
        """Write down what is said in a WAV file: 16-bit PCM, any rate and channels, at most ten minutes."""
        if ear is None:
            return JSONResponse({"error": DEAF}, 503)
        try:
            sound = await asyncio.to_thread(read_wav, await file.read())
            return JSONResponse({"text": await ear.transcribe(sound)})
        except NotSound as error:
            return JSONResponse({"error": str(error)}, 400)
        except EngineError as error:
            log.warning("/asr: %s", error)
            return JSONResponse({"error": "Internal server error during transcription"}, 500)


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


def _add_proxy(app: FastAPI, proxy: Proxy) -> None:
    @app.websocket("/proxy-ws")
    async def proxy_ws(websocket: WebSocket) -> None:
        await proxy.serve(websocket, pass_of(websocket).role)


async def _state(shows: Shows, show: str) -> State:
    return (await answer_to(Snapshot, shows, show, GetSnapshot())).state


def _add_page(app: FastAPI, path: str, file: Path) -> None:
    @app.get(path, include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(file, headers=PAGE_HEADERS)
