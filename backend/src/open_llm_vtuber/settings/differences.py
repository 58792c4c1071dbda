"""Pure: in what two configurations differ, by the names of the keys."""

from collections.abc import Iterable, Iterator, Mapping

from pydantic import BaseModel

Keys = tuple[str, ...]
DEEPEST = 3
"""Keys that name a difference; what lies deeper is told by these."""


def differing(before: object, after: object, apart: Iterable[Keys] = ()) -> Iterator[Keys]:
    """Yield the keys that lead to each difference, but for what is told apart; no value is ever part of it."""
    yield from _differing(before, after, frozenset(apart), ())


def _differing(before: object, after: object, apart: frozenset[Keys], place: Keys) -> Iterator[Keys]:
    if place in apart or before == after:
        return
    old, new = _parts(before), _parts(after)
    if old is None or new is None or len(place) >= DEEPEST:
        yield place
        return
    for key in dict.fromkeys([*old, *new]):
        yield from _differing(old.get(key), new.get(key), apart, (*place, str(key)))


def _parts(value: object) -> Mapping[str, object] | None:
    if isinstance(value, BaseModel):
        own = {
            name: getattr(value, name)
            for name, field in type(value).model_fields.items()
            if not field.exclude
        }
        return {**own, **(value.model_extra or {})}
    return value if isinstance(value, Mapping) else None
