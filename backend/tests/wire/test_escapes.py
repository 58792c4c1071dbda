"""No address leads out of the folders that are served, however it is written: every route that hands out files."""

import asyncio
from pathlib import Path

import pytest
from starlette.routing import Mount, Route

from live_server import SCRIPTED, Serving, serving
from open_llm_vtuber import app
from open_llm_vtuber.config import Settings

SECRET = "what-is-in-no-folder-that-is-served"
UP = (
    "..",
    "%2e%2e",
    ".%2e",
    "%252e%252e",
    "..%2f..",
    "..%5c..",
    "%c0%ae%c0%ae",
    "..;",
    "x/../..",
    "%00/..",
    "//..",
    "\\..",
)
HIDDEN = ("conf.yaml", "keys.env", "data/notes.txt", "data/live.sqlite3")
TO_NOWHERE = ("%00", "%ff%fe", "~root", "a" * 5_000, "file:///etc/passwd", "%2fetc%2fpasswd", "//etc/passwd")


def folder(root: Path) -> Path:
    """Lay out a folder as an operator has it, with a secret in each file that is nobody's business."""
    for name in ("backgrounds", "avatars", "live2d-models/m", "characters", "data", "client"):
        (root / name).mkdir(parents=True)
    (root / "client" / "index.html").write_text("<title>client</title>", encoding="utf-8")
    for name in HIDDEN[:3]:
        (root / name).write_text(SECRET, encoding="utf-8")
    for name in ("backgrounds", "avatars", "live2d-models/m", "client"):
        (root / name / "link.png").symlink_to(root / "keys.env")
        (root / name / "up").symlink_to(root)
    return root


def file_routes(server: Serving, settings: Settings) -> list[str]:
    """Return the beginning of each address that a rest of any length may follow."""
    found = []
    for route in app.web(settings, server.parts).routes:
        if isinstance(route, Mount):
            found.append(route.path)
        elif isinstance(route, Route) and ":path}" in route.path:
            found.append(route.path.partition("{")[0].rstrip("/"))
    return sorted(set(found))


async def answer(port: int, target: str) -> bytes:
    """Ask for exactly that, as no client that tidies addresses up would."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    writer.write(head.encode("latin-1"))
    async with asyncio.timeout(20):
        got = await reader.read()
    writer.close()
    return got


@pytest.mark.slow
def test_no_address_leads_out_of_a_folder_that_is_served(tmp_path: Path) -> None:
    root = folder(tmp_path / "show")
    settings = Settings.model_validate(
        {
            "character_config": SCRIPTED,
            "folder": root,
            "system_config": {"data_dir": root / "data", "web_client_dir": "client"},
        }
    )

    async def main() -> int:
        tried = 0
        async with serving(settings) as server:
            prefixes = file_routes(server, settings)
            assert {"/bg", "/avatars", "/live2d-models", "/static/js"} <= set(prefixes)
            for prefix in ("", *prefixes):
                rests = [f"{up}/{hidden}" for up in UP for hidden in HIDDEN]
                rests += [f"{up}/{up}/{up}/{HIDDEN[1]}" for up in UP]
                rests += [*TO_NOWHERE, "link.png", *(f"up/{hidden}" for hidden in HIDDEN)]
                answers = await asyncio.gather(*(answer(server.port, f"{prefix}/{rest}") for rest in rests))
                for rest, got in zip(rests, answers, strict=True):
                    assert SECRET.encode() not in got, f"{prefix}/{rest}"
                    assert b"SQLite format" not in got, f"{prefix}/{rest}"
                    assert b"root:" not in got, f"{prefix}/{rest}"
                    assert not got.startswith(b"HTTP/1.1 5"), f"{prefix}/{rest}: {got[:200]!r}"
                tried += len(answers)
        return tried

    assert asyncio.run(main()) > 500
