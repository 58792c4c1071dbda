"""Desired subscriptions, reconciled with what Twitch says."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.twitch.scopes import LOGIN_SCOPES, READ_CHAT, Wanted, wanted
from open_llm_vtuber.twitch.subscriptions import DENIED_PAUSE_S, LONGEST_PAUSE_S, Subscriptions

ALL = wanted("1", "2")


def begun(scopes: frozenset[str] = frozenset(LOGIN_SCOPES)) -> Subscriptions:
    found = Subscriptions(ALL, scopes, Random(1))
    found.begin_session(0)
    return found


def test_the_chat_is_asked_for_alone_and_then_all_the_rest_at_once() -> None:
    subscriptions = begun()
    assert subscriptions.due(0) == [ALL[0]]
    assert subscriptions.due(0) == []
    subscriptions.enabled(ALL[0], "s")
    assert subscriptions.due(0) == ALL[1:]
    assert subscriptions.due(0) == []


def test_what_the_token_does_not_allow_is_never_asked_for_and_names_the_scope() -> None:
    subscriptions = begun(frozenset({READ_CHAT}))
    subscriptions.enabled(subscriptions.due(0)[0], "s")
    assert all(each.allowed_by({READ_CHAT}) for each in subscriptions.due(0))
    follow = next(each for each in subscriptions.standings if each.wanted.kind == "channel.follow")
    assert (follow.state, follow.reason) == ("denied", "the token lacks the scope moderator:read:followers")


def test_what_failed_is_asked_for_again_later_each_time() -> None:
    subscriptions = begun()
    now = pauses = 0.0
    for _ in range(12):
        assert subscriptions.due(now) == [ALL[0]]
        subscriptions.failed(ALL[0], "status 503", now)
        due = subscriptions.next_due()
        assert due is not None
        pauses, now = due - now, due
    assert LONGEST_PAUSE_S / 2 <= pauses <= LONGEST_PAUSE_S


def test_what_was_denied_is_asked_for_again_after_ten_minutes() -> None:
    subscriptions = begun()
    subscriptions.due(0)
    subscriptions.denied(ALL[0], "missing proper authorization", 0)
    assert subscriptions.chat.reason == "missing proper authorization"
    assert subscriptions.due(DENIED_PAUSE_S - 1) == []
    assert subscriptions.due(DENIED_PAUSE_S) == [ALL[0]]


@pytest.mark.parametrize(
    ("status", "again_after"),
    [
        ("chat_user_banned", DENIED_PAUSE_S),
        ("moderator_removed", DENIED_PAUSE_S),
        ("something_new", DENIED_PAUSE_S),
        ("authorization_revoked", 0.5),
        ("user_removed", None),
        ("version_removed", None),
    ],
)
def test_a_revocation_is_kept_with_its_reason(status: str, again_after: float | None) -> None:
    subscriptions = begun()
    subscriptions.enabled(subscriptions.due(0)[0], "s1")
    revoked = subscriptions.revoked("s1", "channel.chat.message", status, 100)
    assert revoked is subscriptions.chat
    assert (revoked.state, bool(revoked.reason)) == ("revoked", True)
    assert revoked.due == (None if again_after is None else 100 + again_after)


def test_a_revocation_of_somebody_elses_subscription_is_none_of_ours() -> None:
    subscriptions = begun()
    subscriptions.enabled(subscriptions.due(0)[0], "s1")
    assert subscriptions.revoked("other", "channel.chat.message", "user_removed", 1) is None
    assert subscriptions.chat.state == "enabled"


def test_a_new_session_begins_with_nothing() -> None:
    subscriptions = begun()
    subscriptions.enabled(subscriptions.due(0)[0], "s1")
    subscriptions.begin_session(50)
    assert subscriptions.chat.state == "pending"
    assert subscriptions.due(50) == [ALL[0]]


@given(
    st.lists(st.tuples(st.sampled_from(["ok", "fail", "deny", "revoke", "new", "wait"]), st.integers(0, 20)))
)
def test_whatever_happens_everything_is_either_enabled_or_asked_for_or_due(
    story: list[tuple[str, int]],
) -> None:
    subscriptions = begun()
    now = 0.0
    asked: list[Wanted] = []
    for what, which in story:
        asked += subscriptions.due(now)
        wish = asked.pop(which % len(asked)) if asked and what in {"ok", "fail", "deny"} else None
        match what:
            case "ok" if wish:
                subscriptions.enabled(wish, f"id-{wish.kind}")
            case "fail" if wish:
                subscriptions.failed(wish, "?", now)
            case "deny" if wish:
                subscriptions.denied(wish, "?", now)
            case "revoke":
                subscriptions.revoked(f"id-{ALL[which % len(ALL)].kind}", "", "moderator_removed", now)
            case "new":
                subscriptions.begin_session(now)
                asked = []
            case _:
                now += which * 10
        for each in subscriptions.standings:
            assert each.state == "enabled" or each.is_asked or each.due is not None
