"""Stored conversations over the wire: found again by their owner and by nobody else."""

import asyncio
import json
import re
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest

from live_server import SCRIPTED, Client, launched, serving
from open_llm_vtuber.config import Settings
from open_llm_vtuber.protocol.identity import COOKIE
from open_llm_vtuber.storage.chat_history_files import import_folder
from open_llm_vtuber.storage.sql_store import sql_store
from virtual_time import run_virtual
from wire.existing_client import Message
from wire.set_of_shows import SetOfShows, set_of_shows
from wire.tab import Tab, kinds

NOBODY = "2026-01-01_00-00-00_" + "a" * 32
OLD = "2024-01-01_00-00-00_" + "b" * 32


def settings(folder: Path) -> Settings:
    return Settings.model_validate({"character_config": SCRIPTED, "system_config": {"data_dir": folder}})


def cookie_of(client: Client) -> str:
    assert client.connection.response
    found = SimpleCookie(client.connection.response.headers["set-cookie"])
    return found[COOKIE].value


@asynccontextmanager
async def browser(url: str, cookie: str = "") -> AsyncIterator[Client]:
    """Connect as a browser that holds this cookie."""
    headers = {"Cookie": f"other=1; {COOKIE}={cookie}"} if cookie else {}
    async with Client.connect(url, additional_headers=headers) as client:
        yield client


async def asked(client: Client, type_: str, answer: str, **fields: Any) -> Message:
    await client.send(type_, **fields)
    return (await client.until(answer))[-1]


async def say(client: Client, text: str) -> None:
    await client.send("text-input", text=text)
    await client.until("backend-synth-complete")
    await client.send("frontend-playback-complete")
    await client.until("control", text="conversation-chain-end")


async def listed(client: Client) -> list[str]:
    return [each["uid"] for each in (await asked(client, "fetch-history-list", "history-list"))["histories"]]


def test_a_page_that_is_loaded_again_finds_its_conversation_also_after_a_restart(tmp_path: Path) -> None:
    async def main() -> None:
        async with serving(settings(tmp_path)) as server, browser(server.ws()) as client:
            cookie = cookie_of(client)
            uid = (await asked(client, "create-new-history", "new-history-created"))["history_uid"]
            await say(client, "Do you like kittens?")
        async with serving(settings(tmp_path)) as server, browser(server.ws(), cookie) as client:
            assert cookie_of(client) == cookie, "and it is kept for another year"
            assert await listed(client) == [uid]
            data = await asked(client, "fetch-and-set-history", "history-data", history_uid=uid)
            human, ai = data["messages"]
            assert (human["role"], human["content"], human["name"]) == (
                "human",
                "Do you like kittens?",
                "Human",
            )
            assert (ai["role"], ai["name"]) == ("ai", "Mika")
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+\+00:00", ai["timestamp"])
            await say(client, "And puppies?")
            assert await listed(client) == [uid], "it goes on"

    asyncio.run(main())


@pytest.mark.parametrize("request_type", ["fetch-and-set-history", "delete-history"])
def test_one_client_never_sees_or_deletes_anothers_words(tmp_path: Path, request_type: str) -> None:
    async def main() -> None:
        async with (
            serving(settings(tmp_path)) as server,
            browser(server.ws()) as ana,
            browser(server.ws()) as ben,
        ):
            assert cookie_of(ana) != cookie_of(ben)
            uid = (await asked(ana, "create-new-history", "new-history-created"))["history_uid"]
            await say(ana, "My secret")
            assert await listed(ben) == []
            error = await asked(ben, request_type, "error", history_uid=uid)
            assert (error["code"], error["request_type"]) == ("not-found", request_type)
            assert await listed(ana) == [uid]
            assert await listed(ben) == []

    asyncio.run(main())


@pytest.mark.parametrize("uid", [NOBODY, "../../../etc/nothing", "a/b", "..", "a:b", "CON", "\0", "x" * 200])
@pytest.mark.parametrize("request_type", ["fetch-and-set-history", "delete-history"])
def test_a_uid_that_names_nothing_is_an_error_and_the_conversation_goes_on(
    request_type: str, uid: str
) -> None:
    async def main(shows: SetOfShows) -> None:
        async with shows.tab() as tab:
            await tab.type_text("one")
            await tab.until_turns(1)
            await tab.send(request_type, history_uid=uid)
            await tab.until_came("error")
            assert tab.frames[-1]["code"] == "not-found"
            await tab.type_text("two")
            await tab.until_turns(2)
            assert len(await histories(tab)) == 1
            assert [m.content for m in shows.llm.prompts[-1] if m.role == "user"] == ["one", "two"]

    run_shows(main)


def run_shows(work: Any) -> None:
    async def main() -> None:
        async with set_of_shows() as shows:
            await work(shows)

    run_virtual(main())


async def histories(tab: Tab) -> list[Message]:
    times = tab.count("history-list")
    await tab.send("fetch-history-list")
    await tab.until_came("history-list", times + 1)
    found: list[Message] = tab.frames[-1]["histories"]
    return found


async def current(tab: Tab) -> str:
    """Begin a new conversation and return its uid."""
    times = tab.count("new-history-created")
    await tab.send("create-new-history")
    await tab.until_came("new-history-created", times + 1)
    return str(tab.frames[-1]["history_uid"])


def test_a_prompt_never_holds_another_clients_words() -> None:
    async def main(shows: SetOfShows) -> None:
        async with shows.tab() as ana, shows.tab() as ben:
            await ana.type_text("My secret")
            await ana.until_turns(1)
            await ben.type_text("hello")
            await ben.until_turns(1)
            await ana.type_text("again")
            await ana.until_turns(2)
        prompts = [[m.content for m in prompt if m.role == "user"] for prompt in shows.llm.prompts]
        assert prompts == [["My secret"], ["hello"], ["My secret", "again"]]

    run_shows(main)


def test_going_on_with_a_conversation_brings_back_its_words_and_no_others() -> None:
    async def main(shows: SetOfShows) -> None:
        async with shows.tab() as tab:
            first = await current(tab)
            await tab.type_text("one")
            await tab.until_turns(1)
            await current(tab)
            await tab.type_text("two")
            await tab.until_turns(2)
            await tab.send("fetch-and-set-history", history_uid=first)
            await tab.until_came("history-data")
            assert [each["content"] for each in tab.frames[-1]["messages"]] == [
                "one",
                "You said one. And this is the second sentence.",
            ]
            await tab.type_text("three")
            await tab.until_turns(3)
            told = [m.content for m in shows.llm.prompts[-1] if m.role != "system"]
            assert told == ["one", "You said one. And this is the second sentence.", "three"]
            assert (await histories(tab))[0]["uid"] == first

    run_shows(main)


def test_a_running_turn_ends_in_its_own_conversation_before_another_is_gone_on_with() -> None:
    async def main(shows: SetOfShows) -> None:
        async with shows.tab() as tab:
            first = await current(tab)
            await tab.type_text("one")
            await tab.until_turns(1)
            second = await current(tab)
            await tab.type_text("two")
            await tab.until_came("audio", 3)
            await tab.send("fetch-and-set-history", history_uid=first)
            await tab.until_came("history-data")
            assert kinds(tab.frames)[-2:] == ["conversation-chain-end", "history-data"]
            assert len(tab.frames[-1]["messages"]) == 2
            assert {each["uid"] for each in await histories(tab)} == {first, second}
            tab.client.state = "idle"
            await tab.type_text("three")
            await tab.until_turns(3)
            assert "two" not in [m.content for m in shows.llm.prompts[-1]]

    run_shows(main)


def test_what_was_heard_of_a_cut_reply_is_kept_without_a_mark_in_its_text() -> None:
    async def main(shows: SetOfShows) -> None:
        async with shows.tab() as tab:
            uid = await current(tab)
            await tab.type_text("one")
            await tab.until_came("audio")
            await asyncio.sleep(0.2)
            await tab.press_interrupt()
            await tab.until_turns(1)
            tab.client.state = "idle"
            await tab.send("fetch-and-set-history", history_uid=uid)
            await tab.until_came("history-data")
            assert [each["content"] for each in tab.frames[-1]["messages"]] == ["one", "You said one."]
            (owner,) = shows.store._histories
            assert [each.interrupted for each in await shows.store.lines(owner, uid)] == [False, True]
            await tab.type_text("two")
            await tab.until_turns(2)
            told = [m.content for m in shows.llm.prompts[-1] if m.role != "system"]
            assert told == ["one", "You said one.", "two"]

    run_shows(main)


def test_deleting_the_present_conversation_ends_its_turn_and_the_next_line_begins_a_new_one() -> None:
    async def main(shows: SetOfShows) -> None:
        async with shows.tab() as tab:
            uid = await current(tab)
            await tab.type_text("My secret")
            await tab.until_came("audio")
            await tab.send("delete-history", history_uid=uid)
            await tab.until_came("history-deleted")
            assert (tab.frames[-1]["success"], tab.frames[-1]["history_uid"]) == (True, uid)
            assert await histories(tab) == []
            tab.client.state = "idle"
            await tab.type_text("two")
            await tab.until_turns(2)
            (after,) = await histories(tab)
            assert after["uid"] != uid
            assert [m.content for m in shows.llm.prompts[-1] if m.role == "user"] == ["two"]

    run_shows(main)


@pytest.mark.parametrize("request_type", ["fetch-and-set-history", "delete-history"])
def test_the_conversation_of_a_shared_show_is_nobodys_to_change(request_type: str) -> None:
    async def main(shows: SetOfShows) -> None:
        async with shows.tab("main") as tab:
            await tab.type_text("one")
            await tab.until_turns(1)
            (held,) = await histories(tab)
            await tab.send(request_type, history_uid=held["uid"])
            await tab.until_came("error")
            assert tab.frames[-1]["code"] == "wrong-state"
            assert await histories(tab) == [held]

    run_shows(main)


def test_a_reply_that_is_cut_by_closing_the_tab_is_kept(tmp_path: Path) -> None:
    async def main() -> None:
        async with serving(settings(tmp_path)) as server:
            async with browser(server.ws()) as client:
                cookie = cookie_of(client)
                await client.send("text-input", text="Do you like kittens?")
                await client.until("audio")
                await asyncio.sleep(0.1)
            await asyncio.sleep(0.3)
            async with browser(server.ws(), cookie) as client:
                (uid,) = await listed(client)
                data = await asked(client, "fetch-and-set-history", "history-data", history_uid=uid)
                assert [each["role"] for each in data["messages"]] == ["human", "ai"]

    asyncio.run(main())


def test_imported_conversations_are_there_for_everybody_until_somebody_goes_on_with_one(
    tmp_path: Path,
) -> None:
    settings_ = settings(tmp_path / "data")
    folder = tmp_path / "chat_history" / settings_.character_config.conf_uid
    folder.mkdir(parents=True)
    entry = {"role": "human", "timestamp": "2024-01-01T00:00:00", "content": "long ago"}
    for uid in (NOBODY, OLD):
        (folder / f"{uid}.json").write_text(json.dumps([entry]), encoding="utf-8")

    async def main() -> None:
        async with sql_store("", tmp_path / "data") as store:
            await import_folder(tmp_path / "chat_history", store)
        async with serving(settings_) as server, browser(server.ws()) as ana, browser(server.ws()) as ben:
            for client in (ana, ben):
                assert set(await listed(client)) == {NOBODY, OLD}
                data = await asked(client, "fetch-and-set-history", "history-data", history_uid=OLD)
                assert [each["content"] for each in data["messages"]] == ["long ago"]
            await say(ana, "My secret")
            assert await listed(ana) == [OLD, NOBODY]
            assert await listed(ben) == [NOBODY]
            await asked(ben, "delete-history", "history-deleted", history_uid=NOBODY)
            assert await listed(ana) == [OLD]

    asyncio.run(main())


@pytest.mark.parametrize("headers", [{}, {"Cookie": f"{COOKIE}=main"}, {"Cookie": f"{COOKIE}={'../' * 500}"}])
def test_a_client_that_brings_no_identity_of_ours_gets_a_new_one(headers: Mapping[str, str]) -> None:
    async def main() -> None:
        async with serving() as server, Client.connect(server.ws(), additional_headers=headers) as client:
            assert re.fullmatch("[0-9a-f]{32}", cookie_of(client))

    asyncio.run(main())


@pytest.mark.slow
def test_a_conversation_outlives_a_killed_server(tmp_path: Path) -> None:
    config = {"character_config": SCRIPTED}

    async def talk(port: int) -> tuple[str, Message]:
        async with browser(f"ws://127.0.0.1:{port}/client-ws") as client:
            await say(client, "Do you like kittens?")
            await client.send("fetch-history-list")
            return cookie_of(client), (await client.until("history-list"))[-1]

    async def come_back(port: int, cookie: str) -> Message:
        async with browser(f"ws://127.0.0.1:{port}/client-ws", cookie) as client:
            return await asked(client, "fetch-history-list", "history-list")

    with launched(tmp_path, config) as (port, child):
        cookie, before = asyncio.run(talk(port))
        child.send_signal(signal.SIGKILL)
        child.wait(10)
    with launched(tmp_path, config) as (port, _):
        after = asyncio.run(come_back(port, cookie))
    assert len(before["histories"]) == 1
    assert after == before, json.dumps(after)
