"""The files beside the configuration that clients load: avatars' models, backgrounds, pictures, the operator's tool page."""

import mimetypes
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from fastapi import FastAPI, HTTPException
from fastapi.responses import RedirectResponse
from pydantic import BaseModel
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from open_llm_vtuber.live2d.files import MODELS_FOLDER
from open_llm_vtuber.live2d.folders import address, entries, model_folders, model_in

PICTURES = frozenset((".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif"))
AVATARS = frozenset((".jpg", ".jpeg", ".png", ".gif", ".svg", ".webp"))
BACKGROUNDS_FOLDER = "backgrounds"
TOOL_FOLDERS = ("web-tool", "web_tool")
HEADERS = {
    # Opened as a page of their own (an SVG, say), they can neither run scripts nor act in this server's name.
    "Content-Security-Policy": "sandbox; default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
}
IsTrusted = Callable[[str], bool]
"""Whether pages of an origin may read the files."""

# Windows may have learnt from its registry that .js is text/plain, and then no module script runs.
for _suffix in (".js", ".mjs"):
    mimetypes.add_type("text/javascript", _suffix)
mimetypes.add_type("application/wasm", ".wasm")


class PublicFiles(StaticFiles):
    """One folder, which may also come into being later. What lies outside is not served, whatever points to it."""

    def __init__(
        self, folder: Path, is_trusted: IsTrusted, *, suffixes: frozenset[str] = frozenset()
    ) -> None:
        super().__init__(directory=folder, check_dir=False)
        self._is_trusted = is_trusted
        self._suffixes = suffixes

    async def check_config(self) -> None:
        """Let the folder be missing: its files are then missing too."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return the file with its headers, or refuse a kind of file that this folder is not for."""
        is_inside = not path.startswith("..")  # what lies outside is as missing here as everywhere
        if self._suffixes and is_inside and PurePosixPath(path).suffix.lower() not in self._suffixes:
            return PlainTextResponse("Only pictures are served here.", 403)
        response = await super().get_response(path, scope)
        response.headers.update(HEADERS)
        origin = Headers(scope=scope).get("origin", "")
        response.headers["Vary"] = "Origin"
        if origin and self._is_trusted(origin):
            response.headers["Access-Control-Allow-Origin"] = origin
        return response


class AvatarModel(BaseModel):
    """A Live2D model and where it lies, below this server's address."""

    name: str
    avatar: str | None
    model_path: str


class AvatarModels(BaseModel):
    """The Live2D models that there are."""

    type: str = "live2d-models/info"
    count: int
    characters: list[AvatarModel]


def backgrounds(folder: Path) -> tuple[str, ...]:
    """Return the names of the pictures in the folder beside the configuration; not those in folders below."""
    return tuple(
        sorted(
            entry.name
            for entry in entries(folder / BACKGROUNDS_FOLDER)
            if Path(entry.name).suffix.lower() in PICTURES and entry.is_file() and entry.name.isprintable()
        )
    )


def avatar_models(folder: Path, built_in: Path) -> AvatarModels:
    """Return one entry for each folder that holds a model, at whatever depth; the built-in one comes first."""
    folders = [built_in, *model_folders(folder)]
    found = {each.name: model for each in reversed(folders) if (model := _as_told(each))}
    return AvatarModels(count=len(found), characters=list(reversed(found.values())))


def add_public_files(app: FastAPI, folder: Path, frontend: Path, is_trusted: IsTrusted) -> None:
    """Serve them where existing clients look for them."""
    built_in = frontend / "models" / "mika"

    @app.get(f"/{MODELS_FOLDER}/info", tags=["character"])
    def live2d_models() -> AvatarModels:  # no coroutine: it reads folders, so it runs in a thread
        """List the Live2D models."""
        return avatar_models(folder, built_in)

    app.mount(f"/{MODELS_FOLDER}/mika", PublicFiles(built_in, is_trusted))
    app.mount(f"/{MODELS_FOLDER}", PublicFiles(folder / MODELS_FOLDER, is_trusted))
    app.mount("/bg", PublicFiles(folder / BACKGROUNDS_FOLDER, is_trusted))
    app.mount("/avatars", PublicFiles(folder / "avatars", is_trusted, suffixes=AVATARS))
    _add_tool_page(app, folder)


def _add_tool_page(app: FastAPI, folder: Path) -> None:
    tool = next((folder / name for name in TOOL_FOLDERS if (folder / name / "index.html").is_file()), None)

    @app.get("/web-tool", include_in_schema=False)
    @app.get("/web_tool", include_in_schema=False)
    async def web_tool() -> RedirectResponse:
        if tool is None:
            raise HTTPException(
                404, "There is no folder web_tool with an index.html beside the configuration."
            )
        return RedirectResponse("/web-tool/index.html", 302)

    if tool:
        app.mount("/web-tool", StaticFiles(directory=tool))


def _as_told(folder: Path) -> AvatarModel | None:
    found = model_in(folder)
    if found is None:
        return None
    picture = next(
        (file for file in found.files if file.stem == folder.name and file.suffix.lower() in PICTURES), None
    )
    return AvatarModel(
        name=folder.name,
        avatar=address(folder, picture) if picture else None,
        model_path=address(folder, found.model),
    )
