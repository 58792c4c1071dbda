"""Which subscriptions a channel needs, and which scopes of a token they need. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

READ_CHAT = "user:read:chat"
SEND_CHAT = "user:write:chat"
READ_CHAT_OVER_IRC = "chat:read"

_POINTS = "channel.channel_points"
_REWARDS = ("channel:read:redemptions", "channel:manage:redemptions")
_POLLS = ("channel:read:polls", "channel:manage:polls")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One subscription that there should be. Any one of `scopes` is enough; none means that none is needed."""

    kind: str
    version: str
    condition: Mapping[str, str] = field(hash=False)
    scopes: tuple[str, ...] = ()
    feature: str = ""
    """What a viewer's deed it is for, in an operator's words."""

    def allowed_by(self, scopes: Collection[str]) -> bool:
        """Whether a token with these scopes may have it."""
        return not self.scopes or any(scope in scopes for scope in self.scopes)


def wanted(broadcaster_id: str, user_id: str) -> Sequence[Wanted]:
    """Return what to subscribe to; the first one is the chat itself, without which the rest is nothing."""
    chat = {"broadcaster_user_id": broadcaster_id, "user_id": user_id}
    room = {"broadcaster_user_id": broadcaster_id}
    moderated = {"broadcaster_user_id": broadcaster_id, "moderator_user_id": user_id}
    rows: list[tuple[str, str, Mapping[str, str], tuple[str, ...], str]] = [
        ("channel.chat.message", "1", chat, (READ_CHAT,), "chat"),
        ("channel.chat.message_delete", "1", chat, (READ_CHAT,), "chat"),
        ("channel.chat.clear_user_messages", "1", chat, (READ_CHAT,), "chat"),
        ("channel.chat.clear", "1", chat, (READ_CHAT,), "chat"),
        ("channel.chat.notification", "1", chat, (READ_CHAT,), "subscriptions, gifts and raids"),
        ("channel.follow", "2", moderated, ("moderator:read:followers",), "follows"),
        ("channel.bits.use", "1", room, ("bits:read",), "power-ups"),
        (f"{_POINTS}_custom_reward_redemption.add", "1", room, _REWARDS, "rewards"),
        (f"{_POINTS}_automatic_reward_redemption.add", "2", room, _REWARDS, "rewards"),
        *(
            (f"channel.hype_train.{phase}", "2", room, ("channel:read:hype_train",), "hype trains")
            for phase in ("begin", "progress", "end")
        ),
        *((f"channel.poll.{phase}", "1", room, _POLLS, "polls") for phase in ("begin", "progress", "end")),
        ("channel.ad_break.begin", "1", room, ("channel:read:ads",), "ad breaks"),
        ("stream.online", "1", room, (), "stream online and offline"),
        ("stream.offline", "1", room, (), "stream online and offline"),
        ("channel.update", "2", room, (), "title and category"),
    ]
    return [
        Wanted(kind=kind, version=version, condition=condition, scopes=scopes, feature=feature)
        for kind, version, condition, scopes, feature in rows
    ]


LOGIN_SCOPES: Sequence[str] = (
    READ_CHAT,
    SEND_CHAT,
    "moderator:read:followers",
    "bits:read",
    "channel:read:redemptions",
    "channel:read:hype_train",
    "channel:read:polls",
    "channel:read:ads",
)
"""What a login asks for: to read, and to write in chat. Nothing that changes a channel."""


def features(scopes: Collection[str]) -> Mapping[str, str]:
    """Return what works with these scopes: feature → the missing scope, "" where none is missing."""
    found: dict[str, str] = {}
    for each in wanted("", ""):
        missing = "" if each.allowed_by(scopes) else each.scopes[0]
        found[each.feature] = found.get(each.feature) or missing
    found["answers in chat"] = "" if SEND_CHAT in scopes else SEND_CHAT
    return found


def missing(scopes: Collection[str]) -> tuple[str, ...]:
    """Return the scopes without which something does not work."""
    return tuple(dict.fromkeys(scope for scope in features(scopes).values() if scope))
