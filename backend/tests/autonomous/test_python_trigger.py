"""A trigger in Python: what comes of it, and that its faults stay its own."""

import asyncio

import pytest

from fake_floor import BROKEN, FakeFloor
from open_llm_vtuber.autonomous.python_trigger import LIMIT, Result, carry_out
from open_llm_vtuber.autonomous.triggers import Trigger
from open_llm_vtuber.autonomy import Floor
from open_llm_vtuber.errors import ProtocolError
from virtual_time import run_virtual


class Scripted(Trigger):
    """Does what it is told."""

    def __init__(self, how: Exception | str) -> None:
        self._how = how

    async def should_trigger(self) -> bool:
        return self._how != "not yet"

    async def execute(self, adapter: Floor) -> None:
        if isinstance(self._how, Exception):
            raise self._how
        if self._how == "hangs":
            await asyncio.sleep(LIMIT + 1)
        await adapter.trigger_expression(1)


@pytest.mark.parametrize(
    ("how", "result"),
    [
        ("not yet", None),
        ("works", Result("ran")),
        ("hangs", Result("failed", "It raised TimeoutError.", "It raised TimeoutError.")),
        (ValueError("/etc/passwd"), Result("failed", "It raised ValueError.", "It raised ValueError.")),
        (BROKEN, Result("failed", "The brain is out of order.")),
        (
            ProtocolError("No such face.", code="not-found"),
            Result("failed", "No such face.", "No such face."),
        ),
        (ProtocolError("The inbox is full.", code="busy"), Result("failed", "The inbox is full.")),
    ],
)
def test_what_came_of_it_is_told_and_only_its_own_faults_switch_it_off(
    how: Exception | str, result: Result | None
) -> None:
    assert run_virtual(carry_out("t", Scripted(how), FakeFloor())) == result
