"""Avatars over HTTP: which there are and what is wrong with them, and the add-on that draws those of Live2D."""

from collections.abc import Mapping
from pathlib import Path

from fastapi import FastAPI
from pydantic import BaseModel
from starlette.responses import Response

from open_llm_vtuber.characters import CharacterFiles
from open_llm_vtuber.config import Settings
from open_llm_vtuber.live2d.add_on import FOLDER, SCRIPTS, AddOn
from open_llm_vtuber.live2d.listing import ModelReport, listing
from open_llm_vtuber.protocol.parts import ConfigFile
from open_llm_vtuber.web.public_files import IsTrusted, PublicFiles


class AddOnState(BaseModel):
    """Whether Live2D models can be drawn, and what a page loads for it."""

    ready: bool
    scripts: tuple[str, ...]
    """In this order; empty unless ready."""
    missing: tuple[str, ...]
    """What to do first, one sentence each."""


class Model(ModelReport):
    """An avatar and who has it."""

    characters: tuple[ConfigFile, ...]
    """Whoever is switched to by `switch-config` with that file name and then has this avatar."""


class Models(BaseModel):
    """The avatars that there are, and whether those of Live2D can be drawn."""

    models: tuple[Model, ...]
    faults: tuple[str, ...]
    """What is wrong with `model_dict.json` itself."""
    add_on: AddOnState


class ModelDesk:
    """Answers what there is now; each answer reads the disk."""

    def __init__(self, settings: Settings, frontend: Path) -> None:
        self.add_on = AddOn(settings.system_config.data_dir, settings.folder)
        self._folder = settings.folder
        self._frontend = frontend
        self._characters = CharacterFiles(settings)

    def state(self) -> AddOnState:
        """Return whether Live2D models can be drawn."""
        missing = self.add_on.missing()
        return AddOnState(ready=not missing, scripts=() if missing else SCRIPTS, missing=missing)

    def models(self) -> Models:
        """Return all avatars, looked at again."""
        found, who = listing(self._folder, self._frontend), self._who()
        return Models(
            models=tuple(
                Model(**each.model_dump(), characters=who.get(each.name, ())) for each in found.models
            ),
            faults=found.faults,
            add_on=self.state(),
        )

    def _who(self) -> Mapping[str, tuple[ConfigFile, ...]]:
        who: dict[str, tuple[ConfigFile, ...]] = {}
        for each in self._characters.listing().characters:
            name = each.character.live2d_model_name
            who[name] = (*who.get(name, ()), ConfigFile(filename=each.file, name=each.name))
        return who


def add_model_routes(app: FastAPI, desk: ModelDesk, is_trusted: IsTrusted) -> None:
    """Serve the list of avatars, and the add-on: a page loads of it what the answer names, once all is there."""

    @app.get("/api/models", tags=["character"])
    def models() -> Models:  # no coroutine: it reads folders, so it runs in a thread
        """List the avatars with what each can show and what is wrong with it."""
        return desk.models()

    @app.get(f"/{FOLDER}", tags=["server"])
    def add_on(response: Response) -> AddOnState:
        """Say whether Live2D models can be drawn here, and what a page loads for it."""
        response.headers["Cache-Control"] = "no-store"
        return desk.state()

    app.mount(f"/{FOLDER}", PublicFiles(desk.add_on.folder, is_trusted))
