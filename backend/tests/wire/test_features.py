"""Each feature can be switched off, alone and with all others: what is off is refused with the reason, the rest is unchanged."""

import asyncio
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any, get_args

import httpx2
import pytest

from live_server import SCRIPTED, Client, serving
from open_llm_vtuber.config import Settings
from open_llm_vtuber.modes import FEATURES, Feature
from open_llm_vtuber.show.commands import NEEDS, Command, SourceCommand
from wire.test_transcripts import NAMES, Replay, transcript

OFF: Mapping[str, Sequence[Feature]] = {**{name: (name,) for name in FEATURES}, "everything": FEATURES}
TICK = {"kind": "interval", "interval_s": 0.01, "action": {"say": "Tick."}}
MESSAGES: Mapping[Feature, Sequence[Mapping[str, Any]]] = {
    "text_generation": (
        {"type": "text-generation-request", "prompt": "x"},
        {"type": "text-generation-cancel"},
    ),
    "character_control": (
        {"type": "expression-command", "expression_id": 0},
        {"type": "motion-command", "motion_group": "Wave", "motion_index": 0},
        {"type": "expression-release"},
        {"type": "motion-release"},
    ),
    "twitch": (
        {"type": "twitch-connect", "token": "t", "channel": "example"},
        {"type": "twitch-disconnect"},
        {"type": "get-twitch"},
        {"type": "twitch-login"},
    ),
    "autonomous": (
        {"type": "autonomous-set"},
        {"type": "autonomous-set", "enabled": True},
        {"type": "autonomous-set", "trigger": "tick", "settings": TICK},
        {"type": "autonomous-set", "trigger": "tick", "remove": True},
        {"type": "autonomous-set", "rundown": "skip"},
        {"type": "autonomous-fire", "trigger": "tick"},
    ),
    "external_api": (),
}
"""Feature → messages that ask for it."""
ROUTES: Mapping[Feature, Sequence[tuple[str, str, Mapping[str, Any]]]] = {
    "text_generation": (("POST", "/api/text-generation", {"prompt": "x"}),),
    "character_control": (
        ("POST", "/api/expression", {"expression_id": 0}),
        ("POST", "/api/motion", {"motion_group": "Wave", "motion_index": 0}),
        ("POST", "/api/expression/release", {}),
        ("POST", "/api/motion/release", {}),
    ),
    "twitch": (
        ("POST", "/api/twitch/connect", {"token": "t", "channel": "example"}),
        ("POST", "/api/twitch/disconnect", {}),
        ("GET", "/api/twitch", {}),
        ("POST", "/api/twitch/login", {}),
    ),
    "autonomous": (
        ("GET", "/api/autonomous", {}),
        ("PUT", "/api/autonomous", {"enabled": True}),
        ("PUT", "/api/autonomous/tick", TICK),
        ("POST", "/api/autonomous/tick", TICK),
        ("DELETE", "/api/autonomous/tick", {}),
        ("POST", "/api/autonomous/tick/fire", {}),
    ),
    "external_api": (),
}
MODES: Mapping[Feature, str] = {"external_api": "external-api", "autonomous": "autonomous"}
SDKS = ("anthropic", "google.genai", "groq", "mistralai", "hume", "openai", "mcp")


def without(off: Sequence[Feature]) -> Settings:
    switches = {name: name not in off for name in FEATURES}
    line = "[joy] One, if I may say so. [smirk] And this is two."
    llm = {"lines": [line]}
    agent = {**SCRIPTED["agent_config"], "llm_configs": {"scripted_llm": llm}}
    return Settings.model_validate(
        {"features": switches, "character_config": {**SCRIPTED, "agent_config": agent}}
    )


def of_old(name: str) -> bool:
    return "needs" not in transcript(name)[0]


@pytest.mark.parametrize("off", OFF)
def test_existing_clients_notice_nothing_of_what_is_off(off: str) -> None:
    async def main() -> None:
        async with serving(without(OFF[off])) as server:
            for name in filter(of_old, NAMES):
                async with Client.connect(server.ws()) as client:
                    replay = Replay(client)
                    if name != "open":
                        await replay.play(transcript("open")[1])
                    await replay.play(transcript(name)[1])
                    await replay.nothing_more()

    asyncio.run(main())


@pytest.mark.parametrize("off", OFF)
def test_what_is_off_is_refused_on_both_doors_and_says_which_switch_it_is(off: str) -> None:
    async def main() -> None:
        async with (
            serving(without(OFF[off])) as server,
            Client.connect(server.ws("main")) as socket,
            httpx2.AsyncClient(base_url=server.http, trust_env=False) as rest,
        ):
            for feature in OFF[off]:
                for message in MESSAGES[feature]:
                    await socket.send(**{**message, "type_": message["type"]}, request_id="r")
                    error = (await socket.until("error"))[-1]
                    assert (error["code"], error["request_id"]) == ("switched-off", "r")
                    assert f"features.{feature}" in error["message"]
                for method, path, body in ROUTES[feature]:
                    answer = await rest.request(method, path, json=body)
                    assert (answer.status_code, answer.json()["code"]) == (404, "switched-off")
                    assert f"features.{feature}" in answer.json()["detail"]
                if feature in MODES:
                    answer = await rest.put("/api/backend-mode", json={"mode": MODES[feature]})
                    assert answer.status_code == 409
                    assert f"features.{feature}" in answer.json()["detail"]

    asyncio.run(main())


def test_every_command_that_needs_a_feature_can_be_asked_for_here() -> None:
    commands = {*get_args(Command), *get_args(SourceCommand)}
    assert set(NEEDS) <= commands
    assert {feature for feature in MESSAGES if MESSAGES[feature]} >= set(NEEDS.values()) - {
        "character_control"
    }


def test_with_everything_off_nothing_of_it_is_loaded() -> None:
    program = (
        "import asyncio, sys\n"
        "from live_server import serving\n"
        "from open_llm_vtuber.modes import FEATURES\n"
        "from wire.test_features import SDKS, without\n"
        "async def main():\n"
        "    async with serving(without(FEATURES)):\n"
        "        await asyncio.sleep(0.1)\n"
        "        tasks = sorted(task.get_name() for task in asyncio.all_tasks())\n"
        "    print([name for name in SDKS if name in sys.modules])\n"
        "    print([name for name in tasks if 'twitch' in name or 'autonomous' in name])\n"
        "asyncio.run(main())\n"
    )
    paths = [path for path in sys.path if path]
    run = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {paths!r}\n{program}"],
        capture_output=True,
        text=True,
        timeout=50,
        check=True,
    )
    assert run.stdout.splitlines() == ["[]", "[]"]


@pytest.mark.parametrize("is_off", [False, True])
def test_the_switch_outranks_what_the_section_says(is_off: bool) -> None:
    """Every moment a trigger is due; with the switch off nobody looks, and the state has nothing to tell."""
    triggers = [{**TICK, "interval_s": 0.05, "name": "tick"}]
    settings = without(("autonomous",) if is_off else ()).model_copy(
        update={"autonomous": {"enabled": True, "triggers": triggers}}
    )

    async def main() -> tuple[list[str], dict[str, Any]]:
        async with serving(settings) as server, Client.connect(server.ws("main")) as client:
            await client.send("client-hello", capabilities=["state"])
            state = (await client.until("snapshot"))[-1]["state"]
            await asyncio.sleep(1.0)
            await client.send("heartbeat")
            seen = await client.until("heartbeat-ack")
            return [each["type"] for each in seen], state

    kinds, state = asyncio.run(main())
    assert ("audio" in kinds) is not is_off
    assert ((state["autonomous"], state["mood"]) == (None, None)) is is_off
