"""Where the words come from changes on air, between turns, and nothing is lost by it."""

import asyncio
import gc
from collections.abc import Sequence

import pytest

from fakes import FakeAdapter, Reader, role, running, show
from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.modes import MODES, Mode
from open_llm_vtuber.protocol.live_server_messages import BackendMode, BackendModeSet, CharacterState
from open_llm_vtuber.show.audience import Audience
from open_llm_vtuber.show.commands import GetMode, GetState, Hello, Perform, SetMode
from open_llm_vtuber.show.modes import Modes
from open_llm_vtuber.show.show import Show
from open_llm_vtuber.stimulus import Stimulus
from virtual_time import run_virtual


def three(pause: float = 0.0) -> dict[Mode, FakeAdapter]:
    return {mode: FakeAdapter(f"From {mode}. And more.", pause=pause) for mode in MODES}


def show_of(adapters: dict[Mode, FakeAdapter]) -> Show:
    return show(adapters["orphiq"], others=adapters)


def line(text: str) -> Perform:
    return Perform(Stimulus(text=text, source="typed", author="Human", client="u1"))


def said(reader: Reader) -> list[str]:
    return [message["display_text"]["text"].strip() for message in reader.all("audio")]


def test_it_begins_with_our_own_agent_and_names_what_can_be_chosen() -> None:
    async def main() -> Sequence[object]:
        async with running(show(others={"autonomous": FakeAdapter()})) as on_air:
            return await on_air.ask(GetMode())

    assert run_virtual(main()) == (BackendMode(mode="orphiq", available=("orphiq", "autonomous")),)


def test_the_next_turn_after_a_switch_meets_the_new_adapter_and_is_shown_like_every_other() -> None:
    adapters = three()

    async def main() -> list[str]:
        async with running(show_of(adapters)) as on_air, asyncio.TaskGroup() as group:
            with on_air.attach("u1") as outbox:
                reader = Reader(outbox)
                reading = group.create_task(reader.run())
                for mode in MODES:
                    await on_air.ask(SetMode("u1", mode))
                    await on_air.ask(line(f"to {mode}"))
                    await asyncio.sleep(30)
                reading.cancel()
            return said(reader)

    sentences = run_virtual(main())
    assert sentences == [text for mode in MODES for text in (f"From {mode}.", "And more.")]
    for mode in MODES:
        assert [asked.text for asked in adapters[mode].asked] == [f"to {mode}"]


def test_two_lines_in_a_row_meet_the_same_adapter_although_a_switch_comes_during_the_first() -> None:
    adapters = three(pause=5.0)

    async def main() -> None:
        async with running(show_of(adapters)) as on_air:
            await on_air.ask(line("one"))
            await asyncio.sleep(1)
            answers = await on_air.ask(SetMode("u1", "external-api"))
            assert answers == (BackendModeSet(mode="external-api"),)
            await asyncio.sleep(60)
            assert [asked.text for asked in adapters["orphiq"].asked] == ["one"]
            assert adapters["orphiq"].remembered == [("one", "From orphiq. And more.")]
            await on_air.ask(line("two"))
            await on_air.ask(line("three"))
            await asyncio.sleep(60)
            assert [asked.text for asked in adapters["external-api"].asked] == ["two", "three"]

    run_virtual(main())


def test_a_switch_at_once_ends_the_running_turn_first() -> None:
    adapters = three(pause=5.0)

    async def main() -> None:
        async with running(show_of(adapters)) as on_air:
            await on_air.ask(line("one"))
            await on_air.ask(line("two"))
            await asyncio.sleep(6)
            await on_air.ask(SetMode("u1", "autonomous", cut=True))
            assert adapters["orphiq"].open == 0
            await asyncio.sleep(60)
            assert [asked.text for asked in adapters["autonomous"].asked] == ["two"]

    run_virtual(main())


def test_everybody_is_told_of_a_switch_and_the_state_says_it() -> None:
    async def main() -> None:
        async with running(show_of(three())) as on_air, asyncio.TaskGroup() as group:
            with on_air.attach("u1") as asking, on_air.attach("u2") as other:
                await on_air.ask(Hello("u2", ("state",)))
                readers = [Reader(asking), Reader(other)]
                tasks = [group.create_task(reader.run()) for reader in readers]
                await on_air.ask(SetMode("u1", "autonomous"))
                await asyncio.sleep(1)
                for task in tasks:
                    task.cancel()
            assert readers[0].all("backend-mode-set") == []  # it has its answer
            assert [told["mode"] for told in readers[1].all("backend-mode-set")] == ["autonomous"]
            assert readers[1].all("character-state")[-1]["mode"] == "autonomous"
            (now,) = await on_air.ask(GetState())
            assert isinstance(now, CharacterState)
            assert now.mode == "autonomous"

    run_virtual(main())


@pytest.mark.parametrize(
    ("mode", "sentence", "code"),
    [
        ("nonsense", "Invalid backend mode: nonsense", "bad-message"),
        ("external-api", "The mode external-api cannot be chosen. It is not configured.", "not-configured"),
    ],
)
def test_what_cannot_be_chosen_is_refused_with_the_reason_and_changes_nothing(
    mode: str, sentence: str, code: str
) -> None:
    async def main() -> None:
        async with running(show(others={"autonomous": FakeAdapter()})) as on_air:
            await on_air.ask(SetMode("u1", "autonomous"))
            with pytest.raises(ProtocolError) as refused:
                await on_air.ask(SetMode("u1", mode, cut=True))
            assert (str(refused.value), refused.value.code) == (sentence, code)
            (now,) = await on_air.ask(GetMode())
            assert isinstance(now, BackendMode)
            assert now.mode == "autonomous"

    run_virtual(main())


def test_another_character_keeps_the_mode_as_long_as_it_has_it() -> None:
    both = role(others={"autonomous": FakeAdapter()})
    modes = Modes(Audience(), both, "autonomous", lambda: None)
    seen = [modes.mode]
    for character in (role(), both):
        modes.assume(character)
        seen.append(modes.mode)
    assert seen == ["autonomous", "orphiq", "autonomous"]


def test_a_thousand_switches_leave_nothing_behind() -> None:
    async def main() -> None:
        async with running(show_of(three())) as on_air:
            await on_air.ask(SetMode("u1", "autonomous"))
            gc.collect()
            before = len(gc.get_objects()), len(asyncio.all_tasks())
            for number in range(1_000):
                await on_air.ask(SetMode("u1", MODES[number % 3], cut=number % 2 == 0))
            gc.collect()
            assert len(asyncio.all_tasks()) == before[1]
            assert len(gc.get_objects()) - before[0] < 100

    run_virtual(main())
