"""What becomes of a refusal on its way to a caller of the REST interface."""

import asyncio
from collections.abc import Sequence
from typing import NoReturn, get_args

import pytest
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.testclient import TestClient

from open_llm_vtuber import api
from open_llm_vtuber.errors import EngineError, ErrorCode, ProtocolError, VTuberError
from open_llm_vtuber.protocol.live_server_messages import Snapshot
from open_llm_vtuber.protocol.server_messages import HeartbeatAck, ServerMessage
from open_llm_vtuber.show.commands import TakeSnapshot


class Body(BaseModel):
    number: int


class RefusingShows:
    """Refuses everything with the error it was given."""

    def __init__(self, error: VTuberError) -> None:
        self.error = error

    async def ask(self, *_: object) -> NoReturn:
        raise self.error


class MumblingShows:
    """Answers everything with something else."""

    async def ask(self, *_: object) -> Sequence[ServerMessage]:
        return (HeartbeatAck(),)


def client(error: VTuberError) -> TestClient:
    """Return a client of an application whose shows refuse everything."""
    app = FastAPI()
    api.add_refusals(app)

    @app.get("/")
    async def get(show: api.ShowName = api.ON_AIR) -> Snapshot:
        return await api.ask_for(Snapshot, RefusingShows(error), show, TakeSnapshot("api"))  # type: ignore[arg-type]

    @app.post("/")
    async def post(body: Body) -> int:
        return body.number

    return TestClient(app)


@pytest.mark.parametrize("code", get_args(ErrorCode))
def test_a_refusal_is_one_sentence_its_code_and_a_status_that_says_whose_fault_it_is(code: ErrorCode) -> None:
    answer = client(ProtocolError("No.", code=code)).get("/")
    assert answer.json()["detail"] == "No."
    assert answer.json()["code"] == code
    assert answer.status_code == api.STATUS.get(code, 500)


def test_who_is_refused_for_being_too_many_is_told_when_to_come_again() -> None:
    answer = client(ProtocolError("Too much.", code="busy")).get("/")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert answer.json()["retryable"] is True


@pytest.mark.parametrize("retryable", [True, False])
def test_a_provider_that_failed_says_whether_to_try_again(retryable: bool) -> None:
    answer = client(EngineError("It broke.", engine="fake", retryable=retryable)).get("/")
    assert (answer.status_code, answer.json()["retryable"]) == (502, retryable)


@pytest.mark.parametrize(
    ("body", "status", "code", "sentence"),
    [
        ("{", 400, "bad-json", "This is not JSON."),
        ('{"number": "SECRET"}', 422, "bad-message", "number: "),
        ("{}", 422, "bad-message", "number: Field required"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_without_repeating_it(
    body: str, status: int, code: str, sentence: str
) -> None:
    answer = client(ProtocolError("", code="internal")).post(
        "/", content=body, headers={"content-type": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["detail"].startswith(sentence)
    assert "SECRET" not in answer.text


async def _ask_a_mumbler() -> None:
    await api.ask_for(Snapshot, MumblingShows(), "main", TakeSnapshot("api"))  # type: ignore[arg-type]


def test_an_answer_of_another_kind_is_a_bug_and_not_an_answer() -> None:
    with pytest.raises(TypeError, match="TakeSnapshot without a Snapshot"):
        asyncio.run(_ask_a_mumbler())
