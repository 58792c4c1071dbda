"""What IRC says of subscriptions, gifts, raids and cheers: without a token there is no other source. Pure."""

from datetime import datetime

from open_llm_vtuber.event_kinds import EventKind
from open_llm_vtuber.stimulus import ChannelEvent, ChatMessage
from open_llm_vtuber.text_rules import bounded, one_line
from open_llm_vtuber.twitch.fields import Json, identifier, line, login_name, number
from open_llm_vtuber.twitch.happened import NOBODY, Scalar
from open_llm_vtuber.twitch.irc import IrcLine
from open_llm_vtuber.twitch.messages import MOST_NAME, MOST_TEXT, PLATFORM, channel_of, line_id, sent_at


def read_notice(notice: IrcLine, received: datetime) -> ChannelEvent | None:
    """Return what a USERNOTICE says; None when it does not say what happened, or where."""
    tags: Json = dict(notice.tags)
    channel, kind_tag = channel_of(notice), identifier(tags, "msg-id")
    if not channel or not kind_tag:
        return None
    kind, own_id, amount, data = _noticed(kind_tag, tags, line_id(notice))
    username = login_name(tags, "login")
    username = "" if username in NOBODY or kind_tag.startswith("anon") else username
    name = line(tags, "display-name", MOST_NAME)
    return ChannelEvent(
        id=own_id,
        platform=PLATFORM,
        channel=channel,
        kind=kind,
        username=username,
        display_name=(name or username) if username else "",
        amount=amount,
        message=notice.param(1)[:MOST_TEXT],
        data={key: value for key, value in data.items() if value != ""},
        timestamp=sent_at(notice, received),
    )


def read_cheer(message: ChatMessage) -> ChannelEvent | None:
    """Return the cheer that a chat message brings along, if it brings one."""
    if not message.bits:
        return None
    username = "" if message.username in NOBODY else message.username
    return ChannelEvent(
        id=f"cheer/{message.id}",
        platform=PLATFORM,
        channel=message.channel,
        kind="cheer",
        username=username,
        display_name=message.display_name if username else "",
        amount=message.bits,
        message=message.text,
        data={"message_id": message.id},
        timestamp=message.timestamp,
    )


def _noticed(
    kind_tag: str, tags: Json, message_id: str
) -> tuple[EventKind, str, int | None, dict[str, Scalar]]:
    plan = line(tags, "msg-param-sub-plan", MOST_NAME)
    data: dict[str, Scalar] = {"message_id": message_id}
    if plan == "Prime":
        data |= {"tier": "1000", "is_prime": True}
    else:
        data["tier"] = plan
    bundle = identifier(tags, "msg-param-community-gift-id") or _origin(tags)
    match kind_tag:
        case "sub":
            return "subscribe", message_id, 1, data
        case "resub":
            return "resubscribe", message_id, number(tags, "msg-param-cumulative-months"), data
        case "subgift" | "anonsubgift":
            receiver = line(tags, "msg-param-recipient-display-name", MOST_NAME)
            return "gift", f"gift/{bundle or message_id}", 1, {**data, "receiver": receiver}
        case "submysterygift" | "anonsubmysterygift":
            amount = number(tags, "msg-param-mass-gift-count")
            return "gift", f"gift/{bundle or message_id}", amount, data
        case "giftpaidupgrade" | "anongiftpaidupgrade":
            return "subscribe", message_id, 1, {**data, "upgrade": "gift"}
        case "primepaidupgrade":
            return "subscribe", message_id, 1, {**data, "upgrade": "prime"}
        case "raid":
            return "raid", message_id, number(tags, "msg-param-viewerCount"), {}
        case _:
            return "other", message_id, None, {"message_id": message_id, "notice": kind_tag[:MOST_NAME]}


def _origin(tags: Json) -> str:
    """Return what the receivers of one gift share; it is written with blanks between hexadecimal numbers."""
    found = bounded(one_line(str(tags.get("msg-param-origin-id", ""))), 100)
    return found.replace(" ", "-").removesuffix("…")
