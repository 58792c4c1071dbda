"""A server as a process of its own, like a user's, and a client for it."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import websockets

from benchmarks.instant import instant_character
from open_llm_vtuber.units import Seconds

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = (sys.executable, "-m", "open_llm_vtuber")
INSTANT_PROGRAM = (sys.executable, "-m", "benchmarks.instant")
BARE_PROGRAM = (sys.executable, "-m", "benchmarks.bare")
"""The limit on the same framework: no show, no store, nothing but the sound and its way."""
START_LIMIT: Seconds = 90.0
POLL: Seconds = 0.005

AUDIO = '{"type":"audio"'
SYNTH_COMPLETE = '{"type":"backend-synth-complete"'
CHAIN_END = '{"type":"control","text":"conversation-chain-end"'

EMBEDDED: Mapping[str, Any] = {}
"""A `character_config` that says nothing: the engines that come along."""
INSTANT: Mapping[str, Any] = instant_character()
SCRIPTED: Mapping[str, Any] = {
    "agent_config": {"agent_settings": {"basic_memory_agent": {"llm_provider": "scripted_llm"}}},
    "tts_config": {"tts_model": "tone_tts", "tone_tts": {"ms_per_character": 5}},
}
"""Engines of the program that need no model."""


class NotStarted(Exception):
    """The server ended, or was not ready in time; `str(error)` is the last line that it wrote."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    pid: int
    port: int
    ready_s: Seconds
    """From spawning to the first 200 of /health."""
    providers: Mapping[str, Mapping[str, Any]]

    def ws(self, show: str = "") -> str:
        """Return the address of a show, without a name of a private one."""
        return f"ws://127.0.0.1:{self.port}/client-ws" + (f"?show={show}" if show else "")

    def lacks(self, **engines: str) -> str:
        """Return why an engine that should run does not, or nothing."""
        return " ".join(
            str(self.providers[job]["note"])
            for job, engine in engines.items()
            if self.providers[job]["engine"] != engine
        )


@contextmanager
def serving(
    character: Mapping[str, Any], program: Sequence[str] = PROGRAM, sections: Mapping[str, Any] | None = None
) -> Iterator[Server]:
    """Start `program run …` and stop it again; `sections` are the other ones of its configuration. Raises NotStarted."""
    port = _free_port()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = {"character_config": character, **(sections or {})}
        (folder / "conf.yaml").write_text(json.dumps(settings), encoding="utf-8")
        arguments = ["--no-browser", "--port", str(port), "--config", str(folder / "conf.yaml")]
        arguments += ["--data-dir", str(folder / "data")]
        command = [*program, "run", *arguments]
        if program[0] == "make":
            command = [*program, "run", f"ARGS={' '.join(arguments)}"]
        with _process(command, folder / "log") as child:
            began = time.perf_counter()
            health = _wait_until_ready(port, child, folder / "log")
            yield Server(child.pid, port, time.perf_counter() - began, health["providers"])


def environment() -> dict[str, str]:
    """Return what a user's shell would hand down: no outer make, and Python keeps what it compiled."""
    ours = ("MAKE", "MFLAGS", "PYTHONDONTWRITEBYTECODE")
    return {"NO_COLOR": "1"} | {key: value for key, value in os.environ.items() if not key.startswith(ours)}


@contextmanager
def _process(command: Sequence[str], log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a command in a process group of its own and end that group."""
    with log.open("wb") as output:
        child = subprocess.Popen(  # noqa: S603  the program that is measured
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment(),
            start_new_session=True,
        )
    try:
        yield child
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGTERM)
        child.wait(20)


class Client:
    """A web client. It looks at the beginning of a frame only, so that it adds little of its own."""

    def __init__(self, connection: websockets.ClientConnection) -> None:
        self._connection = connection

    @classmethod
    @asynccontextmanager
    async def connect(cls, url: str) -> AsyncIterator["Client"]:
        """Connect, and wait for the greeting to end."""
        async with websockets.connect(url, max_size=None, compression=None) as connection:
            client = cls(connection)
            for _ in range(4):
                await connection.recv()
            yield client

    async def send(self, type_: str, **fields: object) -> None:
        """Send a message."""
        await self._connection.send(json.dumps({"type": type_, **fields}))

    async def until(self, beginning: str) -> str:
        """Read up to the first frame that begins like that, and return it."""
        while True:
            frame = str(await self._connection.recv())
            if frame.startswith(beginning):
                return frame


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _wait_until_ready(port: int, child: "subprocess.Popen[bytes]", log: Path) -> dict[str, Any]:
    end = time.monotonic() + START_LIMIT
    while time.monotonic() < end:
        if child.poll() is not None:
            break
        if health := _health(port):
            return health
        time.sleep(POLL)
    said = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").split("\n")]
    raise NotStarted(
        next((line for line in reversed(said) if line and not line.startswith("make:")), "silence")
    )


def _health(port: int) -> dict[str, Any] | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health")
        answer = connection.getresponse()
        body: dict[str, Any] = json.loads(answer.read())
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return body if answer.status == 200 else None
