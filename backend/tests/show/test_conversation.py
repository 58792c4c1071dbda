"""Where the lines of a show go, and which stored conversations it may read."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest

from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.show.conversation import LONGEST_PREVIEW, RECENT_LINES, Conversation, history_data
from open_llm_vtuber.stimulus import HistoryLine
from open_llm_vtuber.storage.memory_store import MemoryStore
from virtual_time import run_virtual

OWNERS = ("client/me/mika", "imported/mika")


def line(text: str, role: Literal["human", "ai"] = "human", name: str = "", minute: int = 0) -> HistoryLine:
    when = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    return HistoryLine(role=role, name=name, content=text, timestamp=when)


def conversation(store: MemoryStore, owners: Sequence[str] = OWNERS) -> Conversation:
    return Conversation(store, lambda: owners)


async def said(store: MemoryStore, owner: str, text: str, minute: int = 0) -> str:
    uid = await store.create_history(owner)
    await store.append(owner, uid, line(text, minute=minute))
    return uid


async def contents(store: MemoryStore, owner: str) -> list[str]:
    return [latest.content for _, latest in await store.histories(owner)]


def test_the_first_line_begins_a_conversation() -> None:
    async def main() -> None:
        store = MemoryStore()
        held = conversation(store)
        await held.keep(line("hello"))
        assert await contents(store, OWNERS[0]) == ["hello"]
        assert held.history

    run_virtual(main())


def test_own_and_imported_conversations_are_listed_together_newest_first() -> None:
    async def main() -> None:
        store = MemoryStore()
        uids = [await said(store, OWNERS[number % 2], "x", minute=number) for number in range(4)]
        await said(store, "client/other/mika", "secret", minute=9)
        assert [each.uid for each in (await conversation(store).listed()).histories] == uids[::-1]

    run_virtual(main())


def test_reading_an_imported_conversation_takes_it_from_nobody() -> None:
    async def main() -> None:
        store = MemoryStore()
        uid = await said(store, OWNERS[1], "long ago")
        held = conversation(store)
        held.resume(await held.find(uid))
        assert await contents(store, OWNERS[1]) == ["long ago"]

    run_virtual(main())


def test_an_imported_conversation_belongs_to_whoever_first_adds_to_it() -> None:
    async def main() -> None:
        store = MemoryStore()
        uid = await said(store, OWNERS[1], "long ago")
        first, second = conversation(store), conversation(store, ("client/other/mika", OWNERS[1]))
        for each in (first, second):
            each.resume(await each.find(uid))
        await first.keep(line("mine"))
        await second.keep(line("theirs"))
        assert await contents(store, OWNERS[1]) == []
        assert [each.content for each in await store.lines(OWNERS[0], uid)] == ["long ago", "mine"]
        assert await contents(store, "client/other/mika") == ["theirs"]
        assert second.history != uid

    run_virtual(main())


def test_somebody_elses_conversation_is_not_found() -> None:
    async def main() -> None:
        store = MemoryStore()
        uid = await said(store, "client/other/mika", "secret")
        with pytest.raises(ProtocolError):
            await conversation(store).find(uid)

    run_virtual(main())


def test_a_conversation_that_was_deleted_meanwhile_is_begun_anew() -> None:
    async def main() -> None:
        store = MemoryStore()
        held = conversation(store)
        uid = await held.begin()
        await store.delete_history(OWNERS[0], uid)
        await held.keep(line("hello"))
        assert await contents(store, OWNERS[0]) == ["hello"]

    run_virtual(main())


def test_another_character_begins_a_conversation_of_its_own() -> None:
    async def main() -> None:
        store, owners = MemoryStore(), ["client/me/mika"]
        held = conversation(store, owners)
        await held.keep(line("to Mika"))
        owners[0] = "client/me/other"
        await held.keep(line("to the other"))
        assert await contents(store, "client/me/mika") == ["to Mika"]
        assert await contents(store, "client/me/other") == ["to the other"]

    run_virtual(main())


def test_a_list_holds_the_beginning_of_a_very_long_line() -> None:
    async def main() -> None:
        store = MemoryStore()
        await said(store, OWNERS[0], "x" * 10_000)
        (listed,) = (await conversation(store).listed()).histories
        assert listed.latest_message
        assert len(listed.latest_message.content) == LONGEST_PREVIEW

    run_virtual(main())


def test_a_page_gets_names_pictures_and_nothing_that_it_would_run() -> None:
    told = [line("<img src=x onerror=alert(1)>"), line("Hi", "ai"), line("Me", "ai", name="Old Mika")]
    shown = history_data(told, "Mika", "mika.png").messages
    assert [each.name for each in shown] == ["", "Mika", "Old Mika"]
    assert [each.avatar for each in shown] == ["", "mika.png", "mika.png"]
    assert "<img" not in shown[0].content
    assert shown[0].timestamp == "2026-01-01T00:00:00+00:00"


def test_who_joins_is_shown_the_last_lines_of_the_present_conversation_and_no_other() -> None:
    async def main() -> None:
        store = MemoryStore()
        held = conversation(store)
        for number in range(RECENT_LINES + 5):
            await held.keep(line(str(number)))
        assert [each.content for each in held.recent] == [
            str(number) for number in range(5, RECENT_LINES + 5)
        ]
        old = held.history or ""
        await held.begin()
        assert not held.recent
        await held.keep(line("new"))
        assert [each.content for each in held.recent] == ["new"]
        held.resume(await held.find(old))
        assert held.recent[-1].content == str(RECENT_LINES + 4)
        held.end()
        assert not held.recent

    run_virtual(main())
