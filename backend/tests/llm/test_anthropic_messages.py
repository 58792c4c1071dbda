"""Anthropic's models through Anthropic's own SDK, against a provider on loopback."""

import asyncio
from contextlib import aclosing

import pytest

from fake_provider import KEY, WORDS, FakeProvider, Mode, run
from open_llm_vtuber.errors import ConfigError, EngineError
from open_llm_vtuber.llm import LLM_ENGINES
from open_llm_vtuber.llm.anthropic_messages import MAX_TOKENS, AnthropicLLM
from open_llm_vtuber.stimulus import PromptMessage, TextOptions, TextReport
from open_llm_vtuber.tool_use import Tool, ToolCall

pytest.importorskip("anthropic")

NAME = "anthropic_llm"
PROMPT = (PromptMessage(role="system", content="Be Mika."), PromptMessage(role="user", content="Anna: Hi!"))
CLOCK = Tool(name="clock", description="Tells the time.", parameters={"type": "object"})


def built(base_url: str, **options: object) -> AnthropicLLM:
    engine = LLM_ENGINES.build(
        NAME, {"base_url": base_url, "llm_api_key": KEY, "model": "claude-x", **options}
    )
    assert isinstance(engine, AnthropicLLM)
    return engine


async def listen(engine: AnthropicLLM, options: TextOptions | None = None) -> list[str | ToolCall]:
    return [piece async for piece in engine.stream(PROMPT, options or TextOptions())]


def test_sends_the_instructions_apart_the_key_and_the_wishes_and_nothing_else() -> None:
    async def main() -> tuple[dict[str, object], str, str | None]:
        async with FakeProvider() as fake, built(fake.address) as engine:
            assert await listen(engine, TextOptions(max_tokens=50, temperature=1.7)) == list(WORDS)
            request = fake.requests[0]
            assert not request.hung_up.is_set()
            return request.body, request.path, request.headers["authorization"]

    body, path, key = run(main())
    assert body == {
        "model": "claude-x",
        "system": "Be Mika.",
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Anna: Hi!"}]}],
        "stream": True,
        "thinking": {"type": "disabled"},
        "max_tokens": 50,
    }
    assert path == "/v1/messages"
    assert key == f"Bearer {KEY}"


def test_a_model_that_always_thinks_is_asked_as_it_wants_to_be_and_that_is_remembered() -> None:
    async def main() -> list[object]:
        async with FakeProvider() as fake, built(fake.address) as engine:
            fake.status, fake.fails_first = 400, 2
            await listen(engine)
            await listen(engine)
            return [request.body.get("thinking") for request in fake.requests]

    assert run(main()) == [{"type": "disabled"}, {"type": "between_tools"}, None, None]


def test_without_wishes_only_the_limit_is_sent_that_the_api_demands() -> None:
    async def main() -> dict[str, object]:
        async with FakeProvider() as fake, built(fake.address) as engine:
            await listen(engine)
            return fake.requests[0].body

    body = run(main())
    assert body["max_tokens"] == MAX_TOKENS
    assert "temperature" not in body
    assert "tools" not in body


def test_tells_what_the_answer_came_to() -> None:
    async def main() -> list[TextReport]:
        told: list[TextReport] = []
        async with FakeProvider() as fake, built(fake.address) as engine:
            fake.usage = (120, 9)
            await listen(engine, TextOptions(report=told.append))
        return told

    told = run(main())
    assert told == [TextReport(model="claude-x", finish_reason="stop", prompt_tokens=120, answer_tokens=9)]


def test_tools_are_offered_and_what_the_model_wants_of_them_comes_in_pieces() -> None:
    async def main() -> tuple[list[str | ToolCall], object]:
        async with FakeProvider() as fake, built(fake.address) as engine:
            block = {"type": "tool_use", "id": "toolu_1", "name": "clock", "input": {}}
            fake.wishes = [
                [
                    {"kind": "content_block_start", "content_block": block},
                    {"delta": {"type": "input_json_delta", "partial_json": '{"zone":'}},
                    {"delta": {"type": "input_json_delta", "partial_json": ' "CET"}'}},
                ]
            ]
            return await listen(engine, TextOptions(tools=(CLOCK,))), fake.requests[0].body["tools"]

    pieces, offered = run(main())
    assert pieces == [ToolCall(id="toolu_1", name="clock", arguments='{"zone": "CET"}')]
    assert offered == [
        {"name": "clock", "description": "Tells the time.", "input_schema": {"type": "object"}}
    ]


@pytest.mark.parametrize("mode", ["ok", "hang after"])
def test_closing_and_cancelling_hang_up(mode: Mode) -> None:
    async def main() -> None:
        async with FakeProvider() as fake, built(fake.address) as engine:
            fake.mode, fake.delay = mode, 0.05
            async with aclosing(engine.stream(PROMPT, TextOptions())) as stream:
                assert await anext(stream) == WORDS[0]
            async with asyncio.timeout(1):
                await (await fake.asked.get()).hung_up.wait()
            task = asyncio.create_task(listen(engine))
            second = await fake.asked.get()
            task.cancel()
            async with asyncio.timeout(1):
                await second.hung_up.wait()
            with pytest.raises(asyncio.CancelledError):
                await task

    run(main())


def test_a_model_that_declines_is_not_asked_again() -> None:
    async def main() -> tuple[EngineError, int]:
        async with FakeProvider() as fake, built(fake.address) as engine:
            fake.mode, fake.stop_reason = "empty", "refusal"
            with pytest.raises(EngineError, match="declines to answer this") as declined:
                await listen(engine)
            return declined.value, len(fake.requests)

    error, requests = run(main())
    assert not error.retryable
    assert requests == 1


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"base_url": "ftp://x"}, "base_url: must be an http:// or https:// address"),
        ({"model": ""}, "model: "),
        ({"llm_api_key": f"{KEY}\nX: y"}, "llm_api_key: holds a space, a line break"),
    ],
)
def test_a_wrong_setting_is_told_by_its_name(options: dict[str, object], sentence: str) -> None:
    with pytest.raises(ConfigError, match=r"^anthropic_llm: ") as wrong:
        LLM_ENGINES.build(NAME, {"model": "m", **options})
    assert sentence in str(wrong.value)
    assert KEY not in str(wrong.value)
