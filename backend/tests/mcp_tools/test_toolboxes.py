"""Servers run once for all characters; what is wrong with one is said once."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from fake_provider import run
from open_llm_vtuber.mcp_servers import McpServerSettings
from open_llm_vtuber.mcp_tools import toolboxes
from open_llm_vtuber.mcp_tools.toolboxes import McpToolboxes
from open_llm_vtuber.ports import Toolbox
from open_llm_vtuber.tool_use import ToolResult

PROGRAM = str(Path(__file__).parents[1] / "mcp_server.py")
SMALL = McpServerSettings(command=sys.executable, args=(PROGRAM,))
MISSING = McpServerSettings(command="no-such-program-anywhere")


async def names(toolbox: Toolbox | None, count: int) -> Sequence[str]:
    """Return the tools' names as soon as there are so many."""
    assert toolbox is not None
    while len(toolbox.tools) < count:  # noqa: ASYNC110  it tells nobody
        await asyncio.sleep(0.02)
    return [tool.name for tool in toolbox.tools]


@pytest.mark.slow
def test_a_server_runs_once_however_many_use_it_and_its_tools_have_names_that_every_model_takes() -> None:
    pytest.importorskip("mcp")
    said: list[str] = []

    async def main() -> None:
        async with McpToolboxes({"one": SMALL, "two": SMALL, "lost": MISSING}, said.append) as boxes:
            first = boxes.toolbox(["one", "lost"])
            again, both = boxes.toolbox(["one"]), boxes.toolbox(["one", "two"])
            assert len(boxes._tasks) == 3
            assert sorted(await names(first, 5)) == ["dying", "echo", "failing", "many_parts", "slow"]
            assert again is not None
            assert await again.call("many_parts", {}) == ToolResult(text="one\ntwo")
            assert "two_echo" in await names(both, 10)
            assert (await again.call("two_echo", {})).is_failure, "not hers"
        assert all(task.done() for task in boxes._tasks.values())

    run(main())
    assert said == ["The MCP server lost cannot start: its command or its folder is not found."]


def test_a_server_that_is_not_in_the_file_is_said_once() -> None:
    said: list[str] = []

    async def main() -> None:
        async with McpToolboxes({}, said.append) as boxes:
            assert boxes.toolbox(["time"]) is None
            assert boxes.toolbox(["time"]) is None
            assert boxes.toolbox([]) is None

    run(main())
    assert said == ["The MCP server time is not in mcp_servers.json: its tools are not available."]


def test_for_a_model_that_cannot_use_tools_no_server_is_started() -> None:
    said: list[str] = []

    async def main() -> None:
        async with McpToolboxes({"a": SMALL}, said.append) as boxes:
            assert boxes.toolbox([], are_of_use=False) is None
            assert not said
            assert boxes.toolbox(["a"], are_of_use=False) is None
            assert not boxes._tasks

    run(main())
    assert said == ["The language model cannot use tools: MCP servers are not started for it."]


def test_without_the_sdk_there_are_no_tools_and_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "open_llm_vtuber.mcp_tools.server", None)
    said: list[str] = []

    async def main() -> None:
        async with McpToolboxes({"a": SMALL, "b": SMALL}, said.append) as boxes:
            toolbox = boxes.toolbox(["a", "b"])
            await asyncio.wait(boxes._tasks.values())
            assert toolbox is not None
            assert not toolbox.tools
            assert (await toolbox.call("echo", {})).is_failure

    run(main())
    assert said == [toolboxes.MISSING]
