"""Who may be in a group with whom, and what everybody is told of it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

import fakes
from fakes import FakeAdapter, FakeEar, Reader
from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.groups import MOST_MEMBERS, Groups
from open_llm_vtuber.protocol.server_messages import GroupOperationResult, GroupUpdate, ServerMessage
from open_llm_vtuber.show.commands import (
    AddToGroup,
    AnswerUtterance,
    CreateHistory,
    DescribeGroup,
    Hear,
    Perform,
    RemoveFromGroup,
)
from open_llm_vtuber.show.ears import Ears
from open_llm_vtuber.show.show import Show
from open_llm_vtuber.shows import LocalShows
from open_llm_vtuber.stimulus import Stimulus
from virtual_time import run_virtual


def build(name: str) -> Show:
    return fakes.show(FakeAdapter("Hello!"), name=name, shared=name == "main")


class Guests:
    """Clients a, b, c … with a private show each, and m in the show on air."""

    def __init__(self, groups: Groups) -> None:
        self.groups = groups
        self.readers: dict[str, Reader] = {}

    async def add(self, host: str, guest: str) -> Sequence[ServerMessage]:
        return await self.groups.ask(host, AddToGroup(host, guest))

    async def remove(self, client: str, target: str) -> Sequence[ServerMessage]:
        return await self.groups.ask(client, RemoveFromGroup(client, target))

    async def update(self, client: str) -> GroupUpdate:
        (update,) = await self.groups.ask(client, DescribeGroup(client))
        assert isinstance(update, GroupUpdate)
        return update

    def told(self, client: str) -> list[dict[str, Any]]:
        """Return what that client was told of groups without asking."""
        return [m for m in self.readers[client].messages if m["type"].startswith("group-")]


@asynccontextmanager
async def guests(names: str = "abc", *, accepts: bool = True) -> AsyncIterator[Guests]:
    async with (
        LocalShows(build, ["main"]) as shows,
        Groups(shows, accepts=accepts) as groups,
        AsyncExitStack() as stack,
        asyncio.TaskGroup() as group,
    ):
        made = Guests(groups)
        for name in [*names, "m"]:
            place = await stack.enter_async_context(groups.subscribe("main" if name == "m" else None, name))
            made.readers[name] = Reader(place.outbox)
        tasks = [group.create_task(reader.run()) for reader in made.readers.values()]
        yield made
        for task in tasks:
            task.cancel()


def play(act: Callable[[Guests], Awaitable[None]], names: str = "abc", *, accepts: bool = True) -> None:
    async def main() -> None:
        async with guests(names, accepts=accepts) as made:
            await act(made)

    run_virtual(main())


def is_refused(answers: Sequence[ServerMessage], why: str) -> bool:
    result = answers[0]
    return isinstance(result, GroupOperationResult) and not result.success and why in result.message


def test_an_invitation_makes_a_group_and_tells_both() -> None:
    async def act(made: Guests) -> None:
        result, update = await made.add("a", "b")
        await asyncio.sleep(1)
        assert isinstance(result, GroupOperationResult)
        assert result.success
        assert update == GroupUpdate(members=("a", "b"), is_owner=True)
        assert [told["type"] for told in made.told("b")] == ["group-update", "group-operation-result"]
        assert made.told("b")[0] == {"type": "group-update", "members": ["a", "b"], "is_owner": False}
        assert made.told("c") == []
        await made.add("b", "c")
        await asyncio.sleep(1)
        assert made.told("a")[-1] == {"type": "group-update", "members": ["a", "b", "c"], "is_owner": True}

    play(act)


@pytest.mark.parametrize(
    ("host", "guest", "why"),
    [
        ("a", "a", "themselves"),
        ("a", "nobody", "no such client"),
        ("a", "m", "no such client"),
        ("m", "a", "several share"),
        ("a", "c", "already"),
        ("c", "a", "already"),
        ("a", "the group of c", "no such client"),
    ],
)
def test_an_invitation_that_makes_no_sense_is_refused_with_a_reason(
    host: str, guest: str, why: str
) -> None:  # 59
    async def act(made: Guests) -> None:
        await made.add("b", "c") if (host, guest) == ("a", "c") else None
        await made.add("a", "b") if (host, guest) == ("c", "a") else None
        before = [await made.update(name) for name in "abc"]
        assert is_refused(await made.add(host, guest), why)
        assert [await made.update(name) for name in "abc"] == before

    play(act)


def test_where_invitations_are_refused_nobody_is_put_into_a_group() -> None:  # 59
    async def act(made: Guests) -> None:
        assert is_refused(await made.add("a", "b"), "group_invitations")
        assert await made.update("b") == GroupUpdate()

    play(act, accepts=False)


def test_nobody_joins_while_a_turn_of_its_own_runs() -> None:
    async def act(made: Guests) -> None:
        await made.groups.ask("b", Perform(Stimulus(text="hi", source="typed", author="Human", client="b")))
        assert is_refused(await made.add("a", "b"), "still speaking")
        assert is_refused(await made.add("b", "a"), "still speaking")
        await asyncio.sleep(30)
        assert (await made.add("a", "b"))[1] == GroupUpdate(members=("a", "b"), is_owner=True)

    play(act)


@pytest.mark.parametrize("name", ["a", "the group of a"])
def test_a_private_show_is_for_nobody_but_its_own_client(name: str) -> None:
    async def act(made: Guests) -> None:
        # While a turn of a group runs, the group itself listens to the speaker's show under such a name.
        async with made.groups._shows.subscribe("a", "the group of a"):
            with pytest.raises(ProtocolError, match="no such show"):
                async with made.groups.subscribe(name, "stranger"):
                    pass

    play(act)


def test_a_new_conversation_begins_without_what_the_group_said_before() -> None:
    async def act(made: Guests) -> None:
        await made.add("a", "b")
        group = made.groups._groups["a"]
        group.members["a"].unread.append("B: something old")
        await made.groups.ask("a", CreateHistory())
        assert not group.members["a"].unread

    play(act)


def test_a_group_has_a_size() -> None:
    async def act(made: Guests) -> None:
        for guest in "bcdefgh":
            await made.add("a", guest)
        assert len((await made.update("a")).members) == MOST_MEMBERS
        assert is_refused(await made.add("a", "i"), "at most")

    play(act, "abcdefghi")


def test_only_the_owner_removes_others_and_everybody_itself() -> None:
    async def act(made: Guests) -> None:
        await made.add("a", "b")
        await made.add("a", "c")
        assert is_refused(await made.remove("b", "c"), "owner")
        assert is_refused(await made.remove("a", "nobody"), "not in your group")
        assert await made.remove("a", "b") == ()
        assert await made.update("b") == GroupUpdate()
        assert await made.update("c") == GroupUpdate(members=("a", "c"), is_owner=False)
        await asyncio.sleep(1)
        for name in "abc":
            assert {"group-update", "group-operation-result"} <= {
                told["type"] for told in made.told(name)[-2:]
            }

    play(act)


def test_who_is_in_no_group_cannot_be_removed_from_one() -> None:  # 63
    async def act(made: Guests) -> None:
        assert is_refused(await made.remove("a", "a"), "not in your group")
        assert is_refused(await made.remove("a", "b"), "not in your group")

    play(act)


def test_when_the_owner_leaves_the_next_one_owns_the_group() -> None:
    async def act(made: Guests) -> None:
        await made.add("a", "b")
        await made.add("a", "c")
        await made.remove("a", "a")
        assert await made.update("b") == GroupUpdate(members=("b", "c"), is_owner=True)

    play(act)


@pytest.mark.parametrize(("who", "target"), [("a", "b"), ("b", "b"), ("a", "a")])
def test_a_group_of_one_is_dissolved(who: str, target: str) -> None:  # 61
    async def act(made: Guests) -> None:
        await made.add("a", "b")
        await made.remove(who, target)
        for name in "ab":
            assert await made.update(name) == GroupUpdate()
        assert (await made.add("b", "a"))[1] == GroupUpdate(members=("b", "a"), is_owner=True)

    play(act)


def test_who_disconnects_has_left_its_group() -> None:  # 61
    async def act(made: Guests) -> None:
        async with made.groups.subscribe(None, "x"):
            await made.add("a", "x")
            await made.add("a", "b")
        assert await made.update("a") == GroupUpdate(members=("a", "b"), is_owner=True)
        assert is_refused(await made.add("a", "x"), "no such client")

    play(act)


def test_groups_that_end_while_somebody_listens_leave_nothing_behind() -> None:
    ear = FakeEar("Spoken.", takes=50)

    async def main() -> int:
        def heard(name: str) -> Show:
            return fakes.show(name=name, ears=Ears(ear))

        async with LocalShows(heard, []) as shows, AsyncExitStack() as places:
            async with Groups(shows) as groups:
                for client in "ab":
                    await places.enter_async_context(groups.subscribe(None, client))
                await groups.ask("a", AddToGroup("a", "b"))
                await groups.ask("b", Hear("b", (0.5,) * 100))
                await groups.ask("b", AnswerUtterance("b", "Human"))
                await asyncio.sleep(1)
                assert ear.running == 1
            return ear.running

    assert run_virtual(main()) == 0
