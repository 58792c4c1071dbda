"""Pure: written lines with named fields, such as `Welcome, {username}!`.

A field is a plain name from a closed list. Attributes, indices, conversions and format specifications are faults, so
that a template can read nothing but what it is given (docs/adr says why this is no template engine).
"""

from collections.abc import Mapping
from string import Formatter
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from open_llm_vtuber.text_rules import bounded, collapse_blanks, one_line

FIELDS = frozenset(
    (
        "username",
        "amount",
        "message",
        "topic",
        "mood",
        "viewers",
        "title",
        "category",
        "character",
        "segment",
        "time",
    )
)
LONGEST_VALUE = 200
"""Characters of a value; a viewer's message may be one."""
LONGEST_TEMPLATE = 2_000

_FORMATTER = Formatter()


def checked(template: str) -> str:
    """Return the template. Raises ValueError that says what is wrong with it."""
    for name in _names(template):
        if name not in FIELDS:
            known = ", ".join(sorted(FIELDS))
            raise ValueError(f"the template may not use {{{bounded(name, 40)}}}; it knows {known}")
    return template


def fields_of(template: str) -> frozenset[str]:
    """Return the names that a checked template uses."""
    return frozenset(_names(template))


def filled(template: str, values: Mapping[str, str]) -> str:
    """Return a checked template with the values put in, each one bounded line; a missing one is left out."""
    pieces: list[str] = []
    for text, name, _, _ in _FORMATTER.parse(template):
        pieces.append(text)
        if name is not None:
            pieces.append(bounded(one_line(values.get(name, "")), LONGEST_VALUE))
    return collapse_blanks("".join(pieces))


def _names(template: str) -> list[str]:
    try:
        parsed = list(_FORMATTER.parse(template))
    except ValueError as error:
        raise ValueError(f"the template is broken: {error}") from None
    fields = [
        (name, specification, conversion) for _, name, specification, conversion in parsed if name is not None
    ]
    for name, specification, conversion in fields:
        if specification or conversion or not name.isidentifier():
            raise ValueError(f"a template's field is a plain name, not {{{bounded(name, 40)}}}")
    return [name for name, _, _ in fields]


Template = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TEMPLATE),
    AfterValidator(checked),
]
"""A written line that was checked when it was read."""
