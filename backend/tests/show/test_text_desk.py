"""Texts on demand: in pieces, for whoever asked, within limits, and without a trace."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from fakes import BROKEN, FakeAdapter, Reader, running, show
from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.protocol.live_server_messages import TextGenerationResponse
from open_llm_vtuber.show.commands import CancelText, GenerateText, Perform
from open_llm_vtuber.show.show import Show
from open_llm_vtuber.show.text_desk import (
    LONGEST_GENERATION,
    LONGEST_TEXT,
    MOST_OF_A_CLIENT,
    Places,
    TextDesk,
)
from open_llm_vtuber.stimulus import Payer, Stimulus, TextContext, TextReport, TextWishes
from open_llm_vtuber.storage.memory_store import MemoryStore
from virtual_time import run_virtual


@dataclass
class Room:
    """A show, and what its clients have read."""

    show: Show
    adapter: FakeAdapter
    store: MemoryStore
    readers: dict[str, Reader] = field(default_factory=dict)
    leave: Callable[[str], None] = lambda _: None

    async def write(self, request_id: str | None = "r", client: str = "u1", **more: Any) -> None:
        more = {"prompt": "Write.", **more}
        await self.show.ask(GenerateText(client=client, request_id=request_id, **more))

    def read(self, client: str = "u1") -> list[dict[str, Any]]:
        kinds = ("text-generation-chunk", "text-generation-response", "error")
        return [message for message in self.readers[client].messages if message["type"] in kinds]


@asynccontextmanager
async def room(adapter: FakeAdapter, places: Places | None = None) -> AsyncIterator[Room]:
    store = MemoryStore()
    on_air = show(adapter, store=store, places=places)
    async with running(on_air), asyncio.TaskGroup() as group:
        here = Room(on_air, adapter, store)
        tasks: dict[str, asyncio.Task[None]] = {}

        async def visit(client: str) -> None:
            with on_air.attach(client) as outbox:
                here.readers[client] = Reader(outbox)
                await here.readers[client].run()

        for client in ("u1", "u2"):
            tasks[client] = group.create_task(visit(client))
        here.leave = lambda client: (tasks[client].cancel(), None)[1]
        await asyncio.sleep(0)
        yield here
        for task in tasks.values():
            task.cancel()


def test_the_pieces_joined_are_the_text_and_only_who_asked_gets_them() -> None:
    async def main() -> None:
        async with room(FakeAdapter("One ", "two ", "three.", pause=0.1)) as here:
            await here.write()
            await asyncio.sleep(1)
            *pieces, whole = here.read()
            assert [piece["text"] for piece in pieces] == ["One ", "two ", "three."]
            assert all(piece["is_complete"] is False and piece["request_id"] == "r" for piece in pieces)
            assert (whole["text"], whole["is_complete"], whole["request_id"]) == ("One two three.", True, "r")
            assert whole["metadata"] == {
                "model": "fake",
                "tokens": 4,
                "generation_ms": 300,
                "finish_reason": "stop",
            }
            assert here.read("u2") == []

    run_virtual(main())


def test_prompt_context_and_wishes_reach_the_adapter_as_they_are() -> None:
    async def main() -> None:
        async with room(FakeAdapter("x")) as here:
            context, wishes = TextContext(username="ana"), TextWishes(max_tokens=3, style="calm")
            await here.write(prompt="About cats.", context=context, wishes=wishes)
            await asyncio.sleep(1)
            ((prompt, given, wished),) = here.adapter.demanded
            assert (prompt, given) == ("About cats.", context)
            assert wished is not None
            assert (wished.max_tokens, wished.style) == (3, "calm")
            assert wished.payer == Payer(show="main")

    run_virtual(main())


class Counting(FakeAdapter):
    """Says what a text came to."""

    async def generate_text(
        self, prompt: str, context: TextContext | None = None, options: TextWishes | None = None
    ) -> AsyncGenerator[str, None]:
        async for piece in super().generate_text(prompt, context, options):
            yield piece
        assert options is not None
        assert options.report is not None
        options.report(TextReport(model="m", finish_reason="length", answer_tokens=77))


def test_what_an_engine_counts_goes_before_what_we_estimate() -> None:
    async def main() -> None:
        async with room(Counting("One.")) as here:
            await here.write()
            await asyncio.sleep(1)
            metadata = here.read()[-1]["metadata"]
            assert (metadata["tokens"], metadata["finish_reason"]) == (77, "length")

    run_virtual(main())


def test_it_is_no_turn_nothing_is_remembered_or_stored_and_a_running_turn_goes_on() -> None:
    async def main() -> None:
        async with room(FakeAdapter("Hello ", "there.", pause=0.5)) as here:
            await here.show.ask(Perform(Stimulus(text="hi", source="typed", author="H", client="u1")))
            await asyncio.sleep(0.2)
            for number in range(5):
                await here.write(str(number), client="u2")
            await asyncio.sleep(30)
            assert here.adapter.remembered == [("hi", "Hello there.")]
            (history,) = await here.store.histories("client/main/fake_001")
            lines = await here.store.lines("client/main/fake_001", history[0])
            assert [line.content for line in lines] == ["hi", "Hello there."]
            assert [m["text"] for m in here.read("u2") if m["type"] == "text-generation-response"] == [
                "Hello there."
            ] * 5

    run_virtual(main())


def test_cancelling_answers_with_what_there_is_and_hangs_up() -> None:
    async def main() -> None:
        async with room(FakeAdapter("One ", "two ", "three.", pause=1.0)) as here:
            await here.write()
            await asyncio.sleep(1.5)
            (answer,) = await here.show.ask(CancelText("u1", "r"))
            assert isinstance(answer, TextGenerationResponse)
            assert (answer.text, answer.metadata.finish_reason) == ("One ", "cancelled")
            await asyncio.sleep(0.001)
            assert here.adapter.open == 0
            await asyncio.sleep(10)
            assert [message["text"] for message in here.read()] == ["One "]  # and no second final answer
            with pytest.raises(ProtocolError, match="No text is being written"):
                await here.show.ask(CancelText("u1", "r"))

    run_virtual(main())


def test_nobody_cancels_what_another_client_asked_for() -> None:
    async def main() -> None:
        async with room(FakeAdapter("One.", pause=1.0)) as here:
            await here.write()
            with pytest.raises(ProtocolError) as refused:
                await here.show.ask(CancelText("u2", "r"))
            assert refused.value.code == "not-found"

    run_virtual(main())


def test_who_goes_away_stops_the_generation_at_once() -> None:
    async def main() -> None:
        async with room(FakeAdapter("One ", "two.", pause=1.0)) as here:
            await here.write()
            await here.write("other", client="u2")
            await asyncio.sleep(0.5)
            assert here.adapter.open == 2
            here.leave("u1")
            await asyncio.sleep(0.01)
            assert here.adapter.open == 1
            await asyncio.sleep(5)
            assert here.read("u2")[-1]["text"] == "One two."

    run_virtual(main())


def test_a_provider_that_fails_ends_in_one_error_that_says_whether_to_try_again() -> None:
    async def main() -> None:
        async with room(FakeAdapter("One ", BROKEN)) as here:
            await here.write()
            await asyncio.sleep(1)
            piece, error = here.read()
            assert piece["text"] == "One "
            assert (error["type"], error["code"], error["retryable"]) == ("error", "engine-failed", True)
            assert (error["request_type"], error["request_id"]) == ("text-generation-request", "r")

    run_virtual(main())


def test_a_bug_costs_one_text_and_not_the_show() -> None:
    async def main() -> None:
        async with room(FakeAdapter("One ", ZeroDivisionError("secret"))) as here:
            await here.write()
            await asyncio.sleep(1)
            error = here.read()[-1]
            assert (error["code"], error["message"]) == (
                "internal",
                "Something went wrong inside the server.",
            )
            here.adapter.pieces = ("Fine.",)
            await here.write("again")
            await asyncio.sleep(1)
            assert here.read()[-1]["text"] == "Fine."

    run_virtual(main())


def test_a_text_has_a_longest_length_and_a_longest_time() -> None:
    async def main() -> None:
        async with room(FakeAdapter(*["x" * 1_000] * 100)) as here:
            await here.write()
            await asyncio.sleep(1)
            whole = here.read()[-1]
            assert (len(whole["text"]), whole["metadata"]["finish_reason"]) == (LONGEST_TEXT, "length")
        async with room(FakeAdapter("One ", *["more "] * 10, pause=LONGEST_GENERATION / 2.5)) as here:
            await here.write()
            await asyncio.sleep(LONGEST_GENERATION + 1)
            whole = here.read()[-1]
            assert (whole["text"], whole["metadata"]["finish_reason"]) == ("One more ", "length")
            assert here.adapter.open == 0

    run_virtual(main())


def test_a_client_has_only_so_many_at_once_and_so_have_all_together() -> None:
    async def main() -> None:
        places = Places(MOST_OF_A_CLIENT + 2)
        async with room(FakeAdapter("One.", pause=5.0), places) as here:
            for number in range(MOST_OF_A_CLIENT):
                await here.write(str(number))
            for client, sentence in (("u1", "for you"), ("u2", "Too many texts are being written; try")):
                if client == "u2":
                    await here.write("a", client="u2")
                    await here.write("b", client="u2")
                with pytest.raises(ProtocolError, match=sentence) as refused:
                    await here.write("x", client=client)
                assert refused.value.code == "busy"
            await asyncio.sleep(10)
            assert places.taken == 0
            await here.write("x")
            await asyncio.sleep(10)
            assert here.read()[-1]["request_id"] == "x"

    run_virtual(main())


def test_a_request_id_stands_for_one_text_at_a_time_and_may_be_left_out() -> None:
    async def main() -> None:
        async with room(FakeAdapter("One.", pause=1.0)) as here:
            await here.write()
            with pytest.raises(ProtocolError, match="that request_id already"):
                await here.write()
            await here.write(None)
            await here.write(None)
            await asyncio.sleep(5)
            ids = [m.get("request_id") for m in here.read() if m["type"].endswith("response")]
            assert sorted(ids, key=str) == [None, None, "r"]

    run_virtual(main())


def test_what_is_to_be_spoken_is_performed_word_for_word_when_it_is_complete() -> None:
    async def main() -> None:
        async with room(FakeAdapter("[joy] I sing. ", "La la.", pause=0.1)) as here:
            await here.write(speak=True)
            await asyncio.sleep(30)
            spoken = [m["display_text"]["text"].strip() for m in here.readers["u2"].all("audio")]
            assert spoken == ["I sing.", "La la."]
            assert here.adapter.asked == []  # nobody was asked for words again
            assert here.read()[-1]["text"] == "I sing. La la."  # the tag is for the face alone
            assert here.readers["u2"].first("audio")["actions"]["expressions"] == [1]

    run_virtual(main())


def test_before_the_show_has_begun_nothing_is_written() -> None:
    here = show()
    desk = TextDesk("main", here.audience, FakeAdapter, tuple, lambda _: None)
    with pytest.raises(ProtocolError, match="has not begun"):
        desk.ask(GenerateText(client="u1", request_id=None, prompt="Write."))
