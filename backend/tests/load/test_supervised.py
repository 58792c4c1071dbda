"""Three in the morning: whoever supervises her starts her again as the unit file says, and the show goes on as it stood."""

import asyncio
import configparser
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from fake_provider import FakeProvider
from live_server import Client, free_port, wait_until_ready
from load.test_killed import configured
from open_llm_vtuber.serving import ENDS_WITHIN
from twitch_mock import CHAT, STREAMER, TwitchMock, chat_event

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

UNIT = Path(__file__).parents[3] / "deploy" / "open-llm-vtuber.service"
COMPOSE = UNIT.parents[1] / "compose.yaml"
LATEST = 30.0


def service() -> Mapping[str, str]:
    """Return what the unit file says of the service."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # its names are written in capitals
    parser.read_string(UNIT.read_text(encoding="utf-8"))
    return parser["Service"]


class Supervisor:
    """Does with the program in a folder what the unit file says."""

    def __init__(self, folder: Path, port: int) -> None:
        told = service()
        assert told["Restart"] == "always"
        _, *words = told["ExecStart"].split()
        self._command = [sys.executable, "-m", "open_llm_vtuber", *words, "--port", str(port), "--yes"]
        self._folder = folder
        self._ends_by = signal.Signals[told["KillSignal"]]
        self._patience = float(told["TimeoutStopSec"])
        self._is_wanted = True
        self.starts = 0
        self.child: subprocess.Popen[bytes]

    async def run(self) -> None:
        """Start it, and start it again whenever it ends."""
        while self._is_wanted:
            self._start()
            await asyncio.to_thread(self.child.wait)

    def _start(self) -> None:
        self.starts += 1
        with (self._folder / "log").open("ab") as log:
            self.child = subprocess.Popen(
                self._command, cwd=self._folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def stop(self) -> None:
        """End it for good."""
        self._is_wanted = False
        self.child.send_signal(self._ends_by)
        self.child.wait(self._patience)


@asynccontextmanager
async def supervised(folder: Path, port: int) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor(folder, port)
    async with asyncio.TaskGroup() as group:
        group.create_task(supervisor.run())
        await asyncio.sleep(0)
        try:
            yield supervisor
        finally:
            supervisor.stop()


@asynccontextmanager
async def operator(port: int) -> AsyncIterator[tuple[Client, dict[str, Any]]]:
    """Join the show on air once it is there; yields the client and what it was shown."""
    async with Client.connect(f"ws://127.0.0.1:{port}/client-ws?show=main") as client:
        await client.send("client-hello", client="operator", capabilities=["chat", "state", "primary"])
        yield client, (await client.until("snapshot", LATEST))[-1]


def test_after_a_crash_she_is_back_with_mode_channel_history_and_who_is_still_to_be_thanked(
    tmp_path: Path,
) -> None:
    async def main() -> None:
        port = free_port()
        async with TwitchMock() as twitch, FakeProvider() as provider:
            write(tmp_path, configured(twitch, provider))
            async with supervised(tmp_path, port) as supervisor:
                first = supervisor.child
                await asyncio.to_thread(wait_until_ready, port, first)
                async with operator(port) as (client, _):
                    await twitch.subscribed(CHAT)
                    await client.send("say", text="I was here before.", verbatim=True, request_id="say")
                    await client.until("backend-synth-complete", LATEST)
                    await client.send("frontend-playback-complete")
                    await client.until("control", LATEST, text="conversation-chain-end")
                    await client.send("stop", request_id="stop")
                    await client.until("character-state", LATEST, is_stopped=True)
                    cheer = chat_event("c1", "Cheer64", "dan", cheer={"bits": 64})
                    await twitch.send(CHAT, cheer)
                    await client.until("channel-event", LATEST)
                    await asyncio.sleep(0.3)  # a state is noted when it is told, ten times a second
                    first.kill()
                    await asyncio.to_thread(first.wait)
                async with asyncio.timeout(LATEST):
                    while supervisor.starts < 2:  # noqa: ASYNC110  nobody tells
                        await asyncio.sleep(0.02)
                await asyncio.to_thread(wait_until_ready, port, supervisor.child)
                async with operator(port) as (client, shown):
                    state = shown["state"]
                    assert (state["mode"], state["is_stopped"]) == ("external-api", True)
                    assert state["twitch"]["channel"] == STREAMER
                    await client.send("fetch-history-list")
                    histories = (await client.until("history-list", LATEST))[-1]["histories"]
                    assert histories[0]["latest_message"]["content"] == "I was here before."
                    await client.send("resume", request_id="resume")
                    audio = (await client.until("audio", LATEST))[-1]
                    assert audio["display_text"]["text"].strip() == "Thank you Dan for 64 bits."
                    assert supervisor.starts == 2

    asyncio.run(main())


def write(folder: Path, config: Mapping[str, Any]) -> None:
    (folder / "conf.yaml").write_text(json.dumps(config), encoding="utf-8")  # JSON is YAML


def test_the_unit_file_is_one_that_systemd_understands(tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("there is no systemd-analyze")
    program = service()["ExecStart"].split()[0]
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text(encoding="utf-8").replace(program, sys.executable), encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", str(unit)],
        capture_output=True,
        text=True,
        timeout=30,
        env={**os.environ, "SYSTEMD_LOG_LEVEL": "warning"},
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_both_supervisors_wait_for_longer_than_she_takes_to_end() -> None:
    live = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]["live"]
    assert live["restart"] == "unless-stopped"
    assert float(live["stop_grace_period"].removesuffix("s")) > ENDS_WITHIN
    assert float(service()["TimeoutStopSec"]) > ENDS_WITHIN
