"""Which stimulus is next, one turn at a time, and interrupts."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

import pytest

from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.show.director import Director
from open_llm_vtuber.show.turn import Turn
from open_llm_vtuber.stimulus import CHAT, TYPED, Priority, Stimulus, TurnId
from virtual_time import run_virtual


class FakeTurn(Turn):
    """Takes ten seconds and writes down what happens to it."""

    def __init__(self, stimulus: Stimulus, diary: list[str]) -> None:
        self.stimulus = stimulus
        self.id = TurnId(stimulus.id)
        self.is_over = False
        self._diary = diary

    async def perform(self) -> None:
        self._diary.append(f"begin {self.stimulus.text}")
        try:
            await asyncio.sleep(10)
            self._diary.append(f"end {self.stimulus.text}")
        except asyncio.CancelledError:
            await asyncio.sleep(1)  # closing takes a while
            self._diary.append(f"cut {self.stimulus.text}")
            raise
        finally:
            self.is_over = True

    def heard_by_client(self, text: str | None) -> None:
        self._diary.append(f"heard {text}")


def stimulus(text: str, priority: Priority = TYPED) -> Stimulus:
    return Stimulus(text=text, source="typed", author="Human", priority=priority)


@asynccontextmanager
async def directing(
    diary: list[str], idle: Callable[[], Stimulus | None] = lambda: None, inbox_size: int = 32
) -> AsyncIterator[Director]:
    director = Director(lambda s: FakeTurn(s, diary), idle=idle, inbox_size=inbox_size)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(director.run())
        yield director
        task.cancel()


def test_one_turn_at_a_time_in_order_of_arrival() -> None:
    async def main() -> list[str]:
        diary: list[str] = []
        async with directing(diary) as director:
            director.submit(stimulus("a"))
            director.submit(stimulus("b"))
            await asyncio.sleep(30)
        return diary

    assert run_virtual(main()) == ["begin a", "end a", "begin b", "end b"]


def test_a_turn_that_is_cut_in_the_moment_it_begins_begins_and_ends() -> None:
    async def main() -> list[str]:
        diary: list[str] = []
        async with directing(diary) as director:
            await asyncio.sleep(1)
            director.submit(stimulus("a"))
            while director.turn is None:  # noqa: ASYNC110  exactly the step that begins it
                await asyncio.sleep(0)
            await director.interrupt()
        return diary

    assert run_virtual(main()) == ["heard None", "begin a", "cut a"]


def test_a_more_urgent_stimulus_goes_first_but_does_not_interrupt() -> None:
    async def main() -> list[str]:
        diary: list[str] = []
        async with directing(diary) as director:
            director.submit(stimulus("running", CHAT))
            await asyncio.sleep(1)
            director.submit(stimulus("chat", CHAT))
            director.submit(stimulus("typed", TYPED))
            await asyncio.sleep(60)
        return [line for line in diary if line.startswith("begin")]

    assert run_virtual(main()) == ["begin running", "begin typed", "begin chat"]


def test_a_full_inbox_refuses_and_drops_nothing() -> None:
    async def main() -> tuple[int, str]:
        async with directing([], inbox_size=2) as director:
            director.submit(stimulus("a"))
            director.submit(stimulus("b"))
            with pytest.raises(ProtocolError) as refused:
                director.submit(stimulus("c"))
            return director.waiting, refused.value.code

    assert run_virtual(main()) == (2, "busy")


def test_an_interrupt_returns_once_the_turn_has_ended_and_the_next_one_begins() -> None:
    async def main() -> list[str]:
        diary: list[str] = []
        async with directing(diary) as director:
            director.submit(stimulus("a"))
            director.submit(stimulus("b"))
            await asyncio.sleep(2)
            assert await director.interrupt("some of it")
            diary.append("interrupted")
            await asyncio.sleep(20)
        return diary

    diary = run_virtual(main())
    assert diary[:3] == ["begin a", "heard some of it", "cut a"]
    assert set(diary[3:5]) == {"interrupted", "begin b"}
    assert diary[5:] == ["end b"]


def test_an_interrupt_with_nothing_running_does_nothing() -> None:
    async def main() -> bool:
        async with directing([]) as director:
            return await director.interrupt()

    assert run_virtual(main()) is False


def test_a_second_interrupt_waits_with_the_first_one() -> None:
    async def main() -> list[str]:
        diary: list[str] = []
        async with directing(diary) as director:
            director.submit(stimulus("a"))
            await asyncio.sleep(2)
            async with asyncio.TaskGroup() as group:
                group.create_task(director.interrupt("x"))
                await asyncio.sleep(0.5)
                group.create_task(director.interrupt("y"))
            assert director.turn is None or director.turn.is_over
        return diary

    assert run_virtual(main())[-1] == "cut a"


def test_when_nothing_waits_the_idle_source_is_asked_at_the_last_moment() -> None:
    async def main() -> list[str]:
        diary: list[str] = []
        lines = ["old", "newest"]
        async with directing(diary, idle=lambda: stimulus(lines.pop(), CHAT) if lines else None) as director:
            director.submit(stimulus("typed"))
            await asyncio.sleep(15)
            lines[:] = ["old"]
            await asyncio.sleep(20)
            director.wake()
            await asyncio.sleep(20)
        return [line for line in diary if line.startswith("begin")]

    assert run_virtual(main()) == ["begin typed", "begin newest", "begin old"]


def test_the_end_of_the_show_cuts_the_running_turn() -> None:
    async def main() -> list[str]:
        diary: list[str] = []
        async with directing(diary) as director:
            director.submit(stimulus("a"))
            await asyncio.sleep(2)
        return diary

    assert run_virtual(main()) == ["begin a", "cut a"]


def test_what_is_done_between_turns_cuts_the_running_one_and_comes_before_the_next() -> None:
    async def main() -> list[str]:
        diary: list[str] = []
        async with directing(diary) as director:
            director.submit(stimulus("a"))
            director.submit(stimulus("b"))
            await asyncio.sleep(1)
            await director.between_turns(lambda: diary.append("act"))
            await asyncio.sleep(1)
        return diary

    assert run_virtual(main())[:5] == ["begin a", "heard None", "cut a", "act", "begin b"]


def test_several_who_act_between_turns_all_do_so_before_the_next_one() -> None:
    async def main() -> list[str]:
        diary: list[str] = []
        async with directing(diary, idle=lambda: stimulus("chat")) as director, asyncio.TaskGroup() as group:
            await asyncio.sleep(1)
            for name in ("first", "second"):
                group.create_task(director.between_turns(partial(diary.append, name)))
            await asyncio.sleep(2)
        return diary

    assert run_virtual(main())[:6] == [
        "begin chat",
        "heard None",
        "heard None",
        "cut chat",
        "first",
        "second",
    ]


def test_a_turn_that_is_over_but_still_stores_its_last_line_is_waited_for() -> None:
    class Storing(FakeTurn):
        async def perform(self) -> None:
            self.is_over = True
            await asyncio.sleep(5)
            self._diary.append("stored")

    async def main() -> list[str]:
        diary: list[str] = []
        director = Director(lambda s: Storing(s, diary))
        async with asyncio.TaskGroup() as group:
            task = group.create_task(director.run())
            director.submit(stimulus("a"))
            await asyncio.sleep(1)
            await director.between_turns(lambda: diary.append("act"))
            task.cancel()
        return diary

    assert run_virtual(main()) == ["stored", "act"]


def test_with_nothing_going_on_it_is_done_at_once_and_work_goes_on() -> None:
    async def main() -> list[str]:
        diary: list[str] = []
        async with directing(diary) as director:
            await director.between_turns(lambda: diary.append("act"))
            director.submit(stimulus("a"))
            await asyncio.sleep(1)
        return diary

    assert run_virtual(main())[:2] == ["act", "begin a"]


def test_what_is_to_be_done_between_turns_waits_for_the_running_one_and_cuts_nothing() -> None:
    async def main() -> list[str]:
        diary: list[str] = []
        async with directing(diary) as director:
            director.between(lambda: diary.append("at once"))
            director.submit(stimulus("a"))
            director.submit(stimulus("b"))
            await asyncio.sleep(1)
            director.between(lambda: diary.append("first"))
            director.between(lambda: diary.append("second"))
            await asyncio.sleep(20)
        return diary

    assert run_virtual(main()) == ["at once", "begin a", "end a", "first", "second", "begin b", "end b"]


@pytest.mark.parametrize(
    ("moved", "before", "order"),
    [
        ("c", "a", "cabu"),
        ("a", "c", "bacu"),
        ("a", None, "bcua"),
        ("u", "b", "aubc"),
        ("a", "a", "abcu"),
    ],
)
def test_what_waits_is_put_where_it_is_wanted_and_what_comes_later_does_not_push_in(
    moved: str, before: str | None, order: str
) -> None:
    async def main() -> str:
        async with directing([]) as director:
            director.is_frozen = True
            known = {}
            for name, priority in (("a", TYPED), ("b", TYPED), ("c", TYPED), ("u", Priority(1))):
                known[name] = stimulus(name, priority)
                director.is_frozen = False
                director.submit(known[name])
                director.is_frozen = True
            if moved != before:
                director.move(known[moved].id, before and known[before].id)
            first = "".join(each.text for each in director.inbox)
            director.is_frozen = False
            director.submit(stimulus("x", TYPED))
            director.is_frozen = True
            names = [each.text for each in director.inbox if each.text != "x"]
            assert "".join(names) == first
            return first

    assert run_virtual(main()) == order
