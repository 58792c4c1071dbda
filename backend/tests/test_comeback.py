"""After a crash a show stands as it stood; after a proper end it begins as the configuration says."""

import asyncio
from collections.abc import Awaitable, Callable

import fakes
from fakes import FakeAdapter
from open_llm_vtuber.comeback import NOTE, Comeback, stood
from open_llm_vtuber.errors import EngineError, ProtocolError
from open_llm_vtuber.show.commands import ChatHappened, Perform, SetMode
from open_llm_vtuber.show.operator_commands import PauseChat, Resume, Stop
from open_llm_vtuber.show.show import Show
from open_llm_vtuber.show.standing import Standing
from open_llm_vtuber.shows import LocalShows
from open_llm_vtuber.stimulus import ChannelStatus, ChatMessage, Stimulus
from open_llm_vtuber.storage.memory_store import MemoryStore
from virtual_time import run_virtual

CLIENT = "operator"


def built(store: MemoryStore, standing: Standing = Standing()) -> Show:  # noqa: B008  frozen
    return fakes.show(
        FakeAdapter("Yes."),
        store=store,
        shared=True,
        others={"autonomous": FakeAdapter("I think so.")},
        standing=standing,
    )


async def on_air(store: MemoryStore, act: Callable[[LocalShows], Awaitable[None]]) -> None:
    """Run a show with its notes, act, and end both as a crash would."""
    async with LocalShows(lambda _: built(store), ("main",)) as shows, asyncio.TaskGroup() as group:
        task = group.create_task(Comeback(shows, store, ("main",)).run())
        await asyncio.sleep(0.2)
        await act(shows)
        await asyncio.sleep(0.3)
        task.cancel()


def test_mode_stop_pause_and_channel_are_noted_as_they_change() -> None:
    async def act(shows: LocalShows) -> None:
        await shows.ask("main", SetMode(CLIENT, "autonomous"))
        await shows.ask("main", Stop(CLIENT))
        await shows.ask("main", PauseChat(CLIENT))
        await shows.tell("main", ChatHappened(ChannelStatus(channel="somebody", state="connected")))

    async def main() -> None:
        store = MemoryStore()
        await on_air(store, act)
        assert await stood(store, ("main",)) == {
            "main": Standing(mode="autonomous", is_stopped=True, is_chat_paused=True, channel="somebody")
        }

    run_virtual(main())


def test_a_show_that_was_stopped_is_silent_until_somebody_resumes_it() -> None:
    async def main() -> None:
        adapter = FakeAdapter("Yes.")
        a_show = fakes.show(adapter, shared=True, standing=Standing(is_stopped=True))
        line = ChatMessage(
            id="1",
            platform="twitch",
            channel="c",
            username="ana",
            display_name="Ana",
            text="Mika, are you there?",
        )
        async with fakes.running(a_show):
            await a_show.tell(ChatHappened(line))
            refused = False
            try:
                await a_show.ask(Perform(Stimulus(text="Hello?", source="typed", author="Ana")))
            except ProtocolError as error:
                refused = error.code == "wrong-state"
            assert refused
            await asyncio.sleep(60)
            assert not adapter.asked
            await a_show.ask(Resume(CLIENT))
            await a_show.ask(Perform(Stimulus(text="Hello?", source="typed", author="Ana")))
            await asyncio.sleep(60)
            assert adapter.asked

    run_virtual(main())


def test_a_show_comes_back_in_its_mode() -> None:
    assert built(MemoryStore(), Standing(mode="autonomous"))._modes.mode == "autonomous"


def test_a_proper_end_is_forgotten() -> None:
    async def main() -> None:
        store = MemoryStore()
        await store.note("main", NOTE, Standing(is_stopped=True).model_dump_json())
        async with LocalShows(lambda _: built(store), ("main",)) as shows:
            await Comeback(shows, store, ("main",)).forget()
        assert await stood(store, ("main",)) == {}

    run_virtual(main())


class Failing(MemoryStore):
    async def note(self, _show: str, _name: str, _text: str) -> None:
        raise EngineError("The disk is full.", engine="store", retryable=True)

    async def noted(self, _show: str, _name: str) -> str | None:
        raise EngineError("The disk is broken.", engine="store", retryable=True)


def test_a_store_that_fails_costs_the_note_and_not_the_show() -> None:
    async def act(shows: LocalShows) -> None:
        await shows.ask("main", Stop(CLIENT))

    async def main() -> None:
        await on_air(Failing(), act)
        assert await stood(Failing(), ("main",)) == {}

    run_virtual(main())


def test_a_note_that_cannot_be_read_is_none() -> None:
    async def main() -> None:
        store = MemoryStore()
        await store.note("main", NOTE, '{"mode":"unheard-of"}')
        assert await stood(store, ("main",)) == {}

    run_virtual(main())
