"""What is remembered of viewers: strangers' words throughout, and only ever data in a prompt."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What a viewer wrote and what the audience heard of the reply."""

    message_id: str
    asked: str
    answered: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that a viewer has told about themselves, in their own words, and where."""

    text: str
    message_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A viewer wrote `messages` times; `at` is when last."""

    username: str
    display_name: str
    at: datetime
    messages: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """What is remembered of a viewer of one channel: all of it a stranger's words, and data in a prompt."""

    username: str
    display_name: str
    first_seen: datetime
    last_seen: datetime
    messages: int
    exchanges: Sequence[Exchange] = ()
    """The last ones, oldest first."""
    facts: Sequence[Fact] = ()
    """The last ones, oldest first."""
