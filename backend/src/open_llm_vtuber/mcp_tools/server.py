"""One MCP server, in a process of its own or somewhere on the network. Importing this module imports the SDK."""

import asyncio
import logging
import os
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import httpx2  # it comes with the SDK
from mcp import Client, MCPError, StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CONNECTION_CLOSED, INVALID_REQUEST, CallToolResult, TextContent

from open_llm_vtuber.accounts import is_loopback
from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.mcp_servers import McpServerSettings
from open_llm_vtuber.tool_use import Tool, ToolResult
from open_llm_vtuber.units import Seconds

log = logging.getLogger(__name__)

START_LIMIT: Seconds = 60.0
"""How long a server may take to start: the first time it may have to be downloaded."""
RESTART_PAUSE: Seconds = 5.0
LONGER_PAUSE: Seconds = 60.0
"""Before a server at an address, which somebody else may start, is looked for again."""
CONNECT_LIMIT: Seconds = 10.0
LONGEST_STREAM: Seconds = 600.0
"""How long a server at an address may say nothing on a stream that is open; a call has its own limit."""
MOST_PAGES = 10
MOST_TOOLS = 64
LONGEST_DESCRIPTION = 1_000
LONGEST_TEXT = 100_000
"""Characters of a result that are looked at."""
NO_TEXT = "It answered without any text."
_GONE = (anyio.ClosedResourceError, anyio.BrokenResourceError, anyio.EndOfStream, ConnectionError)
# What the SDK raises when a server does not keep to the protocol.
_MALFORMED = (ValueError, TypeError, AttributeError, LookupError, RuntimeError)
_FAILURES = (MCPError, OSError, TimeoutError, ExceptionGroup, *_GONE, *_MALFORMED)


class McpServer:
    """A server and its tools. One that has stopped is started again; one that does not start is given up.

    One at an address is looked for again and again.
    """

    def __init__(self, name: str, settings: McpServerSettings, report: Callable[[str], None]) -> None:
        self.name = name
        self.tools: tuple[Tool, ...] = ()
        """Under the server's own names; none while it does not run."""
        self._settings = settings
        self._report = report
        self._client: Client | None = None
        self._has_stopped = asyncio.Event()

    async def run(self) -> None:
        """Keep it running until cancelled, or until it does not start."""
        again = "looked for" if self._settings.url else "started"
        while (has_lived := await self._lived()) or self._settings.url:
            if has_lived:
                self._report(f"The MCP server {self.name} has stopped; it is {again} again.")
            await asyncio.sleep(RESTART_PAUSE if has_lived else LONGER_PAUSE)

    async def call(self, tool: str, arguments: Mapping[str, object]) -> ToolResult:
        """Use a tool. Raises EngineError when the server is not there or does not answer in time."""
        if self._client is None:
            raise self._failure("is not running")
        try:
            async with asyncio.timeout(self._settings.timeout):
                result = await self._client.call_tool(tool, dict(arguments))
        except TimeoutError:
            raise self._failure(f"did not answer within {self._settings.timeout:g} seconds") from None
        except MCPError as error:
            if error.code == CONNECTION_CLOSED or (self._settings.url and error.code == INVALID_REQUEST):
                raise self._stopped() from None  # the second: it was started again and knows us no more
            return ToolResult(text=error.message[:LONGEST_TEXT], is_failure=True)
        except _GONE:
            raise self._stopped() from None
        except _MALFORMED:
            raise self._failure("answered something that cannot be read") from None
        return _result(result)

    async def _lived(self) -> bool:
        """Run it until it has stopped; return whether it ever came to work."""
        self._has_stopped.clear()
        lived = False
        try:
            async with asyncio.timeout(START_LIMIT) as limit, self._connected() as client:
                self.tools = await _listed(client)
                self._client, lived = client, True
                limit.reschedule(None)
                log.info("The MCP server %s runs with %d tools.", self.name, len(self.tools))
                await self._has_stopped.wait()
        except FileNotFoundError:
            self._report(f"The MCP server {self.name} cannot start: its command or its folder is not found.")
        except _FAILURES as error:
            if not lived:
                self._report(f"The MCP server {self.name} did not start ({_kind(error)}): it has no tools.")
        finally:
            self._client, self.tools = None, ()
        return lived

    @asynccontextmanager
    async def _connected(self) -> AsyncGenerator[Client, None]:
        """Agree on the protocol with the server; one that is a process of ours is gone at the end."""
        settings = self._settings
        if settings.url:
            async with self._connected_to(settings.url) as client:
                yield client
            return
        how = StdioServerParameters(
            command=settings.command, args=list(settings.args), env=settings.env, cwd=settings.cwd
        )
        with Path(os.devnull).open("w") as nowhere:  # noqa: ASYNC230  it never waits; the terminal is ours
            client = Client(stdio_client(how, errlog=nowhere), cache=None)
            async with client:
                yield client

    @asynccontextmanager
    async def _connected_to(self, url: str) -> AsyncGenerator[Client, None]:
        headers = {name: value.get_secret_value() for name, value in self._settings.headers.items()}
        limits = httpx2.Timeout(CONNECT_LIMIT, read=LONGEST_STREAM)
        # A proxy in the environment is for the outside world: it cannot reach this machine's loopback.
        async with (
            httpx2.AsyncClient(headers=headers, timeout=limits, trust_env=not is_loopback(url)) as http,
            Client(streamable_http_client(url, http_client=http), cache=None) as client,
        ):
            yield client

    def _stopped(self) -> EngineError:
        self._client, self.tools = None, ()
        self._has_stopped.set()
        return self._failure("has stopped")

    def _failure(self, what: str) -> EngineError:
        return EngineError(f"The MCP server {self.name} {what}.", engine=self.name, retryable=True)


async def _listed(client: Client) -> tuple[Tool, ...]:
    """Return the server's tools."""
    tools: list[Tool] = []
    cursor: str | None = None
    for _ in range(MOST_PAGES):
        page = await client.list_tools(cursor=cursor)
        tools += [
            Tool(
                name=tool.name,
                description=(tool.description or "")[:LONGEST_DESCRIPTION],
                parameters=tool.input_schema,
            )
            for tool in page.tools
        ]
        cursor = page.next_cursor
        if not cursor:
            break
    return tuple(tools[:MOST_TOOLS])


def _result(result: CallToolResult) -> ToolResult:
    """Return the text of all parts."""
    text = "\n".join(part.text for part in result.content if isinstance(part, TextContent))
    return ToolResult(text=text[:LONGEST_TEXT] or NO_TEXT, is_failure=result.is_error)


def _kind(error: BaseException) -> str:
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return "it ended or refused" if isinstance(error, MCPError) else type(error).__name__
