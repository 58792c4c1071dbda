"""What our way of asking a remote language model costs over plain HTTP, for each piece of its answer."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager
from importlib.util import find_spec

import httpx2

from benchmarks.measure import Measured, skipped
from benchmarks.server import ROOT, environment
from open_llm_vtuber.bookkeeping import Bookkeeping
from open_llm_vtuber.llm import LLM_ENGINES
from open_llm_vtuber.llm.external import Hooks, external_model
from open_llm_vtuber.ports import LanguageModel
from open_llm_vtuber.settings.providers import ExternalApiConfig
from open_llm_vtuber.spending import Budget
from open_llm_vtuber.stimulus import PromptMessage, TextOptions
from open_llm_vtuber.storage.memory_store import MemoryStore

CHUNKS = 2_000
RUNS = 7
PROMPT = (PromptMessage(role="user", content="Hi!"),)
_IMPORTS = "import sys, open_llm_vtuber.app; print([n for n in ('openai', 'anthropic', 'httpx2') if n in sys.modules])"


def measure() -> Iterator[Measured]:
    """Measure each layer over the one below, and what the server imports where no remote model is configured."""
    if find_spec("openai") is None or find_spec("anthropic") is None:
        yield skipped("CPU a chunk", "the SDKs are not installed")
        return
    yield from asyncio.run(_layers())
    said = subprocess.run(  # noqa: S603  our own code
        [sys.executable, "-c", _IMPORTS],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    yield Measured(
        what="SDKs imported with the server, no remote model configured",
        unit="",
        samples=(float(len(json.loads(said.stdout.replace("'", '"')))),),
        note=said.stdout.strip(),
    )


async def _layers() -> list[Measured]:
    results = []
    async with _provider(_openai_events()) as openai, _provider(_anthropic_events()) as anthropic:
        results.append(await _sampled("httpx2 and json alone, OpenAI's events", lambda: _plain(openai)))
        for what, llm in (
            ("openai_compatible_llm", _engine("openai_compatible_llm", f"{openai}/v1")),
            ("anthropic_llm", _engine("anthropic_llm", anthropic)),
        ):
            async with llm:
                results.append(await _sampled(what, _asked(llm)))
        async with Bookkeeping(Budget(per_hour=1e9), MemoryStore()) as books:
            section = ExternalApiConfig.model_validate(
                {"provider": "custom", "model": "m", "endpoint": f"{openai}/v1", "requests_per_minute": 10**6}
            )
            async with external_model(section, books, Hooks(on_change=lambda *_: None)) as model:
                results.append(await _sampled("external_api: limits, books, chain", _asked(model)))
    return results


def _engine(name: str, address: str) -> LanguageModel:
    return LLM_ENGINES.build(name, {"base_url": address, "model": "m"})


def _asked(llm: LanguageModel) -> Callable[[], AsyncGenerator[object, None]]:
    return lambda: llm.stream(PROMPT, TextOptions())


async def _sampled(what: str, ask: Callable[[], AsyncGenerator[object, None]]) -> Measured:
    """Measure the CPU time of this process, the fake provider's share included: it writes ready bytes."""
    samples = []
    for _ in range(RUNS + 1):
        began, pieces = time.process_time(), 0
        async with aclosing(ask()) as answer:
            async for _ in answer:
                pieces += 1
        assert pieces >= CHUNKS * 0.9
        samples.append((time.process_time() - began) / CHUNKS * 1e6)
    return Measured(what=f"CPU a chunk: {what}", unit="µs", samples=tuple(samples[1:]))


async def _plain(address: str) -> AsyncGenerator[object, None]:
    async with (
        httpx2.AsyncClient(trust_env=False) as client,
        client.stream("POST", f"{address}/v1/chat/completions", json={"stream": True}) as answer,
    ):
        async for line in answer.aiter_lines():
            if line.startswith("data: {"):
                yield json.loads(line[6:])["choices"][0]["delta"].get("content")


@asynccontextmanager
async def _provider(events: bytes) -> AsyncIterator[str]:
    """Serve these events to every request."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n"
            b"Content-Length: %d\r\n\r\n" % len(events)
        )
        writer.write(events)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def _openai_events() -> bytes:
    base = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    chunks: list[Mapping[str, object]] = [{"delta": {"content": f"word{n} "}} for n in range(CHUNKS)]
    chunks.append({"delta": {}, "finish_reason": "stop"})
    return (
        b"".join(
            b"data: " + json.dumps({**base, "choices": [{"index": 0, **chunk}]}).encode() + b"\n\n"
            for chunk in chunks
        )
        + b"data: [DONE]\n\n"
    )


def _anthropic_events() -> bytes:
    message = {"id": "m", "type": "message", "role": "assistant", "content": [], "model": "m"}
    usage = {"input_tokens": 1, "output_tokens": 1}
    events: list[tuple[str, Mapping[str, object]]] = [
        ("message_start", {"message": {**message, "usage": usage}}),
        ("content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}}),
    ]
    events += [
        ("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": f"word{n} "}})
        for n in range(CHUNKS)
    ]
    events += [
        ("message_delta", {"delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": CHUNKS}}),
        ("message_stop", {}),
    ]
    return b"".join(
        f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n".encode() for name, data in events
    )
