"""The operator's own build of the existing web client, served from here and led to this server."""

import re
from pathlib import Path

from fastapi import FastAPI, HTTPException
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.responses import Response
from starlette.types import Scope

from open_llm_vtuber.errors import ConfigError

SETUP = "/client-setup.js"
HEADERS = {
    # Its voice detection is WebAssembly in an audio worklet and its avatar's core builds code as text: hence eval
    # and blob:. Its style sheets are written by its scripts. It asks 127.0.0.1:12393 for its first background
    # whatever it was told. What is not allowed are scripts that stand in the page, so that a viewer's words, which
    # it puts into bubbles as HTML, cannot run.
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'unsafe-eval' 'wasm-unsafe-eval' blob:; worker-src 'self' blob:; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob: http://127.0.0.1:12393; "
        "media-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' data: blob: "
        "http://127.0.0.1:* ws://127.0.0.1:* http://localhost:* ws://localhost:*; frame-src https:; "
        "object-src 'none'; base-uri 'self'; form-action 'none'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
_HEAD = re.compile(r"<head(?:\s[^>]*)?>", re.IGNORECASE)


def checked(folder: Path) -> Path:
    """Return the folder of a build. Raises ConfigError when there is none in it."""
    if not (folder / "index.html").is_file():
        raise ConfigError(
            f"web_client_dir: there is no index.html in {folder.name}; name the folder of a build."
        )
    return folder


def prepared(page: str) -> str:
    """Return the client's page with our script in front of all of its own."""
    script = f'<script src="{SETUP}"></script>'
    return _HEAD.sub(lambda head: head[0] + script, page, count=1) if _HEAD.search(page) else script + page


def add_web_client(app: FastAPI, folder: Path, frontend: Path) -> None:
    """Serve the build below /client/."""

    @app.get(SETUP, include_in_schema=False)
    async def setup() -> FileResponse:
        return FileResponse(frontend / "js" / "client-setup.js", headers=HEADERS)

    @app.get("/client", include_in_schema=False)
    async def without_slash() -> RedirectResponse:
        return RedirectResponse("/client/")

    @app.get("/client/", include_in_schema=False)
    @app.get("/client/index.html", include_in_schema=False)
    def page() -> HTMLResponse:  # no coroutine: it reads a file, so it runs in a thread
        try:
            return HTMLResponse(
                prepared((folder / "index.html").read_text(encoding="utf-8")), headers=HEADERS
            )
        except (OSError, ValueError) as error:
            raise HTTPException(404, "The web client's index.html cannot be read.") from error

    app.mount("/client", _Build(directory=folder, check_dir=False))


class _Build(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update(HEADERS)
        return response
