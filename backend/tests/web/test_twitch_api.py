"""Twitch over the doors of a running server: REST and WebSocket, against a Twitch of our own."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx2

from live_server import SCRIPTED, Client, Serving, serving
from open_llm_vtuber.config import Settings
from twitch_mock import CHAT, CLIENT_ID, STREAMER, TwitchMock, chat_event


async def asked(
    server: Serving, method: str, path: str, body: dict[str, Any] | None = None
) -> tuple[int, dict[str, Any]]:
    async with httpx2.AsyncClient() as client:
        answer = await client.request(method, f"{server.http}/api/twitch{path}", json=body)
        return answer.status_code, answer.json()


def run(main: Callable[[TwitchMock, Serving], Awaitable[None]], folder: Path, **twitch: Any) -> None:
    async def whole() -> None:
        async with asyncio.timeout(30), TwitchMock() as mock:
            if token := twitch.get("token"):
                mock.tokens[token] = mock.tokens.pop(mock.grant())
            settings = Settings.model_validate(
                {
                    "character_config": SCRIPTED,
                    "system_config": {"data_dir": folder},
                    "live_config": {
                        "twitch": {"endpoints": mock.endpoints.model_dump(), "client_id": CLIENT_ID, **twitch}
                    },
                }
            )
            async with serving(settings) as server:
                await main(mock, server)

    asyncio.run(whole())


def test_a_channel_is_connected_described_and_left_over_rest(tmp_path: Path) -> None:
    async def main(twitch: TwitchMock, server: Serving) -> None:
        token = twitch.grant(scopes=["user:read:chat"])
        status, answer = await asked(server, "POST", "/connect", {"token": token, "channel": f"#{STREAMER}"})
        assert (status, answer["type"], answer["via"]) == (200, "twitch-connected", "eventsub")
        assert "bits:read" in answer["missing"]
        status, reading = await asked(server, "GET", "")
        assert (status, reading["state"], reading["channel"]) == (200, "connected", STREAMER)
        assert token not in json.dumps(reading)
        status, answer = await asked(server, "POST", "/disconnect")
        assert (status, answer["channel"]) == (200, STREAMER)
        assert (await asked(server, "POST", "/disconnect"))[0] == 409
        assert (await asked(server, "GET", ""))[1]["state"] == "off"

    run(main, tmp_path)


def test_refusals_have_their_status_and_twitchs_reason(tmp_path: Path) -> None:
    async def main(_: TwitchMock, server: Serving) -> None:
        status, problem = await asked(server, "POST", "/connect", {"channel": STREAMER})
        assert (status, problem["detail"]) == (422, "Token and channel required")
        status, problem = await asked(server, "POST", "/connect", {"channel": STREAMER, "token": "badtoken"})
        assert (status, problem["code"]) == (502, "engine-failed")
        assert "invalid access token" in problem["detail"]
        assert "badtoken" not in json.dumps(problem)

    run(main, tmp_path)


def test_a_login_is_made_over_rest_and_used_without_a_token(tmp_path: Path) -> None:
    async def main(twitch: TwitchMock, server: Serving) -> None:
        status, code = await asked(server, "POST", "/login")
        assert (status, code["verification_uri"][:8]) == (200, "https://")
        twitch.approved.add(code["user_code"])
        while (await asked(server, "GET", ""))[1]["login"]["state"] != "stored":  # noqa: ASYNC110  as a page does
            await asyncio.sleep(0.1)
        status, answer = await asked(server, "POST", "/connect", {"channel": STREAMER})
        assert (status, answer["via"], answer["missing"]) == (200, "eventsub", [])
        assert (tmp_path / "twitch-login.json").stat().st_mode & 0o777 == 0o600

    run(main, tmp_path)


def test_the_configured_channel_is_read_with_the_configured_token_and_answered(tmp_path: Path) -> None:
    async def main(twitch: TwitchMock, server: Serving) -> None:
        async with Client.connect(server.ws("main")) as client:
            await client.send("client-hello", client="test", capabilities=["chat", "state"])
            await twitch.subscribed()
            await twitch.send(CHAT, chat_event(1, "Mika, how are you?"))
            cue = (await client.until("chat-message"))[-1]
            assert (cue["message"], cue["platform"]) == ("Mika, how are you?", "twitch")

    run(main, tmp_path, channel=STREAMER, token="configuredtoken")


def test_a_web_client_connects_its_private_show_over_its_socket(tmp_path: Path) -> None:
    async def main(twitch: TwitchMock, server: Serving) -> None:
        token = twitch.grant()
        async with Client.connect(server.ws()) as client:
            await client.send("twitch-connect", token=f"oauth:{token}", channel=STREAMER, request_id="r")
            answer = (await client.until("twitch-connected"))[-1]
            assert (answer["via"], answer["request_id"]) == ("eventsub", "r")
            assert twitch.sessions
        await twitch.until(lambda: not twitch.sessions)

    run(main, tmp_path)
