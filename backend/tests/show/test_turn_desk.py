"""Only the client that the show is played to paces a turn."""

import asyncio

import fakes
from fakes import FakeAdapter, FakeVoice
from open_llm_vtuber.show.commands import Hello, Perform, PlaybackEnded
from open_llm_vtuber.stimulus import Stimulus
from virtual_time import run_virtual


def test_a_report_of_the_primary_ends_the_turn_and_anybody_elses_does_not() -> None:
    async def main() -> list[bool]:
        a_show = fakes.show(FakeAdapter("Hello."), FakeVoice(5.0))
        async with fakes.running(a_show):
            with a_show.attach("stage"), a_show.attach("preview"):
                await a_show.ask(Hello("stage", ("primary",)))
                await a_show.ask(Hello("preview", ("preview",)))
                await a_show.ask(Perform(Stimulus(text="hi", source="typed", author="A", client="stage")))
                await asyncio.sleep(1)
                speaks = [a_show._state().speaking]
                for client in ("preview", "stage"):
                    await a_show.ask(PlaybackEnded(client))
                    await asyncio.sleep(0.5)
                    speaks.append(a_show._state().speaking)
                return speaks

    assert run_virtual(main()) == [True, True, False]
