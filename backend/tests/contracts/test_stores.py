"""What every store promises: in memory, in a file, on a server."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.ports import Store
from open_llm_vtuber.stimulus import HistoryLine
from open_llm_vtuber.storage.history_uid import is_history_uid, new_history_uid
from open_llm_vtuber.storage.memory_store import MemoryStore
from open_llm_vtuber.storage.sql_store import sql_store

Open = Callable[[], AbstractAsyncContextManager[Store]]
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def line(text: str, minute: int = 0, *, role: Literal["human", "ai"] = "human") -> HistoryLine:
    return HistoryLine(
        role=role, name="Human", content=text, timestamp=BEGAN + timedelta(minutes=minute, microseconds=7)
    )


def run(work: Coroutine[Any, Any, None]) -> None:
    async def main() -> None:
        async with asyncio.timeout(30):
            await work

    asyncio.run(main())


@asynccontextmanager
async def in_memory() -> AsyncIterator[Store]:
    yield MemoryStore()


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    if request.param == "memory":
        return in_memory
    if request.param == "sqlite":
        return lambda: sql_store("", tmp_path)
    url = request.getfixturevalue("postgres").new_database()
    return lambda: sql_store(url, tmp_path)


async def refused(work: Coroutine[Any, Any, object]) -> None:
    with pytest.raises(ProtocolError, match=r"^There is no such history.$") as raised:
        await work
    assert raised.value.code == "not-found"


def test_an_id_is_new_once_for_each_show(opened: Open) -> None:
    async def main() -> None:
        async with opened() as store:
            seen = [await store.first_sight(show, "m1") for show in ("main", "main", "other")]
            assert seen == [True, False, True]

    run(main())


def test_an_id_that_is_told_by_many_at_once_is_new_to_one(opened: Open) -> None:
    async def main() -> None:
        async with opened() as store:
            assert sum(await asyncio.gather(*(store.first_sight("main", "m1") for _ in range(20)))) == 1

    run(main())


def test_lines_come_back_as_they_were_in_their_order(opened: Open) -> None:
    told = [
        line("Hi \N{CAT}", 0),
        HistoryLine(
            role="ai",
            name="Mika",
            content="Hello ",
            timestamp=BEGAN.astimezone(timezone(timedelta(hours=9))),
            interrupted=True,
            avatar="mika.png",
        ),
        line("", 2),
    ]

    async def main() -> None:
        async with opened() as store:
            uid = await store.create_history("a")
            assert is_history_uid(uid)
            assert list(await store.lines("a", uid)) == []
            for each in told:
                await store.append("a", uid, each)
            found = await store.lines("a", uid)
            assert list(found) == told
            assert {each.timestamp.utcoffset() is not None for each in found} == {True}
            assert list(await store.histories("a")) == [(uid, told[-1])]

    run(main())


def test_what_no_database_can_hold_costs_nobody_the_line(opened: Open) -> None:
    async def main() -> None:
        async with opened() as store:
            uid = await store.create_history("a")
            await store.append("a", uid, line("be\0fore \ud800 after"))
            (kept,) = await store.lines("a", uid)
            assert kept.content.startswith("be")
            assert kept.content.endswith("after")
            assert await store.first_sight("main", "m\0\ud800")

    run(main())


def test_histories_are_listed_newest_first_without_the_empty_ones_and_for_their_owner_only(
    opened: Open,
) -> None:
    async def main() -> None:
        async with opened() as store:
            older, newer, _ = [await store.create_history("a") for _ in range(3)]
            stranger = await store.create_history("b")
            await store.append("a", newer, line("late", minute=5))
            await store.append("a", older, line("early", minute=1))
            await store.append("b", stranger, line("secret"))
            listed = [(uid, latest.content) for uid, latest in await store.histories("a")]
            assert listed == [(newer, "late"), (older, "early")]

    run(main())


NOBODYS = "2026-01-01_00-00-00_" + "0" * 32
"""What a uid looks like."""


@pytest.mark.parametrize(
    "uid",
    ["", "../../../etc/nothing", "a/b", "CON", "\0", "\ud800", "x" * 200, "' OR 1=1 --", NOBODYS],
)
def test_a_uid_that_names_nothing_is_refused_and_changes_nothing(opened: Open, uid: str) -> None:
    async def main() -> None:
        async with opened() as store:
            own = await store.create_history("a")
            await store.append("a", own, line("mine"))
            await refused(store.append("a", uid, line("new")))
            await refused(store.lines("a", uid))
            await refused(store.delete_history("a", uid))
            await refused(store.move_history("a", uid, "b"))
            assert [each for each, _ in await store.histories("a")] == [own]
            assert list(await store.histories("b")) == []

    run(main())


@pytest.mark.parametrize("said", [True, False])
def test_somebody_elses_history_is_as_if_it_were_not_there(opened: Open, said: bool) -> None:
    async def main() -> None:
        async with opened() as store:
            theirs = await store.create_history("b")
            if said:
                await store.append("b", theirs, line("secret"))
            await refused(store.append("a", theirs, line("mine now")))
            await refused(store.lines("a", theirs))
            await refused(store.delete_history("a", theirs))
            await refused(store.move_history("a", theirs, "a"))
            assert len(await store.lines("b", theirs)) == said

    run(main())


@pytest.mark.parametrize("said", [True, False])
def test_a_deleted_history_is_gone_with_its_lines(opened: Open, said: bool) -> None:
    async def main() -> None:
        async with opened() as store:
            other, uid = [await store.create_history("a") for _ in range(2)]
            await store.append("a", other, line("stays"))
            if said:
                await store.append("a", uid, line("goes"))
            await store.delete_history("a", uid)
            await refused(store.lines("a", uid))
            await refused(store.append("a", uid, line("late")))
            assert [each for each, _ in await store.histories("a")] == [other]

    run(main())


def test_a_history_can_be_given_to_somebody_else(opened: Open) -> None:
    async def main() -> None:
        async with opened() as store:
            uid = await store.create_history("a")
            await store.append("a", uid, line("ours"))
            await store.move_history("a", uid, "b")
            await store.append("b", uid, line("mine"))
            await refused(store.lines("a", uid))
            assert [each.content for each in await store.lines("b", uid)] == ["ours", "mine"]

    run(main())


Step = tuple[Literal["create", "append", "delete", "list", "lines", "move"], Literal["a", "b"], int]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["create", "append", "append", "delete", "list", "lines", "move"]),
        st.sampled_from(["a", "b"]),
        st.integers(0, 5),
    ),
    max_size=30,
)


async def _agrees_with_a_dictionary(store: Store, steps: list[Step]) -> None:
    """Do the steps on the store and on a dictionary; histories are named by the order of their creation."""
    uids: list[str] = []
    model: dict[str, dict[str, list[HistoryLine]]] = {"a": {}, "b": {}}
    for number, (act, owner, which) in enumerate(steps):
        uid = uids[which] if which < len(uids) else new_history_uid()
        theirs = model[owner]
        match act:
            case "create":
                uids.append(await store.create_history(owner))
                theirs[uids[-1]] = []
            case "list":
                expected = [(each, lines[-1]) for each, lines in theirs.items() if lines]
                expected.sort(key=lambda entry: entry[1].timestamp, reverse=True)
                assert list(await store.histories(owner)) == expected
            case _ if uid not in theirs:
                calls = {
                    "append": store.append(owner, uid, line("no")),
                    "delete": store.delete_history(owner, uid),
                    "lines": store.lines(owner, uid),
                    "move": store.move_history(owner, uid, owner),
                }
                await refused(calls.pop(act))
                for call in calls.values():
                    call.close()
            case "append":
                theirs[uid].append(line(str(number), minute=number))
                await store.append(owner, uid, theirs[uid][-1])
            case "delete":
                await store.delete_history(owner, uid)
                del theirs[uid]
            case "lines":
                assert list(await store.lines(owner, uid)) == theirs[uid]
            case "move" if theirs[uid]:
                other = "b" if owner == "a" else "a"
                await store.move_history(owner, uid, other)
                model[other][uid] = theirs.pop(uid)
            case "move":
                pass  # one without a line need not be anywhere yet


@given(STEPS)
@settings(max_examples=60, deadline=None)
def test_whatever_two_owners_do_the_store_in_memory_agrees_with_a_dictionary(steps: list[Step]) -> None:
    asyncio.run(_agrees_with_a_dictionary(MemoryStore(), steps))


@given(STEPS)
@settings(max_examples=60, deadline=None)
def test_whatever_two_owners_do_the_store_in_a_file_agrees_with_a_dictionary(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Step]
) -> None:
    async def main() -> None:
        async with sql_store("", tmp_path_factory.mktemp("data")) as store:
            await _agrees_with_a_dictionary(store, steps)

    asyncio.run(main())
