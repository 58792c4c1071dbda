"""Roles: what the badges prove, and nothing that a name claims."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.chat.permissions import NAMES, Role, is_at_least, role_of
from open_llm_vtuber.settings.chat import RoleName
from open_llm_vtuber.stimulus import Badge, ChatMessage


def message(*badges: str, display_name: str = "Ana") -> ChatMessage:
    return ChatMessage(
        id="1",
        platform="twitch",
        channel="c",
        username="ana",
        display_name=display_name,
        text="hi",
        badges=tuple(Badge(name=name, version="1") for name in badges),
    )


@pytest.mark.parametrize(
    ("badges", "role"),
    [
        ((), Role.EVERYONE),
        (("premium", "glhf-pledge"), Role.EVERYONE),
        (("subscriber",), Role.SUBSCRIBER),
        (("founder",), Role.SUBSCRIBER),
        (("vip", "subscriber"), Role.VIP),
        (("moderator", "subscriber"), Role.MODERATOR),
        (("broadcaster", "subscriber"), Role.BROADCASTER),
        (("sub-gifter",), Role.EVERYONE),
    ],
)
def test_the_highest_role_that_a_badge_proves_counts(badges: tuple[str, ...], role: Role) -> None:
    assert role_of(message(*badges)) == role


def test_a_name_that_claims_a_role_has_none() -> None:
    assert role_of(message(display_name="moderator")) == Role.EVERYONE


def test_whoever_follows_is_a_follower_and_a_subscriber_stays_one() -> None:
    assert role_of(message(), follows=True) == Role.FOLLOWER
    assert role_of(message("subscriber"), follows=True) == Role.SUBSCRIBER


@given(st.sampled_from(Role), st.sampled_from(sorted(NAMES)))
def test_a_role_may_do_what_every_lower_one_may(role: Role, name: RoleName) -> None:
    if is_at_least(role, name):
        assert all(is_at_least(role, lower) for lower, level in NAMES.items() if level <= NAMES[name])
    else:
        assert NAMES[name] > role
