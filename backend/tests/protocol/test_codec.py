"""Text of the wire to messages and back: whatever comes, something well-formed is the result."""

import json
from itertools import pairwise
from typing import Any, get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.protocol.client_messages import ClientMessage, TextInput
from open_llm_vtuber.protocol.codec import decode, encode, harmless, problem
from open_llm_vtuber.protocol.server_messages import Error, FullText

TYPES = [each.model_fields["type"].default for each in get_args(get_args(ClientMessage)[0])]
FIELDS = [
    "text",
    "images",
    "display_text",
    "displayText",
    "capabilities",
    "request_id",
    "requestId",
    "client",
]
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


def is_sound(result: ClientMessage | Error) -> None:
    """Check that it is a message, or an error that can be sent and that is no essay."""
    if isinstance(result, Error):
        assert json.loads(encode(result))["type"] == "error"
        assert 0 < len(result.message) < 400
        assert "\n" not in result.message


@given(st.text() | st.text(alphabet='{}[]",:\\utype0123456789eE+-. \n'))
@example('"\\ud800"')
@example('{"type":"\\udfff"}')
@example("1" * 5000)
@example('{"type":"text-input","text":1e999}')
@example('{"type":"heartbeat","x":-' + "9" * 4301 + "}")
@example("[" * 100_000)
@example('{"type":' * 50_000)
@example("\ufeff{}")
@example("\x00")
def test_any_text_is_a_message_or_an_error(text: str) -> None:
    is_sound(decode(text))


@given(
    st.characters(categories=["Cs"]), st.text(), st.text(alphabet=st.characters(exclude_categories=["Cs"]))
)
def test_text_that_is_no_unicode_is_an_error(surrogate: str, before: str, after: str) -> None:
    assert isinstance(decode(before + surrogate + after), Error)
    escaped = json.dumps({"type": "text-input", "text": f"{surrogate}{after}"})
    assert isinstance(decode(escaped), Error)


@given(st.dictionaries(st.sampled_from(FIELDS), JSON_VALUES), st.sampled_from(TYPES) | JSON_VALUES)
def test_any_object_is_a_message_or_an_error_that_names_it(fields: dict[str, Any], kind: Any) -> None:
    result = decode(json.dumps({**fields, "type": kind}))
    is_sound(result)
    if kind in TYPES and not isinstance(result, Error):
        assert result.type == kind


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=300))
def test_a_typed_line_arrives_as_it_was_but_for_blanks_around_it(text: str) -> None:
    result = decode(json.dumps({"type": "text-input", "text": text}))
    if isinstance(result, Error):
        assert not text.strip()
    else:
        assert isinstance(result, TextInput)
        assert result.text.strip() == text.strip()


def test_an_error_says_which_request_it_answers() -> None:
    result = decode('{"type":"text-input","request_id":"r7"}')
    assert isinstance(result, Error)
    assert (result.code, result.request_type, result.request_id) == ("bad-message", "text-input", "r7")
    camel = decode('{"type":"nothing","requestId":"r8"}')
    assert isinstance(camel, Error)
    assert (camel.code, camel.request_type, camel.request_id) == ("unknown-type", "nothing", "r8")


def test_an_error_does_not_repeat_an_essay() -> None:
    result = decode(json.dumps({"type": "x" * 10_000, "request_id": "y" * 10_000}))
    assert isinstance(result, Error)
    assert len(encode(result)) < 600


@pytest.mark.parametrize("blank", ["", " ", "\t\n", "\u00a0", "\u3000"])
def test_a_line_of_blanks_is_no_line(blank: str) -> None:
    assert isinstance(decode(json.dumps({"type": "text-input", "text": blank})), Error)


def test_a_problem_answers_the_request_with_the_code_of_the_refusal() -> None:
    refusal = ProtocolError("Too much.", code="busy")
    assert problem(refusal, request_type="text-input", request_id="r") == Error(
        message="Too much.", code="busy", request_type="text-input", request_id="r"
    )


@given(st.text())
def test_harmless_text_opens_no_tag_and_loses_nothing(text: str) -> None:
    shown = harmless(text)
    assert not any(
        one == "<" and (two.isascii() and (two.isalpha() or two in "/!?")) for one, two in pairwise(shown)
    )
    assert shown.replace("\u200b", "") == text.replace("\u200b", "")


@pytest.mark.parametrize("text", ["a < b", "<3", "1<2", "<<", "< img", "x <", "<>"])
def test_text_that_opens_no_tag_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text


def test_text_is_sent_as_unicode_and_type_comes_first() -> None:
    assert encode(FullText(text='é "\U0001f600"\n')) == '{"type":"full-text","text":"é \\"\U0001f600\\"\\n"}'
