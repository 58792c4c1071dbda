"""Origin, Host and access token, over real sockets."""

import asyncio
import http.client
from typing import Any

import pytest
import websockets

from live_server import SCRIPTED, Serving, serving
from open_llm_vtuber.config import Settings

TOKEN = "right-token"
EVIL = "https://evil.example"


def guarded(**system: Any) -> Settings:
    return Settings.model_validate({"character_config": SCRIPTED, "system_config": system})


async def lets_in(server: Serving, query: str = "", host: str = "127.0.0.1", **headers: str) -> bool:
    """Try to open the WebSocket; a refusal is an HTTP 403 before anything is said."""
    url = f"ws://{host}:{server.port}/client-ws{query}"
    try:
        async with websockets.connect(
            url, host="127.0.0.1", port=server.port, additional_headers=headers, proxy=None
        ) as connection:
            return bool(await asyncio.wait_for(connection.recv(), 5))
    except websockets.InvalidStatus as refusal:
        return refusal.response.status_code != 403


async def status(server: Serving, path: str, **headers: str) -> int:
    """Return the status of a GET; a `host` header stands for another name of the server."""

    def get() -> int:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        try:
            connection.request("GET", path, headers=headers)
            return connection.getresponse().status
        finally:
            connection.close()

    return await asyncio.to_thread(get)


ORIGINS: tuple[tuple[str | None, bool], ...] = (
    (None, True),
    ("http://127.0.0.1:1", True),
    ("http://localhost:5173", True),
    ("https://localhost", True),
    ("http://[::1]:8080", True),
    ("null", False),
    ("", False),
    (EVIL, False),
    ("http://localhost.evil.example", False),
    ("http://evil.example:12393", False),
    ("http://127.0.0.1.evil.example", False),
    ("file://", False),
    ("http://[", False),
)


def test_pages_of_this_machine_and_programs_may_connect_and_others_may_not() -> None:
    async def main() -> None:
        async with serving() as server:
            for origin, may in ORIGINS:
                headers = {} if origin is None else {"Origin": origin}
                assert await lets_in(server, **headers) is may, origin

    asyncio.run(main())


def test_an_origin_that_is_allowed_by_name_may_connect_and_its_neighbours_may_not() -> None:
    async def main() -> None:
        async with serving(guarded(allowed_origins=["https://studio.example"])) as server:
            assert await lets_in(server, Origin="https://studio.example")
            assert await lets_in(server, Origin="http://localhost:3000")
            assert not await lets_in(server, Origin="http://studio.example")
            assert not await lets_in(server, Origin="https://studio.example:444")
            assert not await lets_in(server, Origin=EVIL)

    asyncio.run(main())


def test_a_host_that_is_not_ours_is_misdirected_over_http_and_refused_over_websocket() -> None:
    async def main() -> None:
        async with serving() as server:
            for path in ("/", "/health", "/api/state", "/static/icon.svg", "/nothing"):
                assert await status(server, path, host="evil.example") == 421
            assert not await lets_in(server, host="evil.example")
            assert await lets_in(server, host="localhost")
            assert await status(server, "/health", host=f"localhost:{server.port}") == 200
            assert await status(server, "/health", host="[::1]:80") == 200
            assert await status(server, "/health", host="") == 421

    asyncio.run(main())


def test_a_host_that_is_allowed_by_name_is_served() -> None:
    async def main() -> None:
        async with serving(guarded(allowed_hosts=["studio.example"])) as server:
            assert await status(server, "/health", host="studio.example:8080") == 200
            assert await lets_in(server, host="studio.example")
            assert await status(server, "/health", host="evil.example") == 421

    asyncio.run(main())


def test_with_a_token_set_only_those_who_know_it_get_in() -> None:
    async def main() -> None:
        async with serving(guarded(access_token=TOKEN)) as server:
            assert await lets_in(server, f"?token={TOKEN}")
            assert await lets_in(server, f"?show=main&token={TOKEN}")
            assert await lets_in(server, Authorization=f"Bearer {TOKEN}")
            for wrong in ("", "?token=", "?token=wrong", f"?token={TOKEN}x", f"?Token={TOKEN}", "?token=%FF"):
                assert not await lets_in(server, wrong)
            assert not await lets_in(server, Authorization="Bearer wrong")
            assert not await lets_in(server, f"?token={TOKEN}", Authorization="Bearer wrong")
            assert not await lets_in(server, f"?token={TOKEN}", Origin=EVIL), (
                "a token does not open every page"
            )

    asyncio.run(main())


def test_with_a_token_set_the_api_asks_for_it_and_health_and_pages_do_not() -> None:
    async def main() -> None:
        async with serving(guarded(access_token=TOKEN)) as server:
            for path in ("/api/state", "/api/state?token=wrong", "/api/nothing", "/metrics"):
                assert await status(server, path) == 401
            assert await status(server, f"/api/state?token={TOKEN}") == 200
            assert await status(server, "/api/state", Authorization=f"Bearer {TOKEN}") == 200
            for path in ("/health", "/", "/stage", "/static/icon.svg"):
                assert await status(server, path) == 200

    asyncio.run(main())


def test_an_open_address_without_a_token_is_refused_before_it_is_served() -> None:
    with pytest.raises(ValueError, match="access_token"):
        guarded(host="0.0.0.0")


def test_the_server_listens_on_loopback_unless_told_otherwise() -> None:
    assert Settings().system_config.host == "localhost"
