"""The addresses: pages, files, health and state, over a real socket."""

import asyncio
import http.client
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2

from live_server import SCRIPTED, Serving, serving
from open_llm_vtuber import __version__
from open_llm_vtuber.app import frontend_folder
from open_llm_vtuber.config import Settings

ELSEWHERE = re.compile(
    r"""(?:src|href|action|url\(|import|fetch)\s*[=(]?\s*["'](?:https?:)?//""", re.IGNORECASE
)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return json.loads(self.body)


Get = Callable[..., Answer]


def browsing(visit: Callable[[Get], None], settings: Settings | None = None) -> None:
    """Let `visit` use a running server. Its GET sends the path as it is, `..` and all."""

    async def main() -> None:
        async with serving(settings) as server:
            await asyncio.to_thread(visit, _getter(server))

    asyncio.run(main())


def _getter(server: Serving) -> Get:
    def get(path: str, method: str = "GET", **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        try:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, headers=sent)
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    return get


def test_each_page_is_html_with_a_policy_that_lets_nothing_else_in() -> None:
    def visit(get: Get) -> None:
        for path in ("/", "/stage", "/control", "/model", "/docs"):
            page = get(path)
            assert page.status == 200, path
            assert page.headers["content-type"].startswith("text/html")
            policy = {
                name: sources.split()
                for name, _, sources in (
                    rule.strip().partition(" ") for rule in page.headers["content-security-policy"].split(";")
                )
            }
            assert policy["default-src"] == ["'none'"]
            assert policy["script-src"] == ["'self'"]
            assert {"base-uri", "form-action", "frame-ancestors"} <= set(policy)
            allowed = {source for sources in policy.values() for source in sources}
            assert allowed <= {"'none'", "'self'", "data:", "blob:"}, "no other host, nothing inline, no eval"
            assert page.headers["x-content-type-options"] == "nosniff"
            assert page.headers["referrer-policy"] == "no-referrer"
            assert "<script>" not in page.text
            assert " style=" not in page.text
            assert " onclick=" not in page.text

    browsing(visit)


def test_pages_and_what_they_load_name_no_other_host() -> None:
    def visit(get: Get) -> None:
        for path in ("/", "/stage", "/control", "/model", "/docs"):
            page = get(path).text
            assert not ELSEWHERE.search(page)
            loaded = re.findall(r'(?:src|href)="(/[^"]+\.(?:js|css|svg))"', page)
            assert loaded
            for each in loaded:
                file = get(each)
                assert file.status == 200, each
                if not each.startswith("/swagger"):  # somebody else's, under our policy
                    assert not ELSEWHERE.search(file.text), each

    browsing(visit)


def test_every_file_of_ours_that_a_page_may_load_has_the_right_type() -> None:
    expected = {
        ".js": "text/javascript",
        ".css": "text/css",
        ".svg": "image/svg+xml",
        ".json": "application/json",
    }

    def visit(get: Get) -> None:
        root = frontend_folder()
        served = {
            root / "css": "/static/css",
            root / "js": "/static/js",
            root / "models/mika": "/live2d-models/mika",
        }
        files = [
            (file, file.relative_to(at), path) for at, path in served.items() for file in at.rglob("*.*")
        ]
        checked = 0
        for file, name, path in files:
            if file.suffix in expected:
                found = get(f"{path}/{name.as_posix()}")
                assert found.status == 200
                assert found.headers["content-type"].partition(";")[0] == expected[file.suffix], file.name
                checked += 1
        assert checked > 10
        assert get("/static/package.json").status == 404, "what only a checkout holds is not served"
        assert get("/live2d-models/mika/mika.model3.json").json()["Version"] == 3

    browsing(visit)


OUTSIDE = (
    "/static/../pyproject.toml",
    "/static/../../pyproject.toml",
    "/static/%2e%2e/pyproject.toml",
    "/static/..%2fpyproject.toml",
    "/static/%2e%2e%2fpyproject.toml",
    "/static/js/../../pyproject.toml",
    "/static/..%5cpyproject.toml",
    "/static/..%252fpyproject.toml",
    "/static//etc/passwd",
    "/static/%2fetc%2fpasswd",
    "/static/js/..%00/talk.html",
    "/swagger/../../__init__.py",
    "/swagger/%2e%2e/__init__.py",
    "/live2d-models/mika/../../talk.html",
    "/live2d-models/mika/..%2f..%2ftalk.html",
    "/bg/..%2fconf.yaml",
    "/bg/%2e%2e/conf.yaml",
    "/avatars/../conf.yaml",
    "/../etc/passwd",
)


def test_no_path_leads_out_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "conf.yaml").write_text("secret: 1")
    (tmp_path / "backgrounds").mkdir()
    (tmp_path / "avatars").mkdir()

    def visit(get: Get) -> None:
        for path in OUTSIDE:
            assert get(path).status in (400, 404), path

    browsing(visit, Settings.model_validate({"character_config": SCRIPTED, "folder": tmp_path}))


def test_a_link_that_leads_out_of_its_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "backgrounds").mkdir()
    (tmp_path / "secret.png").write_bytes(b"secret")
    (tmp_path / "backgrounds" / "room.png").write_bytes(b"picture")
    (tmp_path / "backgrounds" / "link.png").symlink_to(tmp_path / "secret.png")

    def visit(get: Get) -> None:
        assert get("/bg/room.png").body == b"picture"
        assert get("/bg/link.png").status == 404

    browsing(visit, Settings.model_validate({"character_config": SCRIPTED, "folder": tmp_path}))


NOTHING_THERE = (
    "/static",
    "/static/",
    "/static/js",
    "/static/js/",
    "/live2d-models/",
    "/live2d-models/mika/",
    "/bg/",
    "/undefined/undefined.model3.json",
    "/nothing",
    "/index.html",
    "/talk.html",
    "/redoc",
    "/conf.yaml",
)


def test_there_is_no_listing_and_no_page_for_every_address() -> None:
    def visit(get: Get) -> None:
        for path in NOTHING_THERE:
            answer = get(path)
            if answer.status == 307:  # to the same address with a slash
                answer = get(urlsplit(answer.headers["location"]).path)
            assert (answer.status, answer.json()) == (404, {"detail": "Not Found"}), path

    browsing(visit)


def test_health_says_that_all_is_well_and_which_engines_are_at_work() -> None:
    def visit(get: Get) -> None:
        health = get("/health").json()
        assert (health["status"], health["version"]) == ("ok", __version__)
        assert health["providers"]["llm"] == {"engine": "scripted_llm", "is_demo": True, "note": ""}
        assert health["providers"]["tts"]["engine"] == "tone_tts"
        assert get("/health", "POST").status == 405

    browsing(visit)


def test_the_state_is_that_of_the_show_that_the_header_names() -> None:
    def visit(get: Get) -> None:
        state = get("/api/state").json()
        assert state["character"] == {"conf_name": "Mika", "character_name": "Mika", "human_name": "Human"}
        assert (state["speaking"], state["queue"], state["primary"]) == (False, 0, None)
        assert get("/api/state", X_Client_UID="main").json() == state
        for nobody in ("nobody", "", "../main", "main "):
            answer = get("/api/state", X_Client_UID=nobody)
            assert answer.status == (404 if nobody.strip() != "main" else 200), nobody
        assert "no such show" in get("/api/state", X_Client_UID="nobody").json()["detail"]

    browsing(visit)


def test_the_api_describes_itself_and_the_page_that_shows_it_is_ours() -> None:
    def visit(get: Get) -> None:
        description = get("/openapi.json").json()
        assert {"/health", "/api/state"} <= set(description["paths"])
        assert description["info"]["version"] == __version__
        for file, kind in (("swagger-ui-bundle.js", "text/javascript"), ("swagger-ui.css", "text/css")):
            found = get(f"/swagger/{file}")
            assert found.status == 200
            assert found.headers["content-type"].partition(";")[0] == kind

    browsing(visit)


def test_an_answer_does_not_say_what_serves_it_and_other_pages_cannot_read_it() -> None:
    def visit(get: Get) -> None:
        for path in ("/", "/health", "/api/state", "/static/icon.svg"):
            answer = get(path, Origin="https://evil.example")
            assert "server" not in answer.headers
            assert "access-control-allow-origin" not in answer.headers

    browsing(visit)


def test_scripts_and_styles_are_sent_compressed_to_who_takes_that() -> None:
    async def main() -> None:
        async with serving() as server, httpx2.AsyncClient() as client:
            packed = await client.get(
                f"{server.http}/static/js/stage.js", headers={"Accept-Encoding": "gzip"}
            )
            plain = await client.get(
                f"{server.http}/static/js/stage.js", headers={"Accept-Encoding": "identity"}
            )
        assert packed.headers["content-encoding"] == "gzip"
        assert "content-encoding" not in plain.headers
        assert packed.text == plain.text

    asyncio.run(main())
