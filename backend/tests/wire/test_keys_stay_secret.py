"""No key of the operator's reaches a log, an answer, the store or a file that she writes, whatever goes well or wrong."""

import asyncio
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest

from fake_provider import KEY, FakeProvider
from live_server import Client, free_port, serving
from open_llm_vtuber.config import Settings

TOKEN = "t0ken-of-the-door"
MCP_KEY = "mcp-very-secret-key"
THE_TESTS_OWN = "websockets.client"
"""The logger of the client in this test, which connects with the token."""


def asking(base_url: str, folder: Path) -> Settings:
    """Return settings in which everything that can have a key has one."""
    at = {"base_url": base_url, "timeout_s": 2.0}
    character: Mapping[str, Any] = {
        "agent_config": {
            "agent_settings": {
                "basic_memory_agent": {
                    "llm_provider": "openai_compatible_llm",
                    "use_mcpp": True,
                    "mcp_enabled_servers": ["far"],
                }
            },
            "llm_configs": {"openai_compatible_llm": {**at, "model": "some-model", "llm_api_key": KEY}},
        },
        "tts_config": {"tts_model": "openai_tts", "fallback": [], "openai_tts": {**at, "api_key": KEY}},
        "asr_config": {"asr_model": "openai_asr", "fallback": [], "openai_asr": {**at, "api_key": KEY}},
        "vad_config": {"vad_model": "none"},
    }
    return Settings.model_validate(
        {
            "character_config": character,
            "system_config": {"access_token": TOKEN, "data_dir": folder / "data"},
            "folder": folder,
        }
    )


async def turn(client: Client, type_: str, **fields: object) -> list[str]:
    """Ask for a turn and return the types of what came."""
    await client.send(type_, **fields)
    seen: list[str] = []
    while True:
        message = await client.receive()
        seen.append(message["type"])
        if message["type"] == "backend-synth-complete":
            await client.send("frontend-playback-complete")
        if message == {"type": "control", "text": "conversation-chain-end"}:
            return seen


SHOWN = ("/api/state", "/health", "/metrics", "/api/links", "/openapi.json")
AS_THE_OPERATOR = {"Authorization": f"Bearer {TOKEN}"}
WHERE_THE_OPERATOR_PUT_THEM = {"keys.env", "mcp_servers.json"}
LIBRARIES = ("openai", "httpcore2", "httpx2", "mcp")


@pytest.mark.slow
def test_no_key_reaches_any_log_while_all_engines_work_and_while_all_fail(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    entry = {"url": f"http://127.0.0.1:{free_port()}/mcp", "headers": {"Authorization": f"Bearer {MCP_KEY}"}}
    (tmp_path / "mcp_servers.json").write_text(json.dumps({"mcp_servers": {"far": entry}}), encoding="utf-8")
    (tmp_path / "keys.env").write_text(f"SOME_KEY={KEY}\n", encoding="utf-8")
    told: list[str] = []
    caplog.set_level(logging.DEBUG)
    for name in LIBRARIES:  # whatever others have set for them
        caplog.set_level(logging.DEBUG, logger=name)

    async def main() -> None:
        async with (
            FakeProvider() as provider,
            serving(asking(provider.base_url, tmp_path)) as server,
            Client.connect(f"{server.ws()}?token={TOKEN}") as client,
        ):
            await client.until("control", text="start-mic")
            assert "audio" in await turn(client, "text-input", text="hello")
            await client.send("mic-audio-data", audio=[0.3, -0.3] * 8_000)
            assert "user-input-transcription" in await turn(client, "mic-audio-end")
            for status in (401, 404, 429, 500):
                provider.status = status
                assert "error" in await turn(client, "text-input", text="hello")
            async with httpx2.AsyncClient(base_url=server.http, headers=AS_THE_OPERATOR) as rest:
                link = await rest.post("/api/links", json={"role": "stage", "name": "OBS"})
                assert link.status_code == 201
                for address in SHOWN:
                    answer = await rest.get(address)
                    assert answer.status_code == 200, address
                    told.append(answer.text)
            assert {request.headers["authorization"] for request in provider.requests} == {f"Bearer {KEY}"}

    asyncio.run(main())
    logged = [record for record in caplog.records if record.name != THE_TESTS_OWN]
    loggers = {record.name.partition(".")[0] for record in logged}
    assert {"open_llm_vtuber", *LIBRARIES} <= loggers, "all were listened to"
    text = "\n".join(f"{record.getMessage()} {record.exc_text or ''}" for record in logged)
    assert "does not answer" in text or "refused the key" in text
    kept = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert {"access.json", "live.sqlite3"} <= {path.name for path in kept}
    for secret in (KEY, MCP_KEY, TOKEN):
        assert secret not in text
        assert secret not in "".join(told)
        holders = {path.name for path, held in kept.items() if secret.encode() in held}
        assert holders <= WHERE_THE_OPERATOR_PUT_THEM
