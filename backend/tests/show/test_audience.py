"""Cues reach everybody whom they concern, encoded once, and nobody waits for a slow client."""

import asyncio
import json
import tracemalloc
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import pytest

from open_llm_vtuber.protocol.audio_message import Audio
from open_llm_vtuber.protocol.codec import encode
from open_llm_vtuber.protocol.envelope import Capability
from open_llm_vtuber.protocol.live_server_messages import TwitchStatus
from open_llm_vtuber.protocol.server_messages import (
    BackendSynthComplete,
    ForceNewMessage,
    FullText,
    ServerMessage,
)
from open_llm_vtuber.show import audience as module
from open_llm_vtuber.show.audience import Audience, Outbox, OutboxClosed
from virtual_time import run_virtual

STATUS = TwitchStatus(channel="x", state="connected", reason="")


def audio() -> Audio:
    return Audio(audio=None, volumes=(), slice_length=20, display_text=None, actions=None)


async def drained(outbox: Outbox, count: int) -> list[dict[str, Any]]:
    return [json.loads(await outbox.get()) for _ in range(count)]


def says_hello(outbox: Outbox, *capabilities: Capability) -> None:
    outbox.capabilities = frozenset(capabilities)


def test_a_cue_goes_to_those_who_can_do_something_with_it() -> None:
    async def main() -> None:
        audience = Audience()
        with audience.attach("old") as old, audience.attach("new") as new:
            says_hello(new, "state")
            audience.publish(STATUS)
            audience.publish(FullText(text="hi"))
            assert [m["type"] for m in await drained(old, 1)] == ["full-text"]
            assert [m["type"] for m in await drained(new, 2)] == ["twitch-status", "full-text"]

    run_virtual(main())


def test_a_cue_is_encoded_once_however_many_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[ServerMessage] = []
    real = encode

    def counting(message: ServerMessage) -> str:
        encoded.append(message)
        return real(message)

    monkeypatch.setattr(module, "encode", counting)

    async def main() -> None:
        audience = Audience()
        with audience.attach("a"), audience.attach("b") as b, audience.attach("c"):
            says_hello(b)
            audience.publish(FullText(text="hi"))
        audience.publish(FullText(text="nobody is there"))

    run_virtual(main())
    assert len(encoded) == 1


def test_no_outbox_holds_a_copy_of_the_sound() -> None:
    sound = "x" * 200_000

    async def main() -> tuple[int, set[int]]:
        audience = Audience()
        with ExitStack() as stack:
            boxes = [stack.enter_context(audience.attach(str(number))) for number in range(100)]
            for box in boxes[::2]:
                says_hello(box)
            tracemalloc.start()
            audience.publish(audio().model_copy(update={"audio": sound}), turn_id="t", index=3)
            held, _ = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            return held, {len(await box.get()) for box in boxes}

    held, sizes = run_virtual(main())
    assert held < 3 * len(sound), (
        "twice: with its last brace, and without it for those who get more behind it"
    )
    assert len(sizes) == 2
    assert min(sizes) > len(sound)


def test_only_a_client_that_said_hello_gets_seq_and_turn() -> None:
    async def main() -> tuple[Sequence[dict[str, Any]], Sequence[dict[str, Any]]]:
        audience = Audience()
        with audience.attach("old") as old, audience.attach("new") as new:
            says_hello(new)
            audience.publish(FullText(text="a"), turn_id="t1")
            audience.publish(audio(), turn_id="t1", index=0)
            audience.publish(BackendSynthComplete())
            return await drained(old, 3), await drained(new, 3)

    old, new = run_virtual(main())
    assert all("seq" not in m and "turn_id" not in m for m in old)
    assert [m["seq"] for m in new] == [1, 2, 3]
    assert [(m.get("turn_id"), m.get("index")) for m in new] == [("t1", None), ("t1", 0), (None, None)]


def test_answers_do_not_count_as_cues() -> None:
    async def main() -> list[dict[str, Any]]:
        audience = Audience()
        with audience.attach("new") as new:
            says_hello(new)
            new.send(FullText(text="an answer"))
            audience.publish(FullText(text="a cue"))
            return await drained(new, 2)

    assert [m.get("seq") for m in run_virtual(main())] == [None, 1]


def test_a_client_that_stops_reading_is_dropped_and_the_others_get_everything() -> None:
    async def main() -> None:
        audience = Audience()
        with audience.attach("slow") as slow, audience.attach("quick") as quick:
            for number in range(module.OUTBOX_FRAMES + 1):
                audience.publish(FullText(text=str(number)))
                assert (await drained(quick, 1))[0]["text"] == str(number)
            with pytest.raises(OutboxClosed):
                await slow.get()

    run_virtual(main())


def test_the_size_of_what_waits_is_limited_too() -> None:
    async def main() -> None:
        audience = Audience()
        with audience.attach("slow") as slow:
            for _ in range(5):
                audience.publish(FullText(text="x" * (module.OUTBOX_CHARACTERS // 4)))
            with pytest.raises(OutboxClosed):
                await slow.get()

    run_virtual(main())


@pytest.mark.parametrize(
    ("clients", "primary"),
    [
        ({"stage": ("primary",), "old": None}, "stage"),
        ({"talk": (), "old": None}, "old"),
        ({"talk": ()}, "talk"),
        ({"first": ("primary",), "second": ("primary",)}, "first"),
        ({"control": ("preview",), "talk": ()}, "talk"),
        ({"control": ("preview", "primary")}, None),
        ({}, None),
    ],
)
def test_who_plays_the_sound(clients: dict[str, tuple[Capability, ...] | None], primary: str | None) -> None:
    async def main() -> str | None:
        audience = Audience()
        with ExitStack() as stack:
            for client, capabilities in clients.items():
                outbox = stack.enter_context(audience.attach(client))
                outbox.capabilities = None if capabilities is None else frozenset(capabilities)
            return audience.primary

    assert run_virtual(main()) == primary


def test_nobody_waits_for_who_only_watches() -> None:
    audience = Audience()
    with audience.attach("stage") as stage, audience.attach("control") as control:
        says_hello(stage, "primary")
        says_hello(control, "state", "preview")
        assert len(audience) == 1
        assert audience.plays_to("stage")
        assert not audience.plays_to("control")
    assert not audience.plays_to("stage"), "it has left"


def test_an_interrupted_existing_client_gets_its_first_audio_300_ms_after_the_chain_starts_and_nobody_else_waits() -> (
    None
):
    async def main() -> dict[str, float]:
        loop, audience = asyncio.get_running_loop(), Audience()
        arrived: dict[str, float] = {}

        async def read(outbox: Outbox) -> None:
            while (message := json.loads(await outbox.get()))["type"] != "force-new-message":
                if message["type"] == "audio":
                    arrived[outbox.client] = loop.time()

        with (
            audience.attach("interrupted") as interrupted,
            audience.attach("stage") as stage,
            audience.attach("idle") as idle,
        ):
            says_hello(stage)
            audience.interrupted()
            idle.is_interrupted = False
            began = loop.time()
            audience.chain_starts(turn_id="t")
            audience.publish(audio())
            audience.publish(ForceNewMessage())
            async with asyncio.TaskGroup() as group:
                for outbox in (interrupted, stage, idle):
                    group.create_task(read(outbox))
        return {client: when - began for client, when in arrived.items()}

    arrived = run_virtual(main())
    assert arrived["interrupted"] == pytest.approx(0.3)
    assert arrived["stage"] == arrived["idle"] == 0.0
