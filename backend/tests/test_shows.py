"""Shows by name, and private ones that live as long as their client."""

import asyncio

import pytest

import fakes
from fakes import FakeAdapter, Reader
from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.show.commands import Describe, Greet, Perform
from open_llm_vtuber.show.show import Show
from open_llm_vtuber.shows import LocalShows
from open_llm_vtuber.stimulus import Stimulus
from open_llm_vtuber.storage.memory_store import MemoryStore
from virtual_time import run_virtual


def build(name: str) -> Show:
    return fakes.show(FakeAdapter("Hello!"), name=name)


def typed(text: str) -> Perform:
    return Perform(Stimulus(text=text, source="typed", author="Human"))


def test_an_unknown_show_is_not_found() -> None:
    async def main() -> None:
        async with LocalShows(build, ["main"]) as shows:
            with pytest.raises(ProtocolError, match="no such show"):
                await shows.ask("other", Greet("me"))
            with pytest.raises(ProtocolError, match="no such show"):
                async with shows.subscribe("other", "me"):
                    pass

    run_virtual(main())


def test_a_clients_uid_stands_for_its_show() -> None:
    async def main() -> list[str]:
        async with LocalShows(build, ["main"]) as shows, shows.subscribe("main", "me"):
            return [answer.type for answer in await shows.ask("me", Describe("me"))]

    assert run_virtual(main()) == ["set-model-and-conf"]


def test_a_named_show_is_shared_and_a_private_one_is_not() -> None:
    async def main() -> list[list[str]]:
        async with (
            LocalShows(build, ["main"]) as shows,
            shows.subscribe("main", "a") as a,
            shows.subscribe("main", "b") as b,
            shows.subscribe(None, "c") as c,
            asyncio.TaskGroup() as group,
        ):
            readers = [Reader(place.outbox) for place in (a, b, c)]
            tasks = [group.create_task(reader.run()) for reader in readers]
            await shows.ask(a.show, typed("hi"))
            await asyncio.sleep(10)
            for task in tasks:
                task.cancel()
            return [reader.types() for reader in readers]

    shared, also, private = run_virtual(main())
    assert shared == also
    assert shared[-1] == "conversation-chain-end"
    assert private == []


def test_a_private_show_ends_with_its_client_and_leaves_nothing() -> None:
    async def main() -> tuple[int, int]:
        async with LocalShows(build, ["main"]) as shows:
            await asyncio.sleep(0.1)
            before = len(asyncio.all_tasks())
            for number in range(20):
                async with shows.subscribe(None, f"client-{number}") as place:
                    await shows.ask(place.show, typed("hi"))
                    await asyncio.sleep(0.1)
            with pytest.raises(ProtocolError):
                await shows.ask("client-0", Greet("client-0"))
            return before, len(asyncio.all_tasks())

    before, after = run_virtual(main())
    assert after == before


def test_a_show_that_crashes_takes_the_server_down_loudly() -> None:
    class Crashing(Show):
        async def run(self) -> None:
            await asyncio.sleep(1)
            raise ZeroDivisionError

    def crashing(name: str) -> Show:
        return Crashing(
            name,
            fakes.role(),
            guard=fakes.GUARD,
            store=MemoryStore(),
            repertoire=fakes.FakeRepertoire(),
            shared=True,
        )

    async def main() -> None:
        async with LocalShows(crashing, ["main"]):
            await asyncio.sleep(60)

    with pytest.raises(ExceptionGroup):
        run_virtual(main())
