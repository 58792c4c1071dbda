"""Which scopes allow what."""

from open_llm_vtuber.twitch.scopes import LOGIN_SCOPES, READ_CHAT, features, missing, wanted


def test_the_chat_comes_first_and_is_wanted_once() -> None:
    found = wanted("1", "2")
    assert found[0].kind == "channel.chat.message"
    assert found[0].condition == {"broadcaster_user_id": "1", "user_id": "2"}
    assert len({each.kind for each in found}) == len(found)


def test_a_token_that_reads_chat_hears_of_subscriptions_and_raids_as_well() -> None:
    found = features({READ_CHAT})
    assert found["chat"] == found["subscriptions, gifts and raids"] == found["title and category"] == ""
    assert found["follows"] == "moderator:read:followers"
    assert found["answers in chat"] == "user:write:chat"


def test_what_a_login_asks_for_is_all_that_is_needed() -> None:
    assert missing(LOGIN_SCOPES) == ()


def test_a_scope_that_may_more_is_enough() -> None:
    assert "channel:read:redemptions" not in missing({"channel:manage:redemptions"})


def test_a_login_asks_for_nothing_that_changes_a_channel() -> None:
    assert not [scope for scope in LOGIN_SCOPES if "manage" in scope or "moderat" in scope.split(":")[1]]
