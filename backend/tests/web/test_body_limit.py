"""Requests that carry too much are refused, whether they say so or not."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest
from fastapi import FastAPI, Request

from open_llm_vtuber.web import body_limit
from open_llm_vtuber.web.body_limit import BodyLimit


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_limit, "LARGEST_BODY", 10)
    monkeypatch.setattr(body_limit, "LARGER", {"/asr": 20})


def posted(path: str, content: bytes | Iterator[bytes]) -> httpx2.Response:
    app = FastAPI()
    app.add_middleware(BodyLimit)

    @app.post("/asr")
    @app.post("/other")
    async def length(request: Request) -> int:
        return len(await request.body())

    async def chunks() -> AsyncIterator[bytes]:
        for chunk in content if not isinstance(content, bytes) else (content,):
            await asyncio.sleep(0)
            yield chunk

    async def main() -> httpx2.Response:
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.post(path, content=content if isinstance(content, bytes) else chunks())

    return asyncio.run(main())


@pytest.mark.parametrize(("path", "most"), [("/other", 10), ("/asr", 20)])
def test_each_address_takes_what_it_is_for_and_no_more(path: str, most: int) -> None:
    assert posted(path, b"x" * most).json() == most
    assert posted(path, b"x" * (most + 1)).status_code == 413


def test_a_request_that_does_not_say_how_long_it_is_is_counted() -> None:
    assert posted("/other", iter([b"xxxxx"] * 2)).json() == 10
    assert posted("/other", iter([b"xxxxx"] * 3)).status_code == 413


def test_the_refusal_is_the_one_of_every_route() -> None:
    problem = posted("/other", b"x" * 11).json()
    assert (problem["code"], problem["retryable"]) == ("too-long", False)
    assert problem["detail"] == problem["error"] == "The request is too large."


def test_a_request_that_does_not_arrive_in_time_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_limit, "COMES_WITHIN", -1.0)
    assert posted("/other", iter([b"x"])).status_code == 408
