"""Texts on demand over REST, over real sockets: the same as on the WebSocket, and who hangs up stops the work."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from live_server import SCRIPTED, Client, Serving, serving
from open_llm_vtuber.config import Settings
from open_llm_vtuber.show.text_desk import MOST_OF_A_CLIENT

SSE = {"accept": "text/event-stream"}
PATH = "/api/text-generation"


def settings(delay_ms: int = 0, **features: bool) -> Settings:
    agent = {
        "agent_settings": {"basic_memory_agent": {"llm_provider": "scripted_llm"}},
        "llm_configs": {"scripted_llm": {"lines": ["One two three {word}."], "delay_ms": delay_ms}},
    }
    return Settings.model_validate(
        {"character_config": {**SCRIPTED, "agent_config": agent}, "features": features}
    )


@asynccontextmanager
async def caller(given: Settings | None = None) -> AsyncIterator[tuple[httpx2.AsyncClient, Serving]]:
    async with (
        serving(given or settings()) as server,
        httpx2.AsyncClient(base_url=server.http, timeout=20, trust_env=False) as client,
    ):
        yield client, server


def events(text: str) -> list[dict[str, Any]]:
    """Return the objects of a stream of events, whose names are their types."""
    found = []
    for block in text.strip().split("\n\n"):
        name, data = block.split("\n")
        found.append(json.loads(data.removeprefix("data: ")))
        assert name == f"event: {found[-1]['type']}"
    return found


def test_both_doors_write_the_same_text() -> None:
    async def main() -> None:
        async with caller() as (rest, server), Client.connect(server.ws("main")) as socket:
            answer = await rest.post(PATH, json={"prompt": "About cats"})
            assert answer.status_code == 200
            assert answer.json()["text"] == "One two three about."
            assert answer.json()["is_complete"] is True
            stream = events((await rest.post(PATH, json={"prompt": "About cats"}, headers=SSE)).text)
            await socket.send("text-generation-request", prompt="About cats")
            seen = await socket.until("text-generation-response")
            own = [message for message in seen if message["type"].startswith("text-generation")]
            assert [m["text"] for m in stream] == [m["text"] for m in own]
            assert [m["type"] for m in stream] == [m["type"] for m in own]
            assert "".join(m["text"] for m in stream[:-1]) == stream[-1]["text"] == answer.json()["text"]
            assert set(stream[-1]) == set(own[-1]) == {"type", *answer.json()}

    asyncio.run(main())


BAD: Mapping[str, Any] = {
    "blank": {"prompt": "  "},
    "none": {},
    "too long": {"prompt": "x" * 16_001},
    "a number": {"prompt": 7},
    "a context that is none": {"prompt": "x", "context": []},
    "a chat that is none": {"prompt": "x", "context": {"chat_history": [[1]]}},
    "a temperature": {"prompt": "x", "options": {"temperature": 3}},
    "a style": {"prompt": "x", "options": {"style": "angry"}},
    "no tokens": {"prompt": "x", "options": {"max_tokens": 0}},
}


@pytest.mark.parametrize("what", BAD)
def test_both_doors_refuse_the_same_with_the_same_words(what: str) -> None:
    async def main() -> None:
        async with caller() as (rest, server), Client.connect(server.ws("main")) as socket:
            answer = await rest.post(PATH, json=BAD[what])
            await socket.send("text-generation-request", **BAD[what])
            error = (await socket.until("error"))[-1]
            assert answer.status_code == 422
            assert (answer.json()["detail"], answer.json()["code"]) == (error["message"], error["code"])

    asyncio.run(main())


def test_a_body_of_a_megabyte_is_not_even_read() -> None:
    async def main() -> None:
        async with caller() as (rest, _):
            answer = await rest.post(PATH, content=b'{"prompt":"' + b"x" * 1_100_000 + b'"}')
            assert answer.status_code in (413, 422)

    asyncio.run(main())


def test_the_header_names_a_show_or_a_connected_client_and_nothing_else() -> None:
    async def main() -> None:
        async with caller() as (rest, server), Client.connect(server.ws()) as socket:
            own = (await socket.until("set-model-and-conf"))[-1]["client_uid"]
            for show, code in (("main", None), (own, None), ("nobody", "not-found")):
                answer = await rest.post(PATH, json={"prompt": "x"}, headers={"X-Client-UID": show})
                assert answer.status_code == (404 if code else 200)
                assert answer.json().get("code") == code

    asyncio.run(main())


def test_switched_off_it_is_not_there_and_says_why() -> None:
    async def main() -> None:
        async with caller(settings(text_generation=False)) as (rest, server):
            answer = await rest.post(PATH, json={"prompt": "x"})
            assert (answer.status_code, answer.json()["code"]) == (404, "switched-off")
            assert "features.text_generation" in answer.json()["detail"]
            async with Client.connect(server.ws("main")) as socket:
                await socket.send("text-generation-request", prompt="x", request_id="r")
                error = (await socket.until("error"))[-1]
                assert (error["code"], error["request_id"]) == ("switched-off", "r")

    asyncio.run(main())


async def until(condition: Callable[[], bool], limit_s: float = 20.0) -> float:
    """Wait for it, and return how long it took."""
    clock = asyncio.get_running_loop()
    began = clock.time()
    async with asyncio.timeout(limit_s):
        while not condition():  # noqa: ASYNC110  there is no event for it
            await asyncio.sleep(0.002)
    return clock.time() - began


def generations() -> int:
    return sum(task.get_name() == "a text on demand" for task in asyncio.all_tasks())


async def _post(rest: httpx2.AsyncClient) -> object:
    return await rest.post(PATH, json={"prompt": "x"})


async def _stream(rest: httpx2.AsyncClient) -> object:
    async with rest.stream("POST", PATH, json={"prompt": "x"}, headers=SSE) as answer:
        return [line async for line in answer.aiter_lines()]


@pytest.mark.parametrize("ask", [_post, _stream])
def test_who_hangs_up_stops_the_generation(ask: Callable[[httpx2.AsyncClient], Awaitable[object]]) -> None:
    async def main() -> None:
        async with caller(settings(delay_ms=60_000)) as (rest, _), asyncio.TaskGroup() as group:

            async def asking() -> None:
                await ask(rest)

            task = group.create_task(asking())
            await until(lambda: generations() == 1)
            task.cancel()
            await until(lambda: generations() == 0)

    asyncio.run(main())


def test_a_caller_is_told_when_too_much_is_being_written() -> None:
    async def main() -> None:
        async with (
            caller(settings(delay_ms=60_000)) as (rest, server),
            Client.connect(server.ws("main")) as socket,
        ):
            for number in range(9):
                await socket.send("text-generation-request", prompt="x", request_id=str(number))
            error = (await socket.until("error"))[-1]
            assert (error["code"], error["request_id"]) == ("busy", "8")
            await until(lambda: generations() == 8)
            del rest

    asyncio.run(main())


def test_a_caller_of_rest_has_only_so_many_at_once_as_well_and_others_have_their_own() -> None:
    async def main() -> None:
        async with caller(settings(delay_ms=60_000)) as (rest, server), asyncio.TaskGroup() as group:
            asking = [group.create_task(_asked(rest)) for _ in range(MOST_OF_A_CLIENT)]
            await until(lambda: generations() == MOST_OF_A_CLIENT)
            refused = await rest.post(PATH, json={"prompt": "x"})
            assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
            async with Client.connect(server.ws("main")) as socket:
                await socket.send("text-generation-request", prompt="x", request_id="r")
                await until(lambda: generations() == MOST_OF_A_CLIENT + 1)
            for task in asking:
                task.cancel()

    asyncio.run(main())


async def _asked(rest: httpx2.AsyncClient) -> None:
    await rest.post(PATH, json={"prompt": "x"})
