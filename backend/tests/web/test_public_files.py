"""What clients load from beside the configuration, over a real socket."""

import asyncio
import http.client
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from live_server import SCRIPTED, Client, serving
from open_llm_vtuber.config import Settings
from open_llm_vtuber.web.public_files import avatar_models, backgrounds

Answer = tuple[int, dict[str, str], bytes]
Get = Callable[..., Answer]


def browsing(folder: Path, visit: Callable[[Get], None], **system: Any) -> None:
    """Let `visit` use a server whose configuration lies in that folder."""
    given = {"character_config": SCRIPTED, "system_config": system, "folder": folder}

    async def main() -> None:
        async with serving(Settings.model_validate(given)) as server:

            def get(path: str, **headers: str) -> Answer:
                connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
                try:
                    connection.request("GET", path, headers=headers)
                    answer = connection.getresponse()
                    return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
                finally:
                    connection.close()

            await asyncio.to_thread(visit, get)

    asyncio.run(main())


def put(folder: Path, *paths: str, content: bytes = b"x") -> None:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def test_backgrounds_are_the_pictures_of_the_folder_itself_whatever_their_case(tmp_path: Path) -> None:
    put(tmp_path, *(f"backgrounds/{name}" for name in ("b.PNG", "a.jpeg", "note.txt", "deep/c.png")))
    (tmp_path / "backgrounds" / "folder.png").mkdir()
    assert backgrounds(tmp_path) == ("a.jpeg", "b.PNG")


def test_without_a_folder_there_are_no_backgrounds(tmp_path: Path) -> None:
    assert backgrounds(tmp_path) == ()


def test_a_background_that_is_put_there_later_is_listed_and_served(tmp_path: Path) -> None:
    async def main() -> list[str]:
        given = {"character_config": SCRIPTED, "folder": tmp_path}
        async with (
            serving(Settings.model_validate(given)) as server,
            Client.connect(server.ws()) as client,
        ):
            put(tmp_path, "backgrounds/new.png")
            await client.send("fetch-backgrounds")
            listed: list[str] = (await client.until("background-files"))[-1]["files"]
            return listed

    assert asyncio.run(main()) == ["new.png"]


def test_models_are_found_in_folders_below_their_own(tmp_path: Path) -> None:
    put(
        tmp_path,
        "live2d-models/mao/runtime/mao.model3.json",
        "live2d-models/mao/runtime/other.model3.json",
        "live2d-models/flat/flat.model3.json",
        "live2d-models/flat/flat.png",
        "live2d-models/empty/readme.txt",
        "live2d-models/stray.model3.json",
    )
    built_in = tmp_path / "built-in" / "mika"
    put(tmp_path, "built-in/mika/mika.model3.json")
    found = avatar_models(tmp_path, built_in)
    assert found.count == 3
    assert {each.name: (each.model_path, each.avatar) for each in found.characters} == {
        "mika": ("live2d-models/mika/mika.model3.json", None),
        "mao": ("live2d-models/mao/runtime/mao.model3.json", None),
        "flat": ("live2d-models/flat/flat.model3.json", "live2d-models/flat/flat.png"),
    }


def test_the_list_of_models_has_the_form_that_existing_tools_read_and_its_paths_lead_to_files(
    tmp_path: Path,
) -> None:
    put(tmp_path, "live2d-models/mao/runtime/mao.model3.json", content=b"{}")

    def visit(get: Get) -> None:
        status, _, body = get("/live2d-models/info")
        info = json.loads(body)
        assert (status, info["type"], info["count"]) == (200, "live2d-models/info", 2)
        for character in info["characters"]:
            assert set(character) == {"name", "avatar", "model_path"}
            assert get("/" + character["model_path"])[0] == 200

    browsing(tmp_path, visit)


def test_avatars_are_pictures_and_nothing_else(tmp_path: Path) -> None:
    put(
        tmp_path, *(f"avatars/a{suffix}" for suffix in (".png", ".JPG", ".svg", ".webp", ".txt", ".html", ""))
    )

    def visit(get: Get) -> None:
        for name in ("a.png", "a.JPG", "a.svg", "a.webp"):
            assert get(f"/avatars/{name}")[0] == 200, name
        for name in ("a.txt", "a.html", "a", "", "missing.txt"):
            status, headers, _ = get(f"/avatars/{name}")
            assert status == 403, name
            assert headers["content-type"].startswith("text/plain")
        assert get("/avatars/missing.png")[0] == 404

    browsing(tmp_path, visit)


def test_a_file_that_is_opened_as_a_page_cannot_act(tmp_path: Path) -> None:
    put(tmp_path, "avatars/a.svg", "bg/x", "backgrounds/x.html", "live2d-models/m/x.html")

    def visit(get: Get) -> None:
        for path in ("/avatars/a.svg", "/bg/x.html", "/live2d-models/m/x.html"):
            status, headers, _ = get(path)
            policy = headers["content-security-policy"]
            assert status == 200
            assert policy.startswith("sandbox;"), path
            assert "script" not in policy
            assert headers["x-content-type-options"] == "nosniff"

    browsing(tmp_path, visit)


@pytest.mark.parametrize(
    ("origin", "may"),
    [
        ("http://localhost:3000", True),
        ("http://127.0.0.1:1", True),
        ("https://studio.example", True),
        ("https://evil.example", False),
        ("http://localhost.evil.example", False),
        ("null", False),
    ],
)
def test_only_pages_that_may_connect_may_read_the_files(tmp_path: Path, origin: str, *, may: bool) -> None:
    put(tmp_path, "backgrounds/room.png")

    def visit(get: Get) -> None:
        for path in ("/bg/room.png", "/live2d-models/mika/mika.model3.json"):
            _, headers, _ = get(path, Origin=origin)
            assert headers.get("access-control-allow-origin") == (origin if may else None)
            assert "access-control-allow-credentials" not in headers
            assert headers["vary"] == "Origin"

    browsing(tmp_path, visit, allowed_origins=["https://studio.example"])


def test_scripts_have_a_type_that_runs(tmp_path: Path) -> None:
    put(tmp_path, "web_tool/index.html", "web_tool/a.js", "web_tool/b.mjs")

    def visit(get: Get) -> None:
        for name in ("a.js", "b.mjs"):
            assert get(f"/web-tool/{name}")[1]["content-type"].startswith("text/javascript")

    browsing(tmp_path, visit)


@pytest.mark.parametrize("folder", ["web-tool", "web_tool"])
def test_the_tool_page_is_found_under_both_names(tmp_path: Path, folder: str) -> None:
    put(tmp_path, f"{folder}/index.html", content=b"tool")

    def visit(get: Get) -> None:
        for path in ("/web-tool", "/web_tool"):
            status, headers, _ = get(path)
            assert (status, headers["location"]) == (302, "/web-tool/index.html")
        assert get("/web-tool/index.html")[2] == b"tool"

    browsing(tmp_path, visit)


def test_without_a_tool_page_the_answer_says_what_is_missing(tmp_path: Path) -> None:
    def visit(get: Get) -> None:
        status, _, body = get("/web-tool")
        assert status == 404
        assert b"web_tool" in body
        assert str(tmp_path).encode() not in body

    browsing(tmp_path, visit)


def test_nothing_else_is_served(tmp_path: Path) -> None:
    put(tmp_path, "cache/a.wav", "conf.yaml", "characters/a.yaml", "secret.png")
    put(tmp_path, "avatars/a.png", "backgrounds/a.png", "live2d-models/m/m.model3.json")
    (tmp_path / "backgrounds" / "link.png").symlink_to(tmp_path / "secret.png")
    (tmp_path / "live2d-models" / "out").symlink_to(tmp_path / "characters")

    def visit(get: Get) -> None:
        for path in (
            "/cache/a.wav",
            "/characters/a.yaml",
            "/conf.yaml",
            "/undefined/undefined.model3.json",
            "/bg/",
            "/bg",
            "/live2d-models/",
            "/live2d-models/m/",
            "/bg/link.png",
            "/live2d-models/out/a.yaml",
            "/bg/../conf.yaml",
            "/bg/%2e%2e/conf.yaml",
            "/bg/..%2fconf.yaml",
            "/bg/..%5cconf.yaml",
            "/avatars/..%2fsecret.png",
            "/avatars/%00.png",
            f"/bg/{'x' * 3000}.png",
        ):
            assert get(path)[0] in (307, 404), path
            if get(path)[0] == 307:
                assert get(path + "/")[0] == 404

    browsing(tmp_path, visit)
