"""Other people's JSON, read field by field: whatever stands there, each of these returns something of its kind. Pure."""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from open_llm_vtuber.text_rules import bounded, one_line

Json = Mapping[str, object]
"""A JSON object that nobody has checked yet."""
NOTHING: Json = MappingProxyType({})
MOST_PARTS = 500
LARGEST_NUMBER = 2**53

_LOGIN = re.compile(r"[a-z0-9_]{1,50}")
_ID = re.compile(r"[A-Za-z0-9_.:-]{1,100}")
_DIGITS = re.compile(r"[0-9]{1,15}")
_FRACTION = re.compile(r"\.([0-9]+)")


def as_object(value: object) -> Json:
    """Return a JSON object, an empty one for anything else."""
    return value if isinstance(value, dict) else NOTHING


def part(source: Json, key: str) -> Json:
    """Return the object of that name, an empty one for anything else."""
    return as_object(source.get(key))


def parts(source: Json, key: str) -> list[Json]:
    """Return the objects of a list, at most `MOST_PARTS` of them."""
    value = source.get(key)
    return [each for each in value[:MOST_PARTS] if isinstance(each, dict)] if isinstance(value, list) else []


def raw(source: Json, key: str, most: int) -> str:
    """Return a text as it stands, cut to `most` code points; "" for anything else."""
    value = source.get(key)
    return value[:most] if isinstance(value, str) else ""


def line(source: Json, key: str, most: int) -> str:
    """Return a text as one line without invisible characters, at most `most` code points."""
    return bounded(one_line(raw(source, key, 4 * most)), most)


def number(source: Json, key: str) -> int | None:
    """Return a whole number from 0 on, which may also be written as a text; None for anything else."""
    value = source.get(key)
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_NUMBER:
        return None
    return value


def flag(source: Json, key: str) -> bool:
    """Return whether the field is true."""
    return source.get(key) is True


def login_name(source: Json, key: str) -> str:
    """Return somebody's login in lower case; "" when it is none."""
    name = raw(source, key, 100).lower()
    return name if _LOGIN.fullmatch(name) else ""


def identifier(source: Json, key: str) -> str:
    """Return an id that is safe in a log; "" when it is none."""
    value = raw(source, key, 101)
    return value if _ID.fullmatch(value) else ""


def moment(source: Json, key: str) -> datetime | None:
    """Return a time as RFC 3339 writes it; Twitch gives nanoseconds, which are cut."""
    text = _FRACTION.sub(lambda found: "." + found[1][:6].ljust(6, "0"), raw(source, key, 64))
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None


def made_id(*of: str) -> str:
    """Return an id made of these texts: the same ones give the same."""
    digest = hashlib.sha256("\n".join(of).encode("utf-8", "backslashreplace")).hexdigest()
    return f"made-{digest[:32]}"
