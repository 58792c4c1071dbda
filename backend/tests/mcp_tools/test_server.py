"""One MCP server, with real ones: what its tools answer, and what happens when it does not."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from fake_provider import run
from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.mcp_servers import McpServerSettings
from open_llm_vtuber.tool_use import ToolResult

pytest.importorskip("mcp")

from open_llm_vtuber.mcp_tools import server as server_module
from open_llm_vtuber.mcp_tools.server import McpServer

PROGRAM = Path(__file__).parents[1] / "mcp_server.py"


def settings(*args: str, timeout: float = 10.0) -> McpServerSettings:
    return McpServerSettings(command=sys.executable, args=(str(PROGRAM), *args), timeout=timeout)


@asynccontextmanager
async def running(how: McpServerSettings, said: list[str] | None = None) -> AsyncIterator[McpServer]:
    server = McpServer("small", how, (said if said is not None else []).append)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(server.run())
        while not server.tools and not task.done():  # noqa: ASYNC110  it tells nobody
            await asyncio.sleep(0.02)
        yield server
        task.cancel()


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.slow
def test_a_servers_tools_are_listed_and_used_and_its_process_ends_with_it(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"

    async def main() -> None:
        async with running(settings(str(pid_file))) as server:
            assert {tool.name for tool in server.tools} == {"echo", "many.parts", "slow", "failing", "dying"}
            echo = next(tool for tool in server.tools if tool.name == "echo")
            assert echo.description == "Say it again."
            assert "text" in str(echo.parameters["properties"])
            assert await server.call("echo", {"text": "hé"}) == ToolResult(text="hé")
            assert await server.call("many.parts", {}) == ToolResult(text="one\ntwo")
            failed = await server.call("failing", {})
            assert failed.is_failure
            assert "There is no such town." in failed.text
            assert (await server.call("echo", {"wrong": 1})).is_failure
            assert is_alive(int(pid_file.read_text()))
        assert not is_alive(int(pid_file.read_text()))

    run(main())


@pytest.mark.slow
def test_a_slow_tool_costs_itself_and_one_that_dies_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "RESTART_PAUSE", 0.1)
    said: list[str] = []
    pid_file = tmp_path / "pid"

    async def main() -> None:
        async with running(settings(str(pid_file), timeout=0.5), said) as server:
            first = pid_file.read_text()
            with pytest.raises(EngineError, match=r"small did not answer within 0\.5 seconds"):
                await server.call("slow", {})
            with pytest.raises(EngineError, match="small has stopped"):
                await _dies(server)
            while not server.tools:  # noqa: ASYNC110  likewise
                await asyncio.sleep(0.05)
            assert (await server.call("echo", {"text": "back"})).text == "back"
            assert pid_file.read_text() != first

    run(main(), 40)
    assert said == ["The MCP server small has stopped; it is started again."]


async def _dies(server: McpServer) -> None:
    os.kill(_pid(server), 9)
    await server.call("echo", {"text": "?"})


def _pid(server: McpServer) -> int:
    return int(Path(server._settings.args[-1]).read_text(encoding="utf-8"))


@pytest.mark.slow
def test_a_tool_that_ends_its_own_server_is_told_from_one_that_fails() -> None:
    async def main() -> None:
        async with running(settings()) as server:
            with pytest.raises(EngineError, match="small has stopped"):
                await server.call("dying", {})

    run(main())


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        (McpServerSettings(command="no-such-program-anywhere"), "its command or its folder is not found"),
        (McpServerSettings(command=sys.executable, args=("-c", "pass")), "did not start"),
        (McpServerSettings(command=sys.executable, args=("-c", "input()")), "did not start"),
    ],
)
def test_a_server_that_cannot_start_is_said_once_and_given_up(how: McpServerSettings, sentence: str) -> None:
    said: list[str] = []

    async def main() -> None:
        async with running(how, said) as server:
            with pytest.raises(EngineError, match="is not running"):
                await server.call("echo", {})

    run(main())
    [only] = said
    assert sentence in only


def test_a_server_that_hangs_at_its_start_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "START_LIMIT", 0.3)
    said: list[str] = []

    async def main() -> None:
        hangs = McpServerSettings(command=sys.executable, args=("-c", "import time; time.sleep(60)"))
        async with running(hangs, said):
            pass

    run(main())
    assert said == ["The MCP server small did not start (no answer in time): it has no tools."]
