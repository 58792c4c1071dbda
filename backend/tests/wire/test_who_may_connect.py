"""Origin, Host and access token, over real sockets."""

import asyncio
import http.client
import logging
from typing import Any

import httpx2
import pytest
import websockets

from live_server import SCRIPTED, Serving, serving
from open_llm_vtuber.config import Settings
from open_llm_vtuber.web.guesses import AT_ONCE, FORGIVEN_EVERY
from open_llm_vtuber.web.sign_in import COOKIE

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


def test_with_a_token_set_the_api_and_the_pages_ask_for_it_and_health_and_files_do_not() -> None:
    async def main() -> None:
        async with serving(guarded(access_token=TOKEN)) as server:
            for path in (
                "/api/state",
                "/api/state?token=wrong",
                "/api/nothing",
                "/nothing",
                "/metrics",
                "/openapi.json",
            ):
                assert await status(server, path) == 401
            assert await status(server, f"/api/state?token={TOKEN}") == 200
            assert await status(server, "/api/state", Authorization=f"Bearer {TOKEN}") == 200
            for path in ("/", "/stage", "/control", "/docs"):
                assert await status(server, path) == 303
            for path in (
                "/health",
                "/sign-in",
                "/static/icon.svg",
                "/static/css/sign-in.css",
                "/live2d-models/info",
            ):
                assert await status(server, path) == 200

    asyncio.run(main())


def test_whoever_is_not_let_in_is_told_why_as_by_every_other_refusal() -> None:
    async def main() -> None:
        async with (
            serving(guarded(access_token=TOKEN)) as server,
            httpx2.AsyncClient(base_url=server.http) as http,
        ):
            for answer, status_code, code in (
                (await http.get("/api/state"), 401, "not-signed-in"),
                (await http.get("/health", headers={"Host": "evil.example"}), 421, "misdirected"),
                (await http.post("/api/stop", headers={"Origin": EVIL}), 403, "forbidden"),
            ):
                assert answer.status_code == status_code
                assert set(answer.json()) == {"detail", "code", "retryable"}
                assert answer.json()["code"] == code
            assert (await http.get("/api/state")).headers["www-authenticate"] == "Bearer"

    asyncio.run(main())


FORGED: tuple[tuple[dict[str, str], bool], ...] = (
    ({}, True),
    ({"Origin": "http://localhost:3000"}, True),
    ({"Origin": "http://127.0.0.1:1", "Sec-Fetch-Site": "cross-site"}, True),
    ({"Sec-Fetch-Site": "same-origin"}, True),
    ({"Sec-Fetch-Site": "none"}, True),
    ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, True),
    ({"Origin": EVIL}, False),
    ({"Origin": EVIL, "Sec-Fetch-Site": "cross-site"}, False),
    ({"Origin": "null"}, False),
    ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, False),
    ({"Sec-Fetch-Site": "cross-site"}, False),
    ({"Sec-Fetch-Site": "same-site"}, False),
    ({"Origin": ""}, False),
    ({"Origin": "http://["}, False),
)


@pytest.mark.parametrize("token", [None, TOKEN])
def test_a_page_of_somebody_elses_changes_nothing_with_or_without_a_token(token: str | None) -> None:
    async def main() -> None:
        own = {"Authorization": f"Bearer {TOKEN}"}
        async with (
            serving(guarded(access_token=token)) as server,
            httpx2.AsyncClient(base_url=server.http) as http,
        ):
            for headers, may in FORGED:
                said = await http.post("/api/interrupt", headers={**own, **headers})
                assert said.status_code == (200 if may else 403), headers
                entered = await http.post("/sign-in", headers=headers, data={"token": TOKEN})
                assert entered.status_code == (303 if may else 403), headers

    asyncio.run(main())


def test_a_cookie_changes_something_only_from_a_page_that_says_where_it_is() -> None:
    async def main() -> None:
        async with (
            serving(guarded(access_token=TOKEN)) as server,
            httpx2.AsyncClient(base_url=server.http) as http,
        ):
            await http.post("/sign-in", data={"token": TOKEN}, headers={"Origin": server.http})
            assert (await http.get("/api/state")).status_code == 200
            assert (await http.post("/api/interrupt")).status_code == 403
            for headers, may in FORGED[1:]:
                answer = await http.post("/api/interrupt", headers=headers)
                assert answer.status_code == (200 if may else 403), headers
            cookie = f"{COOKIE}={http.cookies[COOKIE]}"
            assert await lets_in(server, Cookie=cookie, Origin=server.http)
            assert not await lets_in(server, Cookie=cookie, Origin=EVIL)
            assert not await lets_in(server, Cookie=cookie + "x", Origin=server.http)
            assert not await lets_in(server, "?token=wrong", Cookie=cookie)

    asyncio.run(main())


def test_pages_of_this_server_under_its_own_name_may_connect_and_write() -> None:
    async def main() -> None:
        async with (
            serving(guarded(allowed_hosts=["studio.example"])) as server,
            httpx2.AsyncClient(base_url=server.http) as http,
        ):
            own = f"studio.example:{server.port}"
            for origin, may in (
                (f"http://{own}", True),
                (f"https://{own}", True),
                ("http://studio.example", False),
                (f"http://{own}.evil.example", False),
                (f"http://evil.example:{server.port}", False),
            ):
                named = {"Host": own, "Origin": origin}
                said = await http.post("/api/interrupt", headers=named)
                assert said.status_code == (200 if may else 403), origin
                assert await lets_in(server, host="studio.example", Origin=origin) is may, origin

    asyncio.run(main())


def test_guessing_is_slowed_down_at_every_door() -> None:
    async def main() -> None:
        async with (
            serving(guarded(access_token=TOKEN)) as server,
            httpx2.AsyncClient(base_url=server.http) as http,
        ):
            doors = (
                lambda: http.get("/api/state?token=wrong"),
                lambda: http.get("/api/state", headers={"Authorization": "Bearer wrong"}),
                lambda: http.post("/sign-in", data={"token": "wrong"}),
            )
            guesses = [(await doors[i % len(doors)]()).status_code for i in range(AT_ONCE - 1)]
            assert set(guesses) == {401}
            assert not await lets_in(server, "?token=wrong")
            for _ in range(3):  # the right one as well: a guess must not be told from it
                refused = await http.get(f"/api/state?token={TOKEN}")
                assert (refused.status_code, refused.json()["code"]) == (429, "busy")
                assert refused.json()["retryable"]
                assert 0 < int(refused.headers["retry-after"]) <= FORGIVEN_EVERY + 1
                page = await http.post("/sign-in", data={"token": TOKEN})
                assert page.status_code == 429
                assert int(page.headers["retry-after"]) > 0
                assert not await lets_in(server, f"?token={TOKEN}")

    asyncio.run(main())


def test_no_token_of_an_address_is_written_into_a_log(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with serving(guarded(access_token=TOKEN)) as server:
            for path in (f"/api/state?token={TOKEN}", f"/stage?token={TOKEN}", f"/nothing?token={TOKEN}"):
                await status(server, path)
            assert await lets_in(server, f"?token={TOKEN}")
            assert not await lets_in(server, f"?token={TOKEN}x")

    with caplog.at_level(logging.INFO):
        asyncio.run(main())
    assert TOKEN not in caplog.text


def test_an_open_address_without_a_token_is_refused_before_it_is_served() -> None:
    with pytest.raises(ValueError, match="access_token"):
        guarded(host="0.0.0.0")


def test_the_server_listens_on_loopback_unless_told_otherwise() -> None:
    assert Settings().system_config.host == "localhost"
