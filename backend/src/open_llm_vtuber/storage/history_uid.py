"""The names of stored conversations: the moment of their beginning and a random part."""

import re
from datetime import UTC, datetime

from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.stimulus import new_id

_SHAPE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}_[0-9]{2}-[0-9]{2}-[0-9]{2}_[0-9a-f]{32}")


def new_history_uid() -> str:
    """Return a uid that nobody can guess."""
    return f"{datetime.now(UTC):%Y-%m-%d_%H-%M-%S}_{new_id()}"


def is_history_uid(text: str) -> bool:
    """Return whether it has the shape of a history's uid; anything else names none."""
    return _SHAPE.fullmatch(text) is not None


def no_such_history() -> ProtocolError:
    """Return the error for a history that is not there or is somebody else's; nobody learns which."""
    return ProtocolError("There is no such history.", code="not-found")
