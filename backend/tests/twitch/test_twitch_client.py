"""The client against a Twitch of our own, over real sockets on the loopback: all the ways in which chat gets lost."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as websockets_connect

from open_llm_vtuber.config import TwitchEndpoints
from open_llm_vtuber.errors import ConfigError, EngineError
from open_llm_vtuber.stimulus import ChannelEvent, ChannelStatus, ChatMessage, ChatRemoval, StreamFacts
from open_llm_vtuber.twitch import eventsub_socket
from open_llm_vtuber.twitch.login_file import Login, LoginFile
from open_llm_vtuber.twitch.session import LIMITS
from open_llm_vtuber.twitch.twitch_client import TwitchClient
from twitch_mock import BOT, BOT_ID, CHAT, CLIENT_ID, STREAMER, STREAMER_ID, TwitchMock, chat_event, too_many

QUICK = replace(
    LIMITS,
    open_s=2.0,
    join_s=0.5,
    close_s=0.2,
    first_pause_s=0.02,
    longest_pause_s=0.05,
    first_refused_pause_s=0.02,
    longest_refused_pause_s=0.05,
)
ROOM = {"broadcaster_user_id": STREAMER_ID, "broadcaster_user_login": STREAMER}

Heard = ChatMessage | ChatRemoval | ChannelEvent | StreamFacts


@dataclass
class Ear:
    """Collects what a client hands over."""

    events: list[Heard] = field(default_factory=list)
    statuses: list[ChannelStatus] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    is_open: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.is_open.set()

    async def hear(self, event: Heard) -> None:
        await self.is_open.wait()
        self.events.append(event)
        self.changed.set()

    async def note(self, status: ChannelStatus) -> None:
        self.statuses.append(status)
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

    @property
    def kinds(self) -> list[str]:
        return [event.kind for event in self.events if isinstance(event, ChannelEvent)]


@dataclass
class Stage:
    """A mock, a client that reads it, and an ear."""

    twitch: TwitchMock
    client: TwitchClient
    ear: Ear

    async def says(self, *numbers: int) -> None:
        await self.twitch.send(CHAT, *(chat_event(number) for number in numbers))

    async def hears(self, *numbers: int) -> None:
        await self.ear.until(lambda ear: f"m{numbers[-1]}" in ear.ids)
        assert self.ear.ids == [f"m{number}" for number in numbers]


@asynccontextmanager
async def on_stage(
    twitch: TwitchMock,
    token: str | Login | None,
    channel: str = STREAMER,
    store: LoginFile | None = None,
    *,
    connects: bool = True,
) -> AsyncIterator[Stage]:
    ear = Ear()
    client = TwitchClient(
        token,
        channel,
        ear.hear,
        status_callback=ear.note,
        store=store,
        client_id=CLIENT_ID,
        endpoints=twitch.endpoints,
        limits=QUICK,
        rng=Random(1),
    )
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(client.run())
        if connects:
            await client.connect()
        yield Stage(twitch, client, ear)
        await client.disconnect()


def run(main: Callable[[TwitchMock], Awaitable[None]], within: float = 15) -> None:
    async def limited() -> None:
        async with asyncio.timeout(within), TwitchMock() as twitch:
            await main(twitch)
        assert asyncio.all_tasks() == {asyncio.current_task()}, "a task was left behind"

    asyncio.run(limited())


def test_with_a_user_token_it_reads_over_eventsub_and_says_what_the_token_allows() -> None:
    async def main(twitch: TwitchMock) -> None:
        async with on_stage(twitch, twitch.grant(scopes=["user:read:chat", "bits:read"])) as stage:
            connected = await stage.client.connect()
            assert (connected.via, connected.channel) == ("eventsub", STREAMER)
            assert connected.scopes == ("bits:read", "user:read:chat")
            assert "moderator:read:followers" in connected.missing
            assert "bits:read" not in connected.missing
            await stage.says(1, 2)
            await stage.hears(1, 2)

    run(main)


def test_chat_is_really_read_when_connect_returns() -> None:
    async def main(twitch: TwitchMock) -> None:
        async with on_stage(twitch, twitch.grant()) as stage:
            assert await twitch.send(CHAT, chat_event(1)) == 1
            await stage.hears(1)

    run(main)


def test_a_token_of_old_reads_over_irc() -> None:
    async def main(twitch: TwitchMock) -> None:
        token = twitch.grant(BOT, ["chat:read"])
        async with on_stage(twitch, f"oauth:{token}") as stage:
            assert (await stage.client.connect()).via == "irc"
            assert f"PASS oauth:{token}" in twitch.irc.received
            assert f"NICK {BOT}" in twitch.irc.received

    run(main)


def test_without_a_token_it_reads_anonymously() -> None:
    async def main(twitch: TwitchMock) -> None:
        async with on_stage(twitch, None) as stage:
            connected = await stage.client.connect()
            assert (connected.via, connected.scopes, connected.missing) == ("irc", (), ())
            assert twitch.calls == []

    run(main)


def test_a_bad_token_is_refused_with_twitchs_reason() -> None:
    async def main(twitch: TwitchMock) -> None:
        async with on_stage(twitch, "nobodysaccesstoken", connects=False) as stage:
            with pytest.raises(EngineError, match="invalid access token") as caught:
                await stage.client.connect()
            assert "nobodysaccesstoken" not in str(caught.value)

    run(main)


def test_a_token_that_may_not_read_chat_is_refused_with_the_scope() -> None:
    async def main(twitch: TwitchMock) -> None:
        async with on_stage(twitch, twitch.grant(scopes=["bits:read"]), connects=False) as stage:
            with pytest.raises(EngineError, match="neither the scope user:read:chat nor chat:read"):
                await stage.client.connect()

    run(main)


def test_a_channel_that_does_not_exist_is_refused_by_name() -> None:
    async def main(twitch: TwitchMock) -> None:
        async with on_stage(twitch, twitch.grant(), "nosuchchannel", connects=False) as stage:
            with pytest.raises(EngineError, match='Channel "nosuchchannel" was not found'):
                await stage.client.connect()

    run(main)


def test_an_account_that_is_banned_from_the_channel_is_refused_with_the_reason() -> None:
    async def main(twitch: TwitchMock) -> None:
        twitch.banned.add(BOT_ID)
        async with on_stage(twitch, twitch.grant(BOT), connects=False) as stage:
            with pytest.raises(EngineError, match="subscription missing proper authorization"):
                await stage.client.connect()

    run(main)


def test_an_api_that_answers_with_a_page_is_waited_for() -> None:
    async def main(twitch: TwitchMock) -> None:
        twitch.html = True
        async with on_stage(twitch, twitch.grant(), connects=False) as stage:
            reason = (await stage.ear.until_state("reconnecting")).reason
            assert "status 502" in reason
            assert "html" not in reason
            twitch.html = False
            assert (await stage.client.connect()).via == "eventsub"

    run(main)


def test_a_message_that_comes_twice_is_handed_over_once() -> None:
    async def main(twitch: TwitchMock) -> None:
        async with on_stage(twitch, twitch.grant()) as stage:
            await twitch.send(CHAT, chat_event(1), message_id="same")
            await twitch.send(CHAT, chat_event(2), message_id="same")
            # The same event under another message id.
            await twitch.send(CHAT, chat_event(1))
            await stage.says(3)
            await stage.hears(1, 3)
            other = stage.client.counters.other
            assert (other["duplicates"], other["repeated"]) == (1, 1)

    run(main)


def test_a_message_of_long_ago_is_dropped() -> None:
    async def main(twitch: TwitchMock) -> None:
        async with on_stage(twitch, twitch.grant()) as stage:
            await twitch.send(CHAT, chat_event(1), ago=timedelta(minutes=11))
            await twitch.send(CHAT, chat_event(2), ago=timedelta(minutes=9))
            await stage.hears(2)
            assert stage.client.counters.other["stale"] == 1

    run(main)


@pytest.mark.parametrize("new_id", [False, True])
def test_nothing_is_lost_or_out_of_order_when_twitch_moves_the_session(new_id: bool) -> None:
    async def main(twitch: TwitchMock) -> None:
        twitch.new_id_after_move = new_id
        async with on_stage(twitch, twitch.grant()) as stage:
            for number in range(900):
                await stage.says(number)
                if number in (200, 600):
                    await twitch.move()
                if number % 5 == 0:
                    await asyncio.sleep(0.001)
            await stage.hears(*range(900))
            counters = stage.client.counters
            assert (counters.other["moves"], counters.reconnects) == (2, 0)
            assert "reconnecting" not in [status.state for status in stage.ear.statuses]

    run(main)


def test_after_a_move_what_is_still_missing_is_subscribed_with_the_new_session() -> None:
    async def main(twitch: TwitchMock) -> None:
        twitch.new_id_after_move = True
        twitch.faults["POST", "subscriptions"] = []
        async with on_stage(twitch, twitch.grant()) as stage:
            await twitch.subscribed("channel.update")
            await twitch.move()
            await twitch.until(lambda: twitch.connections == 2)
            await twitch.revoke("channel.follow", "authorization_revoked")
            await twitch.subscribed("channel.follow")
            sessions = {each["transport"]["session_id"] for each in twitch.subscriptions}
            assert len(sessions) == 1
            await stage.says(1)
            await stage.hears(1)

    run(main)


def test_a_bad_address_to_move_to_costs_the_session_and_not_the_chat() -> None:
    async def main(twitch: TwitchMock) -> None:
        twitch.bad_move_address = True
        twitch.grace_s = 0.3
        async with on_stage(twitch, twitch.grant()) as stage:
            await twitch.move()
            await twitch.until(lambda: twitch.close_codes[4007] == 1)
            await stage.says(1)  # the old connection is read on
            await stage.ear.until(lambda ear: ear.ids == ["m1"])
            await twitch.subscribed(connections=2)
            await stage.says(2)
            await stage.hears(1, 2)
            assert twitch.close_codes[4004] == 1

    run(main)


@pytest.mark.parametrize("code", [4000, 4001, 4002, 4003, 4004, 4005, 4006, 4007, 1000, 1006])
def test_it_comes_back_after_every_way_of_closing(code: int) -> None:
    async def main(twitch: TwitchMock) -> None:
        async with on_stage(twitch, twitch.grant()) as stage:
            if code == 1006:
                twitch.cut()
            else:
                await twitch.close(code)
            await twitch.subscribed(connections=2)
            await stage.says(1)
            await stage.hears(1)
            assert (await stage.ear.until_state("reconnecting")).reason
            await stage.ear.until(lambda ear: ear.statuses[-1].state == "connected")

    run(main)


def test_a_connection_that_died_in_silence_is_noticed() -> None:
    async def main(twitch: TwitchMock) -> None:
        twitch.keepalive_s = 1
        twitch.is_silent = True
        async with on_stage(twitch, twitch.grant()) as stage:
            assert (await stage.ear.until_state("reconnecting")).reason == "Twitch fell silent."
            await twitch.subscribed(connections=2)

    run(main)


def test_it_sends_nothing_of_its_own_not_even_a_ping(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[ClientConnection] = []

    async def connect(url: str, **options: Any) -> ClientConnection:
        opened.append(await websockets_connect(url, **options))
        return opened[-1]

    monkeypatch.setattr(eventsub_socket, "connect", connect)

    async def main(twitch: TwitchMock) -> None:
        async with on_stage(twitch, twitch.grant()):
            assert [socket.ping_interval for socket in opened] == [None]

    run(main)


def test_keepalives_keep_it_alive() -> None:
    async def main(twitch: TwitchMock) -> None:
        twitch.keepalive_s = 1
        async with on_stage(twitch, twitch.grant()):
            await asyncio.sleep(4.5)
            assert twitch.connections == 1

    run(main)


@pytest.mark.parametrize("fault", [(503, {}), too_many()], ids=["503", "429"])
def test_a_subscription_that_fails_when_it_comes_back_is_tried_again(
    fault: tuple[int, dict[str, str]],
) -> None:
    async def main(twitch: TwitchMock) -> None:
        async with on_stage(twitch, twitch.grant()) as stage:
            await twitch.subscribed("channel.update")
            twitch.faults["POST", "subscriptions"] = [fault] * 5
            await twitch.close(4006)
            await twitch.subscribed(connections=2)
            await twitch.subscribed("channel.update")
            await stage.says(1)
            await stage.hears(1)

    run(main)


def test_subscriptions_left_on_a_dead_session_are_removed() -> None:
    async def main(twitch: TwitchMock) -> None:
        twitch.add_orphan()
        async with on_stage(twitch, twitch.grant()) as stage:
            await stage.says(1)
            await stage.hears(1)
            assert stage.client.counters.other["orphans"] == 1

    run(main)


def test_a_second_reader_with_the_same_account_does_not_make_the_first_one_deaf() -> None:
    async def main(twitch: TwitchMock) -> None:
        async with on_stage(twitch, twitch.grant()) as stage:
            await twitch.subscribed("channel.update")
            other = TwitchClient(
                twitch.grant(), STREAMER, Ear().hear, endpoints=twitch.endpoints, limits=QUICK
            )
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(other.run())
                with pytest.raises(EngineError, match="for another show already"):
                    await other.connect()
                await stage.says(1)
                await stage.hears(1)
                await other.disconnect()
            assert "orphans" not in stage.client.counters.other

    run(main)


def test_another_programs_subscriptions_for_another_account_are_left_alone() -> None:
    async def main(twitch: TwitchMock) -> None:
        twitch.add_orphan(user_id=BOT_ID)
        async with on_stage(twitch, twitch.grant()) as stage:
            await stage.says(1)
            await stage.hears(1)
            assert any(each["transport"]["session_id"] == "deadsession" for each in twitch.subscriptions)

    run(main)


def test_a_token_that_expires_in_the_middle_is_refreshed_once_and_stored_before_use(tmp_path: Path) -> None:
    async def main(twitch: TwitchMock) -> None:
        store = LoginFile(tmp_path)
        access = twitch.grant(refreshable=True)
        login = Login(access_token=access, refresh_token=twitch.refresh_token_of(access), client_id=CLIENT_ID)
        async with on_stage(twitch, login, store=store) as stage:
            await twitch.subscribed("channel.update")
            twitch.expire(access)
            twitch.slow_id_s = 0.1
            await twitch.close(4000)
            await twitch.subscribed("channel.update", connections=2)
            await stage.says(1)
            await stage.hears(1)
            assert twitch.refreshes == 1
            stored = store.load()
            assert stored is not None
            assert stored.access_token != access
            assert twitch.refresh_token_of(stored.access_token) == stored.refresh_token

    run(main)


def test_a_login_that_dies_in_the_middle_leaves_an_anonymous_reader() -> None:
    async def main(twitch: TwitchMock) -> None:
        access = twitch.grant()
        async with on_stage(twitch, access) as stage:
            twitch.expire(access)
            await twitch.close(4000)
            await twitch.irc.joined()
            await stage.ear.until(lambda ear: ear.statuses[-1].reason.startswith("Read without a login:"))
            assert stage.ear.statuses[-1].state == "connected"
            assert "log in again" in stage.ear.statuses[-1].reason
            await twitch.irc.send(f"@id=m1;room-id=1 :viewer!v@v PRIVMSG #{STREAMER} :hi")
            await stage.hears(1)
            assert access not in repr(stage.ear.statuses)

    run(main)


def test_a_login_that_was_revoked_is_noticed_at_once() -> None:
    async def main(twitch: TwitchMock) -> None:
        access = twitch.grant()
        async with on_stage(twitch, access) as stage:
            await twitch.subscribed("channel.update")
            twitch.expire(access)
            for kind in {each["type"] for each in twitch.subscriptions}:
                await twitch.revoke(kind, "authorization_revoked")
            await twitch.irc.joined()
            await stage.ear.until(lambda ear: ear.statuses[-1].state == "connected")
            assert "log in again" in stage.ear.statuses[-1].reason

    run(main)


def test_a_ban_in_the_middle_is_down_with_the_reason() -> None:
    async def main(twitch: TwitchMock) -> None:
        async with on_stage(twitch, twitch.grant(BOT)) as stage:
            await twitch.revoke(CHAT, "chat_user_banned")
            reason = (await stage.ear.until_state("down")).reason
            assert "banned or timed out" in reason
            assert stage.client.standings[0].state == "revoked"

    run(main)


def test_a_revoked_event_is_a_reason_and_the_chat_goes_on() -> None:
    async def main(twitch: TwitchMock) -> None:
        async with on_stage(twitch, twitch.grant()) as stage:
            await twitch.until(lambda: all(each.state == "enabled" for each in stage.client.standings))
            await twitch.revoke("channel.follow", "moderator_removed")
            await stage.says(1)
            await stage.hears(1)
            follow = next(each for each in stage.client.standings if each.wanted.kind == "channel.follow")
            assert (follow.state, follow.reason) == (
                "revoked",
                "the account is no moderator of the channel any more",
            )
            assert [status.state for status in stage.ear.statuses].count("down") == 0

    run(main)


def test_frames_that_nobody_understands_are_counted_and_change_nothing() -> None:
    async def main(twitch: TwitchMock) -> None:
        async with on_stage(twitch, twitch.grant()) as stage:
            for text in ["not json", "[]", "{}", '{"metadata":{"message_type":"brand_new"}}', "null", "\x00"]:
                await twitch.send_raw(text)
            await twitch.send_raw(json.dumps({"metadata": {"message_type": "notification"}, "payload": 3}))
            await stage.says(1)
            await stage.hears(1)
            assert stage.client.counters.other["unintelligible"] == 7
            assert twitch.connections == 1

    run(main)


def test_events_arrive_as_events_and_removals_as_removals() -> None:
    async def main(twitch: TwitchMock) -> None:
        async with on_stage(twitch, twitch.grant()) as stage:
            await twitch.subscribed("channel.update")
            follower = {"user_id": "7", "user_login": "fan", "user_name": "Fan"}
            await twitch.send("channel.follow", {**ROOM, **follower})
            await twitch.send(CHAT, chat_event(1, "cheer100 hi", cheer={"bits": 100}))
            await twitch.send("channel.chat.message_delete", {**ROOM, "message_id": "m1"})
            await twitch.send("channel.update", {**ROOM, "title": "New title", "category_name": "Chess"})
            await stage.ear.until(
                lambda ear: any(getattr(each, "category", "") == "Chess" for each in ear.events)
            )
            assert stage.ear.kinds == ["follow", "cheer"]
            assert any(isinstance(each, ChatRemoval) and each.message_id == "m1" for each in stage.ear.events)

    run(main)


def test_the_streams_facts_come_from_the_api_and_then_from_events() -> None:
    async def main(twitch: TwitchMock) -> None:
        twitch.stream = {
            "title": "Live!",
            "game_name": "Chess",
            "viewer_count": 42,
            "started_at": "2026-01-01T00:00:00Z",
        }
        async with on_stage(twitch, twitch.grant()) as stage:
            await stage.ear.until(lambda ear: any(isinstance(each, StreamFacts) for each in ear.events))
            facts = stage.client.facts
            assert (facts.is_live, facts.title, facts.category, facts.viewers) == (True, "Live!", "Chess", 42)
            await twitch.subscribed("stream.offline")
            await twitch.send("stream.offline", {**ROOM, "id": "9"})
            await stage.ear.until(lambda ear: "stream-offline" in ear.kinds)
            assert (stage.client.facts.is_live, stage.client.facts.viewers) == (False, None)

    run(main)


def test_what_it_sends_does_not_come_back_and_what_the_streamer_types_does() -> None:
    async def main(twitch: TwitchMock) -> None:
        async with on_stage(twitch, twitch.grant()) as stage:
            sent = await stage.client.send("Hello chat")
            assert sent.is_sent
            await twitch.send(CHAT, chat_event(1, "!expression joy", STREAMER, chatter_user_id=STREAMER_ID))
            await stage.hears(1)
            assert stage.client.counters.other["own"] == 1
            assert twitch.sent[0]["sender_id"] == STREAMER_ID

    run(main)


def test_an_account_of_its_own_never_hears_itself() -> None:
    async def main(twitch: TwitchMock) -> None:
        async with on_stage(twitch, twitch.grant(BOT)) as stage:
            await twitch.send(CHAT, chat_event(1, "from elsewhere", BOT, chatter_user_id=BOT_ID))
            await stage.says(2)
            await stage.hears(2)

    run(main)


def test_a_message_that_twitch_held_back_is_not_taken_for_sent() -> None:
    async def main(twitch: TwitchMock) -> None:
        twitch.drop_reason = {"code": "automod_held", "message": "held"}
        async with on_stage(twitch, twitch.grant()) as stage:
            sent = await stage.client.send("Hello")
            assert (sent.is_sent, sent.reason) == (False, "automod_held")

    run(main)


def test_sending_waits_when_twitch_says_so() -> None:
    async def main(twitch: TwitchMock) -> None:
        async with on_stage(twitch, twitch.grant()) as stage:
            twitch.faults["POST", "messages"] = [too_many()]
            assert (await stage.client.send("Hello")).is_sent

    run(main)


def test_without_the_scope_nothing_is_sent() -> None:
    async def main(twitch: TwitchMock) -> None:
        async with on_stage(twitch, twitch.grant(scopes=["user:read:chat"])) as stage:
            assert (await stage.client.send("Hello")).reason == "no login that may write"
            assert twitch.sent == []

    run(main)


def test_a_storm_costs_chat_and_no_money() -> None:
    async def main(twitch: TwitchMock) -> None:
        async with on_stage(twitch, twitch.grant()) as stage:
            await twitch.subscribed("channel.update")
            for number in range(300):
                await stage.says(number)
                await twitch.send(
                    "channel.chat.notification",
                    {
                        **chat_event(f"gift{number}"),
                        "notice_type": "community_sub_gift",
                        "community_sub_gift": {"id": f"bomb{number}", "total": 5, "sub_tier": "1000"},
                    },
                )
            await stage.ear.until(lambda ear: len(ear.kinds) == 300)
            assert len({event.id for event in stage.ear.events if isinstance(event, ChannelEvent)}) == 300

    run(main)


def test_when_too_much_money_waits_the_socket_is_not_read_and_nothing_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("open_llm_vtuber.twitch.inbox.MOST_KEPT", 5)

    async def main(twitch: TwitchMock) -> None:
        async with on_stage(twitch, twitch.grant()) as stage:
            await twitch.until(lambda: all(each.state == "enabled" for each in stage.client.standings))
            stage.ear.is_open.clear()
            for number in range(40):
                follower = {"user_id": str(number), "user_login": f"fan{number}", "user_name": "Fan"}
                await twitch.send("channel.follow", {**ROOM, **follower})
            await asyncio.sleep(0.2)
            assert stage.client._inbox._kept == 5
            stage.ear.is_open.set()
            await stage.ear.until(lambda ear: len(ear.kinds) == 40)

    run(main)


@pytest.mark.parametrize(
    ("token", "changed"),
    [
        ("two words", {}),
        ("a\r\nQUIT", {}),
        (None, {"irc": "https://localhost"}),
        (None, {"eventsub": "wss://"}),
        ("goodtoken", {"irc": "ws://irc.example.org"}),
        ("goodtoken", {"helix": "http://api.example.org"}),
        (None, {"helix": "https://localhost:99999"}),
        (None, {"id": "https://["}),
    ],
)
def test_wrong_settings_are_said_to_be_wrong(token: str | None, changed: dict[str, str]) -> None:
    with pytest.raises(ConfigError) as caught:
        TwitchClient(token, STREAMER, Ear().hear, endpoints=TwitchEndpoints(**changed))
    assert "QUIT" not in str(caught.value)
    assert "goodtoken" not in str(caught.value)
