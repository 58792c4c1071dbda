"""The frames of an EventSub socket, and everything that is none."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.twitch.frames import (
    Keepalive,
    MoveTo,
    Notification,
    Revocation,
    Unintelligible,
    Welcome,
    read_frame,
)

AT = "2023-07-19T14:56:51.634234626Z"


def frame(kind: str, payload: Any, **metadata: str) -> str:
    return json.dumps(
        {
            "metadata": {"message_id": "m", "message_type": kind, "message_timestamp": AT, **metadata},
            "payload": payload,
        }
    )


def test_a_welcome_names_session_and_keepalive() -> None:
    read = read_frame(frame("session_welcome", {"session": {"id": "abc", "keepalive_timeout_seconds": 30}}))
    assert isinstance(read, Welcome)
    assert (read.session_id, read.keepalive_s) == ("abc", 30)
    assert read.sent_at is not None


def test_a_keepalive() -> None:
    assert read_frame(frame("session_keepalive", {})) == Keepalive()


def test_a_notification() -> None:
    read = read_frame(
        frame(
            "notification", {"event": {"a": 1}}, subscription_type="channel.follow", subscription_version="2"
        )
    )
    assert isinstance(read, Notification)
    assert (read.kind, read.version, read.events) == ("channel.follow", "2", ({"a": 1},))


def test_a_batch_is_one_notification_with_several_events() -> None:
    payload = {"events": [{"id": "x", "data": {"a": 1}}, {"id": "y", "data": {"a": 2}}]}
    read = read_frame(frame("notification", payload, subscription_type="t"))
    assert isinstance(read, Notification)
    assert read.events == ({"a": 1}, {"a": 2})


def test_a_move_goes_to_a_websocket_address() -> None:
    assert read_frame(
        frame("session_reconnect", {"session": {"reconnect_url": "wss://cell/ws?id=1"}})
    ) == MoveTo("wss://cell/ws?id=1")


@pytest.mark.parametrize(
    "url", [None, "", "https://example.org", "wss://", "file:///etc/passwd", "ws://[", 7]
)
def test_a_move_to_anything_else_is_unintelligible(url: object) -> None:
    assert read_frame(frame("session_reconnect", {"session": {"reconnect_url": url}})) == Unintelligible(
        "a move to nowhere"
    )


def test_a_revocation_says_what_and_why() -> None:
    subscription = {"id": "s1", "type": "channel.follow", "status": "authorization_revoked"}
    assert read_frame(frame("revocation", {"subscription": subscription})) == Revocation(
        "s1", "channel.follow", "authorization_revoked"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "[]",
        "null",
        "{}",
        b"\xff\xfe",
        '{"metadata":{}}',
        frame("brand_new", {}),
        frame("notification", {}),
        frame("session_welcome", {"session": {}}),
        "[" * 100_000,
    ],
)
def test_what_nobody_understands_is_unintelligible(text: str | bytes) -> None:
    assert isinstance(read_frame(text), Unintelligible)


pieces = st.sampled_from(
    ["metadata", "payload", "message_type", "notification", "session", "id", "event", "events", "data", "x"]
)
hostile = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20) | pieces,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(pieces, inner, max_size=6),
    max_leaves=30,
)


@given(st.binary(max_size=200) | st.text(max_size=200) | hostile.map(json.dumps))
def test_no_input_makes_it_raise(text: str | bytes) -> None:
    read_frame(text)


@given(st.sampled_from(["notification", "session_welcome", "session_reconnect", "revocation"]), hostile)
def test_no_payload_makes_it_raise(kind: str, payload: object) -> None:
    read_frame(frame(kind, payload, subscription_type="channel.follow"))


def test_every_recorded_envelope_is_read(test_data: Path) -> None:
    lines = (test_data / "eventsub_envelopes.ndjson").read_text(encoding="utf-8").splitlines()
    read = [read_frame(line) for line in lines if line]
    assert len(read) == 24
    assert sum(isinstance(each, Notification) for each in read) == 23
    assert sum(isinstance(each, Welcome) for each in read) == 1
