"""The adapter of our own agent keeps the port."""

from fakes import FakeLLM
from open_llm_vtuber.adapters.orphiq_adapter import OrphiqAdapter
from open_llm_vtuber.agent.agents.basic_memory_agent import BasicMemoryAgent
from open_llm_vtuber.ports import Adapter
from open_llm_vtuber.stimulus import Stimulus
from virtual_time import run_virtual

HI = Stimulus(text="hi", source="typed", author="Human")


def test_it_streams_what_the_agent_says_remembers_and_forgets() -> None:
    llm = FakeLLM("Hello", " there.")
    adapter: Adapter = OrphiqAdapter(BasicMemoryAgent(llm, "You are Mika.", ()))

    async def said() -> list[object]:
        return [piece async for piece in adapter.reply(HI)]

    assert run_virtual(said()) == ["Hello", " there."]
    adapter.remember(HI, "Hello there.")
    run_virtual(said())
    assert "Hello there." in [message.content for message in llm.prompts[-1]]
    adapter.forget()
    run_virtual(said())
    assert len(llm.prompts[-1]) == 2
