"""Twitch as a platform: the stored login, and readers with and without it."""

import asyncio
from pathlib import Path

import pytest

from open_llm_vtuber.config import TwitchConfig
from open_llm_vtuber.errors import ConfigError, ProtocolError
from open_llm_vtuber.stimulus import ChatEvent, ChatMessage
from open_llm_vtuber.twitch.device_login import LoginFailed
from open_llm_vtuber.twitch.login_file import LoginFile
from open_llm_vtuber.twitch.platform import TwitchPlatform
from twitch_mock import CHAT, CLIENT_ID, STREAMER, TwitchMock, chat_event


async def nothing(_: ChatEvent) -> None:
    pass


def test_a_login_is_begun_entered_stored_and_used(tmp_path: Path) -> None:
    async def main() -> None:
        async with TwitchMock() as twitch:
            settings = TwitchConfig(client_id=CLIENT_ID, endpoints=twitch.endpoints)
            platform = TwitchPlatform(settings, tmp_path)
            assert not platform.has_login()
            code = await platform.begin_login()
            assert code.verification_uri.startswith("https://www.twitch.tv/activate")
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(platform.finish_login())
                await twitch.until(lambda: twitch.device_polls == 1)
                twitch.approved.add(code.user_code)
            assert platform.has_login()
            heard: list[ChatEvent] = []

            async def hear(event: ChatEvent) -> None:
                heard.append(event)

            reader = platform.reader(STREAMER, None, hear)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(reader.run())
                access = await reader.connect()
                assert (access.via, access.missing) == ("eventsub", ())
                await twitch.send(CHAT, chat_event(1))
                await twitch.until(lambda: any(isinstance(event, ChatMessage) for event in heard))
                await reader.disconnect()

    asyncio.run(main())


def test_a_login_needs_a_client_id(tmp_path: Path) -> None:
    with pytest.raises(ProtocolError, match="needs a client id") as caught:
        asyncio.run(TwitchPlatform(TwitchConfig(), tmp_path).begin_login())
    assert caught.value.code == "not-configured"


def test_a_wrong_client_id_is_said_to_be_wrong(tmp_path: Path) -> None:
    async def main() -> None:
        async with TwitchMock() as twitch:
            settings = TwitchConfig(client_id="wrong", endpoints=twitch.endpoints)
            with pytest.raises(LoginFailed, match="invalid client"):
                await TwitchPlatform(settings, tmp_path).begin_login()

    asyncio.run(main())


def test_a_login_that_was_not_begun_cannot_be_finished(tmp_path: Path) -> None:
    with pytest.raises(LoginFailed):
        asyncio.run(TwitchPlatform(TwitchConfig(), tmp_path).finish_login())


def test_what_is_no_channel_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        TwitchPlatform(TwitchConfig(), tmp_path).reader("no channel", "", nothing)


def test_an_empty_token_is_nobodys_although_a_login_is_stored(tmp_path: Path) -> None:
    platform = TwitchPlatform(TwitchConfig(), tmp_path)
    (tmp_path / "twitch-login.json").write_text('{"access_token": "abc"}', encoding="utf-8")
    assert platform.has_login()
    assert LoginFile(tmp_path).load() is not None
    assert platform.reader(STREAMER, "", nothing).access.missing == ()
    assert platform.reader(STREAMER, None, nothing).access.missing != ()
