"""Who a viewer is on the channel, by badges. Each role includes those below it. Pure."""

from enum import IntEnum

from open_llm_vtuber.settings.chat import RoleName
from open_llm_vtuber.stimulus import ChatMessage


class Role(IntEnum):
    """What a viewer is to the channel; the higher may do all that the lower may."""

    EVERYONE = 0
    FOLLOWER = 1
    SUBSCRIBER = 2
    VIP = 3
    MODERATOR = 4
    BROADCASTER = 5


NAMES: dict[RoleName, Role] = {
    "everyone": Role.EVERYONE,
    "follower": Role.FOLLOWER,
    "subscriber": Role.SUBSCRIBER,
    "vip": Role.VIP,
    "moderator": Role.MODERATOR,
    "broadcaster": Role.BROADCASTER,
}
_BADGES = {
    "broadcaster": Role.BROADCASTER,
    "moderator": Role.MODERATOR,
    "lead_moderator": Role.MODERATOR,
    "vip": Role.VIP,
    "subscriber": Role.SUBSCRIBER,
    "founder": Role.SUBSCRIBER,
    "follower": Role.FOLLOWER,
}
"""Badges are given by the platform, names are chosen: only badges make a role."""


def role_of(message: ChatMessage, *, follows: bool = False) -> Role:
    """Return the highest role that the badges of a message prove.

    No badge of Twitch says who follows, so `follows` is what the show has heard.
    """
    roles = [_BADGES.get(badge.name, Role.EVERYONE) for badge in message.badges]
    return max([Role.FOLLOWER if follows else Role.EVERYONE, *roles])


def is_at_least(role: Role, name: RoleName) -> bool:
    """Whether a role includes the named one."""
    return role >= NAMES[name]
