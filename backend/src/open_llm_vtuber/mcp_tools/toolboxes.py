"""Toolboxes for characters: each server runs once, for all who may use it, from its first use to the end."""

import asyncio
import importlib
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Self

from open_llm_vtuber.mcp_servers import FILE, McpServerSettings
from open_llm_vtuber.ports import Toolbox
from open_llm_vtuber.tool_use import Tool, ToolResult

if TYPE_CHECKING:
    from open_llm_vtuber.mcp_tools.server import McpServer

_NOT_IN_A_NAME = re.compile(r"[^a-zA-Z0-9_-]")
_LONGEST_NAME = 64
"""Language models take names of these letters and this length."""
MISSING = "Tools need the package 'mcp', which is not installed: install the extra `tools`."


class McpToolboxes:
    """Starts and ends the servers. What is wrong with one is said once, and costs its tools only."""

    def __init__(self, settings: Mapping[str, McpServerSettings], report: Callable[[str], None]) -> None:
        self._settings = settings
        self._report = report
        self._told: set[str] = set()
        self._servers: dict[str, McpServer] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._group = asyncio.TaskGroup()

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        for task in self._tasks.values():
            task.cancel()
        if kind is not None and issubclass(kind, asyncio.CancelledError):
            await self._group.__aexit__(kind, error, trace)
        else:  # an error of whoever entered goes on as it is, not wrapped into a group
            await self._group.__aexit__(None, None, None)

    def toolbox(self, names: Collection[str], *, are_of_use: bool = True) -> Toolbox | None:
        """Return the tools of these servers. Those that do not run yet are started meanwhile.

        `are_of_use` says whether the language model can use any.
        """
        if names and not are_of_use:
            self._tell("The language model cannot use tools: MCP servers are not started for it.")
            return None
        known = [name for name in names if name in self._settings]
        for name in names:
            if name not in self._settings:
                self._tell(f"The MCP server {name} is not in {FILE}: its tools are not available.")
            elif name not in self._tasks:
                self._tasks[name] = self._group.create_task(self._run(name), name=f"MCP server {name}")
        return _McpToolbox(known, self._servers) if known else None

    async def _run(self, name: str) -> None:
        try:
            # About a second of work, the first time: not on the loop.
            module = await asyncio.to_thread(importlib.import_module, "open_llm_vtuber.mcp_tools.server")
        except ImportError:
            self._tell(MISSING)
            return
        server: McpServer = module.McpServer(name, self._settings[name], self._tell)
        self._servers[name] = server
        await server.run()

    def _tell(self, sentence: str) -> None:
        if sentence not in self._told:
            self._told.add(sentence)
            self._report(sentence)


class _McpToolbox:
    """Keeps the `Toolbox` port with the servers of one character, as far as they run."""

    def __init__(self, names: Sequence[str], servers: Mapping[str, "McpServer"]) -> None:
        self._names = names
        self._servers = servers

    @property
    def tools(self) -> Sequence[Tool]:
        """What can be used just now."""
        return [replace(tool, name=name) for name, (_, tool) in self._offered().items()]

    async def call(self, name: str, arguments: Mapping[str, object]) -> ToolResult:
        """Use a tool. Raises EngineError when its server cannot be used."""
        found = self._offered().get(name)
        if found is None:
            return ToolResult(text="There is no such tool, or its server does not run.", is_failure=True)
        server, tool = found
        return await server.call(tool.name, arguments)

    def _offered(self) -> dict[str, tuple["McpServer", Tool]]:
        """Return the tools by the names that they are offered under; of two alike the later says whose it is."""
        offered: dict[str, tuple[McpServer, Tool]] = {}
        for server, tool in self._all():
            name = _sendable(tool.name)
            if name in offered:
                name = _sendable(f"{server.name}_{tool.name}")
            offered.setdefault(name, (server, tool))
        return offered

    def _all(self) -> Iterator[tuple["McpServer", Tool]]:
        for name in self._names:
            if server := self._servers.get(name):
                for tool in server.tools:
                    yield server, tool


def _sendable(name: str) -> str:
    return _NOT_IN_A_NAME.sub("_", name)[:_LONGEST_NAME]
