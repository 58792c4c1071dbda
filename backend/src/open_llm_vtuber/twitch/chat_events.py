"""What EventSub says of the chat itself: lines, removals, and the notices between the lines. Pure."""

import re

from open_llm_vtuber.event_kinds import EventKind
from open_llm_vtuber.stimulus import Badge, ChannelEvent, ChatMessage, ChatRemoval, Emote
from open_llm_vtuber.twitch.fields import Json, flag, identifier, line, login_name, number, part, parts, raw
from open_llm_vtuber.twitch.happened import Scalar, Where, happened
from open_llm_vtuber.twitch.messages import MOST_BADGES, MOST_NAME, MOST_TEXT, PLATFORM

Happened = ChatMessage | ChatRemoval | ChannelEvent
_COLOR = re.compile(r"#[0-9A-Fa-f]{6}")
_ACTION_START = "\x01ACTION "


def from_another_channel(event: Json) -> bool:
    """Whether a shared chat brought it here from another streamer's channel."""
    source = raw(event, "source_broadcaster_user_id", MOST_NAME)
    return source not in {"", raw(event, "broadcaster_user_id", MOST_NAME)}


def chat_message(event: Json, where: Where) -> list[Happened]:
    """Return the line, behind the cheer that it may bring along."""
    username, message_id = login_name(event, "chatter_user_login"), identifier(event, "message_id")
    if not username or not message_id:
        return []
    message = part(event, "message")
    text = raw(message, "text", MOST_TEXT)
    is_action = text.startswith(_ACTION_START)
    skipped = len(_ACTION_START) if is_action else 0
    said = text[skipped:].removesuffix("\x01") if is_action else text
    color = raw(event, "color", MOST_NAME)
    bits = number(part(event, "cheer"), "bits") or 0
    spoken = ChatMessage(
        id=message_id,
        platform=PLATFORM,
        channel=where.channel,
        username=username,
        display_name=line(event, "chatter_user_name", MOST_NAME) or username,
        text=said,
        user_id=identifier(event, "chatter_user_id"),
        color=color if _COLOR.fullmatch(color) else "",
        badges=_badges(event),
        emotes=_emotes(message, said, skipped),
        timestamp=where.at,
        is_action=is_action,
        bits=bits,
    )
    if not bits:
        return [spoken]
    cheer = happened(
        "cheer",
        event,
        where,
        own_id=f"cheer/{message_id}",
        who="chatter_user",
        amount=bits,
        message=said,
        message_id=message_id,
    )
    return [cheer, spoken]


def _badges(event: Json) -> tuple[Badge, ...]:
    return tuple(
        Badge(name=name, version=line(badge, "id", MOST_NAME))
        for badge in parts(event, "badges")[:MOST_BADGES]
        if (name := line(badge, "set_id", MOST_NAME))
    )


def _emotes(message: Json, said: str, skipped: int) -> tuple[Emote, ...]:
    """Read the emotes off the fragments; `skipped` code points of the first one are not in the text."""
    found: list[Emote] = []
    start = -skipped
    for fragment in parts(message, "fragments"):
        name = raw(fragment, "text", MOST_TEXT)
        emote_id = identifier(part(fragment, "emote"), "id")
        if emote_id and name and start >= 0 and said[start : start + len(name)] == name:
            found.append(Emote(id=emote_id, name=name, start=start, end=start + len(name) - 1))
        start += len(name)
    return tuple(found)


def message_removal(event: Json, where: Where) -> list[Happened]:
    """Return the removal of one message."""
    message_id = identifier(event, "message_id")
    # Without an id it must stay nothing: a removal that names nothing would remove everything.
    return [removal(where, message_id=message_id)] if message_id else []


def viewer_removal(event: Json, where: Where) -> list[Happened]:
    """Return the removal of all of a viewer's messages."""
    username = login_name(event, "target_user_login")
    return [removal(where, username=username)] if username else []


def removal(where: Where, message_id: str | None = None, username: str | None = None) -> ChatRemoval:
    """Return the removal of that message, of that viewer's messages, or (neither given) of everything."""
    return ChatRemoval(platform=PLATFORM, channel=where.channel, message_id=message_id, username=username)


def notification(event: Json, where: Where) -> list[Happened]:
    """Read a notice that stands between the chat's lines; the object of its kind's name has the details."""
    notice, message_id = line(event, "notice_type", MOST_NAME), identifier(event, "message_id")
    if not notice or not message_id:
        return []
    message = raw(part(event, "message"), "text", MOST_TEXT)
    kind, own_id, amount, data = _noticed(notice, part(event, notice), message_id)
    return [
        happened(
            kind,
            event,
            where,
            own_id=own_id,
            who="chatter_user",
            amount=amount,
            message=message,
            message_id=message_id,
            **data,
        )
    ]


Noticed = tuple[EventKind, str, int | None, dict[str, Scalar]]


def _noticed(notice: str, detail: Json, message_id: str) -> Noticed:
    tier = line(detail, "sub_tier", MOST_NAME)
    data: dict[str, Scalar] = {"tier": tier}
    if flag(detail, "is_prime"):
        data["is_prime"] = True
    match notice:
        case "sub":
            return "subscribe", message_id, 1, data
        case "resub":
            streak = number(detail, "streak_months")
            more: dict[str, Scalar] = {} if streak is None else {"streak_months": streak}
            return "resubscribe", message_id, number(detail, "cumulative_months"), {**data, **more}
        case "sub_gift":
            # One of many has the id of them all, and is recognised as what was thanked for already.
            bundle = identifier(detail, "community_gift_id")
            receiver = line(detail, "recipient_user_name", MOST_NAME)
            return "gift", f"gift/{bundle or message_id}", 1, {**data, "receiver": receiver}
        case "community_sub_gift":
            bundle = identifier(detail, "id")
            return "gift", f"gift/{bundle or message_id}", number(detail, "total"), data
        case "gift_paid_upgrade" | "prime_paid_upgrade":
            return "subscribe", message_id, 1, {**data, "upgrade": notice.partition("_")[0]}
        case "raid":
            return "raid", message_id, number(detail, "viewer_count"), {}
        case _:
            found = next((value for key in detail if (value := number(detail, key)) is not None), None)
            return "other", message_id, found, {"notice": notice}
