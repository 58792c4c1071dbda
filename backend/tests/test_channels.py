"""Which show reads which channel, who shares a reader, and when a reading ends."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Literal

import pytest

import fakes
from fakes import FakeAdapter, Reader
from open_llm_vtuber.channels import ANONYMOUS, MOST_READINGS, WRITES_WITHIN, Channels
from open_llm_vtuber.chat_lines import ChatLines
from open_llm_vtuber.errors import ConfigError, EngineError, ProtocolError
from open_llm_vtuber.protocol.server_messages import ServerMessage
from open_llm_vtuber.protocol.twitch_messages import (
    TwitchConnected,
    TwitchDisconnected,
    TwitchLoginCode,
    TwitchReading,
)
from open_llm_vtuber.show.commands import (
    BeginTwitchLogin,
    ConnectTwitch,
    DescribeTwitch,
    DisconnectTwitch,
    TakeSnapshot,
)
from open_llm_vtuber.show.show import Show
from open_llm_vtuber.shows import LocalShows
from open_llm_vtuber.stimulus import (
    ChannelAccess,
    ChannelStatus,
    ChatEvent,
    ChatMessage,
    LoginCode,
    StreamFacts,
)
from virtual_time import run_virtual

Tell = Callable[[ChatEvent], Awaitable[None]]


def build(name: str) -> Show:
    return fakes.show(FakeAdapter("Hello!"), name=name, shared=name == "main")


class FakeReader:
    """Is connected after `takes_s`, or refused with a reason."""

    def __init__(self, platform: "FakePlatform", channel: str, token: str | None, tell: Tell) -> None:
        self.platform, self.channel, self.token, self.tell = platform, channel, token, tell
        self.via: Literal["eventsub", "irc"] = "irc" if token == ANONYMOUS else "eventsub"
        self.state: Literal["connecting", "connected"] = "connecting"
        self.scopes: tuple[str, ...] = ("chat",)
        self.is_running = False
        self._leaving = asyncio.Event()
        self._ended = asyncio.Event()

    @property
    def status(self) -> ChannelStatus:
        return ChannelStatus(channel=self.channel, state=self.state)

    @property
    def facts(self) -> StreamFacts:
        return StreamFacts(channel=self.channel, title="A title")

    @property
    def access(self) -> ChannelAccess:
        return ChannelAccess(channel=self.channel, via=self.via, scopes=self.scopes, problems=("no follows",))

    async def run(self) -> None:
        self.is_running = True
        try:
            await self._leaving.wait()
        finally:
            self.is_running = False
            self._ended.set()

    async def write(self, text: str, reply_to: str) -> None:
        await asyncio.sleep(self.platform.writing_takes_s)
        if self.platform.refusal:
            raise EngineError(self.platform.refusal, engine="twitch", retryable=False)
        self.platform.written.append((self.channel, text, reply_to))

    async def connect(self) -> ChannelAccess:
        await asyncio.sleep(self.platform.takes_s)
        if self.platform.refusal:
            raise EngineError(self.platform.refusal, engine="twitch", retryable=False)
        self.state = "connected"
        return self.access

    async def disconnect(self) -> None:
        self._leaving.set()
        await self._ended.wait()


class FakePlatform:
    def __init__(self) -> None:
        self.readers: list[FakeReader] = []
        self.takes_s = 1.0
        self.writing_takes_s = 0.1
        self.written: list[tuple[str, str, str]] = []
        self.refusal = ""
        self.stored = False
        self.login_fails = ""

    def has_login(self) -> bool:
        return self.stored

    def channel_name(self, typed: str) -> str:
        if " " in typed.strip():
            raise ConfigError(f'"{typed}" is no channel.')
        return typed.strip().removeprefix("#").lower()

    def reader(self, channel: str, token: str | None, tell: Tell) -> FakeReader:
        self.readers.append(FakeReader(self, channel, token, tell))
        return self.readers[-1]

    async def begin_login(self) -> LoginCode:
        return LoginCode(user_code="CODE", verification_uri="https://activate", expires_in_s=60)

    async def finish_login(self) -> None:
        await asyncio.sleep(10)
        if self.login_fails:
            raise EngineError(self.login_fails, engine="twitch", retryable=True)
        self.stored = True

    @property
    def running(self) -> list[tuple[str, str | None]]:
        return [(each.channel, each.token) for each in self.readers if each.is_running]


class World:
    def __init__(
        self, channels: Channels, platform: FakePlatform, shows: LocalShows, lines: ChatLines
    ) -> None:
        self.channels, self.platform, self.shows, self.lines = channels, platform, shows, lines

    async def connect(
        self, show: str, channel: str, token: str = "", *, anonymous: bool = False
    ) -> ServerMessage:
        (answer,) = await self.channels.ask(show, ConnectTwitch("api", channel, token, anonymous))
        return answer

    async def reading(self, show: str) -> TwitchReading:
        (answer,) = await self.channels.ask(show, DescribeTwitch())
        assert isinstance(answer, TwitchReading)
        return answer

    async def chat_of(self, show: str) -> list[str]:
        (snapshot,) = await self.channels.ask(show, TakeSnapshot("api"))
        return [cue["message"] for cue in snapshot.model_dump()["chat"]]


def run(main: Callable[[World], Awaitable[None]], off: Sequence[Literal["twitch"]] = ()) -> None:
    async def whole() -> None:
        platform, lines = FakePlatform(), ChatLines()
        async with LocalShows(build, ["main"], off) as shows, Channels(shows, platform, lines) as channels:
            await main(World(channels, platform, shows, lines))
        assert platform.running == []

    run_virtual(whole())


@asynccontextmanager
async def client(world: World, name: str) -> AsyncIterator[Reader]:
    async with world.channels.subscribe(None, name) as place:
        reader = Reader(place.outbox)
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(reader.run())
            yield reader
            task.cancel()


def said(text: str, channel: str = "example") -> ChatMessage:
    return ChatMessage(id=text, platform="twitch", channel=channel, username="v", display_name="V", text=text)


def test_a_show_that_was_told_to_reads_a_channel() -> None:
    async def main(world: World) -> None:
        answer = await world.connect("main", "#Example", "t")
        assert answer == TwitchConnected(channel="example", via="eventsub", scopes=("chat",), missing=())
        await world.platform.readers[0].tell(said("hi"))
        assert await world.chat_of("main") == ["hi"]
        reading = await world.reading("main")
        assert (reading.channel, reading.state, reading.via) == ("example", "connected", "eventsub")
        assert reading.problems == ("no follows",)

    run(main)


@pytest.mark.parametrize(("channel", "token"), [("", "t"), (" ", "t"), ("example", ""), ("example", " ")])
def test_token_and_channel_are_required(channel: str, token: str) -> None:
    async def main(world: World) -> None:
        with pytest.raises(ProtocolError, match=r"^Token and channel required$") as caught:
            await world.connect("main", channel, token)
        assert caught.value.code == "bad-message"
        assert world.platform.readers == []

    run(main)


def test_a_stored_login_or_the_wish_to_be_nobody_stands_in_for_a_token() -> None:
    async def main(world: World) -> None:
        await world.connect("main", "example", anonymous=True)
        assert world.platform.running == [("example", ANONYMOUS)]
        world.platform.stored = True
        await world.connect("main", "example")
        assert world.platform.running == [("example", None)]

    run(main)


def test_what_is_no_channel_is_the_clients_fault() -> None:
    async def main(world: World) -> None:
        with pytest.raises(ProtocolError, match="is no channel") as caught:
            await world.connect("main", "two words", "t")
        assert caught.value.code == "bad-message"
        await world.connect("main", "example", "t")  # and the next attempt is not in the way of that one

    run(main)


def test_a_refusal_is_passed_on_and_leaves_what_was_read_before() -> None:
    async def main(world: World) -> None:
        await world.connect("main", "example", "good")
        world.platform.refusal = "Twitch does not accept the login (invalid access token)."
        with pytest.raises(EngineError, match="invalid access token"):
            await world.connect("main", "example", "bad")
        assert world.platform.running == [("example", "good")]
        assert (await world.reading("main")).channel == "example"

    run(main)


def test_another_channel_takes_the_place_of_the_first_once_it_is_read() -> None:
    async def main(world: World) -> None:
        await world.connect("main", "one", "t")
        await world.connect("main", "two", "t")
        assert world.platform.running == [("two", "t")]

    run(main)


def test_shows_on_the_same_channel_share_one_reader() -> None:
    async def main(world: World) -> None:
        world.channels.keep("main", "example", "t")
        async with client(world, "a") as one, client(world, "b"):
            await world.connect("a", "example", "t")
            await world.connect("b", "example", anonymous=True)
            assert world.platform.running == [("example", "t")]
            await world.platform.readers[0].tell(said("hi"))
            for show in ("main", "a", "b"):
                assert await world.chat_of(show) == ["hi"]
            assert one is not None
        assert world.platform.running == [("example", "t")]
        await world.platform.readers[0].tell(said("still"))
        assert await world.chat_of("main") == ["hi", "still"]

    run(main)


def test_another_token_is_another_reader() -> None:
    async def main(world: World) -> None:
        world.channels.keep("main", "example", "t")
        async with client(world, "a"):
            await world.connect("a", "example", "other")
            assert world.platform.running == [("example", "t"), ("example", "other")]

    run(main)


def test_a_private_shows_reading_ends_with_its_connection() -> None:
    async def main(world: World) -> None:
        async with client(world, "a"):
            await world.connect("a", "example", "t")
        assert world.platform.running == []

    run(main)


def test_a_connection_that_is_being_made_ends_with_its_client() -> None:
    async def main(world: World) -> None:
        world.platform.takes_s = 1000
        async with client(world, "a"):
            assert await world.channels.ask("a", ConnectTwitch("a", "example", "t")) == ()
            await asyncio.sleep(1)
            assert world.platform.running == [("example", "t")]
        await asyncio.sleep(1)
        assert world.platform.running == []
        assert asyncio.get_running_loop().time() < 10

    run(main)


def test_a_client_gets_its_answer_when_it_is_done_and_can_go_on_meanwhile() -> None:
    async def main(world: World) -> None:
        async with client(world, "a") as reader:
            assert await world.channels.ask("a", ConnectTwitch("a", "example", "t", request_id="r7")) == ()
            await world.channels.ask("a", TakeSnapshot("a"))
            await asyncio.sleep(2)
            (answer,) = [each for each in reader.messages if each["type"] == "twitch-connected"]
            assert (answer["channel"], answer["request_id"]) == ("example", "r7")
            world.platform.refusal = "No."
            await world.channels.ask("a", ConnectTwitch("a", "other", "t", request_id="r8"))
            await asyncio.sleep(2)
            (error,) = [each for each in reader.messages if each["type"] == "error"]
            assert (error["message"], error["request_type"], error["request_id"]) == (
                "No.",
                "twitch-connect",
                "r8",
            )

    run(main)


def test_who_leaves_while_a_connection_is_made_gets_an_answer_to_both() -> None:
    async def main(world: World) -> None:
        world.channels.keep("a", "before", "t")
        async with client(world, "a") as reader:
            await world.channels.ask("a", ConnectTwitch("a", "example", "t", request_id="r"))
            await asyncio.sleep(0.1)
            (answer,) = await world.channels.ask("a", DisconnectTwitch())
            assert answer == TwitchDisconnected(channel="before")
            await asyncio.sleep(0.1)
            (error,) = [each for each in reader.messages if each["type"] == "error"]
            assert (error["code"], error["request_id"]) == ("wrong-state", "r")
            assert world.platform.running == []
            await world.connect("a", "example", "t")

    run(main)


def test_one_connection_at_a_time_for_each_show() -> None:
    async def main(world: World) -> None:
        async with client(world, "a"):
            await world.channels.ask("a", ConnectTwitch("a", "example", "t"))
            with pytest.raises(ProtocolError) as caught:
                await world.channels.ask("a", ConnectTwitch("a", "example", "t"))
            assert caught.value.code == "busy"
            await asyncio.sleep(2)
            await world.connect("a", "example", "t")

    run(main)


def test_a_channel_can_be_left_and_only_once() -> None:
    async def main(world: World) -> None:
        await world.connect("main", "example", "t")
        (answer,) = await world.channels.ask("main", DisconnectTwitch())
        assert answer == TwitchDisconnected(channel="example")
        assert world.platform.running == []
        assert (await world.reading("main")).state == "off"
        with pytest.raises(ProtocolError, match="No Twitch channel is connected") as caught:
            await world.channels.ask("main", DisconnectTwitch())
        assert caught.value.code == "wrong-state"

    run(main)


def test_the_configured_channel_is_read_without_anybody_waiting_for_it() -> None:
    async def main(world: World) -> None:
        world.platform.refusal = "Twitch is away."
        world.channels.keep("main", "#Example", ANONYMOUS)
        await asyncio.sleep(5)
        assert world.platform.running == [("example", ANONYMOUS)]
        assert (await world.reading("main")).state == "connecting"

    run(main)


def test_a_client_of_a_show_means_its_show() -> None:
    async def main(world: World) -> None:
        async with world.channels.subscribe("main", "page"):
            await world.connect("page", "example", "t")
            assert (await world.reading("main")).channel == "example"
        assert world.platform.running == [("example", "t")]

    run(main)


def test_an_unknown_show_reads_nothing() -> None:
    async def main(world: World) -> None:
        with pytest.raises(ProtocolError) as caught:
            await world.connect("nobody", "example", "t")
        assert caught.value.code == "not-found"

    run(main)


def test_what_is_switched_off_is_refused() -> None:
    async def main(world: World) -> None:
        for command in (
            ConnectTwitch("api", "c", "t"),
            DisconnectTwitch(),
            DescribeTwitch(),
            BeginTwitchLogin(),
        ):
            with pytest.raises(ProtocolError) as caught:
                await world.channels.ask("main", command)
            assert caught.value.code == "switched-off"

    run(main, off=("twitch",))


def test_a_server_reads_only_so_many_channels() -> None:
    async def main(world: World) -> None:
        for number in range(MOST_READINGS):
            world.channels.keep(f"show{number}", f"channel{number}", "t")
        with pytest.raises(ProtocolError) as caught:
            await world.connect("main", "one_more", "t")
        assert caught.value.code == "busy"

    run(main)


def test_a_show_that_has_ended_is_told_nothing_more_and_the_others_are() -> None:
    async def main(world: World) -> None:
        world.channels.keep("gone", "example", "t")
        world.channels.keep("main", "example", "t")
        await world.platform.readers[0].tell(said("hi"))
        await world.platform.readers[0].tell(said("still"))
        assert await world.chat_of("main") == ["hi", "still"]

    run(main)


def test_a_login_is_followed_to_its_end() -> None:
    async def main(world: World) -> None:
        assert (await world.reading("main")).login.state == "none"
        (code,) = await world.channels.ask("main", BeginTwitchLogin())
        assert code == TwitchLoginCode(user_code="CODE", verification_uri="https://activate", expires_in_s=60)
        assert (await world.reading("main")).login.state == "waiting"
        await asyncio.sleep(11)
        assert (await world.reading("main")).login.state == "stored"
        await world.connect("main", "example")

    run(main)


def test_a_login_that_fails_says_why_and_a_second_one_takes_its_place() -> None:
    async def main(world: World) -> None:
        world.platform.login_fails = "Nobody has entered the code in time."
        await world.channels.ask("main", BeginTwitchLogin())
        await asyncio.sleep(11)
        login = (await world.reading("main")).login
        assert (login.state, login.reason) == ("failed", "Nobody has entered the code in time.")
        world.platform.login_fails = ""
        await world.channels.ask("main", BeginTwitchLogin())
        await world.channels.ask("main", BeginTwitchLogin())
        await asyncio.sleep(11)
        assert (await world.reading("main")).login.state == "stored"

    run(main)


def test_no_answer_and_no_command_shows_the_token() -> None:
    assert "secret" not in repr(ConnectTwitch("api", "example", "secret"))


def test_a_show_writes_into_the_chat_that_it_reads_and_nowhere_else() -> None:
    async def main(world: World) -> None:
        world.channels.keep("main", "example", "t")
        async with client(world, "a"), client(world, "b"):
            await world.connect("a", "other", "t")
            world.lines.write("a", "from a", "m1")
            world.lines.write("b", "from one that reads nothing", "m2")
            world.lines.write("main", "from main")
            await asyncio.sleep(1)
        assert world.platform.written == [("other", "from a", "m1"), ("example", "from main", "")]

    run(main)


def test_what_cannot_be_written_keeps_nobody_from_writing_on() -> None:
    async def main(world: World) -> None:
        world.channels.keep("main", "example", "t")
        world.platform.refusal = "Twitch refused it: banned."
        world.lines.write("main", "refused")
        await asyncio.sleep(1)
        world.platform.refusal, world.platform.writing_takes_s = "", 10 * WRITES_WITHIN
        world.lines.write("main", "never answered")
        await asyncio.sleep(2 * WRITES_WITHIN)
        world.platform.writing_takes_s = 0.1
        world.lines.write("main", "written")
        await asyncio.sleep(1)
        assert world.platform.written == [("example", "written", "")]

    run(main)


def test_the_same_token_in_another_spelling_is_the_same_reader() -> None:
    async def main(world: World) -> None:
        world.channels.keep("main", "example", "oauth:t")
        async with client(world, "a"):
            await world.connect("a", "example", " t ")
            assert world.platform.running == [("example", "t")]

    run(main)


def test_whoever_connects_again_after_a_login_was_lost_gets_a_reader_that_tries_anew_for_all() -> None:
    async def main(world: World) -> None:
        world.platform.stored = True
        world.channels.keep("main", "example", None)
        async with client(world, "a"):
            await world.connect("a", "example")
            (former,) = world.platform.readers
            former.via, former.scopes, former.state = "irc", (), "connected"
            answer = await world.connect("main", "example")
            assert isinstance(answer, TwitchConnected)
            assert (answer.via, answer.scopes) == ("eventsub", ("chat",))
            assert not former.is_running
            _, renewed = world.platform.readers
            await renewed.tell(said("hi"))
            for show in ("main", "a"):
                assert await world.chat_of(show) == ["hi"]
            await world.connect("a", "example")
            assert len(world.platform.readers) == 2, "one that has its login is not begun anew"

    run(main)
