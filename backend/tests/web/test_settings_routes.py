"""Settings edited over REST on a real server, with a brain that is asked as the persona says."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest

from fake_provider import FakeProvider
from live_server import SCRIPTED, Client, serving
from open_llm_vtuber import config

KEY = "sk-not-to-be-read"


def written(folder: Path, base_url: str) -> Path:
    brain = {"base_url": base_url, "model": "m", "llm_api_key": KEY}
    agent = {
        "agent_settings": {"basic_memory_agent": {"llm_provider": "openai_compatible_llm"}},
        "llm_configs": {"openai_compatible_llm": brain},
    }
    given = {
        "system_config": {"data_dir": str(folder / "data")},
        "character_config": {**SCRIPTED, "agent_config": agent, "persona_prompt": "You are ${WHO}."},
        "autonomous": {"triggers": [{"kind": "idle", "after_s": 900, "action": {"say": "A"}}]},
    }
    file = folder / "conf.yaml"
    file.write_text(json.dumps(given), encoding="utf-8")
    return file


def system_prompt(far_end: FakeProvider) -> str:
    messages: Any = far_end.requests[-1].body["messages"]
    return str(messages[0]["content"])


def test_a_persona_is_edited_and_undone_and_her_memory_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHO", "Ana")

    async def main() -> None:
        async with FakeProvider() as far_end:
            file = written(tmp_path, far_end.base_url)
            before = file.read_bytes()
            async with (
                serving(config.load(file)) as server,
                httpx2.AsyncClient(base_url=server.http, timeout=20, trust_env=False) as rest,
                Client.connect(server.ws("main")) as page,
                Client.connect(server.ws()) as guest,
            ):

                async def talk(client: Client, text: str) -> str:
                    # Whoever only watches plays nothing, and nobody waits for him.
                    await client.send("client-hello", capabilities=["state", "preview"])
                    await client.send("text-input", text=text)
                    await client.until("control", text="conversation-chain-end")
                    return system_prompt(far_end)

                assert (await talk(page, "one")).startswith("You are Ana.")
                now = (await rest.get("/api/settings")).json()
                assert KEY not in json.dumps(now)
                assert now["sections"]["persona"]["value"] == "You are ${WHO}."
                edit = {"value": "You are a knight.", "revision": now["revision"]}
                trial = await rest.put("/api/settings/persona", json={**edit, "dry_run": True})
                assert trial.json()["diff"] == ["-You are ${WHO}.", "+You are a knight."]
                changed = await rest.put("/api/settings/persona", json=edit)
                assert changed.json()["sections"] == ["persona"]
                assert (await page.until("settings-changed"))[-1]["revision"] == changed.json()["revision"]
                assert (await talk(page, "two")).startswith("You are a knight.")
                assert "one" in json.dumps(far_end.requests[-1].body), "she remembers"
                assert (await talk(guest, "hi")).startswith("You are a knight."), "a guest's show, too"
                late = await rest.put("/api/settings/persona", json=edit)
                assert (late.status_code, late.json()["code"]) == (409, "wrong-state")
                assert (await rest.post("/api/settings/undo")).status_code == 200
                assert file.read_bytes() == before
                assert (await talk(page, "three")).startswith("You are Ana.")
                async with Client.connect(server.ws()) as later:
                    assert (await talk(later, "hi")).startswith("You are Ana.")

    asyncio.run(main())


def test_what_is_faulty_is_refused_with_its_place_and_a_reload_says_what_needs_a_restart(
    tmp_path: Path,
) -> None:
    file = tmp_path / "conf.yaml"

    def save(sections: Mapping[str, Any]) -> None:
        data = {"system_config": {"data_dir": str(tmp_path / "data")}}
        file.write_text(json.dumps({**data, "character_config": SCRIPTED, **sections}), encoding="utf-8")

    async def main() -> None:
        save({})
        async with (
            serving(config.load(file, {})) as server,
            httpx2.AsyncClient(base_url=server.http, timeout=20, trust_env=False) as rest,
        ):
            revision = (await rest.get("/api/settings")).json()["revision"]
            sheet = {"text": "hi:\n- say: Hi!\n- jump: 3\n", "revision": revision}
            refused = await rest.put("/api/settings/cue_sheets", json=sheet)
            assert (refused.status_code, refused.json()["code"]) == (422, "bad-config")
            assert "(line 3)" in refused.json()["detail"]
            for section, fields in (("system_config", {"revision": "r"}), ("persona", {})):
                assert (await rest.put(f"/api/settings/{section}", json=fields)).status_code == 422
            triggers = {
                "value": [{"kind": "idle", "after_s": 9, "name": "z", "action": {"say": "Z"}}],
                "revision": revision,
            }
            assert (await rest.put("/api/settings/triggers", json=triggers)).json()["sections"] == [
                "triggers"
            ]
            on_air = (await rest.get("/api/autonomous")).json()["triggers"]
            assert [each["name"] for each in on_air] == ["z"]
            save({"live_config": {"vtube_studio": {"enabled": True}}, "features": {"twitch": False}})
            reloaded = (await rest.post("/api/reload")).json()
            assert reloaded["sections"] == ["triggers"]
            assert reloaded["needs_restart"] == ["live_config.vtube_studio.enabled", "features.twitch"]
            file.write_text("character_config: [", encoding="utf-8")
            faulty = await rest.post("/api/reload")
            assert (faulty.status_code, "not valid YAML" in faulty.json()["detail"]) == (422, True)
            assert "not valid YAML" in (await rest.get("/api/settings")).json()["fault"]

    asyncio.run(main())
