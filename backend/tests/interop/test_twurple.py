"""A client that others wrote reads the test Twitch over EventSub and IRC, and must understand what ours understands.

It shows that the mock is faithful enough for a client that knows the real Twitch, also when a session moves.
"""

import asyncio
import json
import os
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

import pytest

from interop.test_tmi_js import EXAMPLE, KINDS, kind, lines_of
from open_llm_vtuber.stimulus import ChannelEvent, ChatMessage, ChatRemoval
from open_llm_vtuber.twitch.twitch_client import TwitchClient
from open_llm_vtuber.twitch.twitch_router import Routed
from twitch_mock import BOT, BOT_ID, CHAT, CLIENT_ID, STREAMER, STREAMER_ID, TwitchMock, chat_event

HERE = Path(__file__).parent
ANOTHER = "anotherprogramsid"
LAST = "that is all"
ROOM = {
    "broadcaster_user_id": STREAMER_ID,
    "broadcaster_user_login": STREAMER,
    "broadcaster_user_name": STREAMER,
}
FAN = {"user_id": "7", "user_login": "fan", "user_name": "Fan"}


@pytest.fixture(scope="module")
def node_with_twurple(missing: Callable[[str, str], NoReturn]) -> str:
    variable = "CI" if os.environ.get("CI") else "OLV_REQUIRE_NODE"
    program = shutil.which("node")
    if program is None:
        missing("Node is not installed", variable)
    if not (HERE / "node_modules" / "@twurple" / "eventsub-ws").is_dir():
        missing("twurple is not installed: run `npm ci` in backend/tests/interop", variable)
    return program


async def started(node: str, twitch: TwitchMock, script: str, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        node,
        str(HERE / script),
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "TWURPLE_MOCK_API_PORT": str(twitch.port)},
    )


async def end_of(process: asyncio.subprocess.Process) -> dict[str, Any]:
    try:
        output, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, errors.decode()
    found: dict[str, Any] = json.loads(output.splitlines()[-1])
    return found


async def move_in_a_lull(twitch: TwitchMock) -> None:
    """Move every session: what is on its way then, twurple drops; ours does not (twitch/test_twitch_client.py)."""
    await asyncio.sleep(0.5)
    expected = twitch.connections + len(twitch.sessions)
    await twitch.move()
    await twitch.until(lambda: twitch.connections == expected)
    await asyncio.sleep(0.5)


async def story(twitch: TwitchMock) -> None:
    """Let something of everything happen, with copies, old news and a move in between."""
    notice = {"system_message": "", "notice_type": "raid", "chatter_is_anonymous": False}
    raid = {
        "user_id": "9",
        "user_login": "raider",
        "user_name": "Raider",
        "viewer_count": 5,
        "profile_image_url": "",
    }
    for number in range(300):
        await twitch.send(CHAT, chat_event(number))
        if number == 100:
            await move_in_a_lull(twitch)
        if number % 10 == 0:
            await asyncio.sleep(0.005)
    await twitch.send(CHAT, chat_event(300), message_id="same")
    await twitch.send(CHAT, chat_event(301), message_id="same")
    await twitch.send(CHAT, chat_event(302), ago=timedelta(minutes=11))
    await twitch.send(
        "channel.chat.message_delete",
        {
            **ROOM,
            "message_id": "m5",
            "target_user_id": "3003",
            "target_user_login": "viewer",
            "target_user_name": "V",
        },
    )
    await twitch.send("channel.follow", {**ROOM, **FAN, "followed_at": "2026-01-01T00:00:00Z"})
    await twitch.send("channel.chat.notification", {**chat_event("raid", ""), **notice, "raid": raid})
    await twitch.send(
        "channel.channel_points_custom_reward_redemption.add",
        {
            **ROOM,
            **FAN,
            "id": "r1",
            "user_input": "please",
            "status": "unfulfilled",
            "reward": {"id": "9", "title": "Dance", "cost": 100, "prompt": ""},
            "redeemed_at": "2026-01-01T00:00:00Z",
        },
    )
    await twitch.send(
        "stream.online", {**ROOM, "id": "9", "type": "live", "started_at": "2026-01-01T00:00:00Z"}
    )
    await twitch.send(CHAT, chat_event("last", LAST))


@pytest.mark.parametrize("new_id", [False, True])
def test_twurple_hears_of_eventsub_what_we_hear(node_with_twurple: str, new_id: bool) -> None:
    async def main() -> None:
        async with asyncio.timeout(40), TwitchMock() as twitch:
            twitch.new_id_after_move = new_id
            twitch.echo = False
            ours: list[Routed] = []

            async def hear(event: Routed) -> None:
                ours.append(event)

            client = TwitchClient(twitch.grant(), STREAMER, hear, endpoints=twitch.endpoints)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(client.run())
                await client.connect()
                await twitch.until(lambda: all(each.state == "enabled" for each in client.standings))
                token = twitch.grant(BOT, client_id=ANOTHER)
                arguments = (ANOTHER, token, STREAMER_ID, BOT_ID, LAST)
                process = await started(node_with_twurple, twitch, "twurple_listen.js", *arguments)
                assert process.stdout is not None
                assert await process.stdout.readline() == b"ready\n"
                await story(twitch)
                theirs = await end_of(process)
                await twitch.until(lambda: any(getattr(each, "text", "") == LAST for each in ours))
                await client.disconnect()
        messages = [each.id for each in ours if isinstance(each, ChatMessage) and each.text != LAST]
        assert messages == theirs["messages"] == [f"m{number}" for number in range(301)]
        assert (
            [each.message_id for each in ours if isinstance(each, ChatRemoval)] == theirs["deleted"] == ["m5"]
        )
        events = [each for each in ours if isinstance(each, ChannelEvent)]
        assert [each.kind for each in events] == ["follow", "raid", "redemption", "stream-online"]
        assert (theirs["follows"], theirs["notices"], theirs["online"]) == (["fan"], ["raid"], 1)
        assert theirs["redemptions"] == ["Dance please"]

    asyncio.run(main())


def test_twurple_reads_the_example_over_irc_as_we_do(node_with_twurple: str) -> None:
    async def main() -> None:
        lines = lines_of(EXAMPLE)
        ours = [found for line in lines if (found := kind(line)) is not None]
        async with asyncio.timeout(40), TwitchMock() as twitch:
            token = twitch.grant(BOT)
            arguments = (str(twitch.irc.port), STREAMER, str(len(ours)), CLIENT_ID, token)
            process = await started(node_with_twurple, twitch, "twurple_chat.js", *arguments)
            await twitch.irc.joined(STREAMER)
            await twitch.irc.replay(lines)
            theirs = await end_of(process)
        assert theirs == {name: ours.count(name) for name in KINDS}

    asyncio.run(main())
