"""A small MCP server, as a program: `python mcp_server.py [FILE]` writes its process id into FILE."""

import os
import sys
import time
from pathlib import Path

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ImageContent, TextContent

server = MCPServer("small")


@server.tool()
def echo(text: str) -> str:
    """Say it again."""
    return text


@server.tool(name="many.parts", structured_output=False)
def many_parts() -> list[TextContent | ImageContent]:
    """Answer in several parts."""
    picture = ImageContent(type="image", data="AA==", mime_type="image/png")
    return [TextContent(type="text", text="one"), picture, TextContent(type="text", text="two")]


@server.tool()
def slow() -> str:
    """Take longer than anybody waits."""
    time.sleep(30)
    return "at last"


@server.tool()
def failing() -> str:
    """Be of no use."""
    raise ToolError("There is no such town.")


@server.tool()
def dying() -> str:
    """End the whole program."""
    os._exit(1)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(str(os.getpid()), encoding="utf-8")
    server.run()
