"""An existing web client stops her, and what becomes of the turn."""

import asyncio

from live_server import serving
from virtual_time import run_virtual
from wire.existing_client import ExistingClient
from wire.set_of_shows import FakeLLM, set_of_shows
from wire.tab import browser_tab, kinds
from wire.test_text_turn import saying

LONG = " ".join(["This sentence is said over and over again."] * 20)


def test_an_interrupt_over_a_real_socket_ends_the_chain_and_the_next_turn_works() -> None:
    async def main() -> None:
        async with serving(saying(LONG)) as server, browser_tab(server.ws()) as tab:
            await tab.type_text("hello")
            await tab.until_came("audio", 2)
            await tab.press_interrupt()
            assert tab.sent[-1] == {"type": "interrupt-signal", "text": tab.client.heard}
            await tab.until_came("control", text="conversation-chain-end")
            assert kinds(tab.frames)[-3:] == [
                "interrupt-signal",
                "force-new-message",
                "conversation-chain-end",
            ]
            assert tab.frames[-3]["text"] == "conversation-interrupted"
            sounds = tab.count("audio")
            await asyncio.sleep(0.2)
            assert tab.count("audio") == sounds, "nothing of the dead turn may follow"

            tab.client.lost.clear()
            await tab.type_text("again")
            await tab.until_came("control", 2, text="conversation-chain-start")
            await tab.until_came("audio", sounds + 1)
            assert tab.client.state == "thinking-speaking"
            assert tab.client.lost == [], "its own turn loses nothing"
            await tab.press_interrupt()
            await tab.until_came("control", 2, text="conversation-chain-end")

    asyncio.run(main())


def test_typing_while_she_speaks_interrupts_her_and_is_answered() -> None:
    async def main() -> None:
        async with set_of_shows() as shows, shows.tab() as tab:
            await tab.type_text("one")
            await tab.until_came("audio")
            await tab.type_text("two")
            await tab.until_turns(2)
            assert [kind for kind in kinds(tab.frames) if kind.startswith("conversation")] == [
                "conversation-chain-start",
                "conversation-chain-end",
            ] * 2
            assert tab.client.bubbles[-2:] == [
                ("human", "two"),
                ("ai", "You said two. And this is the second sentence. "),
            ]

    run_virtual(main())


def test_only_what_was_heard_is_remembered() -> None:
    async def main() -> None:
        async with set_of_shows() as shows, shows.tab() as tab:
            await tab.type_text("one")
            await tab.until_came("audio")
            await tab.type_text("two")
            await tab.until_turns(2)
            prompt = [(message.role, message.content) for message in shows.llm.prompts[-1]][1:]
            assert prompt == [("user", "one"), ("assistant", "You said one."), ("user", "two")]

    run_virtual(main())


def test_a_client_cannot_put_words_into_her_mouth() -> None:
    async def main() -> None:
        async with set_of_shows() as shows, shows.tab() as tab:
            await tab.type_text("one")
            await tab.until_came("audio")
            await tab.send("interrupt-signal", text="I hate everybody. ")
            await tab.until_came("control", text="conversation-chain-end")
            await tab.send("text-input", text="two")
            await tab.until_came("control", 2, text="conversation-chain-end")
            assert "I hate" not in str(shows.llm.prompts[-1])
            assert "You said one." in str(shows.llm.prompts[-1])

    run_virtual(main(), limit=60)


def test_an_interrupt_stops_the_engines_at_once() -> None:
    async def main() -> None:
        llm = FakeLLM(lambda _: LONG, word_takes=1.0)
        async with set_of_shows(llm=llm) as shows, shows.tab() as tab:
            await tab.type_text("hello")
            await tab.until_came("audio")
            assert (llm.running, shows.voice.running) == (1, 0)
            pressed = asyncio.get_running_loop().time()
            await tab.press_interrupt()
            await tab.until_came("control", text="conversation-chain-end")
            assert tab.came[-1][0] - pressed < 0.01
            assert (llm.running, shows.voice.running) == (0, 0)

    run_virtual(main())


def test_an_interrupt_while_she_thinks_ends_the_chain() -> None:
    async def main() -> None:
        async with set_of_shows(llm=FakeLLM(lambda _: "Hm.", word_takes=30)) as shows, shows.tab() as tab:
            await tab.type_text("hello")
            await tab.until_came("full-text", text="Thinking...")
            await tab.press_interrupt()
            await tab.until_came("control", text="conversation-chain-end")
            assert tab.count("audio") == 0
            assert tab.count("backend-synth-complete") == 0

    run_virtual(main(), limit=20)


def test_an_interrupt_of_nothing_is_not_answered_and_leaves_no_mark() -> None:
    async def main() -> None:
        async with set_of_shows() as shows, shows.tab() as tab:
            before = len(tab.frames)
            await tab.send("interrupt-signal", text="")
            await tab.send("heartbeat")
            await tab.until_came("heartbeat-ack")
            assert kinds(tab.frames[before:]) == ["heartbeat-ack"]
            await tab.type_text("hello")
            await tab.until_turns(1)
            assert [message.role for message in shows.llm.prompts[-1]] == ["system", "user"]

    run_virtual(main())


def test_reports_that_belong_to_the_dead_turn_do_not_end_the_new_one() -> None:
    async def main() -> None:
        async with set_of_shows() as shows, shows.tab() as tab:
            await tab.type_text("one")
            await tab.until_came("backend-synth-complete")
            await tab.type_text("two")  # interrupts, and reports the end of the first up to ten times
            assert tab.sent.count({"type": "frontend-playback-complete"}) == 10
            await tab.until_turns(2)
            assert [audio["display_text"]["text"] for audio in tab.client.played[-2:]] == [
                "You said two. ",
                "And this is the second sentence. ",
            ]
            assert tab.client.lost == []

    run_virtual(main())


def test_speaking_into_the_microphone_interrupts_her() -> None:
    async def main() -> None:
        async with set_of_shows(lambda _: LONG) as shows, shows.tab() as tab:
            await tab.type_text("hello")
            await tab.until_came("audio")
            await tab.speech_begins()
            await tab.until_came("control", text="conversation-chain-end")
            assert kinds(tab.frames)[-3] == "interrupt-signal"
            assert tab.client.state == "listening"

    run_virtual(main())


def test_a_new_history_ends_the_running_turn_before_it_begins() -> None:
    async def main() -> None:
        async with set_of_shows(lambda _: LONG) as shows, shows.tab() as tab:
            await tab.type_text("hello")
            await tab.until_came("audio")
            await tab.send("create-new-history")
            await tab.until_came("new-history-created", 2)
            assert kinds(tab.frames)[-2:] == ["conversation-chain-end", "new-history-created"]
            await tab.type_text("hello again")
            await tab.until_came("audio", tab.count("audio") + 1)
            assert [message.role for message in shows.llm.prompts[-1]] == ["system", "user"]

    run_virtual(main())


def test_a_client_that_leaves_in_mid_sentence_takes_its_turn_with_it() -> None:
    async def main() -> None:
        llm = FakeLLM(lambda _: LONG, word_takes=0.3)
        async with set_of_shows(llm=llm) as shows:
            async with shows.tab(client=ExistingClient()) as tab:
                await tab.type_text("hello")
                await tab.until_came("audio")
                assert llm.running == 1
            assert llm.running == 0
            assert not [task for task in asyncio.all_tasks() if tab.client.uid in task.get_name()]

    run_virtual(main())
