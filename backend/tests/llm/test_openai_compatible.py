"""The OpenAI-compatible language model against a provider that fails in every way we know."""

import asyncio
import socket
import traceback
from contextlib import aclosing

import pytest

from fake_provider import HALF, KEY, WORDS, FakeProvider, Mode, run
from open_llm_vtuber.errors import ConfigError, EngineError
from open_llm_vtuber.llm import LLM_ENGINES
from open_llm_vtuber.llm.openai_compatible import OpenAICompatibleLLM
from open_llm_vtuber.stimulus import PromptMessage, TextOptions
from open_llm_vtuber.tool_use import Tool, ToolCall

pytest.importorskip("openai")

NAME = "openai_compatible_llm"
PROMPT = (PromptMessage(role="system", content="Be Mika."), PromptMessage(role="user", content="Anna: Hi!"))


def built(base_url: str, **options: object) -> OpenAICompatibleLLM:
    options = {"base_url": base_url, "llm_api_key": KEY, "model": "m", **options}
    engine = LLM_ENGINES.build(NAME, options)
    assert isinstance(engine, OpenAICompatibleLLM)
    return engine


async def listen(
    engine: OpenAICompatibleLLM, options: TextOptions | None = None
) -> tuple[str, EngineError | None]:
    """Return what was said, and the error that it ended with, if any."""
    said = ""
    try:
        async for piece in engine.stream(PROMPT, options or TextOptions()):
            said += str(piece)
    except EngineError as error:
        return said, error
    return said, None


def failed(*, max_retries: int = 2, **switches: object) -> tuple[str, EngineError, int]:
    """Return what was said, the error and how many requests it took, with these switches of the provider."""

    async def main() -> tuple[str, EngineError | None, int]:
        async with FakeProvider() as fake:
            for name, value in switches.items():
                setattr(fake, name, value)
            limits = {"timeout_s": 4, "token_timeout_s": 0.3, "max_retries": max_retries}
            async with built(fake.base_url, **limits) as engine:
                return *(await listen(engine)), len(fake.requests)

    said, error, requests = run(main())
    assert error is not None
    keeps_its_secrets(error)
    assert error.engine == NAME
    return said, error, requests


def keeps_its_secrets(error: BaseException) -> None:
    shown = str(error) + "".join(traceback.format_exception(error))
    assert KEY not in shown
    assert "provider's own words" not in shown
    assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("status", "sentence", "retryable", "requests"),
    [
        (400, "refused the request (400): check the model's name", False, 1),
        (401, "refused the key (401): check llm_api_key.", False, 1),
        (403, "refused the key (403): check llm_api_key.", False, 1),
        (404, "does not know this (404): check base_url and model.", False, 1),
        (429, "takes no more requests for now (429)", True, 3),
        (500, "had a fault of its own (500)", True, 3),
    ],
)
def test_says_what_a_refusal_means_and_repeats_only_what_may_pass(
    status: int, sentence: str, *, retryable: bool, requests: int
) -> None:
    said, error, sent = failed(status=status)
    assert said == ""
    assert sentence in str(error)
    assert error.retryable is retryable
    assert sent == requests


@pytest.mark.parametrize(
    ("mode", "sentence"),
    [
        ("hang after", "stopped in the middle of its answer"),
        ("cut", "broke off in mid-answer"),
        ("malformed", "sent something that cannot be read"),
        ("strange", "sent something that cannot be read"),
        ("fault event", "reported a fault of its own"),
    ],
)
def test_gives_what_was_said_before_it_fails_in_mid_answer(mode: Mode, sentence: str) -> None:
    said, error, requests = failed(mode=mode)
    assert said == "".join(WORDS[:HALF])
    assert sentence in str(error)
    assert error.retryable
    assert requests == 1, "what was begun is not asked again"


def test_an_answer_that_ends_without_saying_why_is_whole() -> None:
    async def main() -> tuple[str, EngineError | None]:
        async with FakeProvider() as fake, built(fake.base_url) as engine:
            fake.mode = "ends early"
            return await listen(engine)

    assert asyncio.run(main()) == ("".join(WORDS[:HALF]), None)


def test_an_answer_without_a_word_is_an_error() -> None:
    said, error, _ = failed(mode="empty")
    assert said == ""
    assert "without a single word" in str(error)
    assert error.retryable


def test_a_web_page_is_the_wrong_address() -> None:
    _, error, _ = failed(mode="wrong type")
    assert "does not answer like a language model: check base_url" in str(error)
    assert not error.retryable


def test_waits_so_long_for_the_first_word_and_no_longer() -> None:
    async def main() -> tuple[EngineError | None, float]:
        async with FakeProvider() as fake, built(fake.base_url, timeout_s=0.4) as engine:
            fake.mode = "hang first"
            start = asyncio.get_running_loop().time()
            _, error = await listen(engine)
            return error, asyncio.get_running_loop().time() - start

    error, took = run(main())
    assert "did not begin to answer in time" in str(error)
    assert 0.3 < took < 1.5


def test_the_time_that_the_taker_needs_is_not_the_providers() -> None:
    async def main() -> str:
        async with FakeProvider() as fake, built(fake.base_url, token_timeout_s=0.2) as engine:
            said = ""
            async for piece in engine.stream(PROMPT, TextOptions()):
                said += str(piece)
                await asyncio.sleep(0.25 if len(said) < 10 else 0)
            return said

    assert run(main()) == "".join(WORDS)


def test_names_the_address_where_nothing_answers() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refuses
        port = taken.getsockname()[1]

        async def main() -> EngineError | None:
            async with built(f"http://127.0.0.1:{port}/v1/hidden") as engine:
                return (await listen(engine))[1]

        error = run(main())
    assert error is not None
    assert str(error).startswith(
        f"The language model at 127.0.0.1:{port} does not answer: is that server running"
    )
    assert "hidden" not in str(error)
    keeps_its_secrets(error)


@pytest.mark.parametrize("mode", ["ok", "hang after"])
def test_closing_and_cancelling_hang_up(mode: Mode) -> None:
    async def main() -> None:
        async with FakeProvider() as fake, built(fake.base_url) as engine:
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


def test_cancelling_hangs_up_before_the_first_word_too() -> None:
    async def main() -> None:
        async with FakeProvider() as fake, built(fake.base_url) as engine:
            fake.mode = "hang first"
            task = asyncio.create_task(listen(engine))
            request = await fake.asked.get()
            task.cancel()
            async with asyncio.timeout(1):
                await request.hung_up.wait()
            with pytest.raises(asyncio.CancelledError):
                await task

    run(main())


def test_sends_the_prompt_the_key_and_the_wishes_and_nothing_else() -> None:
    async def main() -> tuple[dict[str, object], str, str | None]:
        async with FakeProvider() as fake:
            async with built(fake.base_url, organization_id="org", unknown="ignored") as engine:
                said, error = await listen(engine, TextOptions(max_tokens=50))
                assert (said, error) == ("".join(WORDS), None)
            request = fake.requests[0]
            assert not request.hung_up.is_set()
            return request.body, request.headers["authorization"], request.headers["openai-organization"]

    body, authorization, organization = run(main())
    assert body == {
        "model": "m",
        "messages": [{"role": "system", "content": "Be Mika."}, {"role": "user", "content": "Anna: Hi!"}],
        "stream": True,
        "temperature": 0.8,
        "max_tokens": 50,
    }
    assert authorization == f"Bearer {KEY}"
    assert organization == "org"


@pytest.mark.parametrize(("farewell", "hangs_up"), [(0.05, False), (10.0, True)])
def test_hears_the_answer_to_its_end_unless_that_takes_long(farewell: float, *, hangs_up: bool) -> None:
    """A connection whose answer was heard to its end serves the next request."""

    async def main() -> bool:
        async with FakeProvider() as fake, built(fake.base_url) as engine:
            fake.farewell = farewell
            async with asyncio.timeout(2):
                assert await listen(engine) == ("".join(WORDS), None)
                await asyncio.sleep(0.05)
            return fake.requests[0].hung_up.is_set()

    assert run(main()) is hangs_up


def test_stopping_the_engine_ends_a_running_answer_with_an_error() -> None:
    async def main() -> EngineError | None:
        async with FakeProvider() as fake:
            fake.mode = "hang after"
            async with built(fake.base_url) as engine:
                task = asyncio.create_task(listen(engine))
                await fake.asked.get()
                await asyncio.sleep(0.1)
            return (await task)[1]

    assert run(main()) is not None


def test_a_proxy_for_the_outside_world_is_not_asked_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)

    async def main() -> tuple[str, EngineError | None]:
        async with FakeProvider() as fake, built(fake.base_url) as engine:
            return await listen(engine)

    assert run(main()) == ("".join(WORDS), None)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"base_url": "localhost:11434/v1"}, "base_url: must be an http:// or https:// address"),
        ({"base_url": "file:///etc/passwd"}, "must be an http:// or https:// address"),
        ({"base_url": "http://"}, "must be an http:// or https:// address"),
        ({"base_url": "http://x:99999999/v1"}, "must be an http:// or https:// address"),
        ({"base_url": f"http://me:{KEY}@host/v1"}, "must not carry a name, a password"),
        ({"llm_api_key": f"{KEY}\nX: y"}, "llm_api_key: holds a space, a line break"),
        ({"llm_api_key": f"{KEY}é"}, "a letter that no key has"),
        ({"model": ""}, "model: "),
        ({"temperature": 9}, "temperature: "),
    ],
)
def test_a_wrong_setting_is_told_by_its_name(options: dict[str, object], sentence: str) -> None:
    with pytest.raises(ConfigError, match=r"^openai_compatible_llm: ") as wrong:
        built(**{"base_url": "http://localhost/v1", **options})  # type: ignore[arg-type]
    assert sentence in str(wrong.value)
    assert KEY not in str(wrong.value)


def test_an_empty_key_and_spaces_around_one_are_forgiven() -> None:
    empty = OpenAICompatibleLLM.Options.model_validate(
        {"base_url": "http://h", "model": "m", "llm_api_key": ""}
    )
    assert empty.llm_api_key.get_secret_value() == "not-needed"
    options = OpenAICompatibleLLM.Options.model_validate(
        {"base_url": " http://h/v1 ", "model": "m", "llm_api_key": f" {KEY}\n"}
    )
    assert options.llm_api_key.get_secret_value() == KEY
    assert options.base_url == "http://h/v1"
    assert KEY not in repr(options)


CLOCK = Tool(name="clock", description="Tells the time.", parameters={"type": "object"})


def test_tools_are_offered_and_what_the_model_wants_of_them_comes_in_pieces() -> None:
    async def main() -> tuple[list[str | ToolCall], dict[str, object]]:
        async with FakeProvider() as fake, built(fake.base_url) as engine:
            fake.wishes = [
                [
                    {
                        "index": 0,
                        "id": "c1",
                        "type": "function",
                        "function": {"name": "clock", "arguments": ""},
                    },
                    {"index": 0, "function": {"arguments": '{"zone":'}},
                    {"index": 0, "function": {"arguments": ' "CET"}'}},
                    {"index": 1, "id": "c2", "function": {"name": "clock", "arguments": "{}"}},
                ]
            ]
            pieces = [piece async for piece in engine.stream(PROMPT, TextOptions(tools=(CLOCK,)))]
            return pieces, fake.requests[0].body

    pieces, body = run(main())
    assert pieces == [
        ToolCall(id="c1", name="clock", arguments='{"zone": "CET"}'),
        ToolCall(id="c2", name="clock", arguments="{}"),
    ]
    assert body["tools"] == [
        {
            "type": "function",
            "function": {
                "name": "clock",
                "description": "Tells the time.",
                "parameters": {"type": "object"},
            },
        }
    ]


def test_calls_and_results_are_sent_as_the_protocol_has_them() -> None:
    call = ToolCall(id="c1", name="clock", arguments="{}")
    messages = (
        *PROMPT,
        PromptMessage(role="assistant", content="", tool_calls=(call,)),
        PromptMessage(role="tool", content="noon", tool_call_id="c1"),
    )

    async def main() -> object:
        async with FakeProvider() as fake, built(fake.base_url) as engine:
            assert [piece async for piece in engine.stream(messages, TextOptions())] == list(WORDS)
            return fake.requests[0].body["messages"]

    sent = run(main())
    assert isinstance(sent, list)
    assert sent[2:] == [
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "clock", "arguments": "{}"}}
            ],
        },
        {"role": "tool", "content": "noon", "tool_call_id": "c1"},
    ]


@pytest.mark.parametrize("wish", [{"index": "x", "id": 3}, {"index": 0, "function": {"arguments": [1]}}, 7])
def test_a_malformed_wish_for_a_tool_is_an_error(wish: dict[str, object]) -> None:
    _, error, _ = failed(wishes=[[wish]], max_retries=0)
    assert "sent something that cannot be read" in str(error)


def test_a_model_that_takes_its_time_over_arguments_is_waited_for_as_over_words() -> None:
    async def main() -> tuple[str, EngineError | None]:
        async with FakeProvider() as fake, built(fake.base_url, timeout_s=0.5) as engine:
            fake.delay = 0.15
            first = {"index": 0, "id": "c1", "function": {"name": "clock", "arguments": "{"}}
            fake.wishes = [[first, *[{"index": 0, "function": {"arguments": " "}}] * 5]]
            return await listen(engine, TextOptions(tools=(CLOCK,)))

    assert run(main())[1] is None
