"""What one message of an EventSub WebSocket says. Pure, and no input makes it raise."""

from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from pydantic_core import from_json

from open_llm_vtuber.twitch.fields import (
    Json,
    as_object,
    identifier,
    line,
    moment,
    number,
    part,
    parts,
    raw,
)
from open_llm_vtuber.units import Seconds

USUAL_KEEPALIVE_S: Seconds = 10.0
_MOST_KIND = 100


@dataclass(frozen=True, slots=True)
class Welcome:
    """The session is open; without another frame for `keepalive_s` the connection is dead."""

    session_id: str
    keepalive_s: Seconds
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Keepalive:
    """Nothing has happened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """Something has happened, once or (batched) several times."""

    message_id: str
    kind: str
    version: str
    sent_at: datetime
    events: tuple[Json, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class MoveTo:
    """Connect there, and stay here until the new connection is welcome."""

    url: str


@dataclass(frozen=True, slots=True)
class Revocation:
    """Twitch has ended a subscription; `status` is its word for why."""

    subscription_id: str
    kind: str
    status: str


@dataclass(frozen=True, slots=True)
class Unintelligible:
    """Not JSON, or of a kind that nobody knows."""

    why: str


Frame = Welcome | Keepalive | Notification | MoveTo | Revocation | Unintelligible


def read_frame(text: str | bytes) -> Frame:
    """Return what the frame says, whatever it is."""
    try:
        frame = as_object(from_json(text))
    except (ValueError, TypeError, RecursionError):
        return Unintelligible("not JSON")
    metadata, payload = part(frame, "metadata"), part(frame, "payload")
    match metadata.get("message_type"):
        case "session_welcome":
            return _welcome(metadata, payload)
        case "session_keepalive":
            return Keepalive()
        case "notification":
            return _notification(metadata, payload)
        case "session_reconnect":
            return _move(payload)
        case "revocation":
            return _revocation(metadata, payload)
        case kind:
            return Unintelligible(
                f"unknown type {kind[:_MOST_KIND]!r}" if isinstance(kind, str) else "no type"
            )


def _welcome(metadata: Json, payload: Json) -> Frame:
    session = part(payload, "session")
    session_id = raw(session, "id", 512)
    if not session_id:
        return Unintelligible("a welcome without a session")
    keepalive = number(session, "keepalive_timeout_seconds") or USUAL_KEEPALIVE_S
    return Welcome(session_id, float(min(keepalive, 600)), moment(metadata, "message_timestamp"))


def _notification(metadata: Json, payload: Json) -> Frame:
    message_id, sent_at = identifier(metadata, "message_id"), moment(metadata, "message_timestamp")
    subscription = part(payload, "subscription")
    kind = line(metadata, "subscription_type", _MOST_KIND) or line(subscription, "type", _MOST_KIND)
    if not message_id or not kind or sent_at is None:
        return Unintelligible("a notification without id, type or time")
    batch = [part(each, "data") or each for each in parts(payload, "events")]
    return Notification(
        message_id=message_id,
        kind=kind,
        version=line(metadata, "subscription_version", 20),
        sent_at=sent_at,
        events=tuple(batch) or (part(payload, "event"),),
    )


def _move(payload: Json) -> Frame:
    url = raw(part(payload, "session"), "reconnect_url", 2048)
    try:
        parts_of_url = urlsplit(url)
        is_address = parts_of_url.scheme in {"ws", "wss"} and bool(parts_of_url.hostname)
    except ValueError:
        is_address = False
    return MoveTo(url) if is_address else Unintelligible("a move to nowhere")


def _revocation(metadata: Json, payload: Json) -> Frame:
    subscription = part(payload, "subscription")
    kind = line(subscription, "type", _MOST_KIND) or line(metadata, "subscription_type", _MOST_KIND)
    status = line(subscription, "status", _MOST_KIND) or "unknown"
    return Revocation(identifier(subscription, "id"), kind, status)
