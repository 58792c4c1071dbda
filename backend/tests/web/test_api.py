"""The REST door takes what the WebSocket takes, and says of a refusal what it says."""

import asyncio
from collections.abc import Sequence
from typing import get_args

import pytest
from fastapi import FastAPI, Request
from starlette.testclient import TestClient

from open_llm_vtuber.errors import EngineError, ErrorCode, ProtocolError, VTuberError
from open_llm_vtuber.llm.held import Held
from open_llm_vtuber.protocol.client_messages import TextInput
from open_llm_vtuber.protocol.live_client_messages import (
    GetBackendMode,
    SetBackendMode,
    TextGenerationRequest,
)
from open_llm_vtuber.protocol.live_server_messages import BackendMode
from open_llm_vtuber.protocol.server_messages import HeartbeatAck, ServerMessage
from open_llm_vtuber.web import api

JSON = {"content-type": "application/json"}


class AnsweringShows:
    """Gives everything the same answer, or refuses it with the error."""

    def __init__(self, answer: ServerMessage | VTuberError) -> None:
        self.answer = answer

    async def ask(self, *_: object) -> Sequence[ServerMessage]:
        if isinstance(self.answer, VTuberError):
            raise self.answer
        return (self.answer,)


def client(answer: ServerMessage | VTuberError) -> TestClient:
    """Return a client of an application whose shows answer like that."""
    app = FastAPI()
    api.add_refusals(app)
    shows = AnsweringShows(answer)

    @app.post("/")
    async def post(request: Request, show: api.ShowName = api.ON_AIR) -> BackendMode:
        message = await api.message_in(request, SetBackendMode)
        return await api.answer_to(BackendMode, shows, show, message)  # type: ignore[arg-type]

    @app.get("/{number}")
    async def get(number: int) -> int:
        return number

    return TestClient(app)


@pytest.mark.parametrize("code", get_args(ErrorCode))
def test_a_refusal_is_one_sentence_its_code_and_a_status_that_says_whose_fault_it_is(code: ErrorCode) -> None:
    answer = client(ProtocolError("No.", code=code)).post("/")
    assert (answer.json()["detail"], answer.json()["code"]) == ("No.", code)
    assert answer.status_code == api.STATUS.get(code, 500)


def test_who_is_refused_for_being_too_many_is_told_when_to_come_again() -> None:
    answer = client(ProtocolError("Too much.", code="busy")).post("/")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert answer.json()["retryable"] is True


def test_where_it_is_known_when_to_come_again_that_is_said() -> None:
    held = Held("Not now.", engine="fake", cause="rate", retry_after=12.3)
    answer = client(held).post("/")
    assert (answer.status_code, answer.headers["retry-after"], answer.json()["retryable"]) == (
        429,
        "13",
        True,
    )
    spent = client(Held("No money.", engine="fake", cause="budget", retry_after=None)).post("/")
    assert (spent.status_code, spent.json()["retryable"]) == (429, False)
    assert "retry-after" not in spent.headers


@pytest.mark.parametrize("retryable", [True, False])
def test_a_provider_that_failed_says_whether_to_try_again(retryable: bool) -> None:
    answer = client(EngineError("It broke.", engine="fake", retryable=retryable)).post("/")
    assert (answer.status_code, answer.json()["retryable"]) == (502, retryable)


@pytest.mark.parametrize(
    ("body", "status", "code", "sentence"),
    [
        ("{", 400, "bad-json", "This is not JSON."),
        (b"\xff", 400, "bad-json", "This is not JSON."),
        ("[]", 422, "bad-message", "The body is a JSON object."),
        ('{"mode": ["SECRET"]}', 422, "bad-message", "mode: Input should be a valid string"),
        ('{"when": "SECRET"}', 422, "bad-message", "when: "),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_without_repeating_it(
    body: str | bytes, status: int, code: str, sentence: str
) -> None:
    answer = client(HeartbeatAck()).post("/", content=body, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["detail"].startswith(sentence)
    assert "SECRET" not in answer.text


def test_a_path_or_header_that_cannot_be_read_is_refused_in_the_same_shape() -> None:
    answer = client(HeartbeatAck()).get("/SECRET")
    assert (answer.status_code, answer.json()["code"]) == (422, "bad-message")
    assert "SECRET" not in answer.text


def test_a_body_cannot_pass_itself_off_as_another_message() -> None:
    mode = BackendMode(mode="orphiq", available=("orphiq",))
    answer = client(mode).post("/", json={"type": "text-input", "text": "hi"})
    assert answer.json()["type"] == "backend-mode"


def test_an_answer_of_another_kind_is_a_bug_and_not_an_answer() -> None:
    shows = AnsweringShows(HeartbeatAck())
    with pytest.raises(TypeError, match="get-backend-mode without a BackendMode"):
        asyncio.run(api.answer_to(BackendMode, shows, "main", GetBackendMode()))  # type: ignore[arg-type]


def test_the_api_page_describes_a_body_by_its_message_with_nothing_left_to_look_up() -> None:
    schema = api.takes(TextGenerationRequest)["requestBody"]["content"]["application/json"]["schema"]
    assert set(schema["properties"]) == {"prompt", "context", "options"}
    assert "$ref" not in str(schema)
    assert TextInput.model_fields["type"].default not in str(schema)
