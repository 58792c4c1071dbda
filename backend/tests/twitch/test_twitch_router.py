"""The router: what a show is told, once each, and what it is not."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.stimulus import ChannelEvent, ChatMessage, StreamFacts
from open_llm_vtuber.twitch.facts import FactsChange
from open_llm_vtuber.twitch.frames import Notification, read_frame
from open_llm_vtuber.twitch.irc import parse_line
from open_llm_vtuber.twitch.twitch_router import Routed, TwitchMessageRouter
from twitch_mock import chat_event

AT = datetime(2026, 1, 1, tzinfo=UTC)


def notification(kind: str, *events: dict[str, Any]) -> Notification:
    return Notification(message_id="x", kind=kind, version="1", sent_at=AT, events=events)


def told(router: TwitchMessageRouter, kind: str, *events: dict[str, Any]) -> list[Routed]:
    return router.notification(kind, notification(kind, *events), 0)


def line(router: TwitchMessageRouter, text: str) -> list[Routed]:
    parsed = parse_line(text)
    assert parsed is not None
    return router.line(parsed, AT, 0)


def gift(notice: str, number: int, detail: dict[str, Any]) -> dict[str, Any]:
    return {**chat_event(f"g{number}", ""), "notice_type": notice, notice: detail}


def test_a_bomb_of_a_hundred_gifts_is_one_event() -> None:
    router = TwitchMessageRouter("examplechannel")
    found = told(
        router,
        "channel.chat.notification",
        gift("community_sub_gift", 0, {"id": "77", "total": 100, "sub_tier": "1000"}),
    )
    for number in range(100):
        detail = {"community_gift_id": "77", "recipient_user_name": f"v{number}"}
        found += told(router, "channel.chat.notification", gift("sub_gift", number + 1, detail))
        found += told(
            router, "channel.subscribe", {"user_login": f"v{number}", "is_gift": True, "tier": "1000"}
        )
    assert [(event.kind, event.amount) for event in found if isinstance(event, ChannelEvent)] == [
        ("gift", 100)
    ]
    assert (router.counts["repeated"], router.counts["doubled"]) == (100, 100)


def test_money_comes_from_one_source() -> None:
    router = TwitchMessageRouter("examplechannel")
    for kind in (
        "channel.subscribe",
        "channel.subscription.message",
        "channel.subscription.gift",
        "channel.cheer",
        "channel.raid",
    ):
        assert told(router, kind, {"user_login": "fan", "user_id": "7", "bits": 5, "viewers": 5}) == []
    assert told(router, "channel.bits.use", {"user_login": "fan", "bits": 5, "type": "cheer"}) == []
    power_up = told(router, "channel.bits.use", {"user_login": "fan", "bits": 5, "type": "power_up"})
    assert [event.kind for event in power_up if isinstance(event, ChannelEvent)] == ["cheer"]
    assert router.counts["doubled"] == 6


def test_other_channels_of_a_shared_chat_are_left_out() -> None:
    router = TwitchMessageRouter("examplechannel")
    assert told(router, "channel.chat.message", chat_event(1, source_broadcaster_user_id="9")) == []
    resub = {**chat_event(2), "source_broadcaster_user_id": "9", "notice_type": "shared_chat_resub"}
    assert told(router, "channel.chat.notification", resub) == []
    assert line(router, "@id=a;room-id=1;source-room-id=2 :v!v@v PRIVMSG #examplechannel :hi") == []
    assert line(router, "@msg-id=raid;room-id=1;source-room-id=2 :t USERNOTICE #examplechannel") == []
    assert router.counts["foreign"] == 4


def test_what_we_said_ourselves_is_left_out() -> None:
    router = TwitchMessageRouter("examplechannel", lambda message: message.username == "bot")
    assert told(router, "channel.chat.message", chat_event(1, login="bot")) == []
    assert len(told(router, "channel.chat.message", chat_event(2))) == 1
    assert router.counts["own"] == 1


def test_the_same_event_is_told_once_wherever_it_comes_from() -> None:
    router = TwitchMessageRouter("examplechannel")
    assert len(told(router, "channel.chat.message", chat_event(1))) == 1
    assert told(router, "channel.chat.message", chat_event(1)) == []
    assert line(router, "@id=m1;room-id=1 :viewer!v@v PRIVMSG #examplechannel :hi") == []
    assert router.counts["repeated"] == 2


def test_removals_are_told_each_time() -> None:
    router = TwitchMessageRouter("examplechannel")
    for _ in range(2):
        assert len(told(router, "channel.chat.message_delete", {"message_id": "m1"})) == 1
    assert router.counts["removals"] == 2


def test_a_batch_is_several_events() -> None:
    router = TwitchMessageRouter("examplechannel")
    assert len(told(router, "channel.chat.message", chat_event(1), chat_event(2), chat_event(3))) == 3


def test_unknown_kinds_are_counted_logged_once_and_passed_on(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    router = TwitchMessageRouter("examplechannel")
    found = told(router, "channel.brand_new", {"user_login": "fan"})
    assert [event.kind for event in found if isinstance(event, ChannelEvent)] == ["other"]
    line(router, ":tmi.twitch.tv FUTURE #examplechannel")
    told(router, "channel.brand_new", {"user_login": "other_fan"})
    assert dict(router.unknown) == {"channel.brand_new": 2, "FUTURE": 1}
    assert [record.message.count("brand_new") for record in caplog.records] == [1, 0]


def test_endless_kinds_do_not_fill_the_memory() -> None:
    router = TwitchMessageRouter("examplechannel")
    for number in range(1000):
        told(router, f"kind{number}", {"n": number})
    assert len(router.unknown) == 51
    assert router.unknown["other"] == 950


def test_what_names_nothing_is_counted_as_malformed() -> None:
    router = TwitchMessageRouter("examplechannel")
    assert told(router, "channel.chat.message", {}) == []
    assert line(router, ":v!v@v PRIVMSG #examplechannel") == []
    assert router.counts["malformed"] == 2


def test_facts_are_told_when_they_change() -> None:
    router = TwitchMessageRouter("examplechannel")
    assert len(told(router, "channel.update", {"title": "A", "category_name": "B"})) == 1
    assert told(router, "channel.update", {"title": "A", "category_name": "B"}) == []
    assert router.learned(FactsChange(viewers=5)) == [router.facts]
    found = told(router, "stream.online", {"id": "9"})
    assert [type(event) for event in found] == [StreamFacts, ChannelEvent]


def test_irc_tells_of_cheers_and_subscriptions() -> None:
    router = TwitchMessageRouter("examplechannel")
    found = line(router, "@id=a;bits=100;room-id=1 :fan!f@f PRIVMSG #examplechannel :cheer100 hi")
    assert [type(event) for event in found] == [ChannelEvent, ChatMessage]
    found = line(router, "@id=b;msg-id=sub;login=fan;room-id=1 :tmi.twitch.tv USERNOTICE #examplechannel")
    assert [event.kind for event in found if isinstance(event, ChannelEvent)] == ["subscribe"]
    assert router.counts["events"] == 2


def test_every_recorded_notification_is_routed_or_counted(test_data: Path) -> None:
    router = TwitchMessageRouter("streamer")
    routed = notifications = 0
    for text in (test_data / "eventsub_envelopes.ndjson").read_text(encoding="utf-8").splitlines():
        frame = read_frame(text)
        if isinstance(frame, Notification):
            notifications += 1
            routed += bool(router.notification(frame.kind, frame, 0))
    left_out = sum(
        router.counts[name] for name in ("foreign", "doubled", "repeated") if name in router.counts
    )
    assert routed + left_out == notifications == 23
    assert router.counts["malformed"] == 0


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=40))
def test_a_paid_event_is_told_exactly_once_however_often_it_comes(story: list[tuple[int, bool]]) -> None:
    router = TwitchMessageRouter("examplechannel")
    ids: list[str] = []
    for number, is_chat in story:
        event = chat_event(number, "cheer5", cheer={"bits": 5}) if is_chat else chat_event(f"s{number}")
        kind = "channel.chat.message" if is_chat else "channel.chat.notification"
        found = told(router, kind, event if is_chat else {**event, "notice_type": "sub", "sub": {}})
        ids += [each.id for each in found if isinstance(each, ChannelEvent)]
    assert len(ids) == len(set(ids)) == len(set(story))


def test_an_hour_of_a_busy_chat_leaves_only_the_last_minutes_in_memory() -> None:
    router = TwitchMessageRouter("examplechannel")
    for number in range(3600 * 20):
        router.notification(
            "channel.chat.message", notification("channel.chat.message", chat_event(number)), number / 20
        )
    assert router.counts["messages"] == 72_000
    assert len(router._seen) <= 15 * 60 * 20 + 1


def test_a_hostile_notification_is_an_event_or_counted() -> None:
    router = TwitchMessageRouter("examplechannel")
    frame = read_frame(
        json.dumps(
            {
                "metadata": {
                    "message_id": "x",
                    "message_type": "notification",
                    "message_timestamp": "2026-01-01T00:00:00Z",
                    "subscription_type": "channel.chat.message",
                },
                "payload": {
                    "event": {"message": {"text": ["\0" * 10_000]}, "chatter_user_login": {"$ne": 1}}
                },
            }
        )
    )
    assert isinstance(frame, Notification)
    assert router.notification(frame.kind, frame, 0) == []
    assert router.counts["malformed"] == 1
