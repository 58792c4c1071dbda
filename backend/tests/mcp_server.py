"""A small MCP server, as a program: `python mcp_server.py [FILE]` writes its process id into FILE.

`python mcp_server.py --http PORT` serves over HTTP, to those who say the word.
"""

import os
import sys
import time
from pathlib import Path

import uvicorn
from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ImageContent, TextContent
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

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


def over_http(port: int) -> None:
    """Serve on loopback; without the right header nobody gets in."""
    app = server.streamable_http_app()

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (b"authorization", b"Bearer sesame") not in scope["headers"]:
            await Response(status_code=401)(scope, receive, send)
        else:
            await app(scope, receive, send)

    uvicorn.run(guarded, host="127.0.0.1", port=port, log_level="error")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--http"]:
        over_http(int(sys.argv[2]))
        sys.exit()
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(str(os.getpid()), encoding="utf-8")
    server.run()
