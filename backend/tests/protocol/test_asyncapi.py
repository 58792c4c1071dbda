"""The AsyncAPI document is that of the message classes, well formed, and true of what goes over the wire."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from open_llm_vtuber.protocol.asyncapi import asyncapi
from open_llm_vtuber.protocol.client_messages import ClientMessage
from open_llm_vtuber.protocol.server_messages import ServerMessage

TESTS = Path(__file__).parents[1]
COMMITTED = TESTS.parents[1] / "docs/asyncapi.json"
DOCUMENT: dict[str, Any] = json.loads(asyncapi())
SENT: tuple[type[BaseModel], ...] = get_args(get_args(ServerMessage)[0])
RECEIVED: tuple[type[BaseModel], ...] = get_args(get_args(ClientMessage)[0])


def references_in(value: object) -> Iterator[str]:
    match value:
        case {"$ref": str(target)}:
            yield target
        case dict():
            for each in value.values():
                yield from references_in(each)
        case list():
            for each in value:
                yield from references_in(each)
        case _:
            pass


def at(pointer: str) -> Any:
    found: Any = DOCUMENT
    for part in pointer.removeprefix("#/").split("/"):
        found = found[part]
    return found


def schema_of(message: type[BaseModel]) -> Draft202012Validator:
    return Draft202012Validator({**DOCUMENT, "$ref": f"#/components/schemas/{message.__name__}"})


def test_the_committed_document_is_what_the_classes_say() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == asyncapi(), (
        "run: .venv/bin/open-llm-vtuber protocol --format asyncapi > docs/asyncapi.json"
    )


def test_it_has_the_parts_of_the_third_version_and_every_reference_leads_somewhere() -> None:
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert {"info", "servers", "channels", "operations", "components"} <= set(DOCUMENT)
    for target in references_in(DOCUMENT):
        assert isinstance(at(target), dict), target
    for operation in DOCUMENT["operations"].values():
        assert operation["action"] in ("send", "receive")
        offered = {f"#/channels/show/messages/{name}" for name in DOCUMENT["channels"]["show"]["messages"]}
        assert {each["$ref"] for each in operation["messages"]} <= offered
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_message_is_in_it_once_in_its_direction_with_a_sentence() -> None:
    sides = {"fromClient": RECEIVED, "toClient": SENT}
    for operation, classes in sides.items():
        names = [each["$ref"].rsplit("/", 1)[-1] for each in DOCUMENT["operations"][operation]["messages"]]
        assert names == [each.__name__ for each in classes]
    for each in (*SENT, *RECEIVED):
        entry = DOCUMENT["components"]["messages"][each.__name__]
        assert entry["name"] == each.model_fields["type"].default
        assert entry["summary"]


def test_what_the_server_sends_is_as_described() -> None:
    classes = {each.model_fields["type"].default: each for each in SENT}
    for line in (TESTS / "wire/golden_server_messages.jsonl").read_text(encoding="utf-8").splitlines():
        sent = json.loads(line)
        schema_of(classes[sent["type"]]).validate({**sent, "seq": 1, "turn_id": "t"})


def test_what_a_client_of_a_transcript_sends_is_as_described() -> None:
    classes = {each.model_fields["type"].default: each for each in RECEIVED}
    seen = set()
    for file in (TESTS / "wire/transcripts").glob("*.jsonl"):
        for line in file.read_text(encoding="utf-8").splitlines():
            sent = json.loads(line).get("c")
            described = classes.get(sent.get("type")) if isinstance(sent, dict) else None
            if described and is_good(described, sent):
                schema_of(described).validate(sent)
                seen.add(described)
    assert len(seen) > 40


def is_good(kind: type[BaseModel], sent: dict[str, Any]) -> bool:
    """Return whether it is a good message, in the spelling that the document describes."""
    try:
        kind.model_validate_json(json.dumps(sent), by_name=True, by_alias=False)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("wrong", [{"type": "say"}, {"type": "say", "text": ""}, {"type": "stop", "text": 1}])
def test_what_is_no_message_is_not(wrong: dict[str, Any]) -> None:
    classes = {each.model_fields["type"].default: each for each in RECEIVED}
    is_say = wrong["type"] == "say"
    assert schema_of(classes[wrong["type"]]).is_valid(wrong) is not is_say
