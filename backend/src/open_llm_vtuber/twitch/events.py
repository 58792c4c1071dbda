"""What an EventSub notification says in the show's own language. Pure, and no payload makes it raise.

Payloads grow keys and lose keys over the years, and new kinds appear: every field may be missing, and a kind that has
no reading of its own becomes an event `other`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from open_llm_vtuber.stimulus import Badge, ChannelEvent, ChatMessage, ChatRemoval, Emote, EventKind
from open_llm_vtuber.twitch.facts import MOST_TITLE, FactsChange
from open_llm_vtuber.twitch.fields import (
    NOTHING,
    Json,
    flag,
    identifier,
    line,
    login_name,
    made_id,
    moment,
    number,
    part,
    parts,
    raw,
)
from open_llm_vtuber.twitch.messages import MOST_BADGES, MOST_NAME, MOST_TEXT, PLATFORM

Parsed = ChatMessage | ChatRemoval | ChannelEvent | FactsChange
Scalar = str | int | bool
MOST_FIELDS = 30
NOBODY = frozenset({"ananonymouscheerer", "ananonymousgifter"})
"""The accounts under which Twitch shows those who do not want to be named."""

_COLOR = re.compile(r"#[0-9A-Fa-f]{6}")
_ACTION_START = "\x01ACTION "


@dataclass(frozen=True, slots=True)
class Where:
    """In which channel it happened, and when Twitch said so."""

    channel: str
    at: datetime


def parse(kind: str, event: Json, where: Where) -> list[Parsed]:
    """Return what an event of that subscription type says; nothing when what it is about is missing.

    A chat message with bits is a cheer and a message, in this order: the message's id is in the cheer's `data`.
    """
    return _READERS.get(kind, _other(kind))(event, where)


def from_another_channel(event: Json) -> bool:
    """Whether a shared chat brought it here from another streamer's channel."""
    source = raw(event, "source_broadcaster_user_id", MOST_NAME)
    return source not in {"", raw(event, "broadcaster_user_id", MOST_NAME)}


def _happened(
    kind: EventKind,
    event: Json,
    where: Where,
    *,
    own_id: str,
    who: str = "user",
    amount: int | None = None,
    message: str = "",
    **data: Scalar,
) -> ChannelEvent:
    username = login_name(event, f"{who}_login")
    if username in NOBODY or flag(event, "is_anonymous") or flag(event, "chatter_is_anonymous"):
        username = ""
    return ChannelEvent(
        id=own_id,
        platform=PLATFORM,
        channel=where.channel,
        kind=kind,
        username=username,
        display_name=(line(event, f"{who}_name", MOST_NAME) or username) if username else "",
        amount=amount,
        message=message,
        data={name: value for name, value in data.items() if value != ""},
        timestamp=where.at,
    )


def _chat_message(event: Json, where: Where) -> list[Parsed]:
    username, message_id = login_name(event, "chatter_user_login"), identifier(event, "message_id")
    if not username or not message_id:
        return []
    message = part(event, "message")
    text = raw(message, "text", MOST_TEXT)
    is_action = text.startswith(_ACTION_START)
    skipped = len(_ACTION_START) if is_action else 0
    said = text[skipped:].removesuffix("\x01") if is_action else text
    color = raw(event, "color", MOST_NAME)
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
    )
    bits = number(part(event, "cheer"), "bits")
    if not bits:
        return [spoken]
    cheer = _happened(
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


def _message_removal(event: Json, where: Where) -> list[Parsed]:
    message_id = identifier(event, "message_id")
    # Without an id it must stay nothing: a removal that names nothing would remove everything.
    return [_removal(where, message_id=message_id)] if message_id else []


def _viewer_removal(event: Json, where: Where) -> list[Parsed]:
    username = login_name(event, "target_user_login")
    return [_removal(where, username=username)] if username else []


def _removal(where: Where, message_id: str | None = None, username: str | None = None) -> ChatRemoval:
    return ChatRemoval(platform=PLATFORM, channel=where.channel, message_id=message_id, username=username)


def _follow(event: Json, where: Where) -> list[Parsed]:
    follower = identifier(event, "user_id")
    # Without the time: who follows, leaves and follows again is welcomed once.
    return [_happened("follow", event, where, own_id=f"follow/{follower}")] if follower else []


def _subscribe(event: Json, where: Where) -> list[Parsed]:
    own_id = made_id("subscribe", identifier(event, "user_id"), str(where.at))
    tier, is_gift = line(event, "tier", MOST_NAME), flag(event, "is_gift")
    return [_happened("subscribe", event, where, own_id=own_id, amount=1, tier=tier, is_gift=is_gift)]


def _resubscribe(event: Json, where: Where) -> list[Parsed]:
    months = number(event, "cumulative_months")
    own_id = f"resubscribe/{identifier(event, 'user_id')}/{months}"
    message = raw(part(event, "message"), "text", MOST_TEXT)
    tier = line(event, "tier", MOST_NAME)
    return [_happened("resubscribe", event, where, own_id=own_id, amount=months, message=message, tier=tier)]


def _gift(event: Json, where: Where) -> list[Parsed]:
    own_id = made_id("gift", identifier(event, "user_id"), str(where.at))
    amount, tier = number(event, "total"), line(event, "tier", MOST_NAME)
    return [_happened("gift", event, where, own_id=own_id, amount=amount, tier=tier)]


def _cheer(event: Json, where: Where) -> list[Parsed]:
    bits, message = number(event, "bits"), raw(event, "message", MOST_TEXT)
    own_id = made_id("cheer", identifier(event, "user_id"), message, str(where.at))
    return [_happened("cheer", event, where, own_id=own_id, amount=bits, message=message)]


def _bits(event: Json, where: Where) -> list[Parsed]:
    message = raw(part(event, "message"), "text", MOST_TEXT)
    own_id = made_id("bits", identifier(event, "user_id"), message, str(where.at))
    what, power = line(event, "type", MOST_NAME), line(part(event, "power_up"), "type", MOST_NAME)
    bits = number(event, "bits")
    return [
        _happened(
            "cheer", event, where, own_id=own_id, amount=bits, message=message, type=what, power_up=power
        )
    ]


def _raid(event: Json, where: Where) -> list[Parsed]:
    raider = identifier(event, "from_broadcaster_user_id")
    own_id = made_id("raid", raider, str(where.at))
    viewers = number(event, "viewers")
    return [_happened("raid", event, where, own_id=own_id, who="from_broadcaster_user", amount=viewers)]


def _redemption(event: Json, where: Where) -> list[Parsed]:
    reward, own_id = part(event, "reward"), identifier(event, "id")
    if not own_id:
        return []
    message = raw(event, "user_input", MOST_TEXT) or raw(part(event, "message"), "text", MOST_TEXT)
    cost = number(reward, "cost")
    return [
        _happened(
            "redemption",
            event,
            where,
            own_id=f"redemption/{own_id}",
            amount=number(reward, "channel_points") if cost is None else cost,
            message=message,
            # Twitch's own rewards have a type instead of a title.
            title=line(reward, "title", MOST_TITLE) or line(reward, "type", MOST_NAME),
            reward_id=identifier(reward, "id"),
        )
    ]


def _hype_train(phase: str) -> "Reader":
    def read(event: Json, where: Where) -> list[Parsed]:
        train, level, total = identifier(event, "id"), number(event, "level"), number(event, "total") or 0
        if not train:
            return []
        own_id = f"hype-train/{train}/{phase}" + (f"/{total}" if phase == "progress" else "")
        goal = number(event, "goal") or 0
        return [
            _happened(
                "hype-train", event, where, own_id=own_id, amount=level, phase=phase, total=total, goal=goal
            )
        ]

    return read


def _poll(phase: str) -> "Reader":
    def read(event: Json, where: Where) -> list[Parsed]:
        poll, choices = identifier(event, "id"), parts(event, "choices")
        if not poll:
            return []
        counts = [number(choice, "votes") or 0 for choice in choices]
        leader = choices[counts.index(max(counts))] if any(counts) else NOTHING
        own_id = f"poll/{poll}/{phase}" + (f"/{sum(counts)}" if phase == "progress" else "")
        title, leads = line(event, "title", MOST_TITLE), line(leader, "title", MOST_TITLE)
        return [
            _happened(
                "poll",
                event,
                where,
                own_id=own_id,
                amount=sum(counts),
                phase=phase,
                title=title,
                leader=leads,
                status=line(event, "status", MOST_NAME),
            )
        ]

    return read


def _ad_break(event: Json, where: Where) -> list[Parsed]:
    own_id = f"ad-break/{raw(event, 'started_at', MOST_NAME)}"
    seconds, automatic = number(event, "duration_seconds"), flag(event, "is_automatic")
    return [
        _happened(
            "ad-break",
            event,
            where,
            own_id=own_id,
            who="requester_user",
            amount=seconds,
            is_automatic=automatic,
        )
    ]


def _online(event: Json, where: Where) -> list[Parsed]:
    own_id = f"stream-online/{identifier(event, 'id')}"
    started = moment(event, "started_at") or where.at
    return [
        FactsChange(is_live=True, started_at=started),
        _happened("stream-online", event, where, own_id=own_id, who="broadcaster_user"),
    ]


def _offline(event: Json, where: Where) -> list[Parsed]:
    own_id = f"stream-offline/{identifier(event, 'id') or where.at}"
    return [
        FactsChange(is_live=False),
        _happened("stream-offline", event, where, own_id=own_id, who="broadcaster_user"),
    ]


def _channel_update(event: Json, _: Where) -> list[Parsed]:
    title, category = line(event, "title", MOST_TITLE), line(event, "category_name", MOST_TITLE)
    return [FactsChange(title=title, category=category)]


def _notification(event: Json, where: Where) -> list[Parsed]:
    """Read a notice that stands between the chat's lines; the object of its kind's name has the details."""
    notice, message_id = line(event, "notice_type", MOST_NAME), identifier(event, "message_id")
    if not notice or not message_id:
        return []
    message = raw(part(event, "message"), "text", MOST_TEXT)
    kind, own_id, amount, data = _noticed(notice, part(event, notice), message_id)
    return [
        _happened(
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


def _other(kind: str) -> "Reader":
    def read(event: Json, where: Where) -> list[Parsed]:
        data: dict[str, Scalar] = {"type": kind[:MOST_NAME]}
        for key in list(event)[:MOST_FIELDS]:
            value = event[key]
            name = key[:MOST_NAME]
            if isinstance(value, str):
                data.setdefault(name, line(event, key, MOST_TITLE))
            elif isinstance(value, bool) or number(event, key) is not None:
                data.setdefault(name, value if isinstance(value, bool) else number(event, key) or 0)
        own_id = made_id(kind, *(f"{key}={value}" for key, value in data.items()), str(where.at))
        happened = _happened("other", event, where, own_id=own_id)
        return [_with_data(happened, data)]

    return read


def _with_data(event: ChannelEvent, data: Mapping[str, Scalar]) -> ChannelEvent:
    return ChannelEvent(
        id=event.id,
        platform=event.platform,
        channel=event.channel,
        kind=event.kind,
        username=event.username,
        display_name=event.display_name,
        data=data,
        timestamp=event.timestamp,
    )


Reader = Callable[[Json, Where], list[Parsed]]
_POINTS = "channel.channel_points"
_READERS: Mapping[str, Reader] = {
    "channel.chat.message": _chat_message,
    "channel.chat.message_delete": _message_removal,
    "channel.chat.clear_user_messages": _viewer_removal,
    "channel.chat.clear": lambda _, where: [_removal(where)],
    "channel.chat.notification": _notification,
    "channel.follow": _follow,
    "channel.subscribe": _subscribe,
    "channel.subscription.message": _resubscribe,
    "channel.subscription.gift": _gift,
    "channel.cheer": _cheer,
    "channel.bits.use": _bits,
    "channel.raid": _raid,
    f"{_POINTS}_custom_reward_redemption.add": _redemption,
    f"{_POINTS}_automatic_reward_redemption.add": _redemption,
    "channel.hype_train.begin": _hype_train("begin"),
    "channel.hype_train.progress": _hype_train("progress"),
    "channel.hype_train.end": _hype_train("end"),
    "channel.poll.begin": _poll("begin"),
    "channel.poll.progress": _poll("progress"),
    "channel.poll.end": _poll("end"),
    "channel.ad_break.begin": _ad_break,
    "stream.online": _online,
    "stream.offline": _offline,
    "channel.update": _channel_update,
}
KNOWN = frozenset(_READERS)
"""The subscription types that have a reading of their own."""
