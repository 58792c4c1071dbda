"""A client that others wrote reads the test server and must understand what ours understands.

It shows two things: that the server is faithful enough for a real client, and that our parser counts alike.
"""

import asyncio
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import pytest

from irc_server import IrcServer
from open_llm_vtuber.stimulus import ChatMessage, ChatRemoval
from open_llm_vtuber.twitch.irc import parse_line
from open_llm_vtuber.twitch.messages import read_line

HERE = Path(__file__).parent
EXAMPLE = HERE.parents[2] / "examples" / "chat.irc"
TOKEN = "a1b2c3d4e5f6g7h8i9j0"
KINDS = ("messages", "actions", "timeouts", "bans", "cleared", "deleted")


@pytest.fixture(scope="module")
def node_with_tmi_js(missing: Callable[[str, str], NoReturn]) -> str:
    variable = "CI" if os.environ.get("CI") else "OLV_REQUIRE_NODE"
    program = shutil.which("node")
    if program is None:
        missing("Node is not installed", variable)
    if not (HERE / "node_modules" / "tmi.js").is_dir():
        missing("tmi.js is not installed: run `npm ci` in backend/tests/interop", variable)
    return program


def lines_of(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return [line for line in file.read().split("\n") if line]


def kind(line: str) -> str | None:
    """Say with our own parser what tmi.js should make of a line."""
    parsed = parse_line(line)
    assert parsed is not None
    match read_line(parsed, datetime.now(UTC)):
        case ChatMessage(is_action=is_action):
            return "actions" if is_action else "messages"
        case ChatRemoval(message_id=None, username=None):
            return "cleared"
        case ChatRemoval(message_id=None):
            return "timeouts" if "ban-duration" in parsed.tags else "bans"
        case ChatRemoval():
            return "deleted"
        case None:
            return None


async def counted_by_tmi_js(
    node: str, lines: list[str], channel: str, *identity: str, expected: int
) -> dict[str, int]:
    async with asyncio.timeout(20), IrcServer(channels=[channel], tokens={TOKEN: "examplebot"}) as server:
        # Several lines in a frame are no problem here, but tmi.js wants every one to end in CR LF.
        server.lines_per_frame = 10
        arguments = [str(HERE / "tmi_count.js"), str(server.port), channel, str(expected), *identity]
        process = await asyncio.create_subprocess_exec(
            node, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        try:
            await server.joined(channel)
            await server.replay(lines)
            output, errors = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        assert process.returncode == 0, errors.decode()
        counts: dict[str, int] = json.loads(output)
        return counts


def compare(node: str, lines: list[str], channel: str, *identity: str) -> Counter[str]:
    ours = Counter(found for line in lines if (found := kind(line)) is not None)
    theirs = asyncio.run(counted_by_tmi_js(node, lines, channel, *identity, expected=ours.total()))
    assert theirs.pop("joined") == 1
    assert theirs == {name: ours[name] for name in KINDS}
    return ours


def test_tmi_js_reads_the_example_as_we_do(node_with_tmi_js: str) -> None:
    compare(node_with_tmi_js, lines_of(EXAMPLE), "examplechannel")


def test_tmi_js_logs_in_with_a_token(node_with_tmi_js: str) -> None:
    compare(node_with_tmi_js, lines_of(EXAMPLE), "examplechannel", f"oauth:{TOKEN}", "examplebot")


def test_tmi_js_reads_a_real_chat_as_we_do(node_with_tmi_js: str, test_data: Path) -> None:
    ours = compare(node_with_tmi_js, lines_of(test_data / "chat_2022.irc"), "forsen")
    assert ours == {"messages": 1870, "actions": 71, "timeouts": 58}
