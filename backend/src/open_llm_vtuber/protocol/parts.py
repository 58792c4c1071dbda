"""What messages of the server are made of: the objects inside them."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from open_llm_vtuber.modes import Mode


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DisplayText(_Part):
    """A sentence as it is shown; `avatar` is a file name below /avatars/."""

    text: str
    name: str
    avatar: str


class Actions(_Part):
    """What the character does while a sentence plays: expression indices, the first one counts."""

    expressions: tuple[int, ...] = ()


class Expression(_Part):
    """A face: index and name of an expression of the model."""

    expression_id: int
    name: str


class Decision(_Part):
    """What became of a chat message and why."""

    outcome: Literal["pending", "answered", "queued", "skipped", "held", "blocked"]
    reason: str = ""
    score: float | None = None


class Badge(_Part):
    """A chat badge."""

    name: str
    version: str


class Emote(_Part):
    """An emote; `start` and `end` count code points of the message, `end` inclusive."""

    id: str
    name: str
    start: int
    end: int


class ConfigFile(_Part):
    """A character that can be switched to."""

    filename: str
    name: str


class LatestMessage(_Part):
    """The last line of a stored conversation; `timestamp` is ISO 8601."""

    role: Literal["human", "ai"]
    timestamp: str
    content: str


class HistorySummary(_Part):
    """A stored conversation."""

    uid: str
    latest_message: LatestMessage | None
    timestamp: str | None


class Provider(_Part):
    """Which engine does a job. A demo engine proves the pipeline and is no personality."""

    engine: str
    is_demo: bool = False
    note: str = ""


class TwitchState(_Part):
    """How reading the channel is going."""

    channel: str
    state: Literal["connecting", "connected", "reconnecting", "down"]
    reason: str = ""


class CharacterNames(_Part):
    """Who is on air."""

    conf_name: str
    character_name: str


class State(_Part):
    """Everything an operator or a page wants to know of a show."""

    expression: Expression
    motion: None = None
    speaking: bool
    mode: Mode = "orphiq"
    queue: int
    primary: str | None
    """Uid of the client that plays the sound and reports its end; others are muted previews."""
    twitch: TwitchState | None
    providers: dict[str, Provider]
    character: CharacterNames


class StoredLine(_Part):
    """A line of a stored conversation; `timestamp` is ISO 8601."""

    role: Literal["human", "ai"]
    timestamp: str
    content: str
    name: str = ""
    avatar: str = ""
