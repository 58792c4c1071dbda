"""An event of a channel, made of the fields that all payloads share. Pure."""

from dataclasses import dataclass
from datetime import datetime

from open_llm_vtuber.stimulus import ChannelEvent, EventKind
from open_llm_vtuber.twitch.fields import Json, flag, line, login_name
from open_llm_vtuber.twitch.messages import MOST_NAME, PLATFORM

Scalar = str | int | bool
NOBODY = frozenset({"ananonymouscheerer", "ananonymousgifter"})
"""The accounts under which Twitch shows those who do not want to be named."""


@dataclass(frozen=True, slots=True)
class Where:
    """In which channel it happened, and when Twitch said so."""

    channel: str
    at: datetime


def happened(
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
    """Return an event about the account that the fields beginning with `who` name; nobody, if it wants to be."""
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
