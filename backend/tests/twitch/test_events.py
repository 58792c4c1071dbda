"""Every payload of EventSub in the show's language: the documented ones, the recorded ones, and the hostile ones."""

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.stimulus import Badge, ChannelEvent, ChatMessage, ChatRemoval, Emote
from open_llm_vtuber.twitch.chat_events import from_another_channel
from open_llm_vtuber.twitch.events import KNOWN, parse
from open_llm_vtuber.twitch.facts import FactsChange
from open_llm_vtuber.twitch.happened import Where

WHERE = Where("example", datetime(2026, 1, 1, tzinfo=UTC))
FAN = {"user_id": "7", "user_login": "fan", "user_name": "Fan"}
CHATTER = {"chatter_user_id": "7", "chatter_user_login": "Fan", "chatter_user_name": "Fan"}


def only(kind: str, event: dict[str, Any]) -> Any:
    found = parse(kind, event, WHERE)
    assert len(found) == 1
    return found[0]


def happened(kind: str, **event: Any) -> ChannelEvent:
    found = [each for each in parse(kind, event, WHERE) if isinstance(each, ChannelEvent)]
    assert len(found) == 1
    return found[0]


def noticed(notice: str, detail: dict[str, Any], text: str = "", **more: Any) -> ChannelEvent:
    return happened(
        "channel.chat.notification",
        **CHATTER,
        message_id="n1",
        message={"text": text},
        notice_type=notice,
        **{notice: detail},
        **more,
    )


def test_a_message_with_badges_and_emotes() -> None:
    fragments = [
        {"type": "text", "text": "🎉 hi ", "emote": None},
        {"type": "emote", "text": "Kappa", "emote": {"id": "25"}},
        {"type": "text", "text": " ok"},
    ]
    message = only(
        "channel.chat.message",
        {
            **CHATTER,
            "message_id": "m1",
            "message": {"text": "🎉 hi Kappa ok", "fragments": fragments},
            "color": "#00FF7F",
            "badges": [{"set_id": "subscriber", "id": "12", "info": "16"}],
        },
    )
    assert message == ChatMessage(
        id="m1",
        platform="twitch",
        channel="example",
        username="fan",
        display_name="Fan",
        text="🎉 hi Kappa ok",
        user_id="7",
        color="#00FF7F",
        badges=(Badge(name="subscriber", version="12"),),
        emotes=(Emote(id="25", name="Kappa", start=5, end=9),),
        timestamp=WHERE.at,
    )


def test_me_is_an_action_and_its_emotes_stand_where_they_are_shown() -> None:
    text = "\x01ACTION waves Kappa\x01"
    fragments = [
        {"type": "text", "text": "\x01ACTION waves "},
        {"type": "emote", "text": "Kappa", "emote": {"id": "25"}},
        {"type": "text", "text": "\x01"},
    ]
    message = only(
        "channel.chat.message",
        {**CHATTER, "message_id": "m", "message": {"text": text, "fragments": fragments}},
    )
    assert (message.is_action, message.text) == (True, "waves Kappa")
    assert message.text[message.emotes[0].start : message.emotes[0].end + 1] == "Kappa"


@pytest.mark.parametrize("missing", ["chatter_user_login", "message_id"])
def test_a_message_of_nobody_or_without_id_is_none(missing: str) -> None:
    event = {**CHATTER, "message_id": "m1", "message": {"text": "hi"}}
    del event[missing]
    assert parse("channel.chat.message", event, WHERE) == []


def test_a_cheer_comes_in_front_of_its_message() -> None:
    cheer, message = parse(
        "channel.chat.message",
        {**CHATTER, "message_id": "m1", "message": {"text": "cheer5 hi"}, "cheer": {"bits": 5}},
        WHERE,
    )
    assert isinstance(cheer, ChannelEvent)
    assert isinstance(message, ChatMessage)
    assert (cheer.kind, cheer.amount, cheer.message, cheer.data) == (
        "cheer",
        5,
        "cheer5 hi",
        {"message_id": "m1"},
    )
    assert cheer.id != message.id
    assert isinstance(message, ChatMessage)
    assert message.bits == 5


def test_removals() -> None:
    assert only(
        "channel.chat.message_delete", {"message_id": "m1", "target_user_login": "fan"}
    ) == ChatRemoval(platform="twitch", channel="example", message_id="m1")
    assert only("channel.chat.clear_user_messages", {"target_user_login": "Fan"}) == ChatRemoval(
        platform="twitch", channel="example", username="fan"
    )
    assert only("channel.chat.clear", {}) == ChatRemoval(platform="twitch", channel="example")


@pytest.mark.parametrize("kind", ["channel.chat.message_delete", "channel.chat.clear_user_messages"])
def test_a_removal_that_names_nothing_removes_nothing(kind: str) -> None:
    assert parse(kind, {"message_id": "", "target_user_login": "!"}, WHERE) == []


def test_a_first_and_a_later_subscription() -> None:
    first = noticed("sub", {"sub_tier": "1000", "is_prime": True, "duration_months": 1})
    assert (first.kind, first.amount, first.data) == (
        "subscribe",
        1,
        {"message_id": "n1", "tier": "1000", "is_prime": True},
    )
    later = noticed("resub", {"sub_tier": "2000", "cumulative_months": 58, "streak_months": None}, "Love it")
    assert (later.kind, later.amount, later.message) == ("resubscribe", 58, "Love it")


def test_a_gift_for_many_and_its_receivers_have_one_id() -> None:
    bomb = noticed("community_sub_gift", {"id": "77", "total": 50, "sub_tier": "1000"})
    one = noticed("sub_gift", {"community_gift_id": "77", "recipient_user_name": "Lucky", "sub_tier": "1000"})
    alone = noticed(
        "sub_gift", {"community_gift_id": None, "recipient_user_name": "Lucky", "sub_tier": "1000"}
    )
    assert (bomb.kind, bomb.amount, bomb.id) == ("gift", 50, one.id)
    assert alone.id == "gift/n1"
    assert (alone.amount, alone.data["receiver"]) == (1, "Lucky")


def test_who_gives_anonymously_is_not_named() -> None:
    gift = noticed("community_sub_gift", {"id": "77", "total": 1}, chatter_is_anonymous=True)
    assert (gift.username, gift.display_name) == ("", "")


@pytest.mark.parametrize(
    ("notice", "kind", "amount"),
    [
        ("gift_paid_upgrade", "subscribe", 1),
        ("prime_paid_upgrade", "subscribe", 1),
        ("pay_it_forward", "other", None),
        ("announcement", "other", None),
        ("watch_streak", "other", 5),
        ("unknown", "other", None),
        ("brand_new", "other", 5),
    ],
)
def test_notices_of_other_kinds(notice: str, kind: str, amount: int | None) -> None:
    event = noticed(notice, {"count": 5} if amount == 5 else {})
    assert (event.kind, event.amount) == (kind, amount)


def test_raids_by_notice_and_by_event() -> None:
    assert noticed("raid", {"viewer_count": 12}).amount == 12
    event = happened(
        "channel.raid", from_broadcaster_user_login="raider", from_broadcaster_user_id="3", viewers=9001
    )
    assert (event.kind, event.username, event.amount) == ("raid", "raider", 9001)


def test_who_follows_twice_is_one_follow() -> None:
    one = happened("channel.follow", **FAN, followed_at="2020-07-15T18:16:11.17106713Z")
    again = happened("channel.follow", **FAN, followed_at="2021-07-15T18:16:11.17106713Z")
    assert (one.kind, one.username, one.id) == ("follow", "fan", again.id)


def test_a_redemption_has_title_cost_and_text() -> None:
    reward = {"id": "9", "title": "Dance", "cost": 100, "prompt": "?"}
    event = happened(
        "channel.channel_points_custom_reward_redemption.add",
        **FAN,
        id="r1",
        user_input="please",
        reward=reward,
    )
    assert (event.kind, event.amount, event.message, event.id) == (
        "redemption",
        100,
        "please",
        "redemption/r1",
    )
    assert event.data == {"title": "Dance", "reward_id": "9"}


def test_a_reward_of_twitchs_own_has_its_type_for_a_title() -> None:
    event = happened(
        "channel.channel_points_automatic_reward_redemption.add",
        **FAN,
        id="r1",
        reward={"type": "gigantify_an_emote", "channel_points": 200},
        message={"text": "big"},
    )
    assert (event.amount, event.data["title"], event.message) == (200, "gigantify_an_emote", "big")


def test_power_ups_are_bits() -> None:
    event = happened("channel.bits.use", **FAN, bits=2, type="power_up", power_up={"type": "celebration"})
    assert (event.kind, event.amount, event.data["power_up"]) == ("cheer", 2, "celebration")


def test_a_hype_train_has_its_level_and_phase() -> None:
    ids = set()
    for phase, total in (("begin", 1), ("progress", 1), ("progress", 2), ("end", 2)):
        event = happened(f"channel.hype_train.{phase}", id="t1", level=2, total=total, goal=500)
        assert (event.kind, event.amount, event.data["phase"]) == ("hype-train", 2, phase)
        ids.add(event.id)
    assert len(ids) == 4


def test_a_poll_has_its_votes_and_who_leads() -> None:
    choices = [{"title": "Blue", "votes": 120}, {"title": "Yellow", "votes": 140}]
    event = happened("channel.poll.end", id="p1", title="Which?", choices=choices, status="completed")
    assert (event.kind, event.amount, event.data["leader"], event.data["title"]) == (
        "poll",
        260,
        "Yellow",
        "Which?",
    )
    assert "leader" not in happened("channel.poll.begin", id="p1", choices=[{"title": "A"}]).data


def test_an_ad_break_has_its_seconds() -> None:
    event = happened("channel.ad_break.begin", duration_seconds="60", is_automatic=True, started_at="x")
    assert (event.kind, event.amount, event.data["is_automatic"]) == ("ad-break", 60, True)


def test_online_and_offline_are_events_and_facts() -> None:
    change, event = parse("stream.online", {"id": "9", "started_at": "2026-01-01T00:00:00Z"}, WHERE)
    assert change == FactsChange(is_live=True, started_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert isinstance(event, ChannelEvent)
    assert event.kind == "stream-online"
    change, event = parse("stream.offline", {}, WHERE)
    assert change == FactsChange(is_live=False)
    assert isinstance(event, ChannelEvent)
    assert event.kind == "stream-offline"


def test_title_and_category_are_facts() -> None:
    assert only("channel.update", {"title": "New", "category_name": "Chess"}) == FactsChange(
        title="New", category="Chess"
    )


def test_a_kind_that_nobody_knows_is_an_event_with_its_plain_fields() -> None:
    event = happened("channel.brand_new", **FAN, count=3, is_new=True, deep={"a": 1}, text="x\ny")
    assert (event.kind, event.username) == ("other", "fan")
    assert event.data == {
        "type": "channel.brand_new",
        "user_id": "7",
        "user_login": "fan",
        "user_name": "Fan",
        "count": 3,
        "is_new": True,
        "text": "x y",
    }


def test_shared_chat_is_known_by_its_source() -> None:
    assert from_another_channel({"source_broadcaster_user_id": "2", "broadcaster_user_id": "1"})
    assert not from_another_channel({"source_broadcaster_user_id": "1", "broadcaster_user_id": "1"})
    assert not from_another_channel({"source_broadcaster_user_id": None, "broadcaster_user_id": "1"})


names = st.sampled_from(
    [
        "user_login",
        "user_name",
        "user_id",
        "message_id",
        "message",
        "text",
        "fragments",
        "emote",
        "id",
        "cheer",
        "bits",
        "reward",
        "title",
        "cost",
        "choices",
        "votes",
        "notice_type",
        "sub",
        "resub",
        "level",
        "total",
        "badges",
        "set_id",
        "chatter_user_login",
        "target_user_login",
        "started_at",
        "viewers",
        "type",
        "power_up",
        "duration_seconds",
        "is_anonymous",
    ]
)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(
        ["fan", "m1", "resub", "x" * 2000, "\u202e\0<b>{{x}}", "\ud800", "2026-01-01T00:00:00Z"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=8),
    max_leaves=25,
)


@given(
    st.sampled_from(sorted(KNOWN)) | st.text(max_size=40),
    st.dictionaries(names | st.text(max_size=9), values, max_size=15),
)
def test_any_payload_becomes_bounded_events_or_nothing(kind: str, event: dict[str, Any]) -> None:
    for found in parse(kind, event, WHERE):
        match found:
            case ChatMessage():
                assert len(found.text) <= 1000
                assert all(found.text[each.start : each.end + 1] == each.name for each in found.emotes)
            case ChannelEvent():
                assert len(found.message) <= 1000
                assert len(found.display_name) <= 50
                assert len(found.data) <= 40
                assert all(len(str(value)) <= 200 for value in found.data.values())
                assert found.amount is None or found.amount >= 0
                assert "\n" not in "".join(str(value) for value in found.data.values())
            case ChatRemoval():
                assert kind == "channel.chat.clear" or found.message_id or found.username
            case FactsChange():
                pass


def examples(test_data: Path) -> list[dict[str, Any]]:
    lines = (test_data / "eventsub_examples.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line]


def test_every_documented_example_is_parsed(test_data: Path) -> None:
    found = examples(test_data)
    assert len(found) == 118
    notifications = [each for each in found if each["type"] and "event" in each["message"]]
    kinds: Counter[str] = Counter()
    for each in notifications:
        events = parse(each["type"], each["message"]["event"], WHERE)
        assert events, each["type"]
        kinds.update(
            event.kind if isinstance(event, ChannelEvent) else type(event).__name__ for event in events
        )
    known = {each["type"] for each in notifications} & KNOWN
    assert known == KNOWN, "each kind that we know has an example"
    assert kinds["ChatMessage"] == 2
    assert kinds["ChatRemoval"] == 3
    for kind in (
        "follow",
        "subscribe",
        "resubscribe",
        "gift",
        "cheer",
        "raid",
        "redemption",
        "hype-train",
        "poll",
    ):
        assert kinds[kind], kind
    assert kinds["ad-break"] == kinds["stream-online"] == kinds["stream-offline"] == 1
