"""The store that forgets everything with the process."""

from datetime import UTC, datetime, timedelta

import pytest

from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.ports import Store
from open_llm_vtuber.stimulus import HistoryLine
from open_llm_vtuber.storage import memory_store
from open_llm_vtuber.storage.memory_store import MemoryStore
from virtual_time import run_virtual


def line(text: str, minute: int = 0) -> HistoryLine:
    when = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    return HistoryLine(role="human", name="Human", content=text, timestamp=when)


def test_an_id_is_new_once_for_each_show() -> None:
    async def main() -> list[bool]:
        store: Store = MemoryStore()
        return [await store.first_sight(show, "m1") for show in ("main", "main", "other")]

    assert run_virtual(main()) == [True, False, True]


def test_old_ids_are_forgotten_so_that_memory_stays_flat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_store, "REMEMBERED_IDS", 100)

    async def main() -> tuple[bool, bool]:
        store = MemoryStore()
        for number in range(101):
            await store.first_sight("main", str(number))
        return await store.first_sight("main", "100"), await store.first_sight("main", "0")

    assert run_virtual(main()) == (False, True)


def test_histories_are_listed_newest_first_without_the_empty_ones_and_for_their_owner_only() -> None:
    async def main() -> list[tuple[str, str]]:
        store = MemoryStore()
        older, newer, _ = [await store.create_history("a") for _ in range(3)]
        stranger = await store.create_history("b")
        await store.append("a", newer, line("late", minute=5))
        await store.append("a", older, line("early", minute=1))
        await store.append("b", stranger, line("secret"))
        names = {older: "older", newer: "newer"}
        return [(names[uid], latest.content) for uid, latest in await store.histories("a")]

    assert run_virtual(main()) == [("newer", "late"), ("older", "early")]


def test_a_line_for_a_history_of_somebody_else_is_refused() -> None:
    async def main() -> None:
        store = MemoryStore()
        theirs = await store.create_history("b")
        with pytest.raises(ProtocolError):
            await store.append("a", theirs, line("mine now"))

    run_virtual(main())


def test_everything_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, limit in (("LONGEST_HISTORY", 5), ("MOST_HISTORIES", 3), ("MOST_OWNERS", 2)):
        monkeypatch.setattr(memory_store, name, limit)

    async def main() -> MemoryStore:
        store = MemoryStore()
        for owner in "abcd":
            for _ in range(10):
                uid = await store.create_history(owner)
                for number in range(10):
                    await store.append(owner, uid, line(str(number)))
        return store

    store = run_virtual(main())
    assert list(store._histories) == ["c", "d"]
    assert [len(histories) for histories in store._histories.values()] == [3, 3]
    assert {len(lines) for histories in store._histories.values() for lines in histories.values()} == {5}


def test_the_owner_that_was_silent_for_longest_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_store, "MOST_OWNERS", 3)

    async def main() -> list[str]:
        store = MemoryStore()
        main_history = await store.create_history("main")
        for visitor in "abcdef":
            await store.create_history(visitor)
            await store.append("main", main_history, line("still here"))
        return list(store._histories)

    assert run_virtual(main()) == ["e", "f", "main"]
