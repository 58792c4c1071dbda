"""The list of avatars and the add-on's files, over a real socket."""

import asyncio
import http.client
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from live2d_stand_in import put_add_on, put_core, put_model
from live_server import SCRIPTED, serving
from open_llm_vtuber.config import Settings
from open_llm_vtuber.live2d.add_on import SCRIPTS

Get = Callable[[str], tuple[int, str, bytes]]


def browsing(folder: Path, visit: Callable[[Get], None]) -> None:
    character = {**SCRIPTED, "live2d_model_name": "block", "conf_name": "Blocky"}
    system = {"data_dir": folder / "data"}
    given = {"character_config": character, "system_config": system, "folder": folder}

    async def main() -> None:
        async with serving(Settings.model_validate(given)) as server:

            def get(path: str) -> tuple[int, str, bytes]:
                connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
                try:
                    connection.request("GET", path)
                    answer = connection.getresponse()
                    return answer.status, answer.getheader("content-type", ""), answer.read()
                finally:
                    connection.close()

            await asyncio.to_thread(visit, get)

    asyncio.run(main())


def told(get: Get, path: str) -> dict[str, Any]:
    status, _, body = get(path)
    assert status == 200, body
    answer: dict[str, Any] = json.loads(body)
    return answer


def test_models_are_listed_with_who_has_them_and_what_is_wrong(tmp_path: Path) -> None:
    model = put_model(tmp_path)
    (tmp_path / "characters").mkdir()
    (tmp_path / "characters" / "other.yaml").write_text("character_config: {conf_name: Other}")

    def visit(get: Get) -> None:
        answer = told(get, "/api/models")
        block = next(each for each in answer["models"] if each["name"] == "block")
        assert block["characters"] == [
            {"filename": "conf.yaml", "name": "Blocky"},
            {"filename": "other.yaml", "name": "Other"},
        ]
        assert block["faults"] == []
        assert answer["add_on"]["ready"] is False
        (model / "block.moc3").unlink()
        (block,) = (each for each in told(get, "/api/models")["models"] if each["name"] == "block")
        assert "is missing" in block["faults"][0]

    browsing(tmp_path, visit)


def test_a_page_is_told_what_to_load_once_all_of_it_is_there(tmp_path: Path) -> None:
    put_model(tmp_path)

    def visit(get: Get) -> None:
        before = told(get, "/live2d-addon")
        assert (before["ready"], before["scripts"], len(before["missing"])) == (False, [], 2)
        assert get("/live2d-addon/pixi.min.js")[0] == 404
        put_add_on(tmp_path / "data")
        put_core(tmp_path)
        after = told(get, "/live2d-addon")
        assert after == {"ready": True, "scripts": list(SCRIPTS), "missing": []}
        for address in after["scripts"]:
            status, kind, _ = get(address)
            assert (status, kind.split(";")[0]) == (200, "text/javascript")
        assert get("/live2d-addon/../open_llm_vtuber.db")[0] == 404

    browsing(tmp_path, visit)
