"""Which run of the server comes next."""

import asyncio

from open_llm_vtuber.config import Character, Settings
from open_llm_vtuber.first_run.runs import Run, Runs

A, B = (Run(Settings(character_config=Character(conf_name=name))) for name in "AB")


def test_without_a_plan_the_server_ends_with_the_present_run() -> None:
    runs = Runs(A)
    assert runs.take() == A
    assert not runs.is_planned
    assert runs.take() is None


def test_a_planned_run_ends_the_present_one_and_follows_it() -> None:
    async def main() -> None:
        runs = Runs(A)
        first = runs.take()
        assert first is not None
        runs.works(first)
        runs.plan(B)
        await asyncio.wait_for(runs.changed(), 1)
        assert runs.take() == B
        assert runs.number == 1, "a run counts once it is on air"

    asyncio.run(main())


def test_what_does_not_start_is_followed_by_what_did_and_never_by_a_rehearsal() -> None:
    good = Run(A.settings, rehearses=True)
    runs = Runs(good)
    runs.take()
    runs.works(good)
    runs.plan(B)
    runs.take()
    assert runs.fall_back("B is broken.")
    assert runs.problem == "B is broken."
    assert runs.take() == A
    assert not runs.fall_back("A is broken by now, too."), "there is nothing left to go back to"


def test_the_first_run_has_nothing_to_go_back_to() -> None:
    runs = Runs(A)
    runs.take()
    assert not runs.fall_back("broken")


def test_a_new_plan_forgets_the_problem_of_the_last_one_and_an_end_every_plan() -> None:
    runs = Runs(A)
    runs.problem = "x"
    runs.plan(B)
    assert runs.problem == ""
    runs.end()
    assert runs.take() is None
