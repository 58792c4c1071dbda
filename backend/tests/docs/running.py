"""What the blocks of the documentation are tried on: a server beside the test, and configurations that cost nothing."""

import asyncio
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from docs.pages import ROOT
from live_server import SCRIPTED, Serving, away_from_twitch, leaving_nothing, serving
from open_llm_vtuber import app, config
from open_llm_vtuber.asr import ASR_ENGINES
from open_llm_vtuber.config import Settings
from open_llm_vtuber.engines import EngineTable
from open_llm_vtuber.llm import LLM_ENGINES
from open_llm_vtuber.settings.file import read
from open_llm_vtuber.tts import TTS_ENGINES
from open_llm_vtuber.vad import VAD_ENGINES

ADDRESS = re.compile(r"(?<![\w.])(http|ws)://(127\.0\.0\.1|localhost):12393|(?<![\w./])localhost:12393")
"""Where the documentation says that the server is."""
BESIDE = {"character_config": SCRIPTED, "external_api": {"provider": "ollama", "model": "m"}}
"""With a provider to switch to; it is never asked."""
SHARED_OPTIONS = {"interrupt_method"}
"""Of existing files; the agent reads it, whatever the language model."""


@contextmanager
def server_beside(folder: Path) -> Iterator[Serving]:
    """Run a server with scripted engines in a thread of its own, for scripts that have their own loop.

    Its configuration file is in that folder, and can be edited.
    """
    settings = load(json.dumps(BESIDE), folder)
    running: list[Serving] = []
    started, stop = threading.Event(), threading.Event()

    async def serve() -> None:
        async with serving(settings) as server:
            running.append(server)
            started.set()
            await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert started.wait(20)
        yield running[0]
    finally:
        stop.set()
        thread.join(20)


def at_the_server(text: str, server: Serving) -> str:
    """Return a text of the documentation with the address of that server."""
    return ADDRESS.sub(lambda found: f"{found[1] or 'http'}://127.0.0.1:{server.port}", text)


def load(text: str, folder: Path) -> Settings:
    """Read a configuration as the program does, with something in every variable that it names."""
    for name in ("topics.txt", "frontend-build/index.html"):  # what the pages' examples name
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("cats\n", encoding="utf-8")
    (folder / "conf.yaml").write_text(text, encoding="utf-8")
    return config.load(folder / "conf.yaml", _variables(text))


def _variables(text: str) -> Mapping[str, str]:
    return dict.fromkeys(re.findall(r"\$\{(\w+)", text), "from-the-environment")


def keys_of(text: str, folder: Path) -> dict[str, Any]:
    """Return what a configuration holds, as the program reads YAML (where `on` is a word)."""
    file = folder / "read.yaml"
    file.write_text(text, encoding="utf-8")
    return read(file, _variables(text), [])[0]


def with_scripted_engines(given: Mapping[str, Any]) -> str:
    """Return the configuration with engines that need nothing in the place of its own. Its rest stays."""
    return json.dumps({**given, "character_config": _laid_over(given.get("character_config", {}), SCRIPTED)})


def _laid_over(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    both = {
        key: _laid_over(base[key], each)
        for key, each in over.items()
        if isinstance(each, Mapping) and isinstance(base.get(key), Mapping)
    }
    return {**base, **over, **both}


async def go_on_air(settings: Settings) -> list[str]:
    """Start everything, stop it again, and return what an operator would have been told."""
    notes: list[str] = []
    async with app.on_air(away_from_twitch(leaving_nothing(settings)), notes.append, drives_outputs=False):
        pass
    return notes


def unknown_options(given: Mapping[str, Any]) -> Iterator[str]:
    """Yield each option of an engine's block that this engine does not have: the reader ignores it."""
    character = given.get("character_config") or {}
    sections: tuple[tuple[Mapping[str, Any], EngineTable[Any]], ...] = (
        ((character.get("agent_config") or {}).get("llm_configs") or {}, LLM_ENGINES),
        (character.get("tts_config") or {}, TTS_ENGINES),
        (character.get("asr_config") or {}, ASR_ENGINES),
        (character.get("vad_config") or {}, VAD_ENGINES),
    )
    for section, table in sections:
        for name, options in section.items():
            if name in table and isinstance(options, Mapping):
                known = _options_of(table, name) | SHARED_OPTIONS
                yield from (f"{name}.{option}" for option in options if option not in known)


def _options_of(table: EngineTable[Any], name: str) -> set[str]:
    module, _, class_name = table._rows[name].partition(":")
    path = ROOT / "backend/src" / f"{module.replace('.', '/')}.py"
    assert path.is_file()
    options = getattr(__import__(module, fromlist=[class_name]), class_name).Options
    known = set(options.model_fields)
    for field in options.model_fields.values():
        alias = field.validation_alias
        known |= {alias} if isinstance(alias, str) else {str(each) for each in getattr(alias, "choices", ())}
    return known
