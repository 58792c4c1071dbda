"""Viewer memory: who is new, what a prompt may know, and a store that fails costs only the memory."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from fakes import chat_message
from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.remembered import Viewer
from open_llm_vtuber.settings.chat import ViewerSettings
from open_llm_vtuber.show.viewer_desk import KNOWN, MOST_UNWRITTEN, ViewerDesk
from open_llm_vtuber.stimulus import Stimulus
from open_llm_vtuber.storage.memory_viewers import MemoryViewers
from virtual_time import run_virtual

CHANNEL = "twitch/c"


def line(text: str = "hello", message_id: str = "m1") -> Stimulus:
    return Stimulus(text=text, source="chat", author="Ana", username="ana", message_id=message_id)


def desk(**settings: Any) -> tuple[ViewerDesk, MemoryViewers]:
    book = MemoryViewers()
    return ViewerDesk(book, ViewerSettings(**settings)), book


def run(work: Coroutine[Any, Any, None]) -> None:
    run_virtual(work)


def test_a_viewer_is_new_once() -> None:
    async def main() -> None:
        viewers, book = desk()
        message = chat_message("1", "hi", username="ana")
        assert await viewers.is_first(message)
        await viewers.saw(message)
        assert not await viewers.is_first(message)
        await viewers.write()
        again = ViewerDesk(book, ViewerSettings())
        assert not await again.is_first(message)
        assert await again.is_first(chat_message("2", "hi", username="ben"))

    run(main())


def test_sightings_are_written_together_and_not_later_than_after_many() -> None:
    async def main() -> None:
        viewers, book = desk()
        for number in range(MOST_UNWRITTEN - 1):
            await viewers.saw(chat_message(str(number), "hi", username=f"v{number}"))
        await viewers.saw(chat_message("x", "hi", username="v0"))
        assert await book.find(CHANNEL, "v0") is None
        await viewers.saw(chat_message("y", "hi", username="last"))
        known = await book.find(CHANNEL, "v0")
        assert known
        assert known.messages == 2
        assert not viewers.has_unwritten

    run(main())


def test_a_prompt_knows_what_was_said_before_and_what_was_told() -> None:
    async def main() -> tuple[str, ...]:
        viewers, _ = desk()
        await viewers.saw(chat_message("m0", "I like chess", username="ana"))
        await viewers.write()
        await viewers.answered(CHANNEL, line("I like chess", "m0"), "Me too!\nReally.")
        return await viewers.brief(CHANNEL, line(), is_first=False)

    first, second, third = run_virtual(main())
    assert first.startswith("Ana has been here since ")
    assert "wrote 1 times" in first
    assert second == 'Ana once said "I like chess".'
    assert third == 'Ana asked before: "I like chess", and heard: "Me too! Really.".'


def test_a_first_line_is_greeted_where_the_operator_wants_it() -> None:
    async def main() -> list[tuple[str, ...]]:
        return [
            await desk(greet_first_time=greets)[0].brief(CHANNEL, line(), is_first=True)
            for greets in (True, False)
        ]

    assert run_virtual(main()) == [
        ("Ana writes here for the first time. Say hello.",),
        ("Ana writes here for the first time.",),
    ]


def test_what_was_taken_back_is_not_remembered() -> None:
    async def main() -> Viewer | None:
        viewers, book = desk()
        await viewers.answered(CHANNEL, line("I like chess", "m0"), "Me too!")
        await viewers.answered(CHANNEL, line("I like tea", "m1"), "Oh!")
        await viewers.retract(CHANNEL, ["m0"], None)
        return await book.find(CHANNEL, "ana")

    known = run_virtual(main())
    assert known
    assert [each.asked for each in known.exchanges] == ["I like tea"]
    assert [each.text for each in known.facts] == ["I like tea"]


def test_a_forgotten_viewer_is_new_again() -> None:
    async def main() -> None:
        viewers, book = desk()
        message = chat_message("1", "hi", username="ana")
        await viewers.is_first(message)
        await viewers.saw(message)
        await viewers.answered(CHANNEL, line(), "Hi.")
        await viewers.forget(CHANNEL, "ana")
        await viewers.write()
        assert await book.find(CHANNEL, "ana") is None
        assert await viewers.is_first(message)

    run(main())


def test_without_memory_nothing_is_kept_and_nothing_known() -> None:
    async def main() -> None:
        viewers, book = desk(remember=False)
        message = chat_message("1", "hi", username="ana")
        assert not await viewers.is_first(message)
        await viewers.saw(message)
        await viewers.answered(CHANNEL, line(), "Hi.")
        assert await viewers.brief(CHANNEL, line(), is_first=False) == ()
        assert not viewers.has_unwritten
        assert await book.find(CHANNEL, "ana") is None

    run(main())


def test_a_store_that_fails_costs_the_memory_and_not_the_show(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*_: object, **__: object) -> None:
        await asyncio.sleep(0)
        raise EngineError("The disk is full.", engine="store", retryable=True)

    async def main() -> None:
        viewers, book = desk()
        for name in ("find", "saw", "keep", "forget_older_than"):
            monkeypatch.setattr(book, name, fails)
        message = chat_message("1", "hi", username="ana")
        assert not await viewers.is_first(message)
        await viewers.saw(message)
        await viewers.write()
        await viewers.answered(CHANNEL, line(), "Hi.")
        await viewers.tidy()
        assert await viewers.brief(CHANNEL, line(), is_first=False) == ()

    run(main())


def test_it_does_not_grow() -> None:
    async def main() -> None:
        viewers, _ = desk()
        for number in range(KNOWN + 10):
            await viewers.is_first(chat_message(str(number), "hi", username=f"v{number}"))
        assert len(viewers._known) == KNOWN

    run(main())
