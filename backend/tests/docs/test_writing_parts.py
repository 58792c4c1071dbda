"""What docs/how-to/write-an-engine.md and docs/how-to/write-a-chat-platform.md show keeps the contracts."""

import ast
import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType
from typing import NoReturn

import pytest

from contracts import test_chat_platforms as platforms
from contracts import test_llm_engines as engines
from docs.pages import blocks
from docs.running import keys_of, load
from fake_provider import run
from live_server import SCRIPTED, serving
from open_llm_vtuber.client import connect
from open_llm_vtuber.llm import LLM_ENGINES
from open_llm_vtuber.protocol.audio_message import Audio

ENGINE = [block for block in blocks("docs/how-to/write-an-engine.md") if block.kind]
PLATFORM = [block for block in blocks("docs/how-to/write-a-chat-platform.md") if block.kind]


def module_of(text: str, name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Put a module where the page says that its file lies."""
    module = ModuleType(name)
    exec(compile(text, name, "exec"), module.__dict__)  # noqa: S102  what our own pages tell people to write
    monkeypatch.setitem(sys.modules, name, module)
    return module


@pytest.fixture
def parrot(monkeypatch: pytest.MonkeyPatch) -> str:
    file, line, needs, _ = (block.text for block in ENGINE)
    module_of(file, "open_llm_vtuber.llm.parrot", monkeypatch)
    ((name, place),) = ast.literal_eval("{" + line + "}").items()
    monkeypatch.setitem(LLM_ENGINES._rows, name, place)
    for each, packages in ast.literal_eval("{" + needs + "}").items():
        monkeypatch.setitem(engines.NEEDS, each, packages)
    return str(name)


def test_the_engine_of_the_page_keeps_the_contract_of_a_language_model(
    parrot: str, missing: Callable[[str, str], NoReturn]
) -> None:
    engines.test_keeps_the_contract_of_a_language_model(parrot, missing)


@pytest.mark.usefixtures("parrot")
def test_the_engine_of_the_page_is_chosen_as_the_page_says_and_speaks(tmp_path: Path) -> None:
    given = keys_of(ENGINE[-1].text, tmp_path)
    rest = {name: SCRIPTED[name] for name in ("asr_config", "tts_config")}
    settings = load(json.dumps({"character_config": {**rest, **given["character_config"]}}), tmp_path)

    async def main() -> None:
        async with serving(settings) as server, connect(server.http) as her:
            await her.say("Polly wants a cracker")
            async for cue in her.cues():
                if isinstance(cue, Audio) and cue.display_text:
                    assert "cracker" in cue.display_text.text
                    assert cue.actions
                    return

    run(main())


@asynccontextmanager
async def socket_chat(module: ModuleType) -> AsyncIterator[platforms.World]:
    """Yield the page's platform beside a program that writes what viewers say to whoever reads."""
    readers: list[asyncio.StreamWriter] = []

    async def come(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        readers.append(writer)

    async def says(name: str, text: str) -> None:
        for writer in readers:
            if not writer.is_closing():
                writer.write(f"{name}: {text}\n".encode())

    server = await asyncio.start_server(come, "127.0.0.1", 0)
    try:
        yield platforms.World(module.SocketPlatform(server.sockets[0].getsockname()[1]), says)
    finally:
        for writer in readers:
            writer.close()
        server.close()


def test_the_platform_of_the_page_keeps_the_contract_of_a_chat_platform(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    module = module_of(PLATFORM[0].text, "open_llm_vtuber.socket_chat.platform", monkeypatch)
    run(platforms.keeps_the_contract(lambda _: socket_chat(module), tmp_path), seconds=30)
