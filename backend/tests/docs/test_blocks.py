"""Every fenced block of the documentation is tried out: what a page says can be done, works.

What a block is taken for says its language (`DEFAULT`), or a comment right above it (`<!-- test: KIND -->`):

    configuration     is read as conf.yaml without a remark, and goes on air with engines that need nothing
    on air            the same, with its own engines, every `base_url` being a provider on this machine; she answers
    rehearsal         the same as configuration, and two minutes of the simulated evening "raid" pass over it
    remarks           as configuration; the program has something to say about it, as the page tells
    character         is read as a file in characters/ and goes on air
    commands          every line: our commands are parsed, and run where that is cheap; curl is sent to a server
    message           is a message of the protocol
    mcp_servers.json  is read as that file
    model_dict.json   is read as that file; every avatar in it has the faces that its entry names
    answer            has the fields of the answer to the last curl before it
    script            is run by Python beside a server
    file PATH         is a part of that file of this repository, word for word
    by TEST           is used by that test file in backend/tests/docs

A block that cannot be tried has `<!-- not run: WHY -->` above it.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from docs.commands import run_command, send
from docs.pages import ALL_PAGES, ROOT, WRITTEN_BY_THE_PROGRAM, Block, blocks, commands_in_lines, pages
from docs.running import (
    at_the_server,
    go_on_air,
    keys_of,
    load,
    server_beside,
    unknown_options,
    with_scripted_engines,
)
from fake_provider import FakeProvider, run
from live_server import SCRIPTED, Serving, serving
from open_llm_vtuber import config
from open_llm_vtuber.app import frontend_folder
from open_llm_vtuber.cli import main
from open_llm_vtuber.client import connect
from open_llm_vtuber.config import Settings
from open_llm_vtuber.live2d.reading import BUILT_IN_URL, DICTIONARY, avatar, dictionary
from open_llm_vtuber.mcp_servers import FILE as MCP_SERVERS
from open_llm_vtuber.mcp_servers import mcp_servers
from open_llm_vtuber.protocol.audio_message import Audio
from open_llm_vtuber.protocol.codec import decode
from open_llm_vtuber.protocol.server_messages import Control, Error, ServerMessage

DEFAULT = {
    "yaml": "configuration",
    "sh": "commands",
    "json": "message",
    "python": "script",
    "caddyfile": "file docker/Caddyfile",
}
SHORTEST_REASON = 15
REVISION = "0123456789abcdef"
"""Stands on the pages for the revision that the answer before has told."""
PAGES = [page for page in pages(ALL_PAGES) if page != WRITTEN_BY_THE_PROGRAM]
BLOCKS = [block for page in PAGES for block in blocks(page)]
_SERVER: TypeAdapter[ServerMessage] = TypeAdapter(ServerMessage)


@dataclass
class Stage:
    """What a block is tried on."""

    folder: Path
    server: Serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with server_beside(tmp_path_factory.mktemp("beside")) as running:
        yield running


@pytest.fixture
def stage(tmp_path: Path, server: Serving) -> Stage:
    return Stage(tmp_path, server)


def kind_of(block: Block) -> str:
    return block.kind or DEFAULT.get(block.language, "")


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_what_a_page_shows_works(block: Block, stage: Stage) -> None:
    if block.reason:
        assert len(block.reason) >= SHORTEST_REASON, f"{block}: say in a sentence why it cannot be run"
        return
    name, _, argument = kind_of(block).partition(" ")
    kind = KINDS.get(kind_of(block)) or KINDS_WITH_ARGUMENT.get(name, {}).get(bool(argument))
    assert kind, (
        f"{block}: nobody knows how to try a {block.language or 'nameless'} block. Write `<!-- test: KIND -->` on the "
        f"line above it ({', '.join([*KINDS, *KINDS_WITH_ARGUMENT])}), or `<!-- not run: WHY -->`."
    )
    kind(block, stage)


def _configuration(block: Block, stage: Stage) -> None:
    assert _remarks(block, stage) == [], f"{block}: the program has something to say about this"


def _remarks(block: Block, stage: Stage) -> list[str]:
    settings = load(block.text, stage.folder)
    given = keys_of(block.text, stage.folder)
    unknown = [*unknown_options(given)]
    assert not unknown, f"{block}: no such option: {', '.join(unknown)}"
    told = asyncio.run(go_on_air(load(with_scripted_engines(given), stage.folder)))
    return [*settings.notes, *told]


def _with_remarks(block: Block, stage: Stage) -> None:
    assert _remarks(block, stage), f"{block}: there is no remark any more; take the mark away"


def _on_air(block: Block, stage: Stage) -> None:
    assert not [*unknown_options(keys_of(block.text, stage.folder))]

    async def go() -> None:
        async with FakeProvider() as provider:
            here, number = re.subn(r"(base_url:\s*)\S+", rf"\g<1>{provider.base_url}", block.text)
            assert number, f"{block}: there is no base_url that could lead to this machine"
            given = keys_of(here, stage.folder)
            character = {**SCRIPTED, **given["character_config"]}
            settings = load(json.dumps({**given, "character_config": character}), stage.folder)
            async with serving(settings) as server, connect(server.http) as her:
                await her.say("Hello, are you there?")
                heard = await _first_sentence(her.cues())
            assert heard, f"{block}: nothing was heard"
            assert heard.audio, f"{block}: there was a sentence without sound"
            assert provider.requests, f"{block}: the provider was not asked"

    run(go())


async def _first_sentence(cues: AsyncIterator[ServerMessage]) -> Audio | None:
    async for cue in cues:
        if isinstance(cue, Audio):
            return cue
        if isinstance(cue, Control) and cue.text == "conversation-chain-end":
            break
    return None


def _rehearsal(block: Block, stage: Stage) -> None:
    _configuration(block, stage)
    file = stage.folder / "conf.yaml"
    file.write_text(with_scripted_engines(keys_of(block.text, stage.folder)), encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["rehearse", "--config", str(file), "--profile", "raid", "--minutes", "2", "--speed", "1000"])
    assert ended.value.code == 0


def _character(block: Block, stage: Stage) -> None:
    base = load("character_config: {}\n", stage.folder)
    file = stage.folder / "character.yaml"
    file.write_text(block.text, encoding="utf-8")
    character, notes = config.character(base.character_config, file, {})
    assert not notes
    assert not [*unknown_options(keys_of(block.text, stage.folder))]
    assert character.persona_prompt


def _commands(block: Block, stage: Stage) -> None:
    joined = re.sub(r"\\\n\s*", " ", block.text)
    revision = REVISION
    for line in joined.splitlines():
        answer = run_command(line.replace(REVISION, revision), str(block), stage.folder, stage.server)
        if answer:
            revision = str(answer.get("revision", revision))


def _message(block: Block, _: Stage) -> None:
    given = json.loads(block.text)
    assert "type" in given, f"{block}: no `type`, so this is no message; is it an `answer`?"
    decoded = decode(block.text)
    if isinstance(decoded, Error):
        _SERVER.validate_json(block.text, extra="ignore")


def _mcp_servers(block: Block, stage: Stage) -> None:
    (stage.folder / MCP_SERVERS).write_text(block.text, encoding="utf-8")
    faults: list[str] = []
    assert mcp_servers(stage.folder, faults.append)
    assert not faults


def _model_dict(block: Block, stage: Stage) -> None:
    (stage.folder / DICTIONARY).write_text(block.text, encoding="utf-8")
    settings = Settings(folder=stage.folder)
    for entry in dictionary(stage.folder):
        if entry["url"].lstrip("/") != BUILT_IN_URL:  # somebody's own: one that has just these faces
            files = {"Moc": "m.moc3", "Textures": [], "Expressions": _faces(entry)}
            model = stage.folder / entry["url"].lstrip("/")
            model.parent.mkdir(parents=True)
            model.write_text(json.dumps({"Version": 3, "FileReferences": files}), encoding="utf-8")
        assert set(avatar(settings, frontend_folder(), entry["name"]).emotions) == set(entry["emotionMap"])


def _faces(entry: Mapping[str, Any]) -> list[dict[str, str]]:
    return [{"Name": face, "File": f"{face}.exp3.json"} for face in entry["emotionMap"].values()]


def _answer(block: Block, stage: Stage) -> None:
    before = [each for each in blocks(block.page) if each.line < block.line and "curl" in each.text]
    assert before, f"{block}: there is no curl before it"
    line = re.sub(r"\\\n\s*", " ", before[-1].text).splitlines()[0]
    answer = send(line, str(block), stage.server)
    _same_fields(json.loads(block.text), json.loads(answer.text), str(block))


def _same_fields(shown: object, real: object, where: str) -> None:
    if isinstance(shown, Mapping):
        assert isinstance(real, Mapping), where
        assert set(shown) == set(real), f"{where}: the real answer has the fields {sorted(real)}"
        for name, value in shown.items():
            _same_fields(value, real[name], f"{where} {name}")


def _script(block: Block, stage: Stage) -> None:
    code = compile(at_the_server(block.text, stage.server), str(block), "exec")
    exec(code, {"__name__": "__main__"})  # noqa: S102  what our own pages tell people to run


def _file(block: Block, _: Stage) -> None:
    path = kind_of(block).partition(" ")[2]
    assert (ROOT / path).is_file(), f"{block}: there is no {path}"
    text = (ROOT / path).read_text(encoding="utf-8")
    assert block.text in text, f"{block}: this is not what {path} says any more"


def _elsewhere(block: Block, _: Stage) -> None:
    test = ROOT / "backend/tests/docs" / kind_of(block).partition(" ")[2]
    assert test.is_file(), f"{block}: there is no {test.name}"
    assert block.page in test.read_text(encoding="utf-8"), f"{block}: {test.name} does not read this page"


Kind = Callable[[Block, Stage], None]
KINDS: Mapping[str, Kind] = {
    "configuration": _configuration,
    "on air": _on_air,
    "rehearsal": _rehearsal,
    "remarks": _with_remarks,
    "character": _character,
    "commands": _commands,
    "message": _message,
    "mcp_servers.json": _mcp_servers,
    "model_dict.json": _model_dict,
    "answer": _answer,
    "script": _script,
}
KINDS_WITH_ARGUMENT: Mapping[str, Mapping[bool, Kind]] = {"file": {True: _file}, "by": {True: _elsewhere}}


@pytest.mark.parametrize("page", PAGES)
def test_commands_within_the_text_are_commands(page: str) -> None:
    for command in commands_in_lines(page):
        run_command(command, page, None, None)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("sh", "open-llm-vtuber rum\n"),
        ("sh", "make everything\n"),
        ("sh", "rm -rf data\n"),
        ("yaml", "systm_config: {}\n"),
        ("yaml", "character_config: {tts_config: {tone_tts: {loudnes: 3}}}\n"),
        ("json", '{"type": "sing"}\n'),
        ("python", "raise KeyError\n"),
        ("dot", "a -> b\n"),
    ],
)
def test_a_block_that_does_not_work_is_found(language: str, text: str, stage: Stage) -> None:
    block = Block(page="README.md", line=1, language=language, kind="", reason="", text=text)
    with pytest.raises((AssertionError, KeyError, ValueError)):
        test_what_a_page_shows_works(block, stage)
