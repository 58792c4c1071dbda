"""SIGTERM ends a show in time, whatever it is in the middle of, and everything is stored."""

import asyncio
import json
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import websockets

from live_server import SCRIPTED, Client, free_port, launched, wait_until_ready
from open_llm_vtuber import bookkeeping, serving
from open_llm_vtuber.storage import database

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

STUCK = """
import sys, time
from open_llm_vtuber.tts import finishing
finishing.levelled = lambda *_: time.sleep(3600)
from open_llm_vtuber.cli import main
main()
"""
"""The program with a thread that never comes back from a sentence's loudness."""
LATE = 10.0
"""Seconds beyond its time after which a process counts as one that does not end."""


def speaking_slowly(**more: object) -> dict[str, Any]:
    voice = {"tts_model": "tone_tts", "tone_tts": {"ms_per_character": 400}}
    return {"character_config": {**SCRIPTED, "tts_config": voice}, **more}


@asynccontextmanager
async def silent_provider() -> AsyncIterator[str]:
    """Take every request and answer none, for as long as the context lasts."""
    taken: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: taken.append(writer), "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    finally:
        server.close()
        for each in taken:
            each.close()


def stored(folder: Path) -> list[tuple[str, bool]]:
    """Return role, and whether it was cut, of each line in the store of a program that has ended."""
    with closing(sqlite3.connect(folder / "data" / "live.sqlite3")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        found = connection.execute("SELECT role, interrupted FROM lines ORDER BY id").fetchall()
    return [(role, bool(cut)) for role, cut in found]


async def told_to_end(child: subprocess.Popen[bytes]) -> int:
    child.send_signal(signal.SIGTERM)
    return await asyncio.to_thread(child.wait, serving.ENDS_WITHIN + LATE)


def test_the_limits_of_all_that_is_waited_for_leave_time_to_close() -> None:
    assert serving.GRACE_S + bookkeeping.CLOSING + database.CLOSING < serving.ENDS_WITHIN <= 5


def test_a_show_ends_in_mid_sentence_beside_a_hung_provider_a_deaf_client_and_half_a_request(
    tmp_path: Path,
) -> None:
    async def main() -> None:
        async with silent_provider() as url:
            external = {"provider": "custom", "model": "m", "endpoint": url}
            shows = {"main": {}, "second": {"mode": "external-api"}}
            config = speaking_slowly(external_api=external, shows=shows)
            with launched(tmp_path, config) as (port, child):
                address = f"ws://127.0.0.1:{port}/client-ws?show="
                with socket.create_connection(("127.0.0.1", port)) as half_open:
                    half_open.sendall(b"GET /health HTTP/1.1\r\nHost: loc")
                    async with Client.connect(f"{address}second") as second:
                        await second.send("text-input", text="are you there?")
                        await second.until("full-text")
                        async with Client.connect(f"{address}main", close_timeout=0.1) as deaf:
                            await deaf.send("text-input", text="hello there")
                            await deaf.until("audio")
                            deaf.connection.transport.pause_reading()
                            assert await told_to_end(child) == 0
                            deaf.connection.transport.abort()
                        with suppress(websockets.ConnectionClosed):
                            while True:
                                await second.receive()
                        assert second.connection.close_code == 1012  # comes back soon

    asyncio.run(main())
    assert sorted(stored(tmp_path)) == [("ai", True), ("human", False), ("human", False)]
    assert "not everything ended" not in (tmp_path / "log").read_text(encoding="utf-8")


@contextmanager
def launched_with_a_stuck_thread(folder: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    port = free_port()
    (folder / "conf.yaml").write_text(json.dumps(speaking_slowly()), encoding="utf-8")
    words = ["run", "--no-browser", "--port", str(port), "--config", "conf.yaml", "--data-dir", "data"]
    with (folder / "log").open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-c", STUCK, *words],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            wait_until_ready(port, child)
            yield port, child
        finally:
            child.kill()
            child.wait(LATE)


def test_a_thread_that_never_comes_back_holds_the_process_no_longer_than_its_time(tmp_path: Path) -> None:
    async def main() -> None:
        with launched_with_a_stuck_thread(tmp_path) as (port, child):
            async with Client.connect(f"ws://127.0.0.1:{port}/client-ws?show=main") as client:
                await client.send("text-input", text="hello there")
                await client.until("full-text")
                assert await told_to_end(child) == 0, "everything was stored"
                with suppress(websockets.ConnectionClosed):
                    await client.receive()

    asyncio.run(main())
    assert stored(tmp_path) == [("human", False)]
    assert "at work: loudness_0" in (tmp_path / "log").read_text(encoding="utf-8")
