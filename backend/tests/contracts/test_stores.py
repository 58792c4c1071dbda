"""What every store promises: in memory, in a file, on a server."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.ports import Store
from open_llm_vtuber.remembered import Exchange, Fact, Sighting, Viewer
from open_llm_vtuber.stimulus import ChannelEvent, HistoryLine
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


def said(text: str, message_id: str = "", username: str = "") -> HistoryLine:
    return HistoryLine(
        role="human", name="Ana", content=text, timestamp=BEGAN, message_id=message_id, username=username
    )


def test_a_line_knows_which_message_it_was_and_can_be_taken_back(opened: Open) -> None:
    async def main() -> None:
        async with opened() as store:
            uid = await store.create_history("show/main/mika")
            lines = [
                said("one", "m1", "ana"),
                said("two", "m2", "ben"),
                said("three", "m3", "ana"),
                said("typed"),
            ]
            for each in lines:
                await store.append("show/main/mika", uid, each)
            assert list(await store.lines("show/main/mika", uid)) == lines
            assert await store.erase_lines("show/main/", message_ids=["m2", "m9", ""]) == 1
            assert await store.erase_lines("show/other/", username="ana") == 0
            assert await store.erase_lines("show/main/") == 0
            assert await store.erase_lines("show/main/", username="ana") == 2
            assert [each.content for each in await store.lines("show/main/mika", uid)] == ["typed"]

    run(main())


def test_many_messages_can_be_taken_back_at_once(opened: Open) -> None:
    async def main() -> None:
        async with opened() as store:
            uid = await store.create_history("a")
            await store.append("a", uid, said("last", "m1999"))
            assert await store.erase_lines("a", message_ids=[f"m{number}" for number in range(2_000)]) == 1

    run(main())


def test_an_owner_whose_name_holds_a_wildcard_is_only_himself(opened: Open) -> None:
    async def main() -> None:
        async with opened() as store:
            uid = await store.create_history("showXmain")
            await store.append("showXmain", uid, said("stays", "m1"))
            assert await store.erase_lines("show_main", message_ids=["m1"]) == 0
            assert await store.erase_lines("%", message_ids=["m1"]) == 0

    run(main())


def test_a_note_is_the_last_one_of_its_name(opened: Open) -> None:
    async def main() -> None:
        async with opened() as store:
            assert await store.noted("main", "lists") is None
            await store.note("main", "lists", "first")
            await store.note("main", "lists", "second")
            await store.note("other", "lists", "theirs")
            assert await store.noted("main", "lists") == "second"

    run(main())


def sighting(username: str, minute: int = 0, messages: int = 1) -> Sighting:
    at = BEGAN + timedelta(minutes=minute)
    return Sighting(username=username, display_name=username.title(), at=at, messages=messages)


def exchange(number: int) -> Exchange:
    return Exchange(message_id=f"m{number}", asked=f"asked {number}", answered="yes", at=BEGAN)


def fact(number: int) -> Fact:
    return Fact(text=f"I like {number}", message_id=f"m{number}", at=BEGAN)


def test_a_viewer_is_known_from_the_first_line_on_and_only_on_that_channel(opened: Open) -> None:
    async def main() -> None:
        async with opened() as store:
            book = store.viewers
            assert await book.find("twitch/c", "ana") is None
            await book.saw("twitch/c", [sighting("ana", 1), sighting("ben", 2, 3)])
            await book.saw("twitch/c", [sighting("ana", 9, 4)])
            known = await book.find("twitch/c", "ana")
            assert known
            assert replace(known, exchanges=(), facts=()) == Viewer(
                username="ana",
                display_name="Ana",
                first_seen=BEGAN + timedelta(minutes=1),
                last_seen=BEGAN + timedelta(minutes=9),
                messages=5,
            )
            assert not [*known.exchanges, *known.facts]
            assert await book.find("twitch/other", "ana") is None

    run(main())


def test_of_exchanges_and_facts_the_last_ones_are_kept(opened: Open) -> None:
    async def main() -> None:
        async with opened() as store:
            book = store.viewers
            for number in range(12):
                await book.keep("c", "ana", exchange(number), [fact(number)])
            known = await book.find("c", "ana")
            assert known
            assert [each.message_id for each in known.exchanges] == [f"m{number}" for number in range(7, 12)]
            assert [each.text for each in known.facts] == [f"I like {number}" for number in range(4, 12)]

    run(main())


def test_what_a_message_said_is_forgotten_with_it(opened: Open) -> None:
    async def main() -> None:
        async with opened() as store:
            book = store.viewers
            for number in range(3):
                await book.keep("c", "ana", exchange(number), [fact(number)])
            await book.retract("c", ["m1", "m7"])
            await book.retract("other", ["m0"])
            await book.retract("c", [])
            known = await book.find("c", "ana")
            assert known
            assert [each.message_id for each in known.exchanges] == ["m0", "m2"]
            assert [each.message_id for each in known.facts] == ["m0", "m2"]

    run(main())


def test_a_viewer_can_be_forgotten_with_or_without_having_been_here(opened: Open) -> None:
    async def main() -> None:
        async with opened() as store:
            book = store.viewers
            for name in ("ana", "ben"):
                await book.keep("c", name, exchange(1), [fact(1)])
            await book.forget("c", "ana", everything=False)
            known = await book.find("c", "ana")
            assert known
            assert (len(known.exchanges), len(known.facts)) == (0, 0)
            await book.forget("c", "ana")
            await book.forget("c", "nobody")
            assert await book.find("c", "ana") is None
            assert await book.find("c", "ben")

    run(main())


def test_viewers_who_stay_away_are_forgotten(opened: Open) -> None:
    async def main() -> None:
        async with opened() as store:
            await store.viewers.saw("c", [sighting("old", 0), sighting("new", 60)])
            await store.viewers.forget_older_than(BEGAN + timedelta(minutes=30))
            assert await store.viewers.find("c", "old") is None
            assert await store.viewers.find("c", "new")

    run(main())


def paid(number: int, **named: Any) -> ChannelEvent:
    given = {"kind": "cheer", "username": "ana", "display_name": "Ana", "amount": 100, "message": "hi"}
    return ChannelEvent(
        id=f"e{number}", platform="twitch", channel="c", timestamp=BEGAN, **{**given, **named}
    )


def test_what_was_paid_waits_until_it_is_acknowledged_and_is_taken_in_once(opened: Open) -> None:
    events = [paid(1, data={"tier": "1000", "is_gift": True}), paid(2, amount=None), paid(3)]

    async def main() -> None:
        async with opened() as store:
            taken = [await store.paid.take_in("main", each) for each in [*events, events[0]]]
            assert taken == [True, True, True, False]
            assert list(await store.paid.waiting("main")) == events
            assert list(await store.paid.waiting("other")) == []
            await store.paid.acknowledged("main", ["e1", "e3", "e9"])
            await store.paid.acknowledged("main", [])
            assert list(await store.paid.waiting("main")) == [events[1]]
            assert not await store.paid.take_in("main", events[0])

    run(main())


def test_a_forgotten_viewers_gift_stays_without_the_name(opened: Open) -> None:
    async def main() -> None:
        async with opened() as store:
            await store.paid.take_in("main", paid(1, data={"tier": "1000"}))
            await store.paid.forget_viewer("main", "ana")
            (kept,) = await store.paid.waiting("main")
            assert (kept.username, kept.display_name, kept.message, dict(kept.data)) == ("", "", "", {})
            assert kept.amount == 100

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
