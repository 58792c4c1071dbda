"""Every source of words keeps the port: whatever the mode, it answers, remembers, writes on demand and has the body."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fake_hume import ThinkingLine
from fakes import BROKEN, FakeLLM
from open_llm_vtuber.adapters.autonomous_adapter import AutonomousAdapter
from open_llm_vtuber.adapters.base_adapter import OWNER, BackendAdapter
from open_llm_vtuber.adapters.external_api_adapter import ExternalAPIAdapter
from open_llm_vtuber.adapters.orphiq_adapter import OrphiqAdapter
from open_llm_vtuber.agent.agents.basic_memory_agent import BasicMemoryAgent
from open_llm_vtuber.agent.agents.hume_ai import HumeAIAgent, HumeOptions
from open_llm_vtuber.agent.evi_chat import Account, Line
from open_llm_vtuber.agent.memory import Memory
from open_llm_vtuber.errors import EngineError, ProtocolError
from open_llm_vtuber.ports import Adapter
from open_llm_vtuber.protocol.parts import (
    CharacterNames,
    Expression,
    ExpressionResult,
    MotionResult,
    State,
)
from open_llm_vtuber.stimulus import (
    ChatRemoval,
    ExpressionRequest,
    HistoryLine,
    MotionRequest,
    Priority,
    PromptMessage,
    Stimulus,
    TextAbilities,
    TextContext,
    TextOptions,
    TextWishes,
)
from open_llm_vtuber.units import Hertz, Milliseconds
from virtual_time import run_virtual

HI = Stimulus(text="hi", source="typed", author="Human")
PERSONA = "You are Mika."
Make = Callable[[FakeLLM, Memory | None], BackendAdapter]


def _agent(llm: FakeLLM, memory: Memory | None) -> BasicMemoryAgent:
    return BasicMemoryAgent(llm, PERSONA, ("joy",), None, memory)


def _hume(llm: FakeLLM, memory: Memory | None) -> HumeAIAgent:
    """Return Hume's agent with that language model behind Hume's wire; its words alone, for sound takes real time."""

    async def dial(_: Account) -> Line:
        return ThinkingLine(llm)

    options = HumeOptions.of({"api_key": "key", "voice": "tts"})
    return HumeAIAgent(options, PERSONA, sounding=b"".join, sample_rate=Hertz(8_000), memory=memory, by=dial)


WITH_A_MODEL: dict[str, Make] = {
    "orphiq": lambda llm, memory: OrphiqAdapter(_agent(llm, memory)),
    "external-api": lambda llm, memory: ExternalAPIAdapter(_agent(llm, memory)),
    "autonomous": lambda llm, memory: AutonomousAdapter(OrphiqAdapter(_agent(llm, memory))),
}
ADAPTERS: dict[str, Make] = {
    **WITH_A_MODEL,
    "hume": lambda llm, memory: OrphiqAdapter(_hume(llm, memory)),
}


@pytest.fixture(params=sorted(ADAPTERS))
def make(request: pytest.FixtureRequest) -> Make:
    return ADAPTERS[request.param]


@pytest.fixture(params=sorted(WITH_A_MODEL))
def make_with_a_model(request: pytest.FixtureRequest) -> Make:
    return WITH_A_MODEL[request.param]


class RecordingBody:
    """Grants everything and notes who asked."""

    def __init__(self) -> None:
        self.asked: list[ExpressionRequest | MotionRequest] = []

    def express(self, request: ExpressionRequest) -> ExpressionResult:
        self.asked.append(request)
        if request.expression == "nonsense":
            raise ProtocolError("The avatar has: joy.", code="not-found")
        return ExpressionResult(
            status="success",
            claim_id="c1",
            priority=request.priority,
            owner=request.owner,
            delivered=1,
            expression_id=1,
            name="joy",
            duration=request.duration,
            fade_ms=request.fade,
        )

    def move(self, request: MotionRequest) -> MotionResult:
        self.asked.append(request)
        return MotionResult(
            status="queued",
            claim_id="c2",
            priority=request.priority,
            owner=request.owner,
            delivered=0,
            reason="no-stage",
            motion_group=request.group,
            motion_index=request.index,
            loop=request.loop,
            duration_ms=1000,
        )

    def release(
        self,
        kind: Literal["expression", "motion"],
        *,
        claim_id: str | None = None,
        owner: str | None = None,
    ) -> Sequence[str]:
        del kind, claim_id, owner
        return ()


def state() -> State:
    return State(
        expression=Expression(expression_id=0, name="neutral"),
        speaking=False,
        queue=0,
        primary=None,
        twitch=None,
        providers={},
        character=CharacterNames(conf_name="Mika", character_name="Mika"),
    )


async def reply(adapter: Adapter, stimulus: Stimulus = HI) -> str:
    pieces = [piece async for piece in adapter.reply(stimulus) if isinstance(piece, str)]
    return "".join(pieces).strip()


async def text(adapter: Adapter, prompt: str = "Write.", **more: object) -> str:
    return "".join([piece async for piece in adapter.generate_text(prompt, **more)])  # type: ignore[arg-type]


def prompt_of(llm: FakeLLM) -> list[str]:
    return [message.content for message in llm.prompts[-1]]


def test_a_reply_knows_the_persona_and_what_was_said_and_heard(make: Make) -> None:
    llm = FakeLLM("Hello", " there.")
    adapter = make(llm, None)
    assert run_virtual(reply(adapter)) == "Hello there."
    assert PERSONA in prompt_of(llm)[0]
    adapter.remember(HI, "Hello")
    run_virtual(reply(adapter))
    assert prompt_of(llm)[1:] == ["hi", "Hello", "hi"]
    adapter.forget()
    run_virtual(reply(adapter))
    assert prompt_of(llm)[1:] == ["hi"]
    line = HistoryLine(role="human", name="Human", content="before", timestamp=datetime.now(UTC))
    adapter.recall([line])
    run_virtual(reply(adapter))
    assert prompt_of(llm)[1:] == ["before", "hi"]


def test_what_a_moderator_removed_reaches_no_later_prompt(make: Make) -> None:
    llm = FakeLLM("Hello.")
    adapter = make(llm, None)
    adapter.remember(Stimulus(text="bad", source="chat", author="V", message_id="m1", username="v"), "No!")
    adapter.take_back(ChatRemoval(platform="twitch", channel="c", message_id="m1"))
    run_virtual(reply(adapter))
    assert prompt_of(llm)[1:] == ["hi"]


def test_adapters_that_share_a_memory_go_on_with_each_others_conversation() -> None:
    memory = Memory()
    for name, make_one in ADAPTERS.items():
        make_one(FakeLLM(), memory).remember(Stimulus(text=name, source="typed", author="Human"), "yes")
    for make_one in ADAPTERS.values():
        llm = FakeLLM("Hello.")
        run_virtual(reply(make_one(llm, memory)))
        assert [said for said in prompt_of(llm)[1:-1] if said != "yes"] == list(ADAPTERS)


def test_a_text_on_demand_has_the_persona_and_the_wishes_but_not_the_conversation(make: Make) -> None:
    llm = FakeLLM("A", " text.")
    adapter = make(llm, None)
    adapter.remember(HI, "secret")
    written = text(
        adapter,
        context=TextContext(username="ana"),
        options=TextWishes(max_tokens=7, temperature=0.1, style="calm"),
    )
    assert run_virtual(written) == "A text."
    system, user = prompt_of(llm)
    assert PERSONA in system
    assert "ana" not in system
    assert "ana" in user
    assert "secret" not in system + user
    assert "[joy]" not in system  # nobody looks for tags in it


@settings(max_examples=50)
@given(st.lists(st.tuples(st.sampled_from(sorted(ADAPTERS)), st.text(min_size=1, max_size=20)), max_size=8))
def test_texts_on_demand_leave_no_trace_however_many_are_written_at_once(
    asked: list[tuple[str, str]],
) -> None:
    async def main() -> None:
        memory, llm = Memory(), FakeLLM("one", "two", "three")
        adapters = {name: make_one(llm, memory) for name, make_one in ADAPTERS.items()}
        adapters["orphiq"].remember(HI, "Hello.")
        before = memory.window(10_000)
        async with asyncio.TaskGroup() as group:
            turn = group.create_task(reply(adapters["orphiq"]))
            for name, prompt in asked:
                group.create_task(text(adapters[name], prompt))
        assert turn.result() == "onetwothree"  # the one of "orphiq"
        assert memory.window(10_000) == before
        turns = [prompt for prompt in llm.prompts if len(prompt) == 4]
        assert [[message.content for message in prompt[1:]] for prompt in turns] == [["hi", "Hello.", "hi"]]

    run_virtual(main())


class Waiting(FakeLLM):
    """Says one word and then nothing for an hour; notes that it was hung up on."""

    hung_up = False

    async def stream(
        self, messages: Sequence[PromptMessage], options: TextOptions
    ) -> AsyncGenerator[str, None]:
        del messages, options
        try:
            yield "word"
            await asyncio.sleep(3600)
        finally:
            self.hung_up = True


def test_closing_the_words_stops_the_generation(make: Make) -> None:
    async def main() -> None:
        for write in ("reply", "text"):
            llm = Waiting()
            adapter = make(llm, None)
            words = adapter.reply(HI) if write == "reply" else adapter.generate_text("Write.")
            async with aclosing(words) as pieces:
                assert str(await anext(pieces)).strip() == "word"
            assert llm.hung_up

    run_virtual(main())


class Broken(FakeLLM):
    async def stream(
        self, messages: Sequence[PromptMessage], options: TextOptions
    ) -> AsyncGenerator[str, None]:
        async for piece in super().stream(messages, options):
            yield piece
        raise BROKEN


def test_an_engine_that_fails_is_an_engine_error(make_with_a_model: Make) -> None:
    adapter = make_with_a_model(Broken(), None)
    for words in (reply(adapter), text(adapter)):
        with pytest.raises(EngineError, match="out of order"):
            run_virtual(words)


def test_the_model_is_named(make_with_a_model: Make) -> None:
    abilities = TextAbilities(emotion_tags=True, prompt_tokens=1_000, model="small-1")
    assert make_with_a_model(FakeLLM(abilities=abilities), None).model == "small-1"


def test_the_body_is_the_shows_whoever_gives_the_words(make: Make) -> None:
    body, adapter = RecordingBody(), make(FakeLLM(), None)
    adapter.take_stage(body, state)

    async def main() -> None:
        face = await adapter.trigger_expression("joy", Milliseconds(2_000), Priority(10))
        assert (face.status, face.duration, face.owner) == ("success", 2_000, OWNER)
        gesture = await adapter.trigger_motion("Wave", 0, loop=True, priority=Priority(3))
        assert (gesture.status, gesture.loop, gesture.priority) == ("queued", True, 3)
        with pytest.raises(ProtocolError, match="The avatar has"):
            await adapter.trigger_expression("nonsense")
        assert (await adapter.get_character_state()).character.conf_name == "Mika"

    run_virtual(main())
    assert [type(each) for each in body.asked] == [ExpressionRequest, MotionRequest, ExpressionRequest]


def test_off_air_there_is_no_body_to_move(make: Make) -> None:
    adapter = make(FakeLLM(), None)

    async def main() -> None:
        for asked in (
            adapter.trigger_expression(1),
            adapter.trigger_motion("Wave", 0),
            adapter.get_character_state(),
        ):
            with pytest.raises(ProtocolError, match="not on air"):
                await asked

    run_virtual(main())
