"""What every chat platform promises. A new one gets a `World` here; the how-to's goes through the same functions."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from fake_provider import run
from irc_server import IrcServer
from open_llm_vtuber.chat_ports import ChannelReader, ChatPlatform
from open_llm_vtuber.config import TwitchConfig, TwitchEndpoints
from open_llm_vtuber.errors import ConfigError, EngineError, ProtocolError
from open_llm_vtuber.stimulus import ChannelStatus, ChatEvent, ChatMessage
from open_llm_vtuber.twitch.platform import TwitchPlatform

ANONYMOUS = ""


@dataclass(frozen=True, slots=True)
class World:
    """A platform and its far end."""

    platform: ChatPlatform
    says: Callable[[str, str], Awaitable[None]]
    """Let a viewer of that name write that, in `channel`."""
    channel: str = "examplechannel"
    typed: str = " ExampleChannel "
    """What somebody might type for it."""


Build = Callable[[Path], AbstractAsyncContextManager[World]]


@asynccontextmanager
async def twitch(folder: Path) -> AsyncIterator[World]:
    async with IrcServer() as irc:
        nowhere = {"helix": "http://127.0.0.1:9", "id": "http://127.0.0.1:9", "eventsub": "ws://127.0.0.1:9"}
        endpoints = TwitchEndpoints(**nowhere, irc=irc.url)
        numbers = iter(range(1, 1000))

        async def says(name: str, text: str) -> None:
            tags = f"display-name={name};id=id-{next(numbers)};user-id=7;tmi-sent-ts=1640995200756"
            line = f"@{tags} :{name}!{name}@{name}.tmi.twitch.tv PRIVMSG #examplechannel :{text}"
            await irc.replay([line])

        yield World(TwitchPlatform(TwitchConfig(endpoints=endpoints), folder), says)


WORLDS: dict[str, Build] = {"twitch": twitch}


@pytest.mark.parametrize("name", WORLDS)
def test_keeps_the_contract_of_a_chat_platform(name: str, tmp_path: Path) -> None:
    run(keeps_the_contract(WORLDS[name], tmp_path), seconds=30)


async def keeps_the_contract(build: Build, folder: Path) -> None:
    """Each promise is a function of its own."""
    async with build(folder) as world:
        _knows_its_channels(world)
        await _begins_without_a_login(world)
        await _tells_what_is_written_once_each(world)
        await _ends_when_it_is_told_to(world)
        await _writes_nothing_without_a_login(world)


def _knows_its_channels(world: World) -> None:
    assert world.platform.channel_name(world.typed) == world.channel
    with pytest.raises(ConfigError):
        world.platform.channel_name("no channel at all / <b>")


async def _begins_without_a_login(world: World) -> None:
    assert not world.platform.has_login()
    with pytest.raises(ProtocolError) as refused:
        await world.platform.begin_login()
    assert refused.value.code == "not-configured"


@asynccontextmanager
async def _reading(world: World, heard: list[ChatEvent]) -> AsyncIterator[ChannelReader]:
    async def tell(event: ChatEvent) -> None:
        heard.append(event)

    reader = world.platform.reader(world.channel, ANONYMOUS, tell)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(reader.run())
        try:
            access = await reader.connect()
            assert access.channel == reader.channel == world.channel
            yield reader
        finally:
            async with asyncio.timeout(5):
                await reader.disconnect()
                await running


async def _tells_what_is_written_once_each(world: World) -> None:
    heard: list[ChatEvent] = []
    written = ("hello there", "is this <b>on</b>?", "x" * 400)
    async with _reading(world, heard) as reader:
        assert reader.status.state == "connected"
        assert reader.facts.channel == world.channel
        for text in written:
            await world.says("Ana", text)
        async with asyncio.timeout(5):
            while len(lines_of(heard)) < len(written):  # noqa: ASYNC110  what hears is a plain list
                await asyncio.sleep(0.01)
    lines = lines_of(heard)
    assert [line.text for line in lines] == list(written)
    assert {(line.username, line.display_name, line.channel) for line in lines} == {
        ("ana", "Ana", world.channel)
    }
    assert len({line.id for line in lines}) == len(written)
    assert all(line.platform for line in lines)
    assert "connected" in [event.state for event in heard if isinstance(event, ChannelStatus)]


def lines_of(heard: list[ChatEvent]) -> list[ChatMessage]:
    return [event for event in heard if isinstance(event, ChatMessage)]


async def _ends_when_it_is_told_to(world: World) -> None:
    heard: list[ChatEvent] = []
    async with _reading(world, heard):
        pass
    heard.clear()
    await world.says("Ana", "is anybody still there?")
    await asyncio.sleep(0.05)
    assert not lines_of(heard)


async def _writes_nothing_without_a_login(world: World) -> None:
    # It may say so or do nothing; the reading goes on.
    heard: list[ChatEvent] = []
    async with _reading(world, heard) as reader:
        with suppress(EngineError):
            await reader.write("hello", "")
        assert reader.status.state == "connected"
    assert "hello" not in [line.text for line in lines_of(heard)]
