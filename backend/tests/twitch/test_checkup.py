"""What the doctor says of a token and a channel."""

import asyncio
from pathlib import Path

import pytest
from pydantic import SecretStr

from open_llm_vtuber.config import TwitchConfig
from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.twitch.checkup import Step, checkup
from open_llm_vtuber.twitch.login_file import Login, LoginFile
from twitch_mock import CLIENT_ID, STREAMER, TwitchMock


def examined(
    folder: Path, token: str = "", channel: str = STREAMER, **mock: object
) -> tuple[bool, dict[str, Step], str]:
    async def main() -> tuple[bool, dict[str, Step], str]:
        async with TwitchMock() as twitch:
            for name, value in mock.items():
                setattr(twitch, name, value)
            given = twitch.grant(scopes=token.split()) if " " in token or ":" in token else token
            settings = TwitchConfig(
                channel=channel, token=SecretStr(given), client_id=CLIENT_ID, endpoints=twitch.endpoints
            )
            steps: list[Step] = []
            fine = await checkup(settings, LoginFile(folder), steps.append)
            return fine, {step.what: step for step in steps}, repr(steps)

    return asyncio.run(main())


def test_without_a_login_chat_is_tried_anonymously(tmp_path: Path) -> None:
    fine, steps, _ = examined(tmp_path)
    assert fine
    assert set(steps) == {"login", "chat, anonymously"}
    assert "over irc" in steps["chat, anonymously"].says


def test_with_a_token_every_event_is_tried(tmp_path: Path) -> None:
    fine, steps, shown = examined(tmp_path, "user:read:chat bits:read")
    assert fine
    assert steps["login"].says.startswith(f"{STREAMER}; it ends in a few hours")
    assert "over eventsub" in steps["chat, with the login"].says
    assert steps["channel.chat.message"].says == "subscribed"
    assert not steps["channel.follow"].is_fine
    assert "moderator:read:followers" in steps["channel.follow"].says
    assert "access0" not in shown


def test_a_token_that_is_none_is_a_fault_and_the_anonymous_way_is_tried_all_the_same(tmp_path: Path) -> None:
    fine, steps, _ = examined(tmp_path, "expiredtoken")
    assert not fine
    assert "invalid access token" in steps["login"].says
    assert steps["chat, anonymously"].is_fine


def test_a_ban_is_found(tmp_path: Path) -> None:
    fine, steps, _ = examined(tmp_path, "user:read:chat bits:read", banned={"1001"})
    assert not fine
    assert "missing proper authorization" in steps["chat, with the login"].says


def test_a_stored_login_is_used(tmp_path: Path) -> None:
    async def main() -> None:
        async with TwitchMock() as twitch:
            access = twitch.grant(refreshable=True)
            store = LoginFile(tmp_path)
            store.save(
                Login(access_token=access, refresh_token=twitch.refresh_token_of(access), client_id=CLIENT_ID)
            )
            twitch.expire(access)
            steps: list[Step] = []
            assert await checkup(
                TwitchConfig(channel=STREAMER, endpoints=twitch.endpoints), store, steps.append
            )
            assert steps[0].says == f"{STREAMER}; it refreshes itself"
            assert twitch.refreshes == 1

    asyncio.run(main())


def test_no_channel_is_the_operators_to_mend(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--channel"):
        examined(tmp_path, channel="")
