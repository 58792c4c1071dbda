"""`/health` says how each part is, over a real socket."""

import asyncio
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import pytest

from live_server import SCRIPTED, Client, Serving, serving
from open_llm_vtuber.config import Settings
from open_llm_vtuber.protocol.server_messages import ServerMessage
from open_llm_vtuber.show.commands import ChatHappened
from open_llm_vtuber.shows import LocalShows
from open_llm_vtuber.stimulus import ChannelStatus
from open_llm_vtuber.storage import database
from open_llm_vtuber.web import health


async def asked(server: Serving) -> tuple[int, Mapping[str, Any]]:
    async with httpx2.AsyncClient() as client:
        answer = await client.get(f"{server.http}/health")
    return answer.status_code, answer.json()


def kept_in(folder: Path) -> Settings:
    return Settings.model_validate({"character_config": SCRIPTED, "system_config": {"data_dir": folder}})


def test_all_is_well(tmp_path: Path) -> None:
    async def main() -> None:
        async with serving(kept_in(tmp_path)) as server:
            status, told = await asked(server)
            assert (status, told["status"]) == (200, "ok")
            assert {"show", "store", "llm", "tts"} <= told["parts"].keys()
            assert {part["status"] for part in told["parts"].values()} == {"ok"}

    asyncio.run(main())


def test_a_channel_that_is_lost_troubles_and_one_that_is_back_does_not() -> None:
    async def main() -> None:
        async with serving() as server:
            lost = ChannelStatus(channel="c", state="reconnecting", reason="The connection was lost.")
            await server.parts.shows.tell("main", ChatHappened(lost))
            status, told = await asked(server)
            assert (status, told["status"]) == (200, "troubled")
            assert told["parts"]["twitch"]["note"] == "reconnecting: The connection was lost."
            await server.parts.shows.tell("main", ChatHappened(ChannelStatus(channel="c", state="connected")))
            assert (await asked(server))[1]["status"] == "ok"

    asyncio.run(main())


def test_a_store_that_another_program_locks_troubles_until_it_lets_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_PRAGMAS", ("journal_mode=WAL", "busy_timeout=20"))

    async def line(server: Serving, text: str) -> None:
        async with Client.connect(server.ws("main")) as client:
            await client.send("text-input", text=text)
            await client.until("force-new-message")

    async def main() -> None:
        async with serving(kept_in(tmp_path)) as server:
            with closing(sqlite3.connect(tmp_path / "live.sqlite3", isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                await line(server, "Can you hear me?")
                status, told = await asked(server)
                assert (status, told["status"]) == (200, "troubled")
                assert "another program keeps it locked" in told["parts"]["store"]["note"]
                other.execute("ROLLBACK")
            await line(server, "And now?")
            assert (await asked(server))[1]["parts"]["store"] == {"status": "ok", "note": ""}

    asyncio.run(main())


def test_a_show_that_does_not_answer_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent(*_: object) -> tuple[ServerMessage, ...]:
        await asyncio.sleep(60)
        return ()

    async def main() -> None:
        async with serving() as server:
            monkeypatch.setattr(health, "ANSWERS_WITHIN", 0.05)
            monkeypatch.setattr(LocalShows, "ask", silent)
            status, told = await asked(server)
            monkeypatch.undo()
        assert (status, told["status"]) == (503, "down")
        assert told["parts"]["show"]["note"] == "The show on air does not answer."

    asyncio.run(main())
