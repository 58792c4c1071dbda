"""What an IRC line says in the show's own language. Pure; everything a viewer wrote is bounded here."""

import re
from datetime import UTC, datetime

from open_llm_vtuber.stimulus import Badge, ChatMessage, ChatRemoval, Emote
from open_llm_vtuber.text_rules import bounded, one_line
from open_llm_vtuber.twitch.fields import made_id, number
from open_llm_vtuber.twitch.irc import IrcLine

PLATFORM = "twitch"
MOST_TEXT = 1000
"""Code points of a message. Twitch itself allows 500."""
MOST_NAME = 50
MOST_BADGES = 20
MOST_EMOTES = 500

_ACTION = re.compile("\x01ACTION (.*?)\x01?", re.DOTALL)
_COLOR = re.compile(r"#[0-9A-Fa-f]{6}")
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_EMOTE_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
_EMOTE_RANGE = re.compile(r"([0-9]{1,4})-([0-9]{1,4})")
_LOGIN = re.compile(r"[a-z0-9_]{1,50}")
_NUMBER = re.compile(r"[0-9]{1,20}")
_MILLISECONDS = re.compile(r"[0-9]{1,14}")


def read_line(line: IrcLine, received: datetime) -> ChatMessage | ChatRemoval | None:
    """Return what the line says; None for every kind that a show does not know, or that names nobody.

    `received` stands in for a missing time.
    """
    match line.command:
        case "PRIVMSG":
            return _message(line, received)
        case "CLEARMSG":
            return _message_removal(line)
        case "CLEARCHAT":
            return _viewer_removal(line)
        case _:
            return None


def from_another_channel(line: IrcLine) -> bool:
    """Whether a shared chat brought it here from another streamer's channel."""
    source = line.tags.get("source-room-id", "")
    return source not in {"", line.tags.get("room-id", "")}


def _message(line: IrcLine, received: datetime) -> ChatMessage | None:
    channel = channel_of(line)
    username = line.nick.lower()
    if not channel or not _LOGIN.fullmatch(username) or len(line.params) < 2:  # noqa: PLR2004  a channel and a text
        return None
    action = _ACTION.fullmatch(line.param(1))
    text = (action[1] if action else line.param(1))[:MOST_TEXT]
    color = line.tags.get("color", "")
    return ChatMessage(
        id=line_id(line),
        platform=PLATFORM,
        channel=channel,
        username=username,
        display_name=bounded(one_line(line.tags.get("display-name", "")), MOST_NAME) or username,
        text=text,
        user_id=_matching(_NUMBER, line.tags.get("user-id", "")),
        color=_matching(_COLOR, color),
        badges=_badges(line.tags.get("badges", "")),
        emotes=_emotes(line.tags.get("emotes", ""), text),
        timestamp=sent_at(line, received),
        is_action=action is not None,
        bits=number(dict(line.tags), "bits") or 0,
    )


def _message_removal(line: IrcLine) -> ChatRemoval | None:
    channel = channel_of(line)
    message_id = _matching(_ID, line.tags.get("target-msg-id", ""))
    # Without an id it must stay nothing: a removal that names nothing would remove everything.
    if not channel or not message_id:
        return None
    return ChatRemoval(platform=PLATFORM, channel=channel, message_id=message_id)


def _viewer_removal(line: IrcLine) -> ChatRemoval | None:
    channel = channel_of(line)
    if not channel:
        return None
    if len(line.params) == 1:
        return ChatRemoval(platform=PLATFORM, channel=channel)
    username = _matching(_LOGIN, line.param(1).lower())
    return ChatRemoval(platform=PLATFORM, channel=channel, username=username) if username else None


def channel_of(line: IrcLine) -> str:
    """Return the channel that the line is about; "" when it names none."""
    name = line.param(0)
    return _matching(_LOGIN, name[1:].lower()) if name.startswith("#") else ""


def _matching(pattern: re.Pattern[str], text: str) -> str:
    return text if pattern.fullmatch(text) else ""


def line_id(line: IrcLine) -> str:
    """Return Twitch's id, or one made of the line itself: the same line again gets the same id."""
    given = _matching(_ID, line.tags.get("id", ""))
    if given:
        return given
    return made_id(line.prefix, *line.params, line.tags.get("tmi-sent-ts", ""))


def _badges(text: str) -> tuple[Badge, ...]:
    pairs = (part.partition("/") for part in text.split(",")[:MOST_BADGES])
    return tuple(
        Badge(name=bounded(one_line(name), MOST_NAME), version=bounded(one_line(version), MOST_NAME))
        for name, _, version in pairs
        if name
    )


def _emotes(tag: str, text: str) -> tuple[Emote, ...]:
    """Read `id:0-4,6-10/id:12-16`; what does not fit the text is left out."""
    found: list[Emote] = []
    for group in tag.split("/")[:MOST_EMOTES]:
        emote_id, _, ranges = group.partition(":")
        if _EMOTE_ID.fullmatch(emote_id):
            found += [_emote(emote_id, span, text) for span in _spans(ranges, len(text))]
    # No emote's name holds a blank: where one does, the positions are off, which Twitch's sometimes are.
    named = [emote for emote in found[:MOST_EMOTES] if not any(map(str.isspace, emote.name))]
    return tuple(sorted(named, key=lambda emote: emote.start))


def _emote(emote_id: str, span: tuple[int, int], text: str) -> Emote:
    start, end = span
    return Emote(id=emote_id, name=text[start : end + 1], start=start, end=end)


def _spans(ranges: str, length: int) -> list[tuple[int, int]]:
    matches = [_EMOTE_RANGE.fullmatch(part) for part in ranges.split(",")[:MOST_EMOTES]]
    spans = [(int(match[1]), int(match[2])) for match in matches if match]
    return [(start, end) for start, end in spans if start <= end < length]


def sent_at(line: IrcLine, received: datetime) -> datetime:
    """Return when Twitch sent it; `received` where it does not say."""
    text = line.tags.get("tmi-sent-ts", "")
    if not _MILLISECONDS.fullmatch(text):
        return received
    return datetime.fromtimestamp(int(text) / 1000, UTC)
