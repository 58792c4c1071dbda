"""A client that was just interrupted would lose the first sound of a turn that it did not ask for."""

import asyncio

import pytest

from live_server import serving
from open_llm_vtuber.protocol.audio_message import Audio
from open_llm_vtuber.protocol.server_messages import Control
from open_llm_vtuber.show.audience import INTERRUPTED_CLIENT_NEEDS, Audience, OutboxClosed
from open_llm_vtuber.show.commands import ChatHappened
from open_llm_vtuber.stimulus import ChatMessage
from virtual_time import run_virtual
from wire.existing_client import RENDERED_AFTER, Message
from wire.set_of_shows import FakeLLM, set_of_shows
from wire.tab import Tab, browser_tab
from wire.test_text_turn import saying

AUDIO = Audio(audio=None, volumes=(), slice_length=20, display_text=None, actions=None)
LONG = " ".join(["This sentence is said over and over again."] * 20)


def wait_of(tab: Tab) -> float:
    """Return the seconds between the last chain start and the first audio after it."""
    turn: list[tuple[float, Message]] = []
    for at, frame in tab.came:
        starts = frame["type"] == "control" and frame["text"] == "conversation-chain-start"
        turn = [(at, frame)] if starts else [*turn, (at, frame)]
    return next(at for at, frame in turn if frame["type"] == "audio") - turn[0][0]


def test_an_interrupted_client_gets_the_first_sound_of_a_chat_turn_300_ms_after_its_start() -> None:
    async def main() -> None:
        quick = FakeLLM(lambda said: LONG if said == "talk" else "Yes, indeed.", word_takes=0.0)
        async with (
            set_of_shows(llm=quick) as shows,
            shows.tab("main") as tab,
            shows.connected("main") as modern,
        ):
            await modern.send('{"type":"client-hello","capabilities":[]}')
            await tab.type_text("talk")
            await tab.until_came("audio")
            await tab.press_interrupt()
            await tab.until_came("control", text="conversation-chain-end")
            tab.client.lost.clear()
            modern.waiting()
            await shows.chat("Hello Mika!")
            await tab.until_came("control", 2, text="conversation-chain-start")
            await asyncio.sleep(0.1)
            assert "audio" in {frame["type"] for frame in modern.waiting()}, "nobody else waits"
            await tab.until_came("control", 2, text="conversation-chain-end")
            assert wait_of(tab) == pytest.approx(0.3, abs=0.001)
            assert tab.client.lost == []
            assert tab.client.played[-1]["display_text"]["text"] == "Yes, indeed. "

    run_virtual(main())


def test_a_client_that_was_not_interrupted_does_not_wait() -> None:
    async def main() -> None:
        async with set_of_shows(llm=FakeLLM(lambda _: "Yes.", 0.0)) as shows, shows.tab("main") as tab:
            for turn, line in enumerate(("Hello Mika!", "And how are you, Mika?"), 1):
                await shows.chat(line)
                await tab.until_turns(turn)
                assert wait_of(tab) < 0.1

    run_virtual(main())


def test_the_wait_is_over_with_the_turn_that_it_was_for() -> None:
    async def main() -> None:
        audience = Audience()
        with audience.attach("a") as box:
            audience.interrupted()
            audience.chain_starts(turn_id="t1")
            audience.publish(AUDIO)
            await box.get()
            await box.get()
            clock = asyncio.get_running_loop()
            assert clock.time() == pytest.approx(INTERRUPTED_CLIENT_NEEDS)
            audience.chain_starts(turn_id="t2")
            audience.publish(AUDIO)
            audience.publish(Control(text="conversation-chain-end"))
            for _ in range(3):
                await box.get()
            assert clock.time() == pytest.approx(INTERRUPTED_CLIENT_NEEDS)

    run_virtual(main())


def test_a_show_that_ends_while_a_sound_is_held_back_closes_the_outbox_properly() -> None:
    async def main() -> None:
        audience = Audience()
        with audience.attach("a") as box:
            audience.interrupted()
            audience.chain_starts(turn_id="t1")
            audience.publish(AUDIO)
            await box.get()
            asyncio.get_running_loop().call_later(0.1, audience.close)
            with pytest.raises(OutboxClosed):
                await box.get()

    run_virtual(main())


def test_the_fake_client_does_lose_a_sound_that_comes_too_soon() -> None:
    async def main() -> None:
        async with set_of_shows() as shows, shows.tab() as tab:
            client = tab.client
            client.state = "thinking-speaking"
            client.press_interrupt(10.0)
            client.receive({"type": "control", "text": "conversation-chain-start"}, 11.0)
            client.receive(AUDIO.model_dump(), 11.0 + RENDERED_AFTER / 2)
            assert (len(client.lost), client.played) == (1, [])
            client.receive(AUDIO.model_dump(), 11.0 + RENDERED_AFTER)
            assert (len(client.lost), len(client.played)) == (1, 1)

    run_virtual(main())


def test_an_interrupted_client_loses_nothing_of_its_own_line_that_waited() -> None:
    async def main() -> None:
        async with set_of_shows(llm=FakeLLM(lambda _: LONG, 0.0)) as shows, shows.tab() as tab:
            await tab.type_text("one")
            await tab.send("text-input", text="two")  # before the first chain began
            await tab.until_came("audio", 5)
            await tab.press_interrupt()
            tab.client.lost.clear()
            await tab.until_came("control", 2, text="conversation-chain-start")
            await asyncio.sleep(1)
            assert tab.client.lost == []

    run_virtual(main())


def test_over_a_real_socket_an_interrupted_client_hears_the_whole_next_chat_turn() -> None:
    async def main() -> None:
        async with serving(saying(LONG)) as server, browser_tab(server.ws("main")) as tab:
            await tab.type_text("talk")
            await tab.until_came("audio", 2)
            await tab.press_interrupt()
            await tab.until_came("control", text="conversation-chain-end")
            tab.client.lost.clear()
            line = ChatMessage(
                id="m1", platform="twitch", channel="c", username="v", display_name="V", text="Hello Mika!"
            )
            await server.parts.shows.tell("main", ChatHappened(line))
            await tab.until_came("control", 2, text="conversation-chain-start")
            await tab.until(lambda: tab.frames[-1]["type"] == "audio")
            assert 0.28 <= wait_of(tab) < 1.5
            assert tab.client.lost == []
            await tab.press_interrupt()
            await tab.until_came("control", 2, text="conversation-chain-end")

    asyncio.run(main())
