"""Both doors to the body, with the same requests: what the WebSocket answers, HTTP answers too."""

import asyncio
import http.client
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from live_server import SCRIPTED, Client, Serving, serving
from open_llm_vtuber.config import Settings
from open_llm_vtuber.web.api import STATUS

Fields = dict[str, Any]
Door = Callable[[str, Fields], Awaitable[Fields]]
"""Asks for something (`expression`, `motion`, `expression/release`, …) and returns the answer, without what differs."""
FACE: Fields = {"expression_id": "joy", "duration": 600_000, "owner": "desk"}
WAVE: Fields = {"motion_group": "Wave", "motion_index": 0, "owner": "desk"}
REQUESTS: tuple[tuple[str, Fields], ...] = (
    ("expression", FACE),
    ("expression", {"expression_id": 2, "priority": 4, "owner": "viewer"}),
    ("expression", {"expressionId": "SADNESS", "fadeMs": 0, "priority": 29, "owner": "safety", "extra": 1}),
    ("expression", {"expression_id": 0, "transition": "ease-in-out"}),
    ("expression/release", {"owner": "safety"}),
    ("motion", {**WAVE, "loop": True}),
    ("motion", {**WAVE, "priority": 0}),
    ("motion", {"motionGroup": "Nod", "motionIndex": 0, "priority": 20}),
    ("motion/release", {"owner": "desk"}),
    ("motion/release", {}),
)
REFUSED: tuple[tuple[str, Fields], ...] = (
    ("expression", {}),
    ("expression", {"expression_id": None}),
    ("expression", {"expression_id": "grumpy"}),
    ("expression", {"expression_id": 8}),
    ("expression", {"expression_id": -1}),
    ("expression", {"expression_id": True}),
    ("expression", {"expression_id": 1.5}),
    ("expression", {"expression_id": ""}),
    ("expression", {"expression_id": "x" * 300}),
    ("expression", {**FACE, "duration": -1}),
    ("expression", {**FACE, "duration": 10 * 365 * 86_400_000}),
    ("expression", {**FACE, "duration": "2000"}),
    ("expression", {**FACE, "priority": 30}),
    ("expression", {**FACE, "priority": -1}),
    ("expression", {**FACE, "priority": "10"}),
    ("expression", {**FACE, "fade_ms": 2001}),
    ("expression", {**FACE, "transition": "sudden"}),
    ("expression", {**FACE, "owner": ""}),
    ("motion", {}),
    ("motion", {"motion_group": "Wave"}),
    ("motion", {"motion_group": "Juggle", "motion_index": 0}),
    ("motion", {"motion_group": "Wave", "motion_index": 1}),
    ("motion", {**WAVE, "motion_index": -1}),
    ("motion", {**WAVE, "motion_index": "0"}),
    ("motion", {**WAVE, "loop": "yes"}),
    ("motion", {**WAVE, "priority": 300}),
    ("expression/release", {"claim_id": "nobody's"}),
    ("motion/release", {"owner": "nobody"}),
    ("motion/release", {"claim_id": 7}),
)


@asynccontextmanager
async def on_stage(settings: Settings | None = None) -> AsyncIterator[tuple[Serving, Client]]:
    """Serve, with one client that can show everything."""
    async with serving(settings) as server, Client.connect(server.ws("main")) as client:
        await client.send("client-hello", capabilities=["expression", "motion", "state"])
        await client.until("snapshot")
        yield server, client


def post(
    port: int, path: str, body: str, headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str], Fields]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("POST", path, body, {"Content-Type": "application/json", **(headers or {})})
        answer = connection.getresponse()
        named = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, named, json.loads(answer.read())
    finally:
        connection.close()


def by_http(server: Serving) -> Door:
    async def ask(what: str, fields: Fields) -> Fields:
        status, _, answer = await asyncio.to_thread(post, server.port, f"/api/{what}", json.dumps(fields))
        if status != 200:
            assert status == STATUS[answer["code"]]
            return {"code": answer["code"], "message": answer["detail"]}
        if "result" in answer:
            assert answer.pop("status") == answer["result"]["status"]
        return comparable(answer, "api")

    return ask


def by_websocket(client: Client, uid: str) -> Door:
    async def ask(what: str, fields: Fields) -> Fields:
        kind, _, is_release = what.partition("/")
        name = f"{kind}-{'release' if is_release else 'command'}"
        await client.send(name, request_id="r", **fields)
        async with asyncio.timeout(10):
            while (answer := await client.receive()).get("request_id") != "r":
                pass
        if answer["type"] == "error":
            return {"code": answer["code"], "message": answer["message"]}
        assert answer["type"] == ("claim-ended" if is_release else f"{kind}-ack")
        return comparable({k: v for k, v in answer.items() if k not in ("type", "request_id")}, uid)

    return ask


def comparable(answer: Fields, caller: str) -> Fields:
    """Return an answer without what is another one each time: claims and whoever asks."""
    result = answer.get("result", answer)
    assert result.pop("claim_id")
    if result.get("owner") == caller:
        result["owner"] = "whoever asks"
    return answer


async def all_answers(door: Door) -> list[Fields]:
    return [await door(what, fields) for what, fields in (*REQUESTS, *REFUSED)]


def test_both_doors_give_the_same_result_for_the_same_request() -> None:
    async def main() -> None:
        async with on_stage() as (server, _):
            over_http = await all_answers(by_http(server))
        async with on_stage() as (server, client):
            await client.send("get-snapshot")
            async with Client.connect(server.ws("main")) as desk:  # a connection of its own, as HTTP is one
                await desk.send("client-hello")
                (*_, welcome) = await desk.until("client-welcome")
                over_websocket = await all_answers(by_websocket(desk, welcome["client_uid"]))
        for request, one, other in zip((*REQUESTS, *REFUSED), over_http, over_websocket, strict=True):
            assert one == other, request
        assert [answer["result"]["status"] for answer in over_http if "result" in answer] == [
            "success",
            "covered",
            "success",
            "covered",
            "success",
            "queued",
            "success",
        ]
        assert all("code" in answer for answer in over_http[len(REQUESTS) :])

    asyncio.run(main())


def test_what_is_refused_changes_nothing_on_air() -> None:
    async def main() -> None:
        async with on_stage() as (server, stage):
            door = by_http(server)
            await door("expression", FACE)
            await stage.until("set-expression", name="joy")
            for what, fields in REFUSED:
                await door(what, fields)
            await stage.send("get-snapshot", request_id="s")
            seen = await stage.until("snapshot")
            assert {message["type"] for message in seen} <= {"character-state", "snapshot"}
            assert seen[-1]["expression"] == {"expression_id": 1, "name": "joy"}

    asyncio.run(main())


@pytest.mark.parametrize("text", ["", "{", "[]", '"joy"', "null", '{"expression_id": NaN}'])
def test_what_is_no_json_object_is_refused_with_a_sentence(text: str) -> None:
    async def main() -> None:
        async with on_stage() as (server, _):
            status, _, answer = await asyncio.to_thread(post, server.port, "/api/expression", text)
            assert status in (400, 422)
            assert answer["code"] in ("bad-json", "bad-message")
            assert answer["detail"]

    asyncio.run(main())


def test_the_show_is_the_one_that_is_named_or_that_of_a_client() -> None:
    async def main() -> None:
        async with on_stage() as (server, stage), Client.connect(server.ws()) as private:
            uid = (await private.until("set-model-and-conf"))[-1]["client_uid"]

            async def face(name: str, headers: dict[str, str]) -> int:
                body = json.dumps({"expression_id": name})
                status, *_ = await asyncio.to_thread(post, server.port, "/api/expression", body, headers)
                return status

            assert await face("joy", {}) == 200
            assert await face("anger", {"X-Client-UID": "main"}) == 200
            assert await face("fear", {"X-Client-UID": uid}) == 200
            assert await face("fear", {"X-Client-UID": "nobody"}) == 404
            assert [(await stage.until("set-expression"))[-1]["name"] for _ in range(2)] == ["joy", "anger"]
            await private.send("get-snapshot")
            assert (await private.until("snapshot"))[-1]["expression"]["name"] == "fear"

    asyncio.run(main())


def test_what_is_switched_off_says_so_at_both_doors() -> None:
    settings = Settings.model_validate(
        {"character_config": SCRIPTED, "features": {"character_control": False}}
    )

    async def main() -> None:
        async with on_stage(settings) as (server, stage):
            refused = {
                "code": "switched-off",
                "message": "This is switched off here (features.character_control).",
            }
            assert await by_http(server)("expression", FACE) == refused
            assert await by_websocket(stage, "")("motion", WAVE) == refused

    asyncio.run(main())
