"""An hour of chat: the thousandth turn is asked, remembered and shown like the hundredth, and nothing has grown."""

import asyncio
import gc
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import pytest

import fakes
from fakes import FakeToolbox, FakeVoice, _Engine
from open_llm_vtuber.adapters.orphiq_adapter import OrphiqAdapter
from open_llm_vtuber.agent.agents.basic_memory_agent import BasicMemoryAgent
from open_llm_vtuber.agent.window import CHARACTERS_A_TOKEN, length, length_of_tools
from open_llm_vtuber.chat import selection, why
from open_llm_vtuber.groups import Groups
from open_llm_vtuber.protocol.live_server_messages import Snapshot
from open_llm_vtuber.show.audience import Outbox, OutboxClosed
from open_llm_vtuber.show.commands import ChatHappened, Perform, TakeSnapshot
from open_llm_vtuber.show.show import Show
from open_llm_vtuber.shows import LocalShows
from open_llm_vtuber.stimulus import PromptMessage, Stimulus, TextAbilities, TextOptions
from open_llm_vtuber.storage import memory_store
from open_llm_vtuber.tool_use import ToolCall, ToolResult
from open_llm_vtuber.units import Seconds
from virtual_time import run_virtual

TURNS = 1_000
WARM = 300
"""Turns after which everything that is bounded is full."""
TOKENS = 1_500
END = '"text":"conversation-chain-end"'


class CountingLLM(_Engine):
    """Answers at length, looks something up every tenth time, and keeps only how long the prompts were."""

    abilities = TextAbilities(emotion_tags=True, prompt_tokens=TOKENS, tools=True)

    def __init__(self) -> None:
        self.turn = 0
        self.longest = 0
        self.asked_at: Seconds = 0.0
        self.answers_of_tools = 0

    async def stream(
        self, messages: Sequence[PromptMessage], options: TextOptions
    ) -> AsyncGenerator[str | ToolCall, None]:
        self.longest = max(self.longest, length(messages) + length_of_tools(options.tools))
        self.asked_at = asyncio.get_running_loop().time()
        if messages[-1].role == "tool":
            self.answers_of_tools += 1
        elif self.turn % 10 == 0:
            yield ToolCall(id=f"call {self.turn}", name="clock", arguments="{}")
            return
        yield "That is a long story, and I have a lot to say about it. " * 4


@dataclass(frozen=True)
class Count:
    """What there is after so many turns."""

    blocks: int
    """Of the interpreter's memory."""
    tasks: int
    shown: int
    until_asked: Seconds


class Evening:
    """A show that reads chat and lines of its pages, and a stage that plays and keeps nothing."""

    def __init__(self, groups: Groups, llm: CountingLLM, outbox: Outbox) -> None:
        self._groups = groups
        self._llm = llm
        self._outbox = outbox

    async def turn(self, number: int) -> Seconds:
        """Let somebody say something, and wait for the end; return how long until the model was asked."""
        self._llm.turn = number
        began = asyncio.get_running_loop().time()
        if number % 2:
            text = f"what do you think of level {number}? " * 3
            await self._groups.tell("main", ChatHappened(fakes.chat_message(f"m{number}", text)))
        else:
            await self._groups.ask(
                "main", Perform(Stimulus(text=f"line {number}", source="typed", author="Human"))
            )
        while END not in await self._outbox.get():
            pass
        return self._llm.asked_at - began

    async def count(self, until_asked: Seconds) -> Count:
        (snapshot,) = await self._groups.ask("main", TakeSnapshot("stage"))
        assert isinstance(snapshot, Snapshot)
        shown = len(snapshot.conversation) + len(snapshot.chat)
        del snapshot
        gc.collect()
        return Count(sys.getallocatedblocks(), len(asyncio.all_tasks()), shown, until_asked)


def test_a_thousand_turns_leave_no_more_behind_than_three_hundred(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_store, "LONGEST_HISTORY", 100)  # what is on a disk otherwise
    monkeypatch.setattr(why, "MOST_KEPT", 100)  # these are full after a thousand lines
    monkeypatch.setattr(selection, "TEXTS_REMEMBERED", 100)
    llm = CountingLLM()
    toolbox, voice = FakeToolbox(clock=ToolResult(text="noon " * 10_000)), FakeVoice(0.5)

    def build(name: str) -> Show:
        agent = BasicMemoryAgent(llm, "You are Mika.", fakes.FACES, toolbox)
        return fakes.show(OrphiqAdapter(agent), voice, name=name, shared=True)

    async def main() -> tuple[Count, Count, int, Seconds]:
        before = len(asyncio.all_tasks())
        async with LocalShows(build, ["main"]) as shows, Groups(shows) as groups:
            async with groups.subscribe("main", "stage") as place:
                evening = Evening(groups, llm, place.outbox)

                async def turns(first: int, last: int) -> Count:
                    waited = 0.0
                    for number in range(first, last + 1):
                        waited = await evening.turn(number)
                        voice.spoken.clear()
                        toolbox.called.clear()
                    return await evening.count(waited)

                warm = await turns(1, WARM)
                whole = await turns(WARM + 1, TURNS)
            with suppress(OutboxClosed):
                await place.outbox.get()
        return warm, whole, len(asyncio.all_tasks()) - before, asyncio.get_running_loop().time()

    warm, whole, left, took = run_virtual(main())
    assert took > 3_600
    assert TOKENS * CHARACTERS_A_TOKEN * 0.8 < llm.longest <= TOKENS * CHARACTERS_A_TOKEN
    assert llm.answers_of_tools == TURNS // 10
    assert whole.blocks - warm.blocks < 2 * (TURNS - WARM), "ids of chat messages are kept, nothing else"
    assert whole.tasks == warm.tasks
    assert whole.shown == warm.shown == 100
    assert whole.until_asked == pytest.approx(warm.until_asked)
    assert left == 0
