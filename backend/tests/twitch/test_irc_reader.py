"""The IRC reader against a server that behaves like Twitch's, over real sockets on the loopback."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from random import Random
from typing import Literal

import pytest

from irc_server import IrcServer
from open_llm_vtuber.stimulus import ChannelStatus, ChatMessage, ChatRemoval
from open_llm_vtuber.twitch.inbox import Inbox
from open_llm_vtuber.twitch.irc_reader import IrcReader
from open_llm_vtuber.twitch.session import LIMITS, Limits
from open_llm_vtuber.twitch.twitch_router import Routed, TwitchMessageRouter

QUICK = replace(
    LIMITS,
    open_s=0.5,
    join_s=0.5,
    close_s=0.1,
    first_pause_s=0.01,
    longest_pause_s=0.02,
    first_refused_pause_s=0.02,
    longest_refused_pause_s=0.05,
)
TOKEN = "a1b2c3d4e5f6g7h8i9j0"


def said(number: int, text: str = "hi", tags: str = "") -> str:
    return (
        f"@id=m{number};room-id=1{tags} :viewer!viewer@viewer.tmi.twitch.tv PRIVMSG #examplechannel :{text}"
    )


def deleted(number: int) -> str:
    return f"@target-msg-id=m{number} :tmi.twitch.tv CLEARMSG #examplechannel :hi"


@dataclass
class Ear:
    """Collects what a client hands over."""

    events: list[Routed] = field(default_factory=list)
    statuses: list[ChannelStatus] = field(default_factory=list)
    open: asyncio.Event = field(default_factory=asyncio.Event)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    taken: int = 0

    def __post_init__(self) -> None:
        self.open.set()

    async def take(self, inbox: Inbox) -> None:
        while True:
            event = await inbox.take()
            self.taken += 1
            await self.open.wait()
            if isinstance(event, ChannelStatus):
                self.statuses.append(event)
            else:
                self.events.append(event)
            self.changed.set()

    async def until(self, condition: Callable[["Ear"], bool]) -> None:
        while not condition(self):
            self.changed.clear()
            await self.changed.wait()

    async def until_state(self, state: str) -> ChannelStatus:
        await self.until(lambda ear: any(status.state == state for status in ear.statuses))
        return next(status for status in self.statuses if status.state == state)

    @property
    def ids(self) -> list[str]:
        return [event.id for event in self.events if isinstance(event, ChatMessage)]


class Reading:
    """A reader with its router and its inbox, as a client has them."""

    def __init__(
        self,
        server: IrcServer,
        ear: Ear,
        channel: str = "examplechannel",
        *,
        token: str | None = None,
        limits: Limits = QUICK,
        inbox_size: int = 500,
    ) -> None:
        self.ear = ear
        self.inbox = Inbox(inbox_size)
        self.router = TwitchMessageRouter(channel)
        self.reader = IrcReader(
            self.router,
            self.inbox,
            self._report,
            endpoint=server.url,
            token=token,
            limits=limits,
            rng=Random(1),
        )

    def _report(self, state: Literal["connecting", "connected", "reconnecting", "down"], reason: str) -> None:
        self.inbox.put(ChannelStatus(channel=self.router.channel, state=state, reason=reason))

    def count(self, name: str) -> int:
        return self.router.counts.get(name, 0) + self.reader.counts[name]


def run(main: Callable[[], Awaitable[None]]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(5):
            await main()
        assert asyncio.all_tasks() == {asyncio.current_task()}, "a task was left behind"

    asyncio.run(limited())


@asynccontextmanager
async def reading(one: Reading) -> AsyncIterator[Reading]:
    """Run the reader as long as this is entered, then cancel it."""
    async with asyncio.TaskGroup() as tasks:
        beside = [tasks.create_task(one.reader.run()), tasks.create_task(one.ear.take(one.inbox))]
        yield one
        for task in beside:
            task.cancel()


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what nothing announces."""
    while not condition():  # noqa: ASYNC110
        await asyncio.sleep(0.005)


def test_it_reads_messages_and_removals_in_order() -> None:
    async def main() -> None:
        ear = Ear()
        async with (
            IrcServer() as server,
            reading(Reading(server, ear, "examplechannel")) as client,
        ):
            await server.joined()
            await server.send(said(1), said(2, "\x01ACTION waves\x01"), deleted(1))
            await server.send(
                ":tmi.twitch.tv USERNOTICE #examplechannel :hi", "@broken", "", ":tmi.twitch.tv FUTURE x"
            )
            await server.send(said(3))
            await ear.until(lambda ear: len(ear.events) == 4)
            assert [type(event).__name__ for event in ear.events] == ["ChatMessage"] * 2 + [
                "ChatRemoval",
                "ChatMessage",
            ]
            assert ear.ids == ["m1", "m2", "m3"]
            assert [status.state for status in ear.statuses] == ["connecting", "connected"]
            found = [client.count(name) for name in ("messages", "removals", "malformed")]
            assert (found, client.inbox.shed) == ([3, 1, 2], 0)
            assert dict(client.router.unknown) == {"FUTURE": 1}

    run(main)


def test_it_is_anonymous_and_asks_for_tags() -> None:
    async def main() -> None:
        async with IrcServer() as server, reading(Reading(server, Ear())):
            await server.joined()
            cap, nick, join = server.received[:3]
            assert cap == "CAP REQ :twitch.tv/tags twitch.tv/commands"
            assert nick.startswith("NICK justinfan")
            assert join == "JOIN #examplechannel"

    run(main)


def test_it_answers_a_ping() -> None:
    async def main() -> None:
        async with IrcServer() as server, reading(Reading(server, Ear())):
            await server.joined()
            await server.send("PING :tmi.twitch.tv")
            assert await server.heard("PONG") == "PONG :tmi.twitch.tv"

    run(main)


def test_after_silence_it_asks_and_stays() -> None:
    async def main() -> None:
        limits = replace(QUICK, idle_s=0.05, pong_s=0.5)
        async with IrcServer() as server, reading(Reading(server, Ear(), limits=limits)):
            await server.joined()
            await until(lambda: sum(line.startswith("PING") for line in server.received) >= 3)
            assert server.connections == 1

    run(main)


def test_a_dead_connection_is_noticed() -> None:
    async def main() -> None:
        limits = replace(QUICK, idle_s=0.05, pong_s=0.05)
        ear = Ear()
        async with IrcServer(answer_pings=False) as server, reading(Reading(server, ear, limits=limits)):
            await server.joined(connections=2)
            assert (await ear.until_state("reconnecting")).reason == "Twitch fell silent."

    run(main)


def test_it_comes_back_after_a_cut_in_the_middle_of_a_replay() -> None:
    async def main() -> None:
        ear = Ear()
        async with IrcServer(resend=5) as server, reading(Reading(server, ear)) as client:
            await server.joined()
            await server.replay([said(number) for number in range(20)])
            await ear.until(lambda ear: len(ear.events) == 20)
            server.kill()
            await server.joined(connections=2)
            await server.replay([said(number) for number in range(20, 40)])
            await ear.until(lambda ear: "m39" in ear.ids)
            # The server said the last five once more.
            assert ear.ids == [f"m{number}" for number in range(40)]
            assert client.count("repeated") == 5
            assert [status.state for status in ear.statuses] == [
                "connecting",
                "connected",
                "reconnecting",
                "connected",
            ]
            assert client.count("reconnects") == 1

    run(main)


def test_it_comes_back_when_the_server_does() -> None:
    async def main() -> None:
        ear = Ear()
        server = IrcServer()
        async with server, reading(Reading(server, ear)):
            await server.joined()
            await server.stop()
            status = await ear.until_state("reconnecting")
            assert status.reason.startswith("The connection to Twitch was lost (")
            await asyncio.sleep(0.05)
            await server.start()
            await server.joined(connections=2)
            assert any("could not be reached" in status.reason for status in ear.statuses)

    run(main)


def test_it_moves_when_twitch_asks_for_it() -> None:
    async def main() -> None:
        ear = Ear()
        limits = replace(QUICK, first_pause_s=60.0, longest_pause_s=60.0)
        async with IrcServer() as server, reading(Reading(server, ear, limits=limits)):
            await server.joined()
            # What comes behind the word in the same frame counts still.
            await server.send(said(1), ":tmi.twitch.tv RECONNECT", said(2))
            await server.joined(connections=2)
            assert ear.ids == ["m1", "m2"]

    run(main)


def test_a_channel_that_does_not_exist_is_down_with_the_reason() -> None:
    async def main() -> None:
        ear = Ear()
        limits = replace(QUICK, join_s=0.05)
        async with IrcServer() as server, reading(Reading(server, ear, "nosuchchannel", limits=limits)):
            status = await ear.until_state("down")
            assert status.reason == 'Channel "nosuchchannel" was not found or is closed.'
            server.channels.add("nosuchchannel")
            await ear.until_state("connected")

    run(main)


def test_a_suspended_channel_is_down_with_twitchs_words() -> None:
    async def main() -> None:
        ear = Ear()
        async with IrcServer(suspended=["examplechannel"]) as server, reading(Reading(server, ear)):
            assert "does not exist or has been suspended" in (await ear.until_state("down")).reason

    run(main)


def test_a_token_logs_in() -> None:
    async def main() -> None:
        async with (
            IrcServer(tokens={TOKEN: "examplebot"}) as server,
            reading(Reading(server, Ear(), token=TOKEN)),
        ):
            await server.joined()
            assert f"PASS oauth:{TOKEN}" in server.received

    run(main)


def test_a_bad_token_is_down_with_the_reason_and_stays_out_of_the_logs(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def main() -> None:
        ear = Ear()
        async with IrcServer() as server, reading(Reading(server, ear, token=TOKEN)) as client:
            status = await ear.until_state("down")
            assert "Login authentication failed" in status.reason
            await server.heard("NICK")
            assert TOKEN not in repr(client) + repr(ear.statuses)

    # The server's own log would hold what it received.
    logging.getLogger("websockets.server").setLevel(logging.WARNING)
    with caplog.at_level(logging.DEBUG):
        run(main)
    assert TOKEN not in caplog.text


def test_a_slow_callback_sheds_the_oldest_messages_and_no_removal() -> None:
    async def main() -> None:
        ear = Ear()
        async with IrcServer() as server, reading(Reading(server, ear, inbox_size=10)) as client:
            await server.joined()
            await ear.until_state("connected")
            ear.open.clear()
            taken = ear.taken
            await server.replay([said(0)])
            await until(lambda: ear.taken == taken + 1)
            await server.replay([said(number) for number in range(1, 31)])
            await server.replay([deleted(number) for number in (1, 2, 30)])
            await until(lambda: client.count("removals") == 3)
            # One is with the callback, ten wait, three removals behind them.
            assert client.inbox.shed == 20
            ear.open.set()
            await ear.until(lambda ear: len(ear.events) == 14)
            assert ear.ids == ["m0", *(f"m{number}" for number in range(21, 31))]
            removed = [event.message_id for event in ear.events if isinstance(event, ChatRemoval)]
            assert removed == ["m1", "m2", "m30"]

    run(main)


def test_other_channels_messages_in_a_shared_chat_are_counted_and_left_out() -> None:
    async def main() -> None:
        ear = Ear()
        async with IrcServer() as server, reading(Reading(server, ear)) as client:
            await server.joined()
            await server.send(said(1, tags=";source-room-id=2"), said(2, tags=";source-room-id=1"))
            await ear.until(lambda ear: len(ear.events) == 1)
            assert ear.ids == ["m2"]
            assert client.count("foreign") == 1

    run(main)


def test_one_broken_character_does_not_cost_the_connection() -> None:
    async def main() -> None:
        ear = Ear()
        async with IrcServer() as server, reading(Reading(server, ear)):
            await server.joined()
            socket = next(iter(server._clients)).socket
            await socket.send(said(1, "broken ").encode() + b"\xff\r\n", text=True)
            await ear.until(lambda ear: ear.ids == ["m1"])
            assert server.connections == 1

    run(main)


def test_cancelling_before_it_connects_ends_cleanly() -> None:
    async def main() -> None:
        async with IrcServer() as server, reading(Reading(server, Ear())):
            await asyncio.sleep(0)

    run(main)


def test_all_of_a_real_chat_arrives(chat_2022: list[str]) -> None:
    async def main() -> None:
        ear = Ear()
        server = IrcServer(channels=["forsen"], lines_per_frame=40)
        async with server, reading(Reading(server, ear, "forsen")) as client:
            await server.joined("forsen")
            await server.replay(chat_2022)
            await ear.until(lambda ear: len(ear.events) == 1941 + 58 + 1)
            found = [client.count(name) for name in ("messages", "removals", "events", "malformed")]
            assert (found, client.inbox.shed) == ([1941, 58, 1, 0], 0)
            assert dict(client.router.unknown) == {}

    run(main)
