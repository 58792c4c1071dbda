"""One MCP server, with real ones: what its tools answer, and what happens when it does not."""

import asyncio
import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import pytest

from fake_provider import run
from live_server import free_port
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


def at(port: int, word: str = "sesame", timeout: float = 5.0) -> McpServerSettings:
    headers = {"Authorization": f"Bearer {word}"}
    return McpServerSettings.model_validate(
        {"url": f"http://127.0.0.1:{port}/mcp", "headers": headers, "timeout": timeout}
    )


@contextmanager
def served_over_http(port: int) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, str(PROGRAM), "--http", str(port)]) as program:
        try:
            while True:
                with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
                time.sleep(0.05)
            yield program
        finally:
            program.kill()


@pytest.mark.slow
def test_a_server_at_an_address_is_asked_with_its_headers() -> None:
    async def main() -> None:
        async with running(at(port)) as server:
            assert {tool.name for tool in server.tools} == {"echo", "many.parts", "slow", "failing", "dying"}
            assert await server.call("echo", {"text": "hé"}) == ToolResult(text="hé")
            assert await server.call("many.parts", {}) == ToolResult(text="one\ntwo")
            assert (await server.call("failing", {})).is_failure
        async with running(at(port, timeout=0.5)) as server:
            with pytest.raises(EngineError, match=r"small did not answer within 0\.5 seconds"):
                await server.call("slow", {})

    port = free_port()
    with served_over_http(port):
        run(main(), 40)


@pytest.mark.slow
def test_a_server_at_an_address_that_goes_is_found_again_when_it_is_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server_module, "RESTART_PAUSE", 0.1)
    monkeypatch.setattr(server_module, "LONGER_PAUSE", 0.1)
    said: list[str] = []
    port = free_port()

    async def main() -> None:
        with served_over_http(port) as first:
            async with running(at(port), said) as server:
                first.kill()
                first.wait()
                with pytest.raises(EngineError, match="small has stopped"):
                    await server.call("echo", {"text": "?"})
                with served_over_http(port):
                    while not server.tools:  # noqa: ASYNC110  likewise
                        await asyncio.sleep(0.05)
                    assert (await server.call("echo", {"text": "back"})).text == "back"
                with served_over_http(port):  # another one in its place, before anybody has noticed
                    answer = None
                    while answer is None or answer.is_failure:
                        with suppress(EngineError):
                            answer = await server.call("echo", {"text": "again"})
                        await asyncio.sleep(0.05)
                    assert answer.text == "again"

    run(main(), 40)
    assert said[0] == "The MCP server small has stopped; it is looked for again."


@pytest.mark.slow
def test_a_server_at_an_address_that_does_not_let_us_in_is_said_without_the_key(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    said: list[str] = []
    port = free_port()

    async def main() -> None:
        server = McpServer("small", at(port, "s3cret-w0rd"), said.append)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(server.run())
            while not said:  # noqa: ASYNC110  likewise
                await asyncio.sleep(0.02)
            task.cancel()

    with served_over_http(port):
        run(main(), 40)
    assert "small did not start" in said[0]
    assert "s3cret-w0rd" not in said[0] + caplog.text + repr(at(port, "s3cret-w0rd"))
