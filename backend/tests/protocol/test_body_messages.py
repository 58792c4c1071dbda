"""What is asked of the body, and how what cannot be asked is refused."""

import json

import pytest

from open_llm_vtuber.protocol.body_messages import ExpressionCommand
from open_llm_vtuber.protocol.codec import decode
from open_llm_vtuber.protocol.server_messages import Error


@pytest.mark.parametrize("given", [3, "joy", "3"])
def test_an_expression_is_an_index_or_a_name_and_stays_what_it_is(given: int | str) -> None:
    message = decode(json.dumps({"type": "expression-command", "expression_id": given}))
    assert isinstance(message, ExpressionCommand)
    assert message.expression_id == given


@pytest.mark.parametrize(
    ("fields", "code", "sentence"),
    [
        ({}, "bad-message", "expression_id: Field required"),
        ({"expression_id": None}, "bad-message", "expression_id.index: Input should be a valid integer"),
        ({"expression_id": "x" * 201}, "too-long", "expression_id.name: String should have at most 200"),
        ({"expressionId": ""}, "bad-message", "expressionId.name: String should have at least 1 character"),
    ],
)
def test_a_refusal_names_the_field_as_the_reference_does(
    fields: dict[str, object], code: str, sentence: str
) -> None:
    refused = decode(json.dumps({"type": "expression-command", **fields}))
    assert isinstance(refused, Error)
    assert refused.code == code
    assert refused.message.startswith(sentence)
