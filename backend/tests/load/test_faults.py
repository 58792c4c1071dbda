"""A part fails while she is on air: the show goes on, `/health` says which part and why, and it comes back by itself."""

import asyncio
import socket
import sqlite3
import subprocess
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import URL, event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from fake_provider import KEY, FakeProvider
from live_server import SCRIPTED, Client, Serving, serving
from open_llm_vtuber import app
from open_llm_vtuber.config import Settings
from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.remote_brain import JOB
from open_llm_vtuber.show.commands import ChatHappened
from open_llm_vtuber.stimulus import ChannelEvent
from open_llm_vtuber.storage import database
from open_llm_vtuber.storage.sql_store import SqlStore, sql_store
from open_llm_vtuber.tts import finishing
from provider_faults import FAULTS
from twitch_mock import CHAT, STREAMER, TwitchMock

LATEST = 20.0
NOWHERE = "brain.example"
TO_TRY = ("500 for ever", "401", "a hang before the first word", "a cut", "a malformed chunk", "a web page")
"""Of the faults that `test_provider_doors.py` tries behind each door, one of each sort."""


async def health(server: Serving) -> Mapping[str, Any]:
    async with httpx2.AsyncClient(trust_env=False) as client:
        found: Mapping[str, Any] = (await client.get(f"{server.http}/health")).json()
        return found


async def part(server: Serving, name: str) -> str:
    """Return what is wrong with a part, "" for nothing."""
    found = await health(server)
    assert found["parts"]["show"]["status"] == "ok"
    note: str = found["parts"][name]["note"]
    assert found["parts"][name]["status"] == ("troubled" if note else "ok")
    return note


async def becomes_well(server: Serving, name: str) -> None:
    async with asyncio.timeout(LATEST):
        while await part(server, name):  # noqa: ASYNC110  nobody tells
            await asyncio.sleep(0.05)


async def turn(server: Serving, text: str = "hello") -> list[dict[str, Any]]:
    """Have her answer a typed line, and return all that a client was told of it."""
    async with Client.connect(server.ws("main")) as client:
        await client.until("set-model-and-conf")
        await client.send("text-input", text=text)
        seen: list[dict[str, Any]] = []
        while True:
            message = await client.receive(LATEST)
            seen.append(message)
            if message["type"] == "backend-synth-complete":
                await client.send("frontend-playback-complete")
            if message["type"] == "control" and message["text"] == "conversation-chain-end":
                return seen


def speaks(seen: list[dict[str, Any]], *, with_sound: bool = True) -> bool:
    said = [each for each in seen if each["type"] == "audio"]
    return bool(said) and all(bool(each["audio"]) is with_sound for each in said)


@contextmanager
def kept_store(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[SqlStore]]:
    """Hold on to the stores that the program opens."""
    made: list[SqlStore] = []

    def opened(url: str, folder: Path) -> SqlStore:
        made.append(sql_store(url, folder))
        return made[-1]

    monkeypatch.setattr(app, "sql_store", opened)
    yield made


class Disk:
    """What SQLite says of the disk whenever something is to be written; "" is nothing."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.says = ""
        made = database._engine

        def engine(url: URL) -> AsyncEngine:
            built = made(url)
            event.listen(built.sync_engine, "before_cursor_execute", self._asked)
            return built

        monkeypatch.setattr(database, "_engine", engine)

    def _asked(self, _connection: object, _cursor: object, statement: str, *_: object) -> None:
        if self.says and statement.startswith(("INSERT", "UPDATE", "DELETE")):
            raise sqlite3.OperationalError(self.says)


def said_in(folder: Path) -> Settings:
    return Settings.model_validate({"character_config": SCRIPTED, "system_config": {"data_dir": folder}})


@pytest.mark.parametrize(
    ("says", "why"),
    [
        ("database or disk is full", "the disk is full"),
        ("attempt to write a readonly database", "it may not be written to"),
        ("disk I/O error", "the disk reports an error"),
    ],
)
def test_a_disk_that_takes_nothing_costs_what_is_kept_and_not_the_show(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, why: str
) -> None:
    disk = Disk(monkeypatch)

    async def main() -> None:
        with kept_store(monkeypatch) as stores:
            async with serving(said_in(tmp_path)) as server:
                disk.says = says
                assert speaks(await turn(server))
                gift = ChannelEvent(id="e1", platform="twitch", channel="c", kind="cheer", amount=100)
                await server.parts.shows.tell("main", ChatHappened(gift))
                assert why in await part(server, "store")
                disk.says = ""
                assert speaks(await turn(server, "And now?"))
                await becomes_well(server, "store")
                ((uid, _),) = await stores[0].histories("show/main/mika_001")
                kept = [line.content for line in await stores[0].lines("show/main/mika_001", uid)]
                assert "And now?" in kept

    asyncio.run(main())


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Mount a disk of two megabytes, where one may."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    try:
        is_mounted = subprocess.run(mount, capture_output=True, timeout=10, check=False).returncode == 0
    except OSError:
        is_mounted = False
    if not is_mounted:
        pytest.skip("nothing may be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], timeout=10, check=True)


def test_a_whole_disk_that_is_full_and_then_is_not(tmp_path: Path) -> None:
    async def main() -> None:
        with small_disk(tmp_path / "disk") as disk:
            async with serving(said_in(disk)) as server:
                with suppress(OSError):
                    (disk / "ballast").write_bytes(b"x" * 4_000_000)
                for _ in range(4):
                    assert speaks(await turn(server, "Tell me everything. " * 90))
                assert "the disk is full" in await part(server, "store")
                (disk / "ballast").unlink()
                assert speaks(await turn(server))
                await becomes_well(server, "store")

    asyncio.run(main())


def test_a_store_that_hangs_is_waited_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "OVERDUE", 0.3)

    async def main() -> None:
        with kept_store(monkeypatch) as stores:
            async with serving(said_in(tmp_path)) as server:
                answers = asyncio.Event()

                async def hanging(_: AsyncConnection) -> None:
                    await answers.wait()

                with pytest.raises(EngineError):
                    await stores[0]._database.do(hanging)
                for _ in range(3):
                    assert speaks(await turn(server, "Are you there?"))
                assert "does not answer" in await part(server, "store")
                answers.set()
                await becomes_well(server, "store")
                ((uid, _),) = await stores[0].histories("show/main/mika_001")
                kept = [line.content for line in await stores[0].lines("show/main/mika_001", uid)]
                assert kept.count("Are you there?") == 3, "done when it answered"

    asyncio.run(main())


def test_a_voices_thread_that_is_stuck_costs_the_sound_and_not_the_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    released = threading.Event()

    async def main() -> None:
        async with serving() as server:
            try:
                with monkeypatch.context() as stuck:
                    stuck.setattr(finishing, "LIMIT", 0.1)
                    stuck.setattr(finishing, "levelled", lambda *_: released.wait(60))
                    for _ in range(2):
                        assert speaks(await turn(server), with_sound=False)
                    assert "was not ready" in await part(server, "tts")
                assert speaks(await turn(server))
                await becomes_well(server, "tts")
            finally:
                released.set()

    asyncio.run(main())


def with_provider(url: str) -> Settings:
    external = {"provider": "custom", "model": "m", "api_key": KEY, "endpoint": url, "timeout_s": 1.0}
    return Settings.model_validate(
        {
            "character_config": SCRIPTED,
            "external_api": external,
            "shows": {"main": {"mode": "external-api"}},
        }
    )


@asynccontextmanager
async def provided() -> AsyncIterator[tuple[FakeProvider, Serving]]:
    async with FakeProvider() as provider, serving(with_provider(provider.base_url)) as server:
        yield provider, server


def errors(seen: list[dict[str, Any]]) -> list[str]:
    return [each["message"] for each in seen if each["type"] == "error"]


@pytest.mark.slow
def test_a_provider_that_fails_in_whatever_way_is_told_and_is_asked_again() -> None:
    async def main() -> None:
        async with provided() as (provider, server):
            for fault in (each for each in FAULTS if each.name in TO_TRY):
                fault.set(provider)
                outcome = fault.outcome("openai")
                for _ in range(2):
                    told = errors(await turn(server))
                    if (
                        outcome.said
                    ):  # what was begun is ended with an ellipsis: nobody but the operator is told
                        assert not told
                    else:
                        assert outcome.sentence in told[0]
                assert outcome.sentence in await part(server, JOB), fault.name
                provider.status, provider.mode, provider.delay = 200, "ok", 0.0
                provider.refusal = {"Retry-After-Ms": "10"}
                assert speaks(await turn(server)), fault.name
                await becomes_well(server, JOB)

    asyncio.run(main())


class Names:
    """Answers for one name what the test says."""

    def __init__(self) -> None:
        self.address = ""
        """Where that name leads; "" where there is no such name."""
        self.hangs = False
        self.answers = threading.Event()
        """Set, those who were kept waiting are told that there is no such name."""
        self._known = socket.getaddrinfo

    def look_up(self, host: Any, *more: Any, **named: Any) -> Any:
        if host not in (NOWHERE, NOWHERE.encode()):
            return self._known(host, *more, **named)
        if self.hangs:
            self.answers.wait(60)
        if self.hangs or not self.address:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return self._known(self.address, *more, **named)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    made = Names()
    monkeypatch.setattr(socket, "getaddrinfo", made.look_up)
    return made


def test_a_name_that_cannot_be_looked_up_is_told_and_found_again(names: Names) -> None:
    async def main() -> None:
        async with FakeProvider() as provider:
            url = provider.base_url.replace("127.0.0.1", NOWHERE)
            async with serving(with_provider(url)) as server:
                for _ in range(2):
                    (told,) = errors(await turn(server))
                    assert "cannot be reached" in told or "does not answer" in told
                assert await part(server, JOB)
                names.address = "127.0.0.1"
                assert speaks(await turn(server))
                await becomes_well(server, JOB)

    asyncio.run(main())


def test_she_speaks_while_a_hundred_names_are_looked_up_in_vain(names: Names) -> None:
    async def main() -> None:
        names.hangs = True
        async with serving() as server:
            loop = asyncio.get_running_loop()
            looks = [loop.create_task(loop.getaddrinfo(NOWHERE, 443)) for _ in range(100)]
            await asyncio.sleep(0)
            assert speaks(await turn(server))
            assert not any(each.done() for each in looks)
            names.answers.set()
            assert len(await asyncio.gather(*looks, return_exceptions=True)) == 100

    asyncio.run(main())


def test_twitch_that_is_lost_in_mid_show_is_told_and_comes_back() -> None:
    async def main() -> None:
        async with TwitchMock() as twitch:
            channel = {
                "channel": STREAMER,
                "token": twitch.grant(),
                "endpoints": twitch.endpoints.model_dump(),
            }
            settings = {"character_config": SCRIPTED, "live_config": {"twitch": channel}}
            async with serving(Settings.model_validate(settings)) as server:
                await twitch.subscribed(CHAT)
                await becomes_well(server, "twitch")
                twitch.html = True  # the API answers with a page: nothing can be subscribed to
                twitch.cut()
                async with asyncio.timeout(LATEST):
                    while not (await part(server, "twitch")).startswith("reconnecting"):  # noqa: ASYNC110  nobody tells
                        await asyncio.sleep(0.02)
                assert speaks(await turn(server))
                twitch.html = False
                await becomes_well(server, "twitch")

    asyncio.run(main())
