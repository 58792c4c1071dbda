"""A build of the web client, served from here, in a real browser: it finds this server by itself."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from e2e.studio import Studio
from live_server import SCRIPTED, process

pytestmark = pytest.mark.e2e

PAGE = """<!doctype html>
<html><head><meta charset="utf-8"><link rel="icon" href="data:,">
<script src="./libs/core.js"></script><script type="module" src="./assets/main.js"></script></head>
<body></body></html>"""
MAIN = """
// What the client does at its start, in short: addresses from local storage, a socket, a bubble that is HTML.
window.seen = Object.fromEntries(Object.entries(localStorage).map(([key, value]) => [key, JSON.parse(value)]));
window.ran = [];
document.body.innerHTML = '<img src="data:," onerror="window.ran.push(1)"><b style="color: red">words</b>';
window.evaluated = new Function("return 42")();
const wasm = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
window.compiled = (await WebAssembly.instantiate(wasm)).instance instanceof WebAssembly.Instance;
window.worked = await new Promise((resolve) => {
  const code = URL.createObjectURL(new Blob(["postMessage(7)"], { type: "text/javascript" }));
  new Worker(code).onmessage = (event) => resolve(event.data);
});
window.model = (await fetch(`${window.seen.baseUrl}/live2d-models/mika/mika.model3.json`)).status;
window.told = await new Promise((resolve) => {
  const socket = new WebSocket(window.seen.wsUrl);
  socket.onmessage = (event) => resolve(JSON.parse(event.data).type);
  socket.onclose = () => resolve("closed");
});
document.documentElement.dataset.ready = "yes";
"""
TOKEN = "right-token"
REFUSED = re.compile("inline event handler|script-src-attr forbids inline")


def start(folder: Path, **system: Any) -> Any:
    for name, text in {
        "index.html": PAGE,
        "assets/main.js": MAIN,
        "libs/core.js": "window.core = 1;",
    }.items():
        (folder / "build" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "build" / name).write_text(text, encoding="utf-8")
    return process(
        folder, {"system_config": {"web_client_dir": "build", **system}, "character_config": SCRIPTED}
    )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Return the port of a server, which is not the client's default."""
    with start(tmp_path_factory.mktemp("web-client")) as port:
        assert port != 12393
        yield port


def visit(studio: Studio, address: str, script: str = "") -> dict[str, Any]:
    """Open the page and return what it saw; a bubble's inline script is refused on the console, as it should be."""

    async def scene() -> dict[str, Any]:
        seen: dict[str, Any] = {}
        async with studio.page(
            address, script="window.recorder = {begin() {}};" + script, forgiven=REFUSED
        ) as page:
            for name in ("seen", "ran", "evaluated", "compiled", "worked", "model", "told", "core"):
                seen[name] = await page.look(f"window.{name}")
        return seen

    return studio.play(scene())


def test_the_client_finds_the_server_it_came_from(studio: Studio, server: int) -> None:
    found = visit(studio, f"http://127.0.0.1:{server}/client/")
    here = f"127.0.0.1:{server}"
    assert found["seen"] == {
        "wsUrl": f"ws://{here}/client-ws",
        "baseUrl": f"http://{here}",
        "backgroundUrl": f"http://{here}/bg/ceiling-window-room-night.jpeg",
    }
    assert found["told"] == "group-update", "it is connected"
    assert found["model"] == 200


def test_the_policy_lets_the_client_work_and_keeps_a_bubbles_script_from_running(
    studio: Studio, server: int
) -> None:
    found = visit(studio, f"http://127.0.0.1:{server}/client/")
    assert (found["evaluated"], found["compiled"], found["worked"], found["core"]) == (42, True, 7, 1)
    assert found["ran"] == []


def kept(**values: str) -> str:
    """Return a script that puts values into local storage as the client does."""
    return "".join(
        f"localStorage.setItem({json.dumps(key)}, {json.dumps(json.dumps(value))});"
        for key, value in values.items()
    )


def test_the_clients_defaults_are_replaced_and_what_a_person_chose_stays(studio: Studio, server: int) -> None:
    here = f"http://127.0.0.1:{server}"
    script = kept(
        wsUrl="ws://127.0.0.1:12393/client-ws",
        baseUrl="http://127.0.0.1:12393",
        backgroundUrl="http://127.0.0.1:12393/bg/forest.png",
    )
    seen = visit(studio, f"{here}/client/", script)["seen"]
    assert seen["wsUrl"] == f"ws://127.0.0.1:{server}/client-ws"
    assert seen["baseUrl"] == here
    assert seen["backgroundUrl"] == f"{here}/bg/forest.png"
    chosen = {
        "wsUrl": f"ws://127.0.0.1:{server}/client-ws?show=main",
        "baseUrl": f"HTTP://127.0.0.1:{server}",
        "backgroundUrl": "https://pictures.example/a.png",
    }
    seen = visit(studio, f"{here}/client/", kept(**chosen))["seen"]
    assert seen == chosen


def test_a_token_in_the_address_is_kept_for_the_socket(studio: Studio, tmp_path: Path) -> None:
    with start(tmp_path, access_token=TOKEN) as port:
        found = visit(studio, f"http://127.0.0.1:{port}/client/?token={TOKEN}")
        assert found["seen"]["wsUrl"] == f"ws://127.0.0.1:{port}/client-ws?token={TOKEN}"
        assert found["told"] == "group-update"
