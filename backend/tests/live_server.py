"""A real server for tests: inside the test's own loop, or as a process of its own like a user starts it."""

import asyncio
import atexit
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import uvicorn
import websockets

from open_llm_vtuber import app, config
from open_llm_vtuber.app import OnAir
from open_llm_vtuber.config import Settings, SystemConfig, TwitchEndpoints
from open_llm_vtuber.serving import listening_socket, server_config

SCRIPTED: Mapping[str, Any] = {
    "agent_config": {
        "agent_settings": {"basic_memory_agent": {"llm_provider": "scripted_llm"}},
        "llm_configs": {"scripted_llm": {}},
    },
    "tts_config": {"tts_model": "tone_tts", "tone_tts": {"ms_per_character": 10}},
    "asr_config": {"asr_model": "scripted_asr"},
}
"""A `character_config` of dependency-free engines that answer at once and speak quickly."""


@dataclass(frozen=True, slots=True)
class Serving:
    """A server in this loop."""

    port: int
    parts: OnAir

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ws(self, show: str | None = None) -> str:
        return f"ws://127.0.0.1:{self.port}/client-ws" + (f"?show={show}" if show else "")


@asynccontextmanager
async def serving(settings: Settings | None = None) -> AsyncIterator[Serving]:
    """Serve on a free loopback port for as long as the context lasts; scripted engines unless told otherwise."""
    settings = settings or Settings.model_validate({"character_config": SCRIPTED})
    settings = away_from_twitch(leaving_nothing(settings))
    listener = listening_socket("127.0.0.1", 0)
    async with app.on_air(settings, lambda _: None) as parts:
        server = uvicorn.Server(server_config(app.web(settings, parts)))
        server.capture_signals = contextlib.nullcontext  # type: ignore[assignment]  # the test owns them
        async with asyncio.TaskGroup() as group:
            task = group.create_task(server.serve(sockets=[listener]))
            try:
                while not server.started:  # noqa: ASYNC110  uvicorn has a flag and no event
                    await asyncio.sleep(0.005)
                yield Serving(listener.getsockname()[1], parts)
            finally:
                server.should_exit = True
                await asyncio.wait([task], timeout=10)


def leaving_nothing(settings: Settings) -> Settings:
    """Return the settings with a data folder that is gone when nobody uses it; one that the test chose stays."""
    if settings.system_config.data_dir != SystemConfig().data_dir or settings.system_config.storage_url:
        return settings
    folder = tempfile.mkdtemp(prefix="olv-test-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return config.without_traces(settings, Path(folder))


def away_from_twitch(settings: Settings) -> Settings:
    """Return the settings with a Twitch on this machine: the test's own, else one where nobody listens."""
    twitch = settings.live_config.twitch
    if twitch.endpoints != TwitchEndpoints():
        return settings
    nowhere = TwitchEndpoints(
        helix="http://127.0.0.1:9",
        id="http://127.0.0.1:9",
        eventsub="ws://127.0.0.1:9",
        irc="ws://127.0.0.1:9",
    )
    live = settings.live_config.model_copy(
        update={"twitch": twitch.model_copy(update={"endpoints": nowhere})}
    )
    return settings.model_copy(update={"live_config": live})


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def process(
    folder: Path, config: Mapping[str, Any] | None = None, arguments: tuple[str, ...] = ()
) -> Iterator[int]:
    """Start the program as a user does, wait until it is ready, and yield its port; its output is in `log`."""
    with launched(folder, config, arguments) as (port, _):
        yield port


@contextmanager
def launched(
    folder: Path, config: Mapping[str, Any] | None = None, arguments: tuple[str, ...] = ()
) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Do as `process` does, and yield the child as well."""
    port = free_port()
    command = [sys.executable, "-m", "open_llm_vtuber", "run", "--no-browser", "--port", str(port)]
    command += ["--data-dir", str(folder / "data"), *arguments]
    if config is not None:
        (folder / "conf.yaml").write_text(json.dumps(config), encoding="utf-8")  # JSON is YAML
        command += ["--config", str(folder / "conf.yaml")]
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "200"}
    with (folder / "log").open("wb") as log:
        child = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment
        )
        try:
            wait_until_ready(port, child)
            yield port, child
        finally:
            child.send_signal(signal.SIGTERM)
            child.wait(15)


def wait_until_ready(port: int, child: subprocess.Popen[bytes], limit_s: float = 90) -> None:
    """Wait until the server that a child runs says that all is well."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        assert child.poll() is None, "the server ended instead of starting"
        with contextlib.suppress(OSError), _health(port) as answer:
            if answer.status == 200:
                return
        time.sleep(0.1)
    raise AssertionError("the server was not ready in time")


def _health(port: int) -> HTTPResponse:
    answer: HTTPResponse = urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2)
    return answer


class Client:
    """A WebSocket client that speaks JSON and never waits for ever."""

    def __init__(self, connection: websockets.ClientConnection) -> None:
        self.connection = connection

    @classmethod
    @asynccontextmanager
    async def connect(cls, url: str, **options: Any) -> AsyncIterator["Client"]:
        async with websockets.connect(url, max_size=None, **options) as connection:
            yield cls(connection)

    async def send(self, type_: str, **fields: Any) -> None:
        await self.connection.send(json.dumps({"type": type_, **fields}))

    async def receive(self, limit_s: float = 30) -> dict[str, Any]:
        async with asyncio.timeout(limit_s):
            message: dict[str, Any] = json.loads(await self.connection.recv())
            return message

    async def until(self, type_: str, limit_s: float = 10, **fields: Any) -> list[dict[str, Any]]:
        """Return all messages up to the first of that type with these fields."""
        seen: list[dict[str, Any]] = []
        async with asyncio.timeout(limit_s):
            while True:
                message = await self.receive(limit_s)
                seen.append(message)
                if message["type"] == type_ and all(message.get(k) == v for k, v in fields.items()):
                    return seen
