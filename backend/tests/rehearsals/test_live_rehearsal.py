"""Simulated viewers on a show that pages watch."""

import asyncio
import json

import fakes
from fakes import FakeVoice
from open_llm_vtuber.adapters.orphiq_adapter import OrphiqAdapter
from open_llm_vtuber.agent.agents.basic_memory_agent import BasicMemoryAgent
from open_llm_vtuber.llm.scripted import ScriptedLLM
from open_llm_vtuber.rehearsals import live_rehearsal
from open_llm_vtuber.rehearsals.live_rehearsal import MINUTES, ON_AIR
from open_llm_vtuber.show.commands import Hello
from open_llm_vtuber.show.show import Show
from open_llm_vtuber.shows import LocalShows
from virtual_time import run_virtual


def build(name: str) -> Show:
    llm = ScriptedLLM(ScriptedLLM.Options())
    adapter = OrphiqAdapter(BasicMemoryAgent(llm, "You are Mika.", ()))
    return fakes.show(adapter, FakeVoice(1.5), name=name, shared=True)


def test_she_greets_at_once_answers_viewers_soon_and_it_ends_by_itself() -> None:
    seen: list[tuple[float, str]] = []

    async def main() -> float:
        clock = asyncio.get_running_loop()
        async with LocalShows(build, [ON_AIR]) as shows, shows.subscribe(ON_AIR, "page") as place:
            await shows.ask(ON_AIR, Hello("page", ("chat", "state")))

            async def watch() -> None:
                while True:
                    cue = json.loads(await place.outbox.get())
                    seen.append((clock.time(), cue["type"]))

            async with asyncio.TaskGroup() as group:
                watching = group.create_task(watch())
                await live_rehearsal.play(shows)
                watching.cancel()
        return clock.time()

    ended = run_virtual(main())
    assert MINUTES * 60 < ended < MINUTES * 60 + 60
    first = {kind: min(at for at, each in seen if each == kind) for kind in ("audio", "chat-message")}
    assert first["audio"] < 3
    assert first["chat-message"] < 15
