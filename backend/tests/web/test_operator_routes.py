"""What an operator does over REST, on a real server."""

import asyncio
from typing import Any

import httpx2

from live_server import Client, serving
from wire.test_text_turn import saying


def test_an_operator_says_stops_resumes_and_asks_why_over_rest() -> None:
    async def main() -> dict[str, Any]:
        seen: dict[str, Any] = {}
        async with (
            serving(saying("Hello.")) as server,
            httpx2.AsyncClient(base_url=server.http, timeout=20, trust_env=False) as rest,
            Client.connect(server.ws("main")) as page,
        ):
            said = await rest.post("/api/say", json={"text": "Good evening.", "verbatim": True})
            seen["say"] = (said.status_code, said.json()["status"])
            audio = await page.until("audio")
            seen["heard"] = audio[-1]["display_text"]["text"]
            seen["interrupt"] = (await rest.post("/api/interrupt")).json()
            seen["stop"] = (await rest.post("/api/stop")).json()["type"]
            refused = await rest.post("/api/say", json={"text": "Hello?"})
            seen["frozen"] = (refused.status_code, refused.json()["code"])
            seen["resume"] = (await rest.post("/api/resume")).json()["type"]
            seen["again"] = (await rest.post("/api/say", json={"text": "Hello?"})).status_code
            seen["decisions"] = (await rest.get("/api/chat/decisions")).json()["decisions"]
            seen["floor"] = (await rest.put("/api/floor", json={"floor": "talk-over"})).json()["floor"]
            seen["state"] = (await rest.get("/api/state")).json()["co_host"]["floor"]
            seen["no floor"] = (await rest.put("/api/floor", json={"floor": "shout"})).status_code
            seen["empty"] = (await rest.post("/api/say", json={"text": " "})).status_code
            seen["nobody"] = (await rest.post("/api/stop", headers={"X-Client-UID": "nobody"})).status_code
        return seen

    assert asyncio.run(main()) == {
        "say": (202, "queued"),
        "heard": "Good evening. ",
        "interrupt": {"type": "skipped", "cut": True},
        "stop": "stopped",
        "frozen": (409, "wrong-state"),
        "resume": "resumed",
        "again": 202,
        "decisions": [],
        "floor": "talk-over",
        "state": "talk-over",
        "no floor": 422,
        "empty": 422,
        "nobody": 404,
    }
