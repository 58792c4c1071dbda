"""Written lines with named fields, and every way to get more out of them that is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.autonomous.templates import FIELDS, LONGEST_VALUE, checked, fields_of, filled


def test_fields_are_filled_and_what_is_unknown_is_left_out() -> None:
    template = checked("Welcome {username} and {amount} friends!")
    assert filled(template, {"username": "Ana", "amount": "20"}) == "Welcome Ana and 20 friends!"
    assert filled(template, {"username": "Ana"}) == "Welcome Ana and friends!"
    assert fields_of(template) == {"username", "amount"}


def test_doubled_braces_are_braces() -> None:
    assert filled(checked("{{not a field}}"), {}) == "{not a field}"


@pytest.mark.parametrize(
    "template",
    [
        "{username.__class__}",
        "{username[0]}",
        "{username!r}",
        "{username:>1000000}",
        "{0}",
        "{}",
        "{password}",
        "{username",
        "username}",
        "{{username}",
        "{username.__init__.__globals__[os]}",
        "{ username }",
    ],
)
def test_a_broken_template_or_an_escape_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match="template"):
        checked(template)


@given(st.text(), st.text())
def test_any_text_is_a_template_or_a_fault_and_a_value_is_never_read_as_one(
    template: str, value: str
) -> None:
    try:
        checked(template)
    except ValueError:
        return
    once = filled(template, dict.fromkeys(FIELDS, value))
    assert "\n" not in once
    assert len(once) <= len(template) + LONGEST_VALUE * template.count("{")


def test_a_strangers_name_is_one_bounded_line_and_never_a_template() -> None:
    assert filled("Hi {username}", {"username": "{password}\n\u202e" + "x" * 500}).startswith(
        "Hi {password} xxx"
    )
    assert len(filled("{username}", {"username": "x" * 500})) == LONGEST_VALUE
