"""Switching the character, as an existing client does it over a real socket; each fault of old has its test."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from live_server import SCRIPTED, Client, Serving, serving
from open_llm_vtuber import app
from open_llm_vtuber.config import Settings
from open_llm_vtuber.engine_pool import EnginePool
from open_llm_vtuber.llm import LLM_ENGINES
from open_llm_vtuber.ports import Engine
from open_llm_vtuber.tts import TTS_ENGINES

KEY = "sk-very-secret-key"
ALICE: Mapping[str, Any] = {
    "conf_name": "Alice",
    "conf_uid": "alice_001",
    "character_name": "Alice in Wonderland",
    "avatar": "alice.png",
    "live2d_model_name": "rabbit",
    "persona_prompt": "You are Alice.",
    "agent_config": {"llm_configs": {"scripted_llm": {"lines": ["[happy] Alice says {word}."]}}},
    "tts_config": {"tone_tts": {"ms_per_character": 20}},
}


def write(folder: Path, file: str, character: Mapping[str, Any]) -> None:
    path = folder / "characters" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"character_config": character}), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the characters Alice and (nested) Bob, and Alice's avatar."""
    model = {"FileReferences": {"Expressions": [{"Name": "calm"}, {"Name": "happy"}]}}
    entry = {"name": "rabbit", "url": "/live2d-models/rabbit/rabbit.model3.json", "emotionMap": {"happy": 1}}
    (tmp_path / "live2d-models" / "rabbit").mkdir(parents=True)
    (tmp_path / "live2d-models" / "rabbit" / "rabbit.model3.json").write_text(json.dumps(model))
    (tmp_path / "model_dict.json").write_text(json.dumps([entry]))
    write(tmp_path, "alice.yaml", ALICE)
    write(tmp_path, "more/bob.yaml", {"conf_name": "Bob", "conf_uid": "bob_001"})
    return tmp_path


def settings(folder: Path) -> Settings:
    own = {
        **SCRIPTED,
        "avatar": "mika.png",
        "agent_config": {
            "agent_settings": {"basic_memory_agent": {"llm_provider": "scripted_llm"}},
            "llm_configs": {"scripted_llm": {"lines": ["[joy] Mika says {word}."]}},
        },
    }
    return Settings.model_validate({"character_config": own, "folder": folder})


@asynccontextmanager
async def a_client(folder: Path, show: str | None = None) -> AsyncIterator[tuple[Serving, Client]]:
    async with serving(settings(folder)) as server, Client.connect(server.ws(show)) as client:
        await client.until("set-model-and-conf")
        await client.send("create-new-history")
        await client.until("new-history-created")
        yield server, client


async def switched(client: Client, file: str) -> dict[str, Any]:
    """Switch, and return what the client is told about the model."""
    await client.send("switch-config", file=file)
    seen = await client.until("config-switched")
    assert [m["type"] for m in seen if m["type"] != "group-update"][-2:] == [
        "set-model-and-conf",
        "config-switched",
    ]
    assert seen[-1]["message"] == f"Switched to config: {file}"
    assert "new-history-created" not in [m["type"] for m in seen], "the client creates it itself"
    return seen[-2]


async def refused(client: Client, file: str) -> dict[str, Any]:
    """Fail to switch, and return the one error that says why."""
    await client.send("switch-config", file=file)
    await client.send("heartbeat")
    seen = [m for m in await client.until("heartbeat-ack") if m["type"] != "heartbeat-ack"]
    assert [m["type"] for m in seen] == ["error"]
    return seen[0]


async def said(client: Client, text: str = "kittens") -> dict[str, Any]:
    """Type something and return the first audio of the answer."""
    await client.send("text-input", text=text)
    seen = await client.until("audio")
    await client.send("frontend-playback-complete")
    await client.until("control", text="conversation-chain-end")
    return seen[-1]


def scene(folder: Path, play: Callable[[Client], Any], show: str | None = None) -> None:
    async def main() -> None:
        async with asyncio.timeout(30), a_client(folder, show) as (_, client):
            await play(client)

    asyncio.run(main())


def test_all_characters_are_listed_with_unique_names_and_nested_ones_by_their_path(folder: Path) -> None:
    async def play(client: Client) -> None:
        write(folder, "copy.yaml", {"conf_name": "Alice"})
        (folder / "characters" / "broken.yaml").write_bytes(b"\xff\xfe: [")
        (folder / "characters" / "empty.yaml").touch()
        await client.send("fetch-configs")
        assert (await client.until("config-files"))[-1]["configs"] == [
            {"filename": "conf.yaml", "name": "Mika"},
            {"filename": "alice.yaml", "name": "Alice"},
            {"filename": "copy.yaml", "name": "Alice (copy.yaml)"},
            {"filename": "more/bob.yaml", "name": "Bob"},
        ]

    scene(folder, play)


def test_whoever_is_listed_can_be_switched_to_and_is_called_as_listed(folder: Path) -> None:
    async def play(client: Client) -> None:
        write(folder, "copy.yaml", {"conf_name": "Alice"})
        await client.send("fetch-configs")
        for listed in (await client.until("config-files"))[-1]["configs"]:
            described = await switched(client, listed["filename"])
            assert described["conf_name"] == listed["name"], "the client finds the current one by its name"
            assert described["client_uid"]

    scene(folder, play)


def test_there_and_back_again_each_has_its_own_words_voice_face_and_names(folder: Path) -> None:
    async def play(client: Client) -> None:
        await switched(client, "alice.yaml")
        alice = await said(client)
        described = await switched(client, "conf.yaml")
        mika = await said(client)
        assert alice["display_text"] == {
            "text": "Alice says kittens. ",
            "name": "Alice in Wonderland",
            "avatar": "alice.png",
        }
        assert alice["actions"]["expressions"] == [1], "the emotion map is that of her model"
        assert mika["display_text"] == {"text": "Mika says kittens. ", "name": "Mika", "avatar": "mika.png"}
        assert mika["actions"]["expressions"] == [1]
        assert len(alice["volumes"]) > 1.5 * len(mika["volumes"]), "the voice has its own options"
        assert described["model_info"]["name"] == "mika"
        assert described["conf_uid"] == "mika_001"

    scene(folder, play)


def test_a_character_is_laid_over_the_configuration_and_never_over_the_one_before(folder: Path) -> None:
    async def play(client: Client) -> None:
        await switched(client, "alice.yaml")
        described = await switched(client, "more/bob.yaml")
        bob = await said(client)
        assert described["model_info"]["name"] == "mika"
        assert bob["display_text"] == {"text": "Mika says kittens. ", "name": "Bob", "avatar": "mika.png"}

    scene(folder, play)


def test_the_same_persona_with_another_avatar_uses_that_avatars_emotions(folder: Path) -> None:
    rabbit = json.loads((folder / "model_dict.json").read_text())[0]
    hare = {**rabbit, "name": "hare", "emotionMap": {"happy": 0}}
    (folder / "model_dict.json").write_text(json.dumps([rabbit, hare]))
    write(folder, "hare.yaml", {**ALICE, "conf_name": "Hare", "live2d_model_name": "hare"})

    async def play(client: Client) -> None:
        for file, face in (("alice.yaml", 1), ("hare.yaml", 0), ("alice.yaml", 1)):
            await switched(client, file)
            assert (await said(client))["actions"]["expressions"] == [face]

    scene(folder, play)


FAULTS: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "an unknown avatar": ({"live2d_model_name": "nobody"}, "nobody"),
    "an engine that does not start": (
        {
            "agent_config": {
                "agent_settings": {"basic_memory_agent": {"llm_provider": "openai_compatible_llm"}},
                "llm_configs": {
                    "openai_compatible_llm": {"llm_api_key": KEY, "base_url": "ftp://x", "model": "m"}
                },
            }
        },
        "base_url",
    ),
    "a voice with faulty options": (
        {"tts_config": {"tts_model": "tone_tts", "tone_tts": {"ms_per_character": KEY}}},
        "ms_per_character",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_character_changes_nothing_and_one_error_says_why(folder: Path, fault: str) -> None:
    character, why = FAULTS[fault]

    async def play(client: Client) -> None:
        await switched(client, "alice.yaml")
        write(folder, "faulty.yaml", {**character, "conf_name": "Faulty"})
        error = await refused(client, "faulty.yaml")
        assert why in error["message"]
        assert error["request_type"] == "switch-config"
        assert str(folder) not in json.dumps(error)
        assert KEY not in json.dumps(error)
        alice = await said(client)
        assert alice["display_text"]["name"] == "Alice in Wonderland"
        assert alice["actions"]["expressions"] == [1]
        await client.send("request-init-config")
        assert (await client.until("set-model-and-conf"))[-1]["model_info"]["name"] == "rabbit"

    scene(folder, play)


@pytest.mark.parametrize(
    "file",
    [
        "../characters_evil/x.yaml",
        "../conf.yaml",
        "./alice.yaml",
        "characters/alice.yaml",
        "/etc/passwd",
        "alice",
        "ALICE.yaml",
        "alice.yaml\0",
        "bob.yaml",
        "more\\bob.yaml",
        "more",
        " alice.yaml",
        "x" * 255,
        "x" * 100_000,
        "",
    ],
)
def test_a_name_that_is_not_listed_is_refused_whatever_lies_there(folder: Path, file: str) -> None:
    write(folder, "../characters_evil/x.yaml", {"conf_name": "Evil"})

    async def play(client: Client) -> None:
        error = await refused(client, file)
        assert error["code"] in ("not-found", "bad-message", "too-long")
        assert str(folder) not in error["message"]
        assert (await said(client))["display_text"]["name"] == "Mika"

    scene(folder, play)


def test_a_turn_that_runs_is_interrupted_and_its_chain_ends_before_the_switch(folder: Path) -> None:
    async def play(client: Client) -> None:
        await client.send("text-input", text="kittens")
        await client.until("audio")
        await client.send("switch-config", file="alice.yaml")
        seen = await client.until("config-switched")
        kinds = [m.get("text") if m["type"] == "control" else m["type"] for m in seen]
        assert kinds.count("conversation-chain-end") == 1
        assert kinds.index("conversation-chain-end") < kinds.index("set-model-and-conf")
        assert (await said(client))["display_text"]["name"] == "Alice in Wonderland"

    scene(folder, play)


def test_the_histories_are_those_of_the_new_character(folder: Path) -> None:
    async def play(client: Client) -> None:
        await said(client)
        await switched(client, "alice.yaml")
        await client.send("fetch-history-list")
        assert (await client.until("history-list"))[-1]["histories"] == []
        await switched(client, "conf.yaml")
        await client.send("fetch-history-list")
        assert len((await client.until("history-list"))[-1]["histories"]) == 1

    scene(folder, play)


def test_another_clients_character_stays_who_it_is(folder: Path) -> None:
    async def main() -> None:
        async with a_client(folder) as (server, client), Client.connect(server.ws()) as other:
            await switched(client, "alice.yaml")
            assert (await said(other))["display_text"]["name"] == "Mika"

    asyncio.run(main())


def test_in_a_shared_show_everybody_is_told(folder: Path) -> None:
    async def main() -> None:
        async with a_client(folder, "main") as (server, client), Client.connect(server.ws("main")) as other:
            await other.until("set-model-and-conf")
            await switched(client, "alice.yaml")
            told = await other.until("config-switched")
            assert told[-2]["conf_name"] == "Alice"
            assert told[-2]["client_uid"] != (await switched(client, "alice.yaml"))["client_uid"]

    asyncio.run(main())


def test_a_hundred_quick_switches_leave_no_engine_and_no_task_behind(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pools: list[EnginePool[Engine]] = []

    class Counted(EnginePool[Engine]):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            if arguments[0] in (LLM_ENGINES, TTS_ENGINES):
                pools.append(self)

    monkeypatch.setattr(app, "EnginePool", Counted)

    async def main() -> None:
        async with serving(settings(folder)) as server:
            await asyncio.sleep(0.1)
            before = len(asyncio.all_tasks())
            async with Client.connect(server.ws()) as client:
                for number in range(100):
                    await client.send(
                        "switch-config", file=("alice.yaml", "conf.yaml", "more/bob.yaml")[number % 3]
                    )
                for _ in range(100):
                    await client.until("config-switched")
                assert [len(pool.running) for pool in pools] == [2, 2], "hers and the configuration's own"
                assert (await said(client))["display_text"]["name"] == "Alice in Wonderland"
            async with asyncio.timeout(5):
                while len(asyncio.all_tasks()) > before:  # noqa: ASYNC110  tasks have no common event
                    await asyncio.sleep(0.01)
            assert [len(pool.running) for pool in pools] == [1, 1]
        assert [pool.running for pool in pools] == [(), ()]

    asyncio.run(main())


def test_no_key_of_any_character_reaches_the_log(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    for fault, (character, _) in FAULTS.items():
        write(folder, f"{fault.split()[-1]}.yaml", character)
    write(
        folder,
        "keyed.yaml",
        {"conf_name": "K", "agent_config": {"llm_configs": {"x_llm": {"llm_api_key": KEY}}}},
    )

    async def play(client: Client) -> None:
        write(folder, "type.yaml", {"agent_config": {"llm_configs": KEY}})
        await client.send("fetch-configs")
        for listed in (await client.until("config-files"))[-1]["configs"]:
            await client.send("switch-config", file=listed["filename"])
        await client.send("heartbeat")
        await client.until("heartbeat-ack")

    with caplog.at_level(logging.DEBUG, "open_llm_vtuber"):
        scene(folder, play)
    assert "type.yaml" in caplog.text, "a file that cannot be used is told to the operator"
    assert KEY not in caplog.text
