"""What IRC says of subscriptions, gifts, raids and cheers."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.stimulus import ChannelEvent, ChatMessage
from open_llm_vtuber.twitch.irc import parse_line
from open_llm_vtuber.twitch.messages import read_line
from open_llm_vtuber.twitch.notices import read_cheer, read_notice

RECEIVED = datetime(2026, 1, 1, tzinfo=UTC)


def notice(kind: str, text: str = "", **tags: str) -> ChannelEvent:
    given = {"id": "n1", "login": "fan", "display-name": "Fan", **tags}
    written = ";".join(f"{key.replace('_', '-')}={value}" for key, value in given.items())
    line = parse_line(
        f"@msg-id={kind};{written} :tmi.twitch.tv USERNOTICE #example" + (f" :{text}" if text else "")
    )
    assert line is not None
    found = read_notice(line, RECEIVED)
    assert found is not None
    return found


def test_a_subscription() -> None:
    event = notice("sub", "hello", msg_param_sub_plan="Prime")
    assert (event.kind, event.username, event.display_name, event.message) == (
        "subscribe",
        "fan",
        "Fan",
        "hello",
    )
    assert event.data == {"message_id": "n1", "tier": "1000", "is_prime": True}
    assert event.is_paid


def test_a_resubscription_has_its_months() -> None:
    event = notice("resub", "Great stream", msg_param_cumulative_months="34", msg_param_sub_plan="2000")
    assert (event.kind, event.amount, event.data["tier"]) == ("resubscribe", 34, "2000")


def test_a_gift_for_many_and_its_receivers_are_one_event() -> None:
    bomb = notice(
        "submysterygift",
        msg_param_mass_gift_count="50",
        msg_param_community_gift_id="77",
        msg_param_sub_plan="1000",
    )
    receiver = notice(
        "subgift", id="n2", msg_param_community_gift_id="77", msg_param_recipient_display_name="Lucky"
    )
    assert (bomb.kind, bomb.amount) == ("gift", 50)
    assert bomb.id == receiver.id
    assert receiver.data["receiver"] == "Lucky"


def test_an_anonymous_gift_names_nobody() -> None:
    for kind, login in (("anonsubgift", "fan"), ("subgift", "ananonymousgifter")):
        event = notice(kind, login=login)
        assert (event.kind, event.username, event.display_name) == ("gift", "", "")


def test_a_raid_has_its_size() -> None:
    event = notice("raid", msg_param_viewerCount="9001")
    assert (event.kind, event.amount, event.username) == ("raid", 9001, "fan")


def test_anything_else_is_other() -> None:
    event = notice("brandnew", "text")
    assert (event.kind, event.data["notice"], event.message) == ("other", "brandnew", "text")


def test_a_cheer_comes_with_its_message() -> None:
    line = parse_line("@id=m1;bits=100;display-name=Fan :fan!f@f PRIVMSG #example :cheer100 hi")
    assert line is not None
    message = read_line(line, RECEIVED)
    assert isinstance(message, ChatMessage)
    cheer = read_cheer(message)
    assert cheer is not None
    assert (cheer.id, cheer.kind, cheer.amount, cheer.message) == ("cheer/m1", "cheer", 100, "cheer100 hi")
    assert cheer.data == {"message_id": "m1"}
    assert message.bits == 100


@pytest.mark.parametrize("bits", ["", "0", "many", "-5"])
def test_no_bits_are_no_cheer(bits: str) -> None:
    line = parse_line(f"@id=m1;bits={bits} :fan!f@f PRIVMSG #example :hi")
    assert line is not None
    message = read_line(line, RECEIVED)
    assert isinstance(message, ChatMessage)
    assert read_cheer(message) is None


tags = st.dictionaries(
    st.sampled_from(
        ["msg-id", "id", "login", "display-name", "msg-param-viewerCount", "msg-param-origin-id"]
    ),
    st.text(st.characters(exclude_characters="\0\r\n;= ", exclude_categories=["Cs"]))
    | st.sampled_from(["raid", "subgift"]),
)


@given(tags, st.text(st.characters(exclude_characters="\0\r\n", exclude_categories=["Cs"])))
def test_no_notice_makes_it_raise(given_tags: dict[str, str], text: str) -> None:
    written = ";".join(f"{key}={value}" for key, value in given_tags.items())
    line = parse_line(f"@{written} :tmi.twitch.tv USERNOTICE #example :{text}")
    if line is not None:
        event = read_notice(line, RECEIVED)
        assert event is None or len(event.message) <= 1000


def test_the_lines_that_others_test_with(parser_lines: list[str]) -> None:
    lines = [line for text in parser_lines if (line := parse_line(text)) and line.command == "USERNOTICE"]
    events = [event for line in lines if (event := read_notice(line, RECEIVED))]
    kinds = Counter(event.kind for event in events)
    assert len(lines) == 82
    # The other fifteen were copied with a quote or a backslash behind the channel's name.
    assert kinds == {"other": 21, "gift": 15, "resubscribe": 14, "subscribe": 14, "raid": 3}
