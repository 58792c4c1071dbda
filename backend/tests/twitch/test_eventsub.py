"""What a session makes of its frames: what is new, what is too old, and when silence is death."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from open_llm_vtuber.twitch.eventsub import WELCOME_S, EventSubSession, Freshness, Opened
from open_llm_vtuber.twitch.frames import MoveTo, Notification, Revocation

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def frame(kind: str, at: datetime = NOW, message_id: str = "m", **payload: object) -> str:
    return json.dumps(
        {
            "metadata": {
                "message_id": message_id,
                "message_type": kind,
                "message_timestamp": at.isoformat(),
                "subscription_type": "channel.follow",
            },
            "payload": payload,
        }
    )


def welcomed(freshness: Freshness | None = None, ours: datetime = NOW) -> EventSubSession:
    session = EventSubSession(freshness or Freshness(), 0)
    assert session.heard(
        frame("session_welcome", session={"id": "s1", "keepalive_timeout_seconds": 10}), 1, ours
    ) == Opened("s1")
    return session


def test_a_connection_that_is_not_welcome_in_time_is_dead() -> None:
    assert EventSubSession(Freshness(), 5).deadline == 5 + WELCOME_S


def test_every_frame_puts_off_the_end_by_the_keepalive_and_half_and_two_seconds() -> None:
    session = welcomed()
    assert session.deadline == 1 + 17
    for kind in ("session_keepalive", "notification", "brand_new"):
        session.heard(frame(kind), 50, NOW)
        assert session.deadline == 50 + 17
        session.deadline = 0


def test_a_notification_is_handed_on_once() -> None:
    session = welcomed()
    assert isinstance(session.heard(frame("notification"), 2, NOW), Notification)
    assert session.heard(frame("notification"), 3, NOW) is None


def test_the_next_connection_knows_what_the_last_one_has_heard() -> None:
    freshness = Freshness()
    welcomed(freshness).heard(frame("notification"), 2, NOW)
    assert welcomed(freshness).heard(frame("notification"), 3, NOW) is None
    assert freshness.counts == {"duplicates": 1}


@pytest.mark.parametrize(("minutes", "is_heard"), [(9, True), (11, False)])
def test_what_is_older_than_ten_minutes_is_refused(minutes: int, is_heard: bool) -> None:
    session = welcomed()
    old = frame("notification", NOW - timedelta(minutes=minutes))
    assert (session.heard(old, 2, NOW) is not None) is is_heard


def test_a_wrong_clock_does_not_make_everything_too_old() -> None:
    wrong = NOW + timedelta(hours=3)
    session = welcomed(ours=wrong)
    assert isinstance(session.heard(frame("notification"), 2, wrong), Notification)
    assert session.heard(frame("notification", NOW - timedelta(minutes=11), "old"), 2, wrong) is None


def test_moves_and_revocations_are_for_others_to_act_on() -> None:
    session = welcomed()
    moved = session.heard(frame("session_reconnect", session={"reconnect_url": "wss://cell/ws"}), 2, NOW)
    assert moved == MoveTo("wss://cell/ws")
    revoked = session.heard(
        frame("revocation", subscription={"id": "x", "type": "channel.follow", "status": "user_removed"}),
        2,
        NOW,
    )
    assert revoked == Revocation("x", "channel.follow", "user_removed")


def test_what_nobody_understands_is_counted_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    freshness = Freshness()
    session = welcomed(freshness)
    for _ in range(3):
        assert session.heard("?", 2, NOW) is None
    assert freshness.counts == {"unintelligible": 3}
    assert [record.message for record in caplog.records] == [
        "Twitch sent a frame that nobody understands (not JSON). More are counted."
    ]


@pytest.mark.parametrize("jump", [timedelta(hours=3), timedelta(hours=-3)])
def test_a_clock_that_is_set_while_it_listens_makes_nothing_too_old_and_nothing_old_new(
    jump: timedelta,
) -> None:
    session = welcomed()
    fresh = frame("notification", NOW + timedelta(seconds=60), "fresh")
    assert isinstance(session.heard(fresh, 61, NOW + jump), Notification)
    assert session.heard(frame("notification", NOW - timedelta(minutes=10), "old"), 62, NOW + jump) is None
