"""What an EventSub notification says in the show's own language. Pure, and no payload makes it raise.

Payloads grow keys and lose keys over the years, and new kinds appear: every field may be missing, and a kind that has
no reading of its own becomes an event `other`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from open_llm_vtuber.text_rules import bounded, one_line
from open_llm_vtuber.twitch.chat_events import (
    Happened,
    chat_message,
    message_removal,
    notification,
    removal,
    viewer_removal,
)
from open_llm_vtuber.twitch.facts import MOST_TITLE, FactsChange
from open_llm_vtuber.twitch.fields import (
    NOTHING,
    Json,
    flag,
    identifier,
    line,
    made_id,
    moment,
    number,
    part,
    parts,
    raw,
)
from open_llm_vtuber.twitch.happened import Scalar, Where, happened
from open_llm_vtuber.twitch.messages import MOST_NAME, MOST_TEXT

Parsed = Happened | FactsChange
MOST_FIELDS = 30


def parse(kind: str, event: Json, where: Where) -> Sequence[Parsed]:
    """Return what an event of that subscription type says; nothing when what it is about is missing.

    A chat message with bits is a cheer and a message, in this order: the message's id is in the cheer's `data`.
    """
    return _READERS.get(kind, _other(kind))(event, where)


def _follow(event: Json, where: Where) -> list[Parsed]:
    follower = identifier(event, "user_id")
    # Without the time: who follows, leaves and follows again is welcomed once.
    return [happened("follow", event, where, own_id=f"follow/{follower}")] if follower else []


def _subscribe(event: Json, where: Where) -> list[Parsed]:
    own_id = made_id("subscribe", identifier(event, "user_id"), str(where.at))
    tier, is_gift = line(event, "tier", MOST_NAME), flag(event, "is_gift")
    return [happened("subscribe", event, where, own_id=own_id, amount=1, tier=tier, is_gift=is_gift)]


def _resubscribe(event: Json, where: Where) -> list[Parsed]:
    months = number(event, "cumulative_months")
    own_id = f"resubscribe/{identifier(event, 'user_id')}/{months}"
    message = raw(part(event, "message"), "text", MOST_TEXT)
    tier = line(event, "tier", MOST_NAME)
    return [happened("resubscribe", event, where, own_id=own_id, amount=months, message=message, tier=tier)]


def _gift(event: Json, where: Where) -> list[Parsed]:
    own_id = made_id("gift", identifier(event, "user_id"), str(where.at))
    amount, tier = number(event, "total"), line(event, "tier", MOST_NAME)
    return [happened("gift", event, where, own_id=own_id, amount=amount, tier=tier)]


def _cheer(event: Json, where: Where) -> list[Parsed]:
    bits, message = number(event, "bits"), raw(event, "message", MOST_TEXT)
    own_id = made_id("cheer", identifier(event, "user_id"), message, str(where.at))
    return [happened("cheer", event, where, own_id=own_id, amount=bits, message=message)]


def _bits(event: Json, where: Where) -> list[Parsed]:
    message = raw(part(event, "message"), "text", MOST_TEXT)
    own_id = made_id("bits", identifier(event, "user_id"), message, str(where.at))
    what, power = line(event, "type", MOST_NAME), line(part(event, "power_up"), "type", MOST_NAME)
    bits = number(event, "bits")
    return [
        happened(
            "cheer", event, where, own_id=own_id, amount=bits, message=message, type=what, power_up=power
        )
    ]


def _raid(event: Json, where: Where) -> list[Parsed]:
    raider = identifier(event, "from_broadcaster_user_id")
    own_id = made_id("raid", raider, str(where.at))
    viewers = number(event, "viewers")
    return [happened("raid", event, where, own_id=own_id, who="from_broadcaster_user", amount=viewers)]


def _redemption(event: Json, where: Where) -> list[Parsed]:
    reward, own_id = part(event, "reward"), identifier(event, "id")
    if not own_id:
        return []
    message = raw(event, "user_input", MOST_TEXT) or raw(part(event, "message"), "text", MOST_TEXT)
    cost = number(reward, "cost")
    return [
        happened(
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
            happened(
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
            happened(
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
        happened(
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
        happened("stream-online", event, where, own_id=own_id, who="broadcaster_user"),
    ]


def _offline(event: Json, where: Where) -> list[Parsed]:
    own_id = f"stream-offline/{identifier(event, 'id') or where.at}"
    return [
        FactsChange(is_live=False),
        happened("stream-offline", event, where, own_id=own_id, who="broadcaster_user"),
    ]


def _channel_update(event: Json, _: Where) -> list[Parsed]:
    title, category = line(event, "title", MOST_TITLE), line(event, "category_name", MOST_TITLE)
    return [FactsChange(title=title, category=category)]


def _other(kind: str) -> "Reader":
    def read(event: Json, where: Where) -> list[Parsed]:
        data: dict[str, Scalar] = {"type": bounded(one_line(kind), MOST_NAME)}
        for key in list(event)[:MOST_FIELDS]:
            value = event[key]
            name = key[:MOST_NAME]
            if isinstance(value, str):
                data.setdefault(name, line(event, key, MOST_TITLE))
            elif isinstance(value, bool) or number(event, key) is not None:
                data.setdefault(name, value if isinstance(value, bool) else number(event, key) or 0)
        own_id = made_id(kind, *(f"{key}={value}" for key, value in data.items()), str(where.at))
        return [replace(happened("other", event, where, own_id=own_id), data=data)]

    return read


Reader = Callable[[Json, Where], Sequence[Parsed]]
_POINTS = "channel.channel_points"
_READERS: Mapping[str, Reader] = {
    "channel.chat.message": chat_message,
    "channel.chat.message_delete": message_removal,
    "channel.chat.clear_user_messages": viewer_removal,
    "channel.chat.clear": lambda _, where: [removal(where)],
    "channel.chat.notification": notification,
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
