"""A remote provider misbehaves, in each way, behind each door: what is said, written and told, and that it goes on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from fake_provider import FakeProvider
from live_server import SCRIPTED, Client, Serving, serving
from open_llm_vtuber.config import Settings
from open_llm_vtuber.show.commands import ChatHappened
from open_llm_vtuber.stimulus import ChannelEvent
from provider_faults import FAULTS, WHOLE, WIRES, Fault, Wire

KEY = "sk-secret-of-this-test"
TIMEOUT = 1.8
"""Seconds. A process that has run thousands of tests may collect its garbage for one; the slowest fault takes two."""
PROVIDERS = {"openai": "custom", "anthropic": "anthropic"}


def settings(wire: Wire, fake: FakeProvider) -> Settings:
    external = {
        "provider": PROVIDERS[wire],
        "model": "m",
        "api_key": KEY,
        "endpoint": fake.base_url if wire == "openai" else fake.address,
        "timeout_s": TIMEOUT,
    }
    return Settings.model_validate(
        {
            "character_config": SCRIPTED,
            "external_api": external,
            "shows": {"main": {"mode": "external-api"}},
        }
    )


@asynccontextmanager
async def provided(wire: Wire) -> AsyncIterator[tuple[FakeProvider, Serving]]:
    async with FakeProvider() as fake, serving(settings(wire, fake)) as server:
        yield fake, server


def flat(text: str) -> str:
    return " ".join(text.split())


async def turn(server: Serving) -> tuple[str, list[str]]:
    """Return what a typed line had said, and the sentences that told of a fault."""
    async with Client.connect(server.ws("main")) as socket:
        await socket.send("text-input", text="hello")
        seen: list[dict[str, Any]] = []
        while True:
            message = await socket.receive()
            seen.append(message)
            if message["type"] == "backend-synth-complete":
                await socket.send("frontend-playback-complete")
            if message["type"] == "control" and message["text"] == "conversation-chain-end":
                break
    said = "".join(m["display_text"]["text"] for m in seen if m["type"] == "audio")
    return flat(said), [m["message"] for m in seen if m["type"] == "error"]


async def over_websocket(server: Serving) -> tuple[str, list[str]]:
    async with Client.connect(server.ws("main")) as socket:
        await socket.send("text-generation-request", prompt="Write.", request_id="r")
        pieces = ""
        while True:
            message = await socket.receive()
            if message.get("request_id") != "r":
                continue
            if message["type"] == "text-generation-chunk":
                pieces += message["text"]
            elif message["type"] == "text-generation-response":
                assert message["text"] == pieces
                assert message["metadata"]["model"] == "m"
                return flat(pieces), []
            else:
                return flat(pieces), [message["message"]]


async def over_rest(server: Serving) -> tuple[int, str, str]:
    async with httpx2.AsyncClient(base_url=server.http, trust_env=False, timeout=20) as rest:
        answer = await rest.post("/api/text-generation", json={"prompt": "Write."})
        body = answer.json()
        return answer.status_code, flat(body.get("text", "")), body.get("detail", "")


async def note(server: Serving) -> str:
    """Return what an operator is told of the provider."""
    async with httpx2.AsyncClient(base_url=server.http, trust_env=False) as rest:
        state = (await rest.get("/api/state")).json()
        return str(state["providers"]["external_api"]["note"])


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
@pytest.mark.parametrize("wire", WIRES)
def test_each_fault_has_the_same_outcome_behind_every_door(
    wire: Wire, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    expected = fault.outcome(wire)
    broke_off = bool(expected.said and expected.sentence)
    """The sentence is ended, what was said counts, and the operator reads in the state what happened."""
    said_then = flat(expected.said) + ("..." if broke_off else "")
    is_refused = bool(expected.sentence) and not broke_off
    is_remembered = (expected.retry_after or 0) > 1
    """A provider that asks for patience is not asked again, whichever door it is."""

    async def main() -> None:
        async with provided(wire) as (fake, server):
            fault.set(fake)
            said, told = await turn(server)
            assert said == said_then
            assert bool(told) == is_refused
            for sentence in told:
                assert expected.sentence in sentence
            if broke_off:
                assert expected.sentence in await note(server)
        async with provided(wire) as (fake, server):
            fault.set(fake)
            written, errors = await over_websocket(server)
            assert written == said_then
            assert bool(errors) == is_refused

            fault.set(fake)
            fake.requests.clear()
            status, text, detail = await over_rest(server)
            if is_refused:
                assert status == (429 if is_remembered else 502)
                assert ("again in" if is_remembered else expected.sentence) in detail
            else:
                assert (status, text) == (200, said_then)
            assert KEY not in detail + "".join(told) + "".join(errors)

            fresh = FakeProvider()
            for switch in ("mode", "status", "delay", "fails_first", "refusal"):
                setattr(fake, switch, getattr(fresh, switch))
            if not is_remembered:
                assert (await turn(server))[0] == flat(WHOLE), "the next line is answered"

    asyncio.run(main())
    assert KEY not in caplog.text


@pytest.mark.parametrize(("status", "kind"), [(500, "application/json"), (200, "text/event-stream")])
def test_a_stream_that_fails_before_its_first_piece_has_the_status_of_a_refusal(
    status: int, kind: str
) -> None:
    async def main() -> tuple[int, str, str]:
        async with (
            provided("openai") as (fake, server),
            httpx2.AsyncClient(base_url=server.http, trust_env=False, timeout=20) as rest,
        ):
            fake.status = status
            answer = await rest.post(
                "/api/text-generation", json={"prompt": "Write."}, headers={"Accept": "text/event-stream"}
            )
            return answer.status_code, answer.headers["content-type"].split(";")[0], answer.text

    got, content_type, body = asyncio.run(main())
    assert (got, content_type) == (200 if status == 200 else 502, kind)
    assert ("engine-failed" in body) == (status == 500)
    assert ("event: text-generation-response" in body) == (status == 200)


def test_what_was_asked_for_is_in_the_state_and_a_stream_begins_with_nothing_spent() -> None:
    async def main() -> None:
        async with (
            provided("openai") as (_, server),
            httpx2.AsyncClient(base_url=server.http, trust_env=False) as rest,
        ):
            await turn(server)
            await over_websocket(server)
            (model,) = (await rest.get("/api/state")).json()["spend"]["models"]
            assert (model["requests"], model["answer_tokens"]) == (2, 16)
            online = ChannelEvent(id="e1", platform="twitch", channel="c", kind="stream-online")
            await server.parts.shows.tell("main", ChatHappened(online))
            assert (await rest.get("/api/state")).json()["spend"]["models"] == []

    asyncio.run(main())
