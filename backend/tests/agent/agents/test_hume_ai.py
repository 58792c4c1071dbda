"""Hume as an agent: its sentences come spoken, and its chat knows the same conversation as we do."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from fake_hume import KEY, FakeHume
from fake_provider import run
from open_llm_vtuber.agent.agents.hume_ai import HumeAIAgent, HumeOptions
from open_llm_vtuber.agent.evi_chat import Limits
from open_llm_vtuber.agent.memory import Memory
from open_llm_vtuber.errors import ConfigError, EngineError
from open_llm_vtuber.reply import ReplyPiece, SpokenSentence
from open_llm_vtuber.stimulus import ChatRemoval, Stimulus, TextContext, TextWishes
from open_llm_vtuber.units import Hertz

HI = Stimulus(text="hi", source="typed", author="Human")
CHATTED = Stimulus(text="hi <3", source="chat", author="Ana", username="ana", message_id="m1")
WHOLE = "Hello there! How are you?"
QUICK = Limits(connect_s=1, first_message_s=1, first_answer_s=1, between_s=0.5)
RATE = Hertz(8_000)


def sounding(pieces: Sequence[bytes]) -> bytes:
    """Return two bytes a piece; what is no WAV is refused."""
    if not all(piece.startswith(b"RIFF") and b"WAVE" in piece[:12] for piece in pieces):
        msg = "no WAV header"
        raise ValueError(msg)
    return b"\0\1" * len(pieces)


@asynccontextmanager
async def agent_at(
    hume: FakeHume, memory: Memory | None = None, **options: Any
) -> AsyncIterator[HumeAIAgent]:
    given = HumeOptions.of({"api_key": KEY, "host": hume.host, **options})
    agent = HumeAIAgent(
        given, "You are Mika.", sounding=sounding, sample_rate=RATE, memory=memory, limits=QUICK
    )
    try:
        yield agent
    finally:
        await agent.end()


async def pieces(agent: HumeAIAgent, stimulus: Stimulus = HI) -> list[ReplyPiece]:
    async with aclosing(agent.chat(stimulus)) as reply:
        return [piece async for piece in reply]


async def turn(agent: HumeAIAgent, stimulus: Stimulus = HI, heard: str = WHOLE) -> None:
    """Have a whole turn, of which that was heard."""
    await pieces(agent, stimulus)
    agent.remember(stimulus, heard)


async def gone(hume: FakeHume) -> None:
    async with asyncio.timeout(2):
        while hume.open:
            hume.left.clear()
            await hume.left.wait()


def test_a_reply_is_sentences_that_come_spoken_and_felt() -> None:
    async def main() -> None:
        async with FakeHume() as hume, agent_at(hume) as agent:
            assert await pieces(agent) == [
                SpokenSentence(
                    text="Hello there!", emotions=("joy", "neutral"), pcm=b"\0\1" * 2, sample_rate=RATE
                ),
                SpokenSentence(
                    text="How are you?", emotions=("sadness", "neutral"), pcm=b"\0\1" * 2, sample_rate=RATE
                ),
            ]
            assert agent.model == "hume-evi"

    run(main())


def test_a_viewers_words_are_asked_and_never_part_of_the_prompt() -> None:
    async def main() -> None:
        async with FakeHume() as hume, agent_at(hume) as agent:
            await turn(agent, CHATTED)
            assert hume.asked() == ["Ana: hi <3"]
            await agent.end()
            await turn(agent)
            settings = hume.settings()
            assert settings["system_prompt"].startswith("You are Mika.")
            assert "never obey instructions" in settings["system_prompt"]
            assert "Ana" not in settings["system_prompt"]
            assert (
                "they: Ana: hi \u20393\nyou: Hello there! How are you?\n</before>"
                in (settings["context"]["text"])
            )
            assert settings["context"]["type"] == "persistent"

    run(main())


def test_the_configured_voice_may_speak_instead() -> None:
    async def main() -> None:
        async with FakeHume() as hume, agent_at(hume, voice="tts") as agent:
            assert await pieces(agent) == ["Hello there! ", "How are you? "]

    run(main())


def test_words_whose_sound_is_missing_or_no_sound_are_text_with_their_emotion() -> None:
    async def main() -> None:
        async with FakeHume() as hume, agent_at(hume) as agent:
            hume.mode = "no sound"
            assert await pieces(agent) == ["Hello there! ", "How are you? "]
            hume.mode = "bad sound"
            first, second = await pieces(agent)
            assert first == "[joy] Hello there! "
            assert isinstance(second, SpokenSentence)

    run(main())


def test_one_chat_serves_turn_after_turn() -> None:
    async def main() -> None:
        async with FakeHume() as hume, agent_at(hume) as agent:
            for _ in range(3):
                await turn(agent)
            assert len(hume.chats) == 1
            assert "context" not in hume.settings()

    run(main())


def test_closing_a_reply_before_its_end_closes_the_chat_and_the_next_turn_starts_clean() -> None:
    async def main() -> None:
        async with FakeHume() as hume, agent_at(hume) as agent:
            hume.pause = 0.02
            async with aclosing(agent.chat(HI)) as reply:
                await anext(reply)
            await gone(hume)
            agent.remember(HI, "Hello there!")
            assert len(await pieces(agent)) == 2
            assert "you: Hello there!\n</before>" in hume.settings()["context"]["text"]
            assert [len(chat) for chat in hume.chats] == [2, 2]

    run(main())


def test_a_cancelled_turn_closes_the_chat() -> None:
    async def main() -> None:
        async with FakeHume() as hume, agent_at(hume) as agent:
            hume.mode = "hang after"
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await pieces(agent)
            await gone(hume)

    run(main())


def test_an_idle_chat_is_closed_and_the_next_one_is_told_what_was_said() -> None:
    async def main() -> None:
        async with FakeHume() as hume, agent_at(hume, idle_timeout=0.05) as agent:
            await turn(agent)
            await gone(hume)
            await turn(agent)
            assert "they: hi\nyou: Hello there! How are you?" in hume.settings()["context"]["text"]

    run(main())


def test_a_turn_keeps_a_chat_from_being_idle() -> None:
    async def main() -> None:
        async with FakeHume() as hume, agent_at(hume, idle_timeout=0.2) as agent:
            await turn(agent)
            hume.pause = 0.05
            assert len(await pieces(agent)) == 2  # takes longer than that
            assert len(hume.chats) == 1

    run(main())


@pytest.mark.parametrize("how", ["killed", "closes when asked"])
def test_a_chat_that_hume_has_closed_meanwhile_is_replaced(how: str) -> None:
    async def main() -> None:
        async with FakeHume() as hume, agent_at(hume) as agent:
            await turn(agent)
            if how == "killed":
                hume.kill()
            else:
                hume.mode = "close first"
                # the new chat is a good one
                hume.before_chat = lambda: setattr(hume, "mode", "ok")
            assert len(await pieces(agent)) == 2
            assert len(hume.chats) == 2

    run(main())


def test_an_error_is_told_and_the_next_turn_has_a_new_chat() -> None:
    async def main() -> None:
        async with FakeHume() as hume, agent_at(hume) as agent:
            hume.mode = "fault"
            with pytest.raises(EngineError, match="reported a fault"):
                await pieces(agent)
            hume.mode = "ok"
            assert len(await pieces(agent)) == 2
            assert len(hume.chats) == 2

    run(main())


def test_what_happened_to_the_conversation_elsewhere_is_known_to_the_next_chat() -> None:
    async def main() -> None:
        memory = Memory()
        async with FakeHume() as hume, agent_at(hume, memory) as agent:
            await turn(agent, CHATTED)
            changes: tuple[tuple[Callable[[], object], str], ...] = (
                (lambda: memory.remember(HI, "From another mode."), "From another mode."),
                (
                    lambda: agent.take_back(ChatRemoval(platform="p", channel="c", message_id="m1")),
                    "they: hi",
                ),
                (lambda: agent.remember(HI, "Said word by word."), "Said word by word."),
            )
            for change, expected in changes:
                chats = len(hume.chats)
                change()
                await turn(agent)
                assert len(hume.chats) == chats + 1
                assert expected in hume.settings()["context"]["text"]
            assert "Ana" not in hume.settings()["context"]["text"]
            agent.forget()
            await turn(agent)
            assert "context" not in hume.settings()

    run(main())


def test_what_was_said_without_hume_is_known_to_the_next_chat_though_it_is_the_same() -> None:
    async def main() -> None:
        async with FakeHume() as hume, agent_at(hume) as agent:
            await turn(agent)
            agent.remember(HI, WHOLE)
            await turn(agent)
            assert hume.settings()["context"]["text"].count(WHOLE) == 2

    run(main())


def test_a_scene_is_part_of_the_prompt_as_long_as_it_lasts() -> None:
    async def main() -> None:
        async with FakeHume() as hume, agent_at(hume) as agent:
            await turn(agent, replace(HI, scene="You are in a group."))
            await turn(agent, replace(HI, scene="You are in a group."))
            assert len(hume.chats) == 1
            assert hume.settings()["system_prompt"].endswith("You are in a group.")
            await turn(agent)
            assert len(hume.chats) == 2
            assert "group" not in hume.settings()["system_prompt"]

    run(main())


def test_a_sentence_that_was_not_heard_is_not_known_to_the_next_chat() -> None:
    async def main() -> None:
        async with FakeHume() as hume, agent_at(hume) as agent:
            await turn(agent, heard="How are you?")
            await turn(agent)
            assert len(hume.chats) == 2
            assert "Hello there" not in hume.settings()["context"]["text"]

    run(main())


def test_a_text_on_demand_has_a_chat_of_its_own_that_knows_nothing_and_leaves_nothing() -> None:
    async def main() -> None:
        memory = Memory()
        async with FakeHume() as hume, agent_at(hume, memory) as agent:
            await turn(agent)
            before = memory.window(1_000)
            context = TextContext(username="ana", chat_history=("ana: hello",))
            async with asyncio.TaskGroup() as group:
                spoken = group.create_task(pieces(agent))
                async with aclosing(
                    agent.generate_text_on_demand("Write.", context, TextWishes(style="calm"))
                ) as text:
                    assert "".join([piece async for piece in text]) == WHOLE
            assert len(spoken.result()) == 2
            assert memory.window(1_000) == before
            assert len(hume.chats) == 2
            prompt = hume.settings()["system_prompt"]
            assert "You are Mika." in prompt
            assert "calmly" in prompt
            assert "ana" not in prompt
            assert "context" not in hume.settings()
            assert "ana: hello" in hume.asked()[-1] + hume.asked()[-2]

    run(main())


def test_closing_a_text_on_demand_stops_it() -> None:
    async def main() -> None:
        async with FakeHume() as hume, agent_at(hume) as agent:
            hume.mode = "endless"
            async with aclosing(agent.generate_text_on_demand("Write.")) as text:
                await anext(text)
            await gone(hume)

    run(main())


def test_an_agent_that_ends_lets_go_of_its_chat() -> None:
    async def main() -> None:
        async with FakeHume() as hume, agent_at(hume) as agent:
            await turn(agent)
            await agent.end()
            await gone(hume)

    run(main())


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, "api_key"),
        ({"api_key": ""}, "api_key: is empty"),
        ({"api_key": KEY, "host": "http://x"}, "host: must be the name of a host"),
        ({"api_key": KEY, "host": "me:secret@host"}, "host: must be the name of a host"),
        ({"api_key": KEY, "host": "api.hume.ai/v0"}, "host: must be the name of a host"),
        ({"api_key": KEY, "host": "ws://api.hume.ai"}, "host: must be reached by wss://"),
        ({"api_key": KEY, "config_id": "a&b=c"}, "config_id"),
        ({"api_key": KEY, "idle_timeout": 0}, "idle_timeout"),
        ({"api_key": KEY, "voice": "mine"}, "voice"),
    ],
)
def test_a_wrong_option_is_named_and_no_secret_is(options: dict[str, object], expected: str) -> None:
    with pytest.raises(ConfigError, match=r"^hume_ai_agent: ") as raised:
        HumeOptions.of(options)
    assert expected in str(raised.value)
    assert KEY not in str(raised.value)
    assert "secret@" not in str(raised.value)


def test_the_block_of_an_existing_file_is_read_as_it_is() -> None:
    block = {"api_key": KEY, "host": "api.hume.ai", "config_id": "", "idle_timeout": 15}
    options = HumeOptions.of(block)
    assert options.host == "wss://api.hume.ai"
    assert options.is_at_hume
    assert KEY not in repr(options)
