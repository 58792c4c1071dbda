"""The page that asks for the token, and the cookie that remembers it, over a real socket."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import quote

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from live_server import SCRIPTED, serving
from open_llm_vtuber.config import Settings
from open_llm_vtuber.rights import PAGES
from open_llm_vtuber.web.key_ring import SIGNED_IN_FOR
from open_llm_vtuber.web.sign_in import COOKIE, TROUBLES, destination, session_cookie

TOKEN = 'owner\'s "own" <token>'
SERVED = [path for path in PAGES if path != "/setup"]
"""A show alone has no set-up: `serving.py` brings it along."""
STRANGER = {"Sec-Fetch-Site": "cross-site"}


@asynccontextmanager
async def browser(token: str | None = TOKEN) -> AsyncIterator[httpx2.AsyncClient]:
    """Return something that keeps cookies and says where its pages are, as a browser does."""
    settings = Settings.model_validate(
        {"character_config": SCRIPTED, "system_config": {"access_token": token}}
    )
    async with (
        serving(settings) as server,
        httpx2.AsyncClient(base_url=server.http, headers={"Origin": server.http}) as http,
    ):
        yield http


async def link(http: httpx2.AsyncClient, role: str) -> str:
    """Make a link and return its address."""
    answer = await http.post(
        "/api/links", json={"name": role, "role": role}, headers={"Authorization": f"Bearer {TOKEN}"}
    )
    return str(answer.json()["address"])


def test_a_page_asks_once_and_goes_on_to_where_somebody_wanted_to_go() -> None:
    async def main() -> None:
        async with browser() as http:
            asked = await http.get("/docs?deep=1&x=%26")
            assert asked.status_code == 303
            form = await http.get(asked.headers["location"])
            assert form.status_code == 200
            assert 'method="post" action="/sign-in"' in form.text
            onward = re.search(r'name="next" value="([^"]*)"', form.text)
            assert onward is not None
            entered = await http.post(
                "/sign-in", data={"token": f" {TOKEN}\n", "next": onward[1].replace("&amp;", "&")}
            )
            assert (entered.status_code, entered.headers["location"]) == (303, "/docs?deep=1&x=%26")
            for path in SERVED:
                assert (await http.get(path)).status_code == 200
            assert (await http.get("/sign-in?next=/control")).headers["location"] == "/control"

    asyncio.run(main())


def test_the_cookie_is_out_of_reach_bounded_and_not_the_token() -> None:
    async def main() -> None:
        async with browser() as http:
            entered = await http.post("/sign-in", data={"token": TOKEN})
            name, _, rest = entered.headers["set-cookie"].partition("=")
            value, *attributes = rest.split("; ")
            assert name == COOKIE
            assert set(attributes) == {
                "Path=/",
                f"Max-Age={int(SIGNED_IN_FOR)}",
                "HttpOnly",
                "SameSite=Strict",
            }
            assert len(value) >= 32
            assert "own" not in value
            assert TOKEN not in entered.text

    asyncio.run(main())


@pytest.mark.parametrize("scheme", ["http", "ws", "https", "wss"])
def test_where_the_way_is_encrypted_the_cookie_goes_no_other_way(scheme: str) -> None:
    assert session_cookie("x", scheme).endswith("; Secure") is (scheme in {"https", "wss"})
    assert "Max-Age=0" in session_cookie("", scheme)


def test_behind_a_proxy_with_tls_the_cookie_is_secure() -> None:
    async def main() -> None:
        async with browser() as http:
            entered = await http.post(
                "/sign-in", data={"token": TOKEN}, headers={"X-Forwarded-Proto": "https"}
            )
            assert entered.headers["set-cookie"].endswith("; Secure")

    asyncio.run(main())


def test_what_is_wrong_is_said_on_the_page_and_nothing_is_repeated_on_it() -> None:
    async def main() -> None:
        async with browser() as http:
            for token, status, sentence in (
                ("<b>wrong", 401, TROUBLES["token"]),
                ("", 401, ""),
                ("\0", 401, TROUBLES["token"]),
            ):
                page = await http.post("/sign-in", data={"token": token, "next": '/control?"><script>'})
                assert page.status_code == status
                assert re.search(rf'role="alert">{re.escape(sentence)}<', page.text)
                assert "<b>" not in page.text
                assert "<script" not in page.text
                assert COOKIE not in page.headers.get("set-cookie", "")
            assert (await http.post("/sign-in", content=b"token=x&" * 1000)).status_code == 401
            assert (await http.post("/sign-in", content=b"\xff\x00{}")).status_code == 401
            for problem, sentence in {**TROUBLES, "<script>": ""}.items():
                page = await http.get(f"/sign-in?problem={quote(problem)}")
                assert f'role="alert">{sentence}<' in page.text

    asyncio.run(main())


def test_the_page_lets_nothing_run_and_nobody_frame_it() -> None:
    async def main() -> None:
        async with browser() as http:
            page = await http.get("/sign-in")
            policy = page.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "script-src" not in policy
            assert "form-action 'self'" in policy
            assert "frame-ancestors 'none'" in policy
            assert page.headers["cache-control"] == "no-store"
            assert page.headers["referrer-policy"] == "same-origin"
            assert "<script" not in page.text
            assert "style=" not in page.text

    asyncio.run(main())


def test_who_is_led_here_by_another_site_knocks_once_more_because_strict_cookies_stay_at_home() -> None:
    async def main() -> None:
        async with browser() as http:
            led = await http.get("/sign-in?next=/control", headers=STRANGER)
            again = re.search(r'http-equiv="refresh" content="0; url=([^"]*)"', led.text)
            assert again is not None
            address = again[1].replace("&amp;", "&")
            assert "refresh" not in (await http.get(address, headers=STRANGER)).text, "not over and over"
            assert "refresh" in (await http.get("/sign-in?next=/control")).text, (
                "nor do browsers say so over plain HTTP"
            )
            ours = {"Sec-Fetch-Site": "same-origin"}
            assert "refresh" not in (await http.get("/sign-in?next=/control", headers=ours)).text
            await http.post("/sign-in", data={"token": TOKEN})
            assert (await http.get(address)).headers["location"] == "/control"

    asyncio.run(main())


def test_signing_out_ends_the_sign_in_and_not_only_the_cookie() -> None:
    async def main() -> None:
        async with browser() as http:
            await http.post("/sign-in", data={"token": TOKEN})
            kept = http.cookies[COOKIE]
            left = await http.post("/sign-out")
            assert (left.status_code, left.headers["location"]) == (303, "/sign-in")
            assert COOKIE not in http.cookies
            assert (await http.get("/control", headers={"Cookie": f"{COOKIE}={kept}"})).status_code == 303
            assert (await http.post("/sign-out")).status_code == 401

    asyncio.run(main())


def test_an_operators_link_signs_in_and_leaves_no_token_in_the_address() -> None:
    async def main() -> None:
        async with browser() as http:
            address = await link(http, "operator")
            opened = await http.get(f"{address}&x=1")
            assert (opened.status_code, opened.headers["location"]) == (303, "/control?x=1")
            assert (await http.get("/control")).status_code == 200
            assert (await http.get("/api/access")).json() == {
                "role": "operator",
                "locked": True,
                "signed_in": True,
            }
            assert (await http.get("/api/links")).status_code == 403

    asyncio.run(main())


def test_a_stages_link_opens_the_stage_every_time_and_changes_nothing_about_who_the_browser_is() -> None:
    async def main() -> None:
        async with browser() as http:
            address = await link(http, "stage")
            for _ in range(2):
                opened = await http.get(f"{address}&bg=dark")
                assert opened.status_code == 200
                assert opened.headers["referrer-policy"] == "no-referrer"
                assert "set-cookie" not in opened.headers
            elsewhere = await http.get(address.replace("/stage", "/control"))
            assert elsewhere.headers["location"] == "/sign-in?next=%2Fcontrol&problem=role"
            revoked = await http.get("/stage?token=revoked&bg=dark")
            assert revoked.headers["location"] == "/sign-in?next=%2Fstage%3Fbg%3Ddark&problem=token"
            await http.post("/sign-in", data={"token": TOKEN})
            assert (await http.get("/api/access")).json()["role"] == "developer"
            await http.get(address)
            assert (await http.get("/api/access")).json()["role"] == "developer"

    asyncio.run(main())


def test_a_stages_token_in_the_form_leads_to_the_stage() -> None:
    async def main() -> None:
        async with browser() as http:
            token = (await link(http, "stage")).partition("token=")[2]
            entered = await http.post("/sign-in", data={"token": token, "next": "/control"})
            assert entered.headers["location"] == "/stage"
            assert (await http.get("/stage")).status_code == 200
            refused = await http.get("/control")
            assert refused.headers["location"] == "/sign-in?next=%2Fcontrol&problem=role"
            assert (await http.get(refused.headers["location"])).status_code == 200, "and not in a circle"

    asyncio.run(main())


def test_without_an_access_token_there_is_nothing_to_sign_in_to() -> None:
    async def main() -> None:
        async with browser(None) as http:
            for path in SERVED:
                opened = await http.get(f"{path}?token=any")
                assert opened.status_code == 200
                assert "set-cookie" not in opened.headers
            assert (await http.get("/sign-in?next=/control")).headers["location"] == "/control"
            assert "set-cookie" not in (await http.post("/sign-in", data={"token": "any"})).headers
            assert (await http.get("/api/access")).json() == {
                "role": "developer",
                "locked": False,
                "signed_in": False,
            }

    asyncio.run(main())


@pytest.mark.parametrize(
    ("given", "onward"),
    [
        ("/control", "/control"),
        ("/stage?bg=dark&token2=x", "/stage?bg=dark&token2=x"),
        ("https://evil.example/control", "/"),
        ("//evil.example/control", "/"),
        ("/\\evil.example", "/"),
        ("/control#//evil", "/control"),
        ("javascript:alert(1)", "/"),
        ("/api/stop", "/"),
        ("//[", "/"),
        ("", "/"),
    ],
)
def test_the_way_on_is_a_page_of_ours(given: str, onward: str) -> None:
    assert destination(given) == onward


@given(st.text())
def test_whatever_is_given_the_way_on_is_a_page_of_ours(text: str) -> None:
    for address in (text, "/control?" + text, "/stage" + text):
        assert destination(address).partition("?")[0] in PAGES
