"""The operator's own build of the web client, over a real socket."""

import asyncio
import http.client
from pathlib import Path

import pytest

from live_server import SCRIPTED, serving
from open_llm_vtuber import app
from open_llm_vtuber.config import Settings
from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.web.web_client import prepared

PAGE = '<!doctype html><html><head lang="en"><script type="module" src="./assets/main.js"></script></head></html>'
SCRIPT = '<script src="/client-setup.js"></script>'


def settings(folder: Path, client: str = "client") -> Settings:
    system = {"web_client_dir": client}
    return Settings.model_validate({"character_config": SCRIPTED, "system_config": system, "folder": folder})


def build(folder: Path) -> None:
    (folder / "client" / "assets").mkdir(parents=True)
    (folder / "client" / "index.html").write_text(PAGE, encoding="utf-8")
    (folder / "client" / "assets" / "main.js").write_text("export {};")


def got(given: Settings, *paths: str) -> list[tuple[int, dict[str, str], str]]:
    async def main() -> list[tuple[int, dict[str, str], str]]:
        async with serving(given) as server:

            def get(path: str) -> tuple[int, dict[str, str], str]:
                connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
                try:
                    connection.request("GET", path)
                    answer = connection.getresponse()
                    headers = {k.lower(): v for k, v in answer.getheaders()}
                    return answer.status, headers, answer.read().decode("utf-8", "replace")
                finally:
                    connection.close()

            return [await asyncio.to_thread(get, path) for path in paths]

    return asyncio.run(main())


def test_our_script_comes_before_all_of_the_pages_own() -> None:
    assert prepared(PAGE).index(SCRIPT) < prepared(PAGE).index("main.js")
    assert prepared("<script>1</script>").startswith(SCRIPT)
    assert prepared("<header></header><head></head>").startswith("<header>")


def test_the_page_its_files_and_our_script_are_served(tmp_path: Path) -> None:
    build(tmp_path)
    page, index, asset, script = got(
        settings(tmp_path), "/client/", "/client/index.html", "/client/assets/main.js", "/client-setup.js"
    )
    for status, headers, text in (page, index):
        assert status == 200
        assert SCRIPT in text
        assert "script-src 'self' 'unsafe-eval'" in headers["content-security-policy"]
        assert "'unsafe-inline'" not in headers["content-security-policy"].partition("style-src")[0]
    assert asset[0] == script[0] == 200
    assert asset[1]["content-type"].startswith("text/javascript")
    assert script[1]["content-type"].startswith("text/javascript")


def test_there_is_no_listing_no_way_out_and_no_page_for_every_address(tmp_path: Path) -> None:
    build(tmp_path)
    (tmp_path / "conf.yaml").write_text("secret: 1")
    (tmp_path / "client" / "link.js").symlink_to(tmp_path / "conf.yaml")
    for status, _, text in got(
        settings(tmp_path),
        "/client/assets/",
        "/client/../conf.yaml",
        "/client/..%2fconf.yaml",
        "/client/link.js",
        "/client/nothing",
        "/undefined/undefined.model3.json",
    ):
        assert status == 404
        assert "secret" not in text


def test_the_address_without_a_slash_leads_to_the_page(tmp_path: Path) -> None:
    build(tmp_path)
    ((status, headers, _),) = got(settings(tmp_path), "/client")
    assert (status, headers["location"]) == (307, "/client/")


def test_a_page_that_cannot_be_read_is_missing(tmp_path: Path) -> None:
    build(tmp_path)
    (tmp_path / "client" / "index.html").write_bytes(b"\xff")
    ((status, _, text),) = got(settings(tmp_path), "/client/")
    assert status == 404
    assert str(tmp_path) not in text


def test_without_a_build_nothing_of_it_is_served() -> None:
    given = Settings.model_validate({"character_config": SCRIPTED})
    assert [status for status, _, _ in got(given, "/client/", "/client-setup.js")] == [404, 404]


def test_a_folder_without_a_build_stops_the_start(tmp_path: Path) -> None:
    async def start() -> None:
        async with app.on_air(settings(tmp_path), lambda _: None):
            pass

    with pytest.raises(ConfigError, match=r"index\.html") as raised:
        asyncio.run(start())
    assert str(tmp_path) not in str(raised.value)
