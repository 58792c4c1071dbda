"""What she does unasked, in a whole show: it ranks below every viewer, and gives way within a sentence."""

import asyncio
import itertools
import random
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import fakes
from fake_floor import SYLLABLES, now, settings, virtual_wall
from fakes import FakeAdapter, FakeVoice, Reader
from open_llm_vtuber.autonomous.scheduler import EventScheduler
from open_llm_vtuber.autonomous.triggers import Trigger
from open_llm_vtuber.autonomy import Floor
from open_llm_vtuber.errors import EngineError, ProtocolError
from open_llm_vtuber.ports import Store
from open_llm_vtuber.protocol.autonomous_messages import AutonomousState
from open_llm_vtuber.protocol.parts import State
from open_llm_vtuber.show.autonomy_commands import FireTrigger, SetAutonomous
from open_llm_vtuber.show.commands import ChatHappened, Hello, Interrupt, Perform, SpeakUp
from open_llm_vtuber.show.show import Show
from open_llm_vtuber.stimulus import CHAT, UNASKED, ChannelEvent, Stimulus, TextContext, TextWishes
from open_llm_vtuber.storage.memory_store import MemoryStore
from open_llm_vtuber.tool_use import ToolUse
from open_llm_vtuber.units import Milliseconds, Seconds
from virtual_time import run_virtual

SENTENCE: Seconds = 2.0
TALK = {"kind": "idle", "after_s": 5, "action": {"prompt": "Talk about {topic}."}}
CHATTY = {"traits": {"talkativeness": 1.0}}


class Talker(FakeAdapter):
    """Writes four sentences of made-up words when nobody asks, and answers whoever does."""

    def __init__(self, *, writes_for: Seconds = 0.5) -> None:
        super().__init__()
        self._draw = random.Random(1)
        self._writes_for = writes_for

    async def reply(self, stimulus: Stimulus) -> AsyncGenerator[str | ToolUse, None]:
        self.asked.append(stimulus)
        await asyncio.sleep(self._writes_for)
        yield f"Answer to {stimulus.text}."

    async def generate_text(
        self, prompt: str, context: TextContext | None = None, options: TextWishes | None = None
    ) -> AsyncGenerator[str, None]:
        del prompt, context, options
        await asyncio.sleep(self._writes_for)
        for _ in range(4):
            yield "Auto " + " ".join("".join(self._draw.choices(SYLLABLES, k=3)) for _ in range(4)) + ". "


@asynccontextmanager
async def on_air(
    *triggers: Mapping[str, object],
    adapter: FakeAdapter | None = None,
    voice: FakeVoice | None = None,
    shared: bool = True,
    store: Store | None = None,
    **others: object,
) -> AsyncIterator[tuple[Show, Reader]]:
    """Run a show that does this unasked, with a client that sees everything."""
    written = settings(*triggers, **{"personality": CHATTY, **others})
    a_show = fakes.show(
        adapter or Talker(),
        voice or FakeVoice(SENTENCE),
        shared=shared,
        store=store,
        autonomy=EventScheduler(written, wall=virtual_wall, seed=3),
    )
    async with fakes.running(a_show), asyncio.TaskGroup() as group:
        with a_show.attach("me") as outbox:
            reader = Reader(outbox)
            task = group.create_task(reader.run())
            await a_show.ask(Hello("me", ("expression", "motion", "state", "chat")))
            yield a_show, reader
            task.cancel()


def spoken(reader: Reader) -> list[tuple[Seconds, str]]:
    """Return when each sentence went out, and its text."""
    return [
        (time, cue["display_text"]["text"].strip())
        for time, cue in zip(reader.times, reader.messages, strict=True)
        if cue["type"] == "audio" and cue["display_text"]
    ]


async def begun(reader: Reader) -> None:
    """Wait until she has begun to speak."""
    for _ in range(200):
        if spoken(reader):
            return
        await asyncio.sleep(0.1)


def line(number: int, text: str = "hello there") -> ChatHappened:
    return ChatHappened(fakes.chat_message(f"m{number}", f"{text} {number}", username=f"v{number}"))


def test_she_talks_a_sentence_at_a_time_into_a_dead_chat() -> None:
    async def main() -> list[tuple[Seconds, str]]:
        async with on_air(TALK) as (_, reader):
            await asyncio.sleep(30)
            return spoken(reader)

    said = run_virtual(main())
    assert len(said) >= 6
    assert all(text.startswith("Auto") for _, text in said)
    gaps = [later - first for (first, _), (later, _) in itertools.pairwise(said)]
    assert min(gaps) == pytest.approx(SENTENCE), (
        "the next sentence goes out when the one before has been heard"
    )


class AsPlanned(Trigger):
    """Is written against an adapter, as the first plan has it, and knows nothing of a show."""

    name, interval = "as-planned", 10.0

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.states: list[State] = []

    async def should_trigger(self) -> bool:
        return not self.texts

    async def execute(self, adapter: Floor) -> None:
        self.texts.append("".join([piece async for piece in adapter.generate_text("Say hello.")]))
        assert (await adapter.trigger_expression("joy", duration=Milliseconds(5000))).status == "success"
        assert (await adapter.trigger_motion("Wave", 0)).priority == UNASKED
        self.states.append(await adapter.get_character_state())


def test_a_trigger_in_python_has_all_that_an_adapter_can_do() -> None:
    trigger = AsPlanned()

    async def main() -> list[dict[str, Any]]:
        async with on_air() as (a_show, reader):
            scheduler = a_show._unasked._autonomy
            assert isinstance(scheduler, EventScheduler)
            scheduler.add_trigger(trigger)
            await asyncio.sleep(15)
            assert scheduler.summary().faulty == 0
            return reader.messages

    cues = run_virtual(main())
    assert trigger.texts[0].startswith("Auto ")
    assert trigger.states[0].expression.name == "joy"
    kinds = [cue["type"] for cue in cues]
    assert {"set-expression", "motion-command"} <= set(kinds)
    assert "audio" not in kinds, "a text on demand is not spoken"


TICK = {"kind": "interval", "interval_s": 900, "action": {"say": "Tick."}}


async def names_after_a_restart(store: Store, *, shared: bool = True) -> dict[str, bool]:
    """Run a show anew over what is stored; return its triggers, and which of them are on."""
    async with on_air(TALK, {**TICK, "name": "tick"}, store=store, shared=shared) as (a_show, _):
        (state,) = await a_show.ask(SetAutonomous())
        assert isinstance(state, AutonomousState)
        return {trigger.name: trigger.enabled for trigger in state.triggers}


def test_what_is_changed_of_the_triggers_outlives_the_program() -> None:
    async def main() -> list[dict[str, bool]]:
        store, found = MemoryStore(), []
        for command in (
            SetAutonomous(trigger="added", settings=TICK),
            SetAutonomous(trigger="tick", enabled=False),
            SetAutonomous(trigger="idle", remove=True),
            SetAutonomous(trigger="added", remove=True),
        ):
            async with on_air(TALK, {**TICK, "name": "tick"}, store=store) as (a_show, _):
                await a_show.ask(command)
            found.append(await names_after_a_restart(store))
        return found

    assert run_virtual(main()) == [
        {"idle": True, "tick": True, "added": True},
        {"idle": True, "tick": False, "added": True},
        {"tick": False, "added": True},
        {"tick": False},
    ]


def test_a_private_show_keeps_nothing_that_nobody_would_find_again() -> None:
    async def main() -> dict[str, bool]:
        store = MemoryStore()
        async with on_air(TALK, store=store, shared=False) as (a_show, _):
            await a_show.ask(SetAutonomous(trigger="added", settings=TICK))
        assert not store._notes
        return await names_after_a_restart(store, shared=False)

    assert run_virtual(main()) == {"idle": True, "tick": True}


class SlowStore(MemoryStore):
    """Takes a second to say what was noted, and may be broken."""

    is_broken = False

    async def noted(self, show: str, name: str) -> str | None:
        await asyncio.sleep(1.0)
        if self.is_broken:
            raise EngineError("The store is out of order.", engine="store", retryable=True)
        return await super().noted(show, name)


def test_a_change_that_comes_before_the_note_was_read_loses_nothing_of_it() -> None:
    async def main() -> dict[str, bool]:
        store = SlowStore()
        for name in ("first", "second"):
            async with on_air(TALK, store=store) as (a_show, _):
                await a_show.ask(SetAutonomous(trigger=name, settings=TICK))
        return await names_after_a_restart(store)

    assert run_virtual(main()) == {"idle": True, "tick": True, "first": True, "second": True}


def test_a_store_that_is_out_of_order_costs_a_change_its_future_and_not_the_show_its_words() -> None:
    async def main() -> tuple[list[tuple[Seconds, str]], dict[str, bool]]:
        store = SlowStore()
        async with on_air(TALK, store=store) as (a_show, _):
            await a_show.ask(SetAutonomous(trigger="kept", settings=TICK))
        store.is_broken = True
        async with on_air(TALK, store=store) as (a_show, reader):
            await a_show.ask(SetAutonomous(trigger="lost", settings=TICK))
            await asyncio.sleep(20)
        store.is_broken = False
        return spoken(reader), await names_after_a_restart(store)

    said, names = run_virtual(main())
    assert said
    assert names == {"idle": True, "tick": True, "kept": True}


def test_a_viewer_cuts_a_monologue_at_the_end_of_the_sentence() -> None:
    async def main() -> list[tuple[Seconds, str]]:
        async with on_air(TALK) as (a_show, reader):
            await begun(reader)
            await asyncio.sleep(0.5)
            await a_show.tell(line(1))
            await asyncio.sleep(8)
            return spoken(reader)

    (first, auto), (second, answer), *_ = run_virtual(main())
    assert auto.startswith("Auto")
    assert answer.startswith("Answer")
    # Without a report of the end of playback the turn waits for its grace.
    assert second - first < SENTENCE + 2.0 + 0.5 + 0.1


def test_an_operators_line_and_an_interrupt_cut_it_as_well() -> None:
    async def main() -> tuple[list[str], list[str]]:
        async with on_air(TALK) as (a_show, reader):
            await begun(reader)
            await a_show.ask(Perform(Stimulus(text="stop", source="typed", author="Human", client="me")))
            await asyncio.sleep(6)
            first = [text.split(maxsplit=1)[0] for _, text in spoken(reader)]
        async with on_air(TALK) as (a_show, reader):
            await begun(reader)
            await a_show.ask(Interrupt("me", None))
            await asyncio.sleep(2)
            return first, [text.split(maxsplit=1)[0] for _, text in spoken(reader)]

    assert run_virtual(main()) == (["Auto", "Answer"], ["Auto"])


def test_whoever_writes_in_the_same_moment_is_answered_before_she_begins() -> None:
    """The words are handed over, and the turn has not begun."""

    async def main() -> list[str]:
        async with on_air() as (a_show, reader):
            scheduler = a_show._unasked._autonomy
            assert isinstance(scheduler, EventScheduler)
            handed_over = a_show._unasked.say

            def just_then(stimulus: Stimulus) -> None:
                handed_over(stimulus)
                a_show._turns.perform(Stimulus(text="hi", source="chat", author="Ana", priority=CHAT))

            a_show._unasked.say = just_then  # type: ignore[method-assign]  # a moment that no client can hit at will
            await a_show.ask(
                SetAutonomous(trigger="tick", settings={**TICK, "action": {"say": "Auto tick."}})
            )
            await a_show.ask(FireTrigger("tick"))
            await asyncio.sleep(20)
            return [text.split(maxsplit=1)[0] for _, text in spoken(reader)]

    assert run_virtual(main()) == ["Answer", "Auto"]


def test_a_line_that_is_being_written_waits_for_a_viewer_who_comes_meanwhile() -> None:
    tick = {"kind": "event", "on": "other", "action": {"prompt": "Welcome {username}."}}

    async def main() -> list[str]:
        async with on_air(tick, adapter=Talker(writes_for=3.0)) as (a_show, reader):
            await a_show.tell(
                ChatHappened(
                    ChannelEvent(id="e", platform="twitch", channel="c", kind="other", username="ana")
                )
            )
            await asyncio.sleep(1)
            await a_show.tell(line(1))
            await asyncio.sleep(30)
            return [text.split(maxsplit=1)[0] for _, text in spoken(reader)]

    assert run_virtual(main())[:2] == ["Answer", "Auto"]


def test_what_is_said_unasked_is_stored_and_remembered_as_hers_alone() -> None:
    adapter = Talker()

    async def main() -> Any:
        async with on_air(TALK, adapter=adapter) as (_, reader):
            await asyncio.sleep(20)
            return reader

    reader = run_virtual(main())
    assert not reader.all("user-input-transcription")
    (asked, heard), *_ = adapter.remembered
    assert heard.startswith("Auto")
    assert asked == heard or asked.startswith("Auto"), "the prompt is nobody's line"


@given(
    st.lists(st.floats(0.05, 9.0), min_size=1, max_size=8),
    st.sampled_from([0.0, 0.3, 1.5]),
    st.sampled_from([0.2, 2.0]),
)
@hypothesis_settings(max_examples=40, deadline=None)
def test_no_viewer_waits_behind_more_than_one_unasked_sentence(
    pauses: list[float], work: float, writes_for: float
) -> None:
    asked: list[tuple[Seconds, int]] = []

    async def main() -> list[tuple[Seconds, str]]:
        voice = FakeVoice(SENTENCE, work=work)
        always = {"kind": "interval", "interval_s": 1, "action": {"prompt": "Talk."}}
        async with on_air(TALK, always, adapter=Talker(writes_for=writes_for), voice=voice) as (
            a_show,
            reader,
        ):
            for number, pause in enumerate(pauses):
                await asyncio.sleep(pause)
                asked.append((now(), number))
                await a_show.tell(line(number))
            await asyncio.sleep(40)
            return spoken(reader)

    said = run_virtual(main())
    answers = {
        text.rstrip(".").rsplit(maxsplit=1)[1]: time for time, text in said if text.startswith("Answer")
    }
    assert answers, "nobody was answered"
    for time, number in asked:
        if str(number) not in answers:
            continue  # another viewer's line was newer
        ahead = [
            text
            for begin, text in said
            if text.startswith("Auto") and begin + SENTENCE > time and begin < answers[str(number)]
        ]
        assert len(ahead) <= 1


def test_the_state_shows_mood_and_what_comes_next() -> None:
    async def main() -> dict[str, Any]:
        async with on_air(TALK) as (_, reader):
            await asyncio.sleep(8)
            return reader.all("character-state")[-1]

    state = run_virtual(main())
    assert state["mood"]["name"] == "content"
    assert state["autonomous"]["enabled"] is True
    assert state["autonomous"]["last"]["trigger"] == "idle"
    assert state["autonomous"]["last"]["outcome"] == "said"


def test_triggers_are_changed_and_fired_by_commands() -> None:
    async def main() -> tuple[list[str], AutonomousState]:
        async with on_air() as (a_show, reader):
            wave = {"kind": "interval", "interval_s": 900, "action": {"say": "Auto, as written."}}
            await a_show.ask(SetAutonomous(trigger="wave", settings=wave))
            await a_show.ask(FireTrigger("wave"))
            await asyncio.sleep(5)
            (state,) = await a_show.ask(SetAutonomous())
            assert isinstance(state, AutonomousState)
            await a_show.ask(SetAutonomous(enabled=False))
            await a_show.ask(SetAutonomous(trigger="wave", remove=True))
            for wrong, why in (
                (FireTrigger("wave"), "no such trigger"),
                (SetAutonomous(settings=wave), "trigger"),
                (SetAutonomous(rundown="skip"), "No run-down"),
            ):
                with pytest.raises(ProtocolError, match=why):
                    await a_show.ask(wrong)
            return [text for _, text in spoken(reader)], state

    said, state = run_virtual(main())
    assert said == ["Auto, as written."]
    (wave,) = state.triggers
    assert (wave.name, wave.kind, wave.fires, wave.outcome) == ("wave", "interval", 1, "said")
    assert wave.settings["action"] == {"say": ["Auto, as written."]}


def test_a_show_of_its_own_has_nothing_to_change_and_speaks_up_as_ever() -> None:
    async def main() -> list[str]:
        a_show = fakes.show(FakeAdapter("Hello."))
        async with fakes.running(a_show):
            with pytest.raises(ProtocolError, match="Nothing happens unasked"):
                await a_show.ask(SetAutonomous())
            return [answer.type for answer in await a_show.ask(SpeakUp("me", 5.0))]

    assert run_virtual(main()) == ["full-text"]


def test_a_clients_wish_goes_the_same_way_where_she_has_a_will_of_her_own() -> None:
    async def main() -> tuple[list[str], list[str]]:
        async with on_air() as (a_show, reader):
            answers = await a_show.ask(SpeakUp("me", 5.0))
            await asyncio.sleep(2)
            assert await a_show.ask(SpeakUp("me", 5.0)) == (), "she speaks already"
            return [answer.type for answer in answers], [text for _, text in spoken(reader)]

    types, said = run_virtual(main())
    assert types == ["full-text"]
    assert said[0].startswith("Auto")


def test_a_face_and_a_gesture_reach_the_body() -> None:
    face = {"kind": "interval", "interval_s": 3, "action": {"expression": "joy", "duration": 1000}}

    async def main() -> list[dict[str, Any]]:
        async with on_air(face) as (_, reader):
            await asyncio.sleep(5)
            return reader.all("set-expression")

    shown = run_virtual(main())
    assert [cue["name"] for cue in shown[-2:]] == ["joy", "neutral"]
    assert shown[-2]["owner"] == "autonomous"
