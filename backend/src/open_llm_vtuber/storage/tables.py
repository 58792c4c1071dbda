"""The tables of the store, for SQLite and PostgreSQL alike."""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

SCHEMA_VERSION = 2
"""Raised with every change of a table; a store that is newer than the program is not touched."""


class Words(TypeDecorator[str]):
    """Text that somebody else wrote. What no database can hold (zero bytes, half characters) is left out."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Make it storable."""
        del dialect
        if value is None:
            return None
        return value.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


class Moment(TypeDecorator[datetime]):
    """A moment in UTC; SQLite itself knows no time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn any zone into UTC."""
        del dialect
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Say that it is UTC."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData()
_number = BigInteger().with_variant(Integer, "sqlite")

meta = Table("meta", metadata, Column("name", Text, primary_key=True), Column("value", Text, nullable=False))

histories = Table(
    "histories",
    metadata,
    Column("id", _number, primary_key=True),
    Column("owner", Words, nullable=False),
    Column("uid", Words, nullable=False),
    UniqueConstraint("owner", "uid"),
)

lines = Table(
    "lines",
    metadata,
    Column("id", _number, primary_key=True),
    Column("history", _number, ForeignKey("histories.id", ondelete="CASCADE"), nullable=False),
    Column("role", Text, nullable=False),
    Column("name", Words, nullable=False),
    Column("avatar", Words, nullable=False),
    Column("content", Words, nullable=False),
    Column("timestamp", Moment, nullable=False),
    Column("interrupted", Boolean, nullable=False),
    Column("message", Words, nullable=False, server_default=""),
    Column("username", Words, nullable=False, server_default=""),
    Index("lines_of_history", "history", "id"),
    Index("lines_of_message", "message"),
    Index("lines_of_viewer", "username"),
)

imports = Table(
    "imports",
    metadata,
    Column("owner", Words, primary_key=True),
    Column("uid", Words, primary_key=True),
)
"""What was imported once, also when it was deleted since."""

sightings = Table(
    "sightings",
    metadata,
    Column("id", _number, primary_key=True),
    Column("show", Words, nullable=False),
    Column("message", Words, nullable=False),
    Column("at", Moment, nullable=False, index=True),
    UniqueConstraint("show", "message"),
)
"""Chat messages that were taken in."""

notes = Table(
    "notes",
    metadata,
    Column("show", Words, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("text", Words, nullable=False),
)
"""Texts that a show keeps for itself, by name."""

viewers = Table(
    "viewers",
    metadata,
    Column("id", _number, primary_key=True),
    Column("channel", Words, nullable=False),
    Column("username", Words, nullable=False),
    Column("display_name", Words, nullable=False),
    Column("first_seen", Moment, nullable=False),
    Column("last_seen", Moment, nullable=False, index=True),
    Column("messages", BigInteger, nullable=False),
    UniqueConstraint("channel", "username"),
)

exchanges = Table(
    "exchanges",
    metadata,
    Column("id", _number, primary_key=True),
    Column("viewer", _number, ForeignKey("viewers.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("message", Words, nullable=False, index=True),
    Column("asked", Words, nullable=False),
    Column("answered", Words, nullable=False),
    Column("at", Moment, nullable=False),
)
"""What viewers wrote and she answered, the last ones of each."""

facts = Table(
    "facts",
    metadata,
    Column("id", _number, primary_key=True),
    Column("viewer", _number, ForeignKey("viewers.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("message", Words, nullable=False, index=True),
    Column("text", Words, nullable=False),
    Column("at", Moment, nullable=False),
)
"""What viewers told about themselves, with the message that says so."""

paid_events = Table(
    "paid_events",
    metadata,
    Column("id", _number, primary_key=True),
    Column("show", Words, nullable=False),
    Column("event", Words, nullable=False),
    Column("platform", Text, nullable=False),
    Column("channel", Words, nullable=False),
    Column("kind", Text, nullable=False),
    Column("username", Words, nullable=False),
    Column("display_name", Words, nullable=False),
    Column("amount", BigInteger, nullable=True),
    Column("message", Words, nullable=False),
    Column("data", Words, nullable=False),
    Column("at", Moment, nullable=False),
    Column("acknowledged", Boolean, nullable=False),
    UniqueConstraint("show", "event"),
)
"""Events that somebody paid for. Once acknowledged, only that they came is kept."""

spendings = Table(
    "spendings",
    metadata,
    Column("id", _number, primary_key=True),
    Column("at", Moment, nullable=False, index=True),
    Column("provider", Text, nullable=False),
    Column("model", Words, nullable=False),
    Column("show", Words, nullable=False),
    Column("viewer", Words, nullable=False),
    Column("prompt_tokens", Integer, nullable=False),
    Column("answer_tokens", Integer, nullable=False),
    Column("cost", Float),
    Column("is_estimate", Boolean, nullable=False),
)
"""What requests to remote language models came to."""
