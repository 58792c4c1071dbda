"""What `open-llm-vtuber protocol` prints, in each format."""

import json
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from open_llm_vtuber.cli import main
from open_llm_vtuber.protocol.asyncapi import asyncapi
from open_llm_vtuber.protocol.reference import reference
from open_llm_vtuber.reference_cli import printed

COMMITTED = Path(__file__).parents[2] / "docs/openapi.json"


@pytest.fixture(scope="module")
def openapi() -> str:
    return printed("openapi")


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


@pytest.mark.parametrize(("kind", "text"), [("markdown", reference), ("asyncapi", asyncapi)])
def test_the_command_prints_the_format_that_is_asked_for(
    kind: str, text: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["protocol", "--format", kind])
    assert ended.value.code == 0
    assert capsys.readouterr().out == text()


def test_the_committed_addresses_are_those_of_the_program(openapi: str) -> None:
    assert COMMITTED.read_text(encoding="utf-8") == openapi, (
        "run: .venv/bin/open-llm-vtuber protocol --format openapi > docs/openapi.json"
    )


def test_the_addresses_are_good_openapi(openapi: str) -> None:
    validate(json.loads(openapi))


def test_every_address_has_a_sentence_a_typed_answer_and_its_errors(openapi: str) -> None:
    for name, operation in operations(json.loads(openapi)).items():
        assert operation.get("summary"), name
        assert operation.get("description"), name
        good = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
        assert good, name
        for answer in good:
            assert all(content.get("schema") for content in answer["content"].values()), name
        assert {"401", "403", "421", "422"} <= set(operation["responses"]), name
        assert "HTTPValidationError" not in json.dumps(operation["responses"]), name
