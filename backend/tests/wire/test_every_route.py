"""Every route of the API, with requests made from its own schema, valid and not: none breaks the server or its word.

A server of its own takes them over a socket. `OLV_EXAMPLES=500` is the long form.
"""

import os
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation, BaseSchema
from schemathesis.specs.openapi.checks import positive_data_acceptance

from live_server import SCRIPTED, process

EXAMPLES = int(os.environ.get("OLV_EXAMPLES", "12"))
TOO_STRICT: list[Any] = [positive_data_acceptance]
"""A schema cannot say all: which trigger is known, that a channel needs a token."""
ROUTES = 25
"""There are more."""
NOWHERE = "127.0.0.1:9"


CONFIG = {
    "character_config": SCRIPTED,
    "live_config": {
        "twitch": {
            "endpoints": {
                "helix": f"http://{NOWHERE}",
                "id": f"http://{NOWHERE}",
                "eventsub": f"ws://{NOWHERE}",
                "irc": f"ws://{NOWHERE}",
            }
        }
    },
}


@pytest.mark.e2e
def test_a_request_made_from_the_schema_gets_an_answer_of_the_schema(tmp_path: Path) -> None:
    faults: list[str] = []
    with process(tmp_path, CONFIG) as port:
        operations = [each.ok() for each in api_of(port).get_all_operations() if isinstance(each, Ok)]
        for operation in operations:
            try:
                attempt(operation)
            except (AssertionError, BaseExceptionGroup) as error:
                faults.append(f"{operation.label}: {error}")
    assert len(operations) > ROUTES
    assert not faults, "\n\n".join(faults)


def api_of(port: int) -> BaseSchema:
    return schemathesis.openapi.from_url(f"http://127.0.0.1:{port}/openapi.json")


def attempt(operation: APIOperation[Any, Any, Any, Any]) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def requested(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(excluded_checks=TOO_STRICT)

    requested()
