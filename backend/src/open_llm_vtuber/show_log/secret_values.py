"""Finds every secret in the settings, so that none gets into a log, whatever way it takes."""

import re
from collections.abc import Iterator, Mapping

from pydantic import BaseModel, SecretStr

_SECRET_KEY = re.compile(r"key|token|secret|password|passwd|credential", re.IGNORECASE)
SHORTEST = 6
"""Characters: what is shorter would be found everywhere."""


def secret_values(settings: object, key: str = "") -> Iterator[str]:
    """Yield what is declared a secret anywhere in it, and texts whose key says so."""
    match settings:
        case SecretStr():
            found = settings.get_secret_value()
            if len(found) >= SHORTEST:
                yield found
        case str() if len(settings) >= SHORTEST and _SECRET_KEY.search(key):
            yield settings
        case BaseModel():
            for name, each in {**dict(settings), **(settings.model_extra or {})}.items():
                yield from secret_values(each, name)
        case Mapping():
            for name, each in settings.items():
                yield from secret_values(each, str(name))
        case list() | tuple():
            for each in settings:
                yield from secret_values(each, key)
        case _:
            return
