"""Links over REST."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from live_server import SCRIPTED, Client, Serving, serving
from open_llm_vtuber.config import Settings

TOKEN = "right"


@asynccontextmanager
async def studio(
    token: str | None = TOKEN, **system: Any
) -> AsyncIterator[tuple[Serving, httpx2.AsyncClient]]:
    settings = Settings.model_validate(
        {"character_config": SCRIPTED, "system_config": {"access_token": token, **system}}
    )
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with serving(settings) as server, httpx2.AsyncClient(base_url=server.http, headers=headers) as http:
        yield server, http


def test_a_link_is_made_listed_used_and_revoked() -> None:
    async def main() -> None:
        async with studio() as (server, http):
            made = (await http.post("/api/links", json={"name": " OBS  ", "role": "stage"})).json()
            page, _, token = made["address"].partition("?token=")
            assert (page, made["name"], made["role"]) == ("/stage", "OBS", "stage")
            assert len(token) >= 32
            assert (made["used_at"], made["open"]) == (None, 0)
            listed = await http.get("/api/links")
            assert listed.json()["locked"]
            assert token not in listed.text
            assert "digest" not in listed.text
            async with Client.connect(f"{server.ws('main')}&token={token}") as stage:
                await stage.receive()
                (seen,) = (await http.get("/api/links")).json()["links"]
                assert seen["open"] == 1
                assert seen["used_at"] >= seen["made_at"]
            left = await http.delete(f"/api/links/{made['id']}")
            assert left.json() == {"locked": True, "links": []}

    asyncio.run(main())


def test_links_outlive_the_server_and_those_that_were_revoked_do_not_come_back(tmp_path: Path) -> None:
    async def main() -> None:
        async with studio(data_dir=tmp_path) as (_, http):
            kept, gone = [
                (await http.post("/api/links", json={"name": name})).json() for name in ("kept", "gone")
            ]
            await http.delete(f"/api/links/{gone['id']}")
        async with studio(data_dir=tmp_path) as (_, http):
            assert [each["name"] for each in (await http.get("/api/links")).json()["links"]] == ["kept"]
            async with httpx2.AsyncClient(base_url=http.base_url) as obs:
                assert (await obs.get(kept["address"])).status_code == 200
                assert (await obs.get(gone["address"])).status_code == 303

    asyncio.run(main())


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": "  "},
        {"name": "x" * 81},
        {"name": "x", "role": "developer"},
        {"name": "x", "role": 1},
        [],
    ],
)
def test_a_link_that_makes_no_sense_is_refused_with_the_reason(body: object) -> None:
    async def main() -> None:
        async with studio() as (_, http):
            refused = await http.post("/api/links", json=body)
            assert (refused.status_code, refused.json()["code"]) == (422, "bad-message")

    asyncio.run(main())


def test_a_link_that_is_not_there_cannot_be_revoked() -> None:
    async def main() -> None:
        async with studio() as (_, http):
            for link in ("gone", "x" * 40):
                refused = await http.delete(f"/api/links/{link}")
                assert (refused.status_code, refused.json()["code"]) == (404, "not-found")

    asyncio.run(main())


def test_links_can_be_made_before_there_is_an_access_token_and_wait_for_it(tmp_path: Path) -> None:
    async def main() -> None:
        async with studio(None, data_dir=tmp_path) as (_, http):
            made = (await http.post("/api/links", json={"name": "OBS"})).json()
            assert not (await http.get("/api/links")).json()["locked"]
        async with studio(data_dir=tmp_path) as (_, http), httpx2.AsyncClient(base_url=http.base_url) as obs:
            assert (await obs.get(made["address"])).status_code == 200
            assert (await obs.get("/stage")).status_code == 303

    asyncio.run(main())
