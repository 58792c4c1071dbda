"""The set-up over real sockets: what is asked, refused, written, and put on air by another run of the same server."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn

from fake_ollama import fake_ollama, listing
from fake_provider import KEY, FakeProvider
from live_server import SCRIPTED, Client, away_from_twitch, leaving_nothing
from open_llm_vtuber.config import Settings
from open_llm_vtuber.first_run.desk import SetUpDesk
from open_llm_vtuber.first_run.runs import Run, Runs
from open_llm_vtuber.serving import listening_socket, serve

NOWHERE: Mapping[str, str] = {}


@dataclass
class SetUp:
    """A server that can be set up, and a page of its own that asks it."""

    web: httpx2.AsyncClient
    desk: SetUpDesk
    port: int

    async def post(self, path: str, body: Any, **headers: str) -> httpx2.Response:
        return await self.web.post(path, json=body, headers=headers)

    async def state(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self.web.get("/api/setup")).json()
        return found

    async def next_run(self, before: int) -> dict[str, Any]:
        while True:
            with contextlib.suppress(httpx2.HTTPError):
                if (state := await self.state())["run"] > before:
                    return state
            await asyncio.sleep(0.02)


@asynccontextmanager
async def set_up(
    folder: Path,
    *,
    places: Mapping[str, str] = NOWHERE,
    system: Mapping[str, Any] | None = None,
    **environment: str,
) -> AsyncIterator[SetUp]:
    settings = Settings.model_validate({"character_config": SCRIPTED, "system_config": dict(system or {})})
    runs = Runs(Run(away_from_twitch(leaving_nothing(settings))))
    desk = SetUpDesk(folder / "conf.yaml", runs, environment=environment, places=places)
    with listening_socket("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        async with asyncio.timeout(40), asyncio.TaskGroup() as group:
            group.create_task(serve(runs, listener, desk, lambda *_: None))
            async with httpx2.AsyncClient(
                base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=20
            ) as web:
                try:
                    yield SetUp(web, desk, port)
                finally:
                    runs.end()


@pytest.fixture(autouse=True)
def the_test_owns_the_signals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uvicorn.Server, "capture_signals", lambda _: contextlib.nullcontext())


def served(url: str, **more: str) -> dict[str, str]:
    return {"kind": "served", "provider": "custom", "address": url, "model": "m", **more}


def spoken(url: str) -> dict[str, str]:
    return {"kind": "openai", "address": url}


def test_the_page_is_there_and_the_others_invite_to_it_until_there_is_a_file(tmp_path: Path) -> None:
    async def main() -> None:
        async with set_up(tmp_path) as server:
            page = await server.web.get("/setup")
            assert page.status_code == 200
            assert "default-src 'none'" in page.headers["content-security-policy"]
            assert (await server.web.get("/setup/invitation")).json() == {"is_first_run": True}
            (tmp_path / "conf.yaml").write_text("{}")
            assert (await server.web.get("/setup/invitation")).json() == {"is_first_run": False}

    asyncio.run(main())


def test_what_is_on_this_machine_is_listed(tmp_path: Path) -> None:
    async def main() -> None:
        async with (
            fake_ollama(listing(["llama3.2"])) as there,
            set_up(tmp_path, places={"ollama": there}) as server,
        ):
            found = (await server.post("/api/setup/servers", {})).json()
            one = {"provider": "ollama", "label": "Ollama", "address": there, "models": ["llama3.2"]}
            assert found == {"servers": [one]}

    asyncio.run(main())


def test_from_a_trial_to_a_show_with_that_brain_and_voice(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    async def main() -> None:
        async with FakeProvider() as provider, set_up(tmp_path) as server:
            url = provider.base_url
            tried = await server.post("/api/setup/brain", {"brain": served(url, key=KEY)})
            assert tried.json() == {"said": "Hello there, it is lovely to see you."}
            sound = await server.post("/api/setup/voice", {"voice": spoken(url), "name": "Nova"})
            assert sound.headers["content-type"] == "audio/wav"
            assert sound.content.startswith(b"RIFF")
            assert "I am Nova" in str(provider.requests[-1].body["input"])
            before = (await server.state())["run"]
            body = {
                "name": "Nova",
                "persona": "A pilot.",
                "brain": served(url, key=KEY),
                "voice": spoken(url),
            }
            applied = await server.post("/api/setup", body)
            assert applied.status_code == 202
            assert applied.json() == {
                "file": "conf.yaml",
                "copy_of_before": "",
                "keys": ["LLM_API_KEY"],
                "run": before,
            }
            state = await server.next_run(before)
            assert (state["name"], state["problem"], state["is_set_up"]) == ("Nova", "", True)
            async with Client.connect(f"ws://127.0.0.1:{server.port}/client-ws?show=main") as client:
                await client.send("text-input", text="Who are you?")
                await client.until("audio")
            asked = next(
                each for each in reversed(provider.requests) if each.path.endswith("/chat/completions")
            )
            assert "You are Nova. A pilot." in str(asked.body["messages"])
            assert asked.headers["authorization"] == f"Bearer {KEY}"
            assert KEY not in (await server.web.get("/api/setup")).text + applied.text + tried.text

    asyncio.run(main())
    assert KEY not in caplog.text
    assert KEY not in (tmp_path / "conf.yaml").read_text()


def test_a_rehearsal_is_a_run_of_its_own_that_leaves_nothing_and_ends_when_told(tmp_path: Path) -> None:
    async def main() -> None:
        async with FakeProvider() as provider, set_up(tmp_path) as server:
            url = provider.base_url
            body = {"name": "Nova", "brain": served(url), "voice": spoken(url), "rehearse": True}
            begun = (await server.post("/api/setup", body)).json()["run"]
            state = await server.next_run(begun)
            assert state["is_rehearsing"]
            async with Client.connect(f"ws://127.0.0.1:{server.port}/client-ws?show=main") as client:
                await client.until("audio")
                await client.until("control", text="conversation-chain-end")
            ended = await server.post("/api/setup/rehearsal", {"rehearse": False})
            assert ended.status_code == 202
            state = await server.next_run(state["run"])
            assert not state["is_rehearsing"]
            assert state["name"] == "Nova"
            kept = server.desk.runs.present.settings.system_config.data_dir
            stored = b"".join(file.read_bytes() for file in kept.rglob("*") if file.is_file())
            assert stored
            assert b"lovely" not in stored, "what she said in the rehearsal"

    asyncio.run(main())


def test_settings_that_do_not_start_are_told_and_the_show_goes_on_as_before(tmp_path: Path) -> None:
    async def main() -> None:
        async with FakeProvider() as provider, set_up(tmp_path) as server:
            before = await server.state()
            system = "system_config:\n  web_client_dir: nowhere\n"
            (tmp_path / "conf.yaml").write_text(system)
            body = {
                "name": "Nova",
                "brain": served(provider.base_url),
                "voice": spoken(provider.base_url),
                "replace": True,
            }
            assert (await server.post("/api/setup", body)).status_code == 202
            state = await server.next_run(before["run"])
            assert "web_client_dir" in state["problem"]
            assert state["name"] == before["name"]

    asyncio.run(main())


STRANGERS = (
    {"Origin": "http://127.0.0.1:1"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
)
BODIES: Mapping[str, Any] = {
    "/api/setup": {"name": "Nova", "brain": {"kind": "embedded"}, "voice": {"kind": "embedded"}},
    "/api/setup/brain": {"brain": {"kind": "embedded"}},
    "/api/setup/voice": {"voice": {"kind": "embedded"}},
    "/api/setup/servers": {},
    "/api/setup/rehearsal": {"rehearse": True},
}


def test_only_its_own_page_may_ask(tmp_path: Path) -> None:
    async def main() -> None:
        async with set_up(tmp_path) as server:
            for stranger in STRANGERS:
                for path, body in BODIES.items():
                    answer = await server.post(path, body, **stranger)
                    assert answer.status_code == 403, (path, stranger)
            assert not (tmp_path / "conf.yaml").exists()
            assert not server.desk.runs.is_planned
            own = {"Origin": f"http://127.0.0.1:{server.port}", "Sec-Fetch-Site": "same-origin"}
            assert (await server.post("/api/setup/servers", {}, **own)).status_code == 200

    asyncio.run(main())


def test_a_token_is_asked_for_where_one_is_set(tmp_path: Path) -> None:
    async def main() -> None:
        async with set_up(tmp_path, system={"access_token": "right"}) as server:
            assert (await server.web.get("/api/setup")).status_code == 401
            assert (await server.post("/api/setup", {})).status_code == 401
            right = {"Authorization": "Bearer right"}
            assert (await server.web.get("/api/setup", headers=right)).status_code == 200

    asyncio.run(main())


GOOD = {"name": "Nova", "brain": {"kind": "embedded"}, "voice": {"kind": "embedded"}}


FAULTS: list[tuple[Any, str]] = [
    ({**GOOD, "name": ""}, "name"),
    ({**GOOD, "name": "x" * 41}, "name"),
    ({**GOOD, "brain": {"kind": "served", "provider": "openai", "model": ""}}, "brain.model"),
    (
        {**GOOD, "brain": {"kind": "served", "provider": "openai", "model": "m", "key": f"{KEY} x"}},
        "brain.key",
    ),
    ({**GOOD, "brain": {"kind": "served", "provider": "openai", "model": "m"}}, "brain.key"),
    (
        {**GOOD, "brain": {"kind": "served", "provider": "custom", "model": "m", "address": "ftp://x"}},
        "brain.address",
    ),
    ({**GOOD, "voice": {"kind": "openai"}}, "voice.key"),
    ({**GOOD, "channel": "somebody"}, "demo_on_channel"),
    ({**GOOD, "host": "0.0.0.0"}, "host"),
    ([], ""),
]


def test_a_fault_names_its_field_and_never_what_was_typed(tmp_path: Path) -> None:
    async def main() -> None:
        async with set_up(tmp_path) as server:
            for body, field in FAULTS:
                answer = await server.post("/api/setup", body)
                assert (answer.status_code, answer.json()["field"]) == (422, field), body
                assert answer.json()["detail"]
                assert KEY not in answer.text
            assert not (tmp_path / "conf.yaml").exists()

    asyncio.run(main())


def test_a_brain_that_refuses_the_key_is_told_beside_it(tmp_path: Path) -> None:
    async def main() -> None:
        async with FakeProvider() as provider, set_up(tmp_path) as server:
            provider.status = 401
            answer = await server.post("/api/setup/brain", {"brain": served(provider.base_url, key=KEY)})
            assert (answer.status_code, answer.json()["field"]) == (502, "brain")
            assert "refused the key (401)" in answer.json()["detail"]
            assert KEY not in answer.text
            heard = await server.post("/api/setup/voice", {"voice": spoken(provider.base_url)})
            assert (heard.status_code, heard.json()["field"]) == (502, "voice")

    asyncio.run(main())
