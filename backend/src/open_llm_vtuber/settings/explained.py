"""What a validation found, as an operator can act on it: one fault for each thing that is wrong, with its fix. Pure.

A value that may be of several kinds is reported by the validation once for each of them. Here it is taken for the kind
that it comes closest to.
"""

import difflib
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

Place = tuple[str | int, ...]
MOST_NAMED = 12
"""So many known keys are listed, where none is near."""
LONGEST_COMPARED = 100
_STRUCTURE = frozenset(("missing", "extra_forbidden"))


@dataclass(frozen=True, slots=True)
class Found:
    """One fault: where, what, and what to do."""

    place: Place
    sentence: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class _Error:
    """One finding of the validation; `steps` are its place, each with whether it only names an alternative."""

    kind: str
    steps: tuple[tuple[str | int, bool], ...]
    message: str
    context: Mapping[str, Any]
    given: object
    known: tuple[str, ...]
    """The keys that there are where it is."""

    @property
    def place(self) -> Place:
        return tuple(part for part, is_alternative in self.steps if not is_alternative)


def nearest(name: object, known: Iterable[str]) -> str:
    """Return the question whether something else was meant; "" where nothing is near."""
    near = difflib.get_close_matches(str(name)[:LONGEST_COMPARED], list(known), n=1)
    return f"Did you mean {near[0]}?" if near else ""


def explained(error: ValidationError, root: type[BaseModel]) -> Sequence[Found]:
    """Return the faults of something that was validated as `root`."""
    errors = [_walked(each, root) for each in error.errors(include_url=False)]
    likely = list(_likely(errors))
    misspelt = {(*each.place[:-1], *_meant(each)) for each in likely if each.kind == "extra_forbidden"}
    found = [_found(each) for each in likely if each.kind != "missing" or each.place not in misspelt]
    return list(dict.fromkeys(found))


def _meant(error: _Error) -> Sequence[str]:
    return difflib.get_close_matches(str(error.steps[-1][0])[:LONGEST_COMPARED], error.known, n=1)


def _walked(error: Mapping[str, Any], root: type[BaseModel]) -> _Error:
    kinds: list[Any] = [root]
    known: tuple[str, ...] = ()
    steps: list[tuple[str | int, bool]] = []
    for part in error["loc"]:
        known = tuple(name for kind in kinds for name in _fields(kind))
        inner = [each for kind in kinds for each in _inner(kind, part)]
        is_open = bool(steps) and steps[-1][1]  # which of them it is has been said
        # Between alternatives a validation says which one it means, also where a field is called the same. So it does
        # with some values of one kind, of which then nothing follows that we know.
        is_alternative = not is_open and (len(kinds) > 1 or (not inner and _is_label(part, kinds)))
        steps.append((part, is_alternative))
        kinds = ([kind for kind in kinds if _is_called(kind, part)] or kinds) if is_alternative else inner
    return _Error(
        kind=error["type"],
        steps=tuple(steps),
        message=error["msg"].removeprefix("Value error, "),
        context=error.get("ctx") or {},
        given=error["input"],
        known=tuple(dict.fromkeys(known)),
    )


def _is_label(part: str | int, kinds: Sequence[Any]) -> bool:
    """Return whether a part of a place is no key: where no section is, there are none."""
    return isinstance(part, str) and bool(kinds) and not any(_fields(kind) for kind in kinds)


def _fields(kind: Any) -> Sequence[str]:
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        return ()
    return [field.alias or name for name, field in kind.model_fields.items() if not field.exclude]


def _inner(kind: Any, part: str | int) -> Sequence[Any]:
    """Return what a value's part may be; nothing where there is no such part."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return [
            each
            for name, field in kind.model_fields.items()
            if part in (name, field.alias)
            for each in _alternatives(field.annotation)
        ]
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (dict, typing.Mapping) and arguments and isinstance(part, str):
        return _alternatives(arguments[1])
    if origin in (tuple, list) and isinstance(part, int) and arguments:
        own = [each for each in arguments if each is not Ellipsis]
        return _alternatives(own[min(part, len(own) - 1)])
    return ()


def _alternatives(annotation: Any) -> list[Any]:
    """Return what a value of that annotation may be, without what is only said about it."""
    origin = get_origin(annotation)
    if origin is typing.Annotated:
        return _alternatives(get_args(annotation)[0])
    if origin in (typing.Union, types.UnionType):
        members = [each for each in get_args(annotation) if each is not type(None)]
        return [each for member in members for each in _alternatives(member)]
    return [annotation]


def _is_called(kind: Any, part: str | int) -> bool:
    """Return whether a validation calls an alternative so: by its name, or by what tells it from the others."""
    if not isinstance(kind, type):
        return False
    tags = (
        get_args(field.annotation)
        for field in getattr(kind, "model_fields", {}).values()
        if get_origin(field.annotation) is typing.Literal
    )
    return kind.__name__ == part or any(part in tag for tag in tags)


def _likely(errors: Sequence[_Error], depth: int = 0) -> Iterator[_Error]:
    """Yield the errors of the alternatives that come closest, and all that belong to none."""
    unions: dict[Place, dict[str | int, list[_Error]]] = {}
    for error in errors:
        at = next((i for i, step in enumerate(error.steps) if step[1] and i >= depth), None)
        if at is None:
            yield error
        else:
            place = tuple(part for part, _ in error.steps[:at])
            unions.setdefault(place, {}).setdefault(error.steps[at][0], []).append(error)
    for place, members in unions.items():
        best = min(members.values(), key=lambda each: _distance(each, len(place) + 1))
        if len(members) > 1 and _is_none_of_them(members.values(), len(place) + 1):
            yield _none_of(members.values(), len(place))
        else:
            yield from _likely(best, len(place) + 1)


def _own(errors: Iterable[_Error], depth: int) -> list[_Error]:
    """Return what is wrong with the keys of the alternative itself."""
    return [error for error in errors if error.kind in _STRUCTURE and len(error.steps) == depth + 1]


def _distance(errors: Sequence[_Error], depth: int) -> tuple[float, int]:
    """Return how far a value is from an alternative: by its keys, then by the number of faults."""
    own = _own(errors, depth)
    missing = [str(error.steps[-1][0]) for error in own if error.kind == "missing"]
    extra = [str(error.steps[-1][0]) for error in own if error.kind == "extra_forbidden"]
    misspelt = sum(bool(difflib.get_close_matches(each, missing, n=1)) for each in extra)
    return len(own) - 1.5 * misspelt, len(errors)


def _is_none_of_them(members: Iterable[Sequence[_Error]], depth: int) -> bool:
    """Return whether a value resembles no alternative: each lacks its own key, and none of the given is near to one."""
    return all(
        len(_own(errors, depth)) == len(errors) > 1 and _distance(errors, depth)[0] == len(errors)
        for errors in members
    )


def _none_of(members: Iterable[Sequence[_Error]], depth: int) -> _Error:
    first: _Error | None = None
    keys: list[str] = []
    for errors in members:
        first = first or errors[0]
        keys += [str(error.steps[-1][0]) for error in errors if error.kind == "missing"]
    if first is None:
        raise ValueError("a union has members")
    return _Error("none_of", first.steps[:depth], "", {}, None, tuple(keys))


def _found(error: _Error) -> Found:
    explain = _EXPLANATIONS.get(error.kind)
    sentence, fix = explain(error) if explain else (error.message, "")
    return Found(error.place, sentence, fix)


def _extra(error: _Error) -> tuple[str, str]:
    near = nearest(error.steps[-1][0], error.known)
    if not near and error.known:
        shown = ", ".join(error.known[:MOST_NAMED])
        near = f"Take it away. There are: {shown}{', …' if len(error.known) > MOST_NAMED else ''}."
    return "is not a key that we know", near


def _literal(error: _Error) -> tuple[str, str]:
    expected = str(error.context.get("expected", "")).replace("'", "")
    known = expected.replace(" or ", ", ").split(", ")
    near = nearest(error.given, known) if isinstance(error.given, str) else ""
    return f"is none of {expected}", near or f"Write one of {expected}."


def _tag(error: _Error) -> tuple[str, str]:
    expected = str(error.context.get("expected_tags", "")).replace("'", "")
    key = str(error.context.get("discriminator", "")).replace("'", "")
    given = str(error.context.get("tag", ""))
    return f"{key} is none of {expected}", nearest(given, expected.split(", ")) or f"Write one of {expected}."


def _limit(words: str, name: str) -> Callable[[_Error], tuple[str, str]]:
    def explain(error: _Error) -> tuple[str, str]:
        value = error.context.get(name, "")
        shown = f"{value:g}" if isinstance(value, float) else str(value)
        return f"must be {words} {shown}", ""

    return explain


def _length(words: str, name: str, unit: str) -> Callable[[_Error], tuple[str, str]]:
    def explain(error: _Error) -> tuple[str, str]:
        number = error.context.get(name, 0)
        if name == "min_length" and number == 1:
            return "is empty", "Write something here, or take the key away."
        return f"must have {words} {number} {unit}", ""

    return explain


def _plain(sentence: str, fix: str) -> Callable[[_Error], tuple[str, str]]:
    return lambda _: (sentence, fix)


_NO_LIST = _plain("is no list", "Write it in brackets, as in [one, two], or one a line with a dash in front.")
_NO_SECTION = _plain("is no section with keys", "Put its keys below it, two blanks further in.")
_NO_NUMBER = _plain("is no number", "Write digits without quotes, as in 1.5.")
_NO_INTEGER = _plain("is no whole number", "Write digits without quotes, as in 3.")
_NO_TRUTH = _plain("is neither true nor false", "Write true or false.")
_NO_TEXT = _plain("is no text", "Put it between quotes.")
_EXPLANATIONS: Mapping[str, Callable[[_Error], tuple[str, str]]] = {
    "extra_forbidden": _extra,
    "missing": _plain("is missing", "Add it."),
    "none_of": lambda error: ("is nothing that can stand here", f"It has one of {', '.join(error.known)}."),
    "literal_error": _literal,
    "union_tag_invalid": _tag,
    "union_tag_not_found": lambda error: (
        f"lacks {error.context.get('discriminator', 'its kind')}",
        "Add it.",
    ),
    "less_than_equal": _limit("at most", "le"),
    "less_than": _limit("less than", "lt"),
    "greater_than_equal": _limit("at least", "ge"),
    "greater_than": _limit("more than", "gt"),
    "string_too_short": _length("at least", "min_length", "characters"),
    "string_too_long": _length("at most", "max_length", "characters"),
    "too_short": _length("at least", "min_length", "entries"),
    "too_long": _length("at most", "max_length", "entries"),
    "bool_parsing": _NO_TRUTH,
    "bool_type": _NO_TRUTH,
    "int_parsing": _NO_INTEGER,
    "int_type": _NO_INTEGER,
    "int_from_float": _NO_INTEGER,
    "float_parsing": _NO_NUMBER,
    "float_type": _NO_NUMBER,
    "string_type": _NO_TEXT,
    "tuple_type": _NO_LIST,
    "list_type": _NO_LIST,
    "dict_type": _NO_SECTION,
    "model_type": _NO_SECTION,
    "model_attributes_type": _NO_SECTION,
}
