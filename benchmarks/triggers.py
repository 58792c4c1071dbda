"""Ten thousand triggers at once: what a fire costs, how late it comes, what a chat message costs beside them."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Iterator, Mapping

from benchmarks.measure import Measured
from open_llm_vtuber.autonomous.moments import wall_clock
from open_llm_vtuber.autonomous.repetition import REMEMBERED, RecentLines
from open_llm_vtuber.autonomous.roster import Entry
from open_llm_vtuber.autonomous.scheduler import EventScheduler
from open_llm_vtuber.autonomous.settings import AutonomousSettings, trigger_from
from open_llm_vtuber.autonomous.triggers import TriggerConfig
from open_llm_vtuber.ports import BodyControl
from open_llm_vtuber.protocol.parts import ExpressionResult, MotionResult, State
from open_llm_vtuber.stimulus import (
    UNASKED,
    UNTIL_REPLACED,
    ChatMessage,
    Priority,
    Stimulus,
    TextContext,
    TextWishes,
)
from open_llm_vtuber.units import Milliseconds

TRIGGERS = 10_000
WATCHED_S = 20.0
MESSAGES = 2_000


class _Floor:
    """Takes every cue sheet and does nothing else."""

    is_free = False
    mode = "orphiq"
    character = "Mika"
    motions: Mapping[str, int] = {}
    faces: Mapping[str, int] = {}
    body: BodyControl | None = None

    async def generate_text(
        self, prompt: str, context: TextContext | None = None, options: TextWishes | None = None
    ) -> AsyncGenerator[str, None]:
        """Yield nothing."""
        del prompt, context, options
        yield ""

    async def trigger_expression(
        self,
        expression_id: int | str,
        duration: Milliseconds = UNTIL_REPLACED,
        priority: Priority = UNASKED,
    ) -> ExpressionResult:
        """Have no face."""
        raise NotImplementedError

    async def trigger_motion(
        self, motion_group: str, motion_index: int, *, loop: bool = False, priority: Priority = UNASKED
    ) -> MotionResult:
        """Have no body."""
        raise NotImplementedError

    async def get_character_state(self) -> State:
        """Have no state."""
        raise NotImplementedError

    def say(self, stimulus: Stimulus) -> None:
        """Do nothing."""

    def play(self, cue_sheet: str, facts: Mapping[str, str]) -> None:
        """Do nothing."""

    def changed(self) -> None:
        """Do nothing."""


class _Timed(EventScheduler):
    """Notes how late each fire comes, and what it costs."""

    late_ms: list[float]
    cost_us: list[float]

    def plant(self, trigger: TriggerConfig) -> None:
        """Add a trigger, beyond the number that an operator may have."""
        self._roster.put(trigger.name, trigger, self._now(), self._senses.scene)

    def _come_due(self, entry: Entry, trigger: TriggerConfig, due: float, *rest: object) -> None:
        began = time.perf_counter()
        self.late_ms.append((asyncio.get_running_loop().time() - due) * 1_000)
        super()._come_due(entry, trigger, due, *rest)  # type: ignore[arg-type] # passed on as they came
        self.cost_us.append((time.perf_counter() - began) * 1e6)


def measure() -> Iterator[Measured]:
    """Measure a scheduler with intervals of 10 to 60 s, and what it knows of repetition."""
    draw = random.Random(1)
    scheduler, adding, chatting, busy = asyncio.run(_watched(draw))
    count = len(scheduler.late_ms)
    note = f"{count} fires in {WATCHED_S:.0f} s, {TRIGGERS} triggers"
    yield Measured(what="add a trigger", unit="us", samples=tuple(adding))
    yield Measured(what="a fire, and its next time", unit="us", samples=tuple(scheduler.cost_us), note=note)
    yield Measured(what="how late a fire comes", unit="ms", samples=tuple(scheduler.late_ms))
    yield Measured(what="share of one core", unit="%", samples=(100 * busy / WATCHED_S,))
    yield Measured(what="a chat message beside them", unit="us", samples=tuple(chatting))
    yield _repetition(draw)


async def _watched(draw: random.Random) -> tuple[_Timed, list[float], list[float], float]:
    scheduler = _Timed(AutonomousSettings(enabled=True, triggers=()), wall=wall_clock, seed=1)
    scheduler.late_ms, scheduler.cost_us = [], []
    adding = []
    for number in range(TRIGGERS):
        written = {"kind": "interval", "interval_s": draw.uniform(10, 60), "action": {"cue_sheet": "x"}}
        trigger = trigger_from(f"t{number}", written)
        began = time.perf_counter()
        scheduler.plant(trigger)
        adding.append((time.perf_counter() - began) * 1e6)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(scheduler.run(_Floor()))
        began = time.process_time()
        await asyncio.sleep(WATCHED_S)
        busy = time.process_time() - began
        task.cancel()
    chatting = []
    for number in range(MESSAGES):
        message = ChatMessage(
            id=str(number), platform="twitch", channel="c", username="v", display_name="V", text="I love this"
        )
        began = time.perf_counter()
        scheduler.happened(message)
        chatting.append((time.perf_counter() - began) * 1e6)
    return scheduler, adding, chatting, busy


def _repetition(draw: random.Random) -> Measured:
    recent = RecentLines()
    lines = ["".join(draw.choices("abcdefghij klmnop", k=120)) for _ in range(200)]
    for line in lines[:REMEMBERED]:
        recent.add(line)
    samples = []
    for line in lines:
        began = time.perf_counter()
        recent.is_repeat(line)
        samples.append((time.perf_counter() - began) * 1e6)
    note = f"120 characters against the last {REMEMBERED} lines"
    return Measured(what="has she said that lately?", unit="us", samples=tuple(samples), note=note)
