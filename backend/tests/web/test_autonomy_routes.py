"""What she does unasked over both doors: what the WebSocket answers, HTTP answers too."""

import asyncio
import http.client
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from live_server import SCRIPTED, Client, Serving, serving
from open_llm_vtuber.config import Settings

TICK = {"kind": "interval", "interval_s": 900, "action": {"say": "As written."}}


@asynccontextmanager
async def on_air(**others: Any) -> AsyncIterator[Serving]:
    settings = Settings.model_validate(
        {"character_config": SCRIPTED, "autonomous": {"enabled": True, "triggers": []}, **others}
    )
    async with serving(settings) as server:
        yield server


async def asked(
    server: Serving, method: str, path: str, body: object = None, show: str | None = None
) -> tuple[int, dict[str, Any]]:
    def ask() -> tuple[int, dict[str, Any]]:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        headers = {"Content-Type": "application/json"} | ({"X-Client-UID": show} if show else {})
        data = body if isinstance(body, str) else None if body is None else json.dumps(body)
        try:
            connection.request(method, f"/api/autonomous{path}", data, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    return await asyncio.to_thread(ask)


def test_a_trigger_is_added_shown_switched_fired_and_removed_over_http() -> None:
    async def main() -> None:
        async with on_air() as server, Client.connect(server.ws("main")) as client:
            assert (await asked(server, "GET", ""))[1]["triggers"] == []
            status, state = await asked(server, "PUT", "/tick", TICK)
            (tick,) = state["triggers"]
            assert (status, tick["name"], tick["kind"], tick["enabled"]) == (200, "tick", "interval", True)
            assert tick["next_at"].endswith("+00:00")
            assert (await asked(server, "POST", "/tick/fire"))[0] == 200
            said = await client.until("audio")
            assert said[-1]["display_text"]["text"] == "As written. "
            status, state = await asked(server, "POST", "/tick", {"enabled": False})
            assert state["triggers"][0]["enabled"] is False
            assert state["triggers"][0]["next_at"] is None
            status, again = await asked(server, "PUT", "/copy", state["triggers"][0]["settings"])
            assert (status, len(again["triggers"])) == (200, 2), "what is shown can be sent back"
            assert len((await asked(server, "DELETE", "/tick"))[1]["triggers"]) == 1
            assert (await asked(server, "PUT", "", {"enabled": False}))[1]["enabled"] is False

    asyncio.run(main())


def test_changes_of_both_doors_are_there_after_a_restart_and_show_when_they_fire(tmp_path: Path) -> None:
    written = {"enabled": True, "triggers": [{**TICK, "name": "written"}, {**TICK, "name": "other"}]}
    system = {"data_dir": tmp_path}

    async def main() -> list[dict[str, Any]]:
        async with on_air(system_config=system, autonomous=written) as server:
            assert (await asked(server, "PUT", "/tick", {**TICK, "interval_s": 60}))[0] == 200
            assert (await asked(server, "PUT", "/written", {"enabled": False}))[0] == 200
            async with Client.connect(server.ws("main")) as client:
                await client.send("autonomous-set", trigger="other", remove=True)
                await client.until("autonomous-state")
        async with on_air(system_config=system, autonomous=written) as server:
            state = (await asked(server, "GET", ""))[1]
            return sorted(state["triggers"], key=lambda trigger: str(trigger["name"]))

    tick, other = asyncio.run(main())
    assert (tick["name"], tick["settings"]["interval_s"], tick["enabled"]) == ("tick", 60, True)
    in_s = (datetime.fromisoformat(tick["next_at"]) - datetime.now(UTC)).total_seconds()
    assert 0 < in_s <= 60
    assert (other["name"], other["enabled"], other["next_at"]) == ("written", False, None)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("PUT", "/tick", {"kind": "sometimes"}, 422, "bad-message"),
        ("PUT", "/tick", {**TICK, "interval_s": -1}, 422, "bad-message"),
        ("PUT", "/tick", {**TICK, "action": {"say": "{x.__class__}"}}, 422, "bad-message"),
        ("PUT", "/tick", {"enabled": True}, 404, "not-found"),
        ("PUT", "/tick", "nonsense", 400, "bad-json"),
        ("PUT", "/Bad%20Name", TICK, 422, "bad-message"),
        ("PUT", "", {"rundown": "skip"}, 409, "wrong-state"),
        ("PUT", "", {"remove": True}, 422, "bad-message"),
        ("PUT", "", {"enabled": "maybe"}, 422, "bad-message"),
        ("DELETE", "/tick", None, 404, "not-found"),
        ("POST", "/tick/fire", None, 404, "not-found"),
    ],
)
def test_each_refusal_is_one_problem(method: str, path: str, body: object, status: int, code: str) -> None:
    async def main() -> tuple[int, dict[str, Any]]:
        async with on_air() as server:
            return await asked(server, method, path, body)

    got, problem = asyncio.run(main())
    assert (got, problem["code"]) == (status, code)
    assert problem["detail"]


def test_a_show_that_there_is_not_is_a_404_and_a_switch_turns_it_all_off() -> None:
    async def main() -> list[tuple[int, str]]:
        found = []
        async with on_air() as server:
            found.append(await asked(server, "GET", "", show="nobody"))
        async with on_air(features={"autonomous": False}) as server:
            found.append(await asked(server, "GET", ""))
        return [(status, problem["code"]) for status, problem in found]

    assert asyncio.run(main()) == [(404, "not-found"), (404, "switched-off")]


def test_both_doors_give_the_same_answer() -> None:
    async def main() -> tuple[dict[str, Any], dict[str, Any]]:
        async with on_air() as server, Client.connect(server.ws("main")) as client:
            await client.send("autonomous-set", trigger="tick", settings=TICK, request_id="r1")
            over_socket = (await client.until("autonomous-state"))[-1]
            return over_socket, (await asked(server, "GET", ""))[1]

    over_socket, over_http = asyncio.run(main())
    assert (over_socket.pop("type"), over_socket.pop("request_id")) == ("autonomous-state", "r1")
    for state in (over_socket, over_http):
        state.pop("mood")
        state["triggers"][0].pop("next_at")  # to the millisecond, as both clocks stand when it is asked
    assert over_socket == over_http


def mode_over(door: str) -> Callable[[Serving, Client, str], Awaitable[None]]:
    async def over_socket(_: Serving, client: Client, mode: str) -> None:
        await client.send("set-backend-mode", mode=mode)

    async def over_http(server: Serving, _: Client, mode: str) -> None:
        def put() -> int:
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
            try:
                connection.request("PUT", "/api/backend-mode", json.dumps({"mode": mode}))
                return connection.getresponse().status
            finally:
                connection.close()

        assert await asyncio.to_thread(put) == 200

    return over_http if door == "http" else over_socket


@pytest.mark.parametrize("door", ["socket", "http"])
def test_the_autonomous_mode_begins_and_ends_what_she_does_unasked_for_the_whole_audience(door: str) -> None:
    """The section is off: only the mode makes the difference, and everybody who watches is told of it."""
    written = {"enabled": False, "triggers": [{**TICK, "interval_s": 0.4, "name": "tick"}]}
    change = mode_over(door)

    async def spoken(viewer: Client, seconds: float) -> int:
        await asyncio.sleep(seconds)
        await viewer.send("heartbeat")
        return [each["type"] for each in await viewer.until("heartbeat-ack")].count("audio")

    async def main() -> tuple[list[int], list[str]]:
        async with (
            on_air(autonomous=written) as server,
            Client.connect(server.ws("main")) as operator,
            Client.connect(server.ws("main")) as viewer,
        ):
            counts, told = [await spoken(viewer, 1.0)], []
            for mode in ("autonomous", "orphiq"):
                await change(server, operator, mode)
                told.append((await viewer.until("backend-mode-set"))[-1]["mode"])
                if mode == "autonomous":
                    said = (await viewer.until("audio"))[-1]
                    assert said["display_text"]["text"] == "As written. "
                    assert (await asked(server, "GET", ""))[1]["enabled"] is True
                else:  # the turn that was under way ends; nothing new begins
                    await spoken(viewer, 4.0)
                    counts.append(await spoken(viewer, 1.5))
                    assert (await asked(server, "GET", ""))[1]["enabled"] is False
            return counts, told

    counts, told = asyncio.run(main())
    assert counts == [0, 0]
    assert told == ["autonomous", "orphiq"]
