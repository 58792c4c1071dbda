"""A floor without a show: what is said on it lasts as long as its words, and is heard whole."""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Literal

from open_llm_vtuber.autonomous.scheduler import EventScheduler
from open_llm_vtuber.autonomous.settings import AutonomousSettings
from open_llm_vtuber.errors import EngineError, ProtocolError
from open_llm_vtuber.ports import BodyControl
from open_llm_vtuber.protocol.parts import ExpressionResult, MotionResult, State
from open_llm_vtuber.stimulus import (
    UNASKED,
    UNTIL_REPLACED,
    ExpressionRequest,
    MotionRequest,
    Priority,
    Stimulus,
    TextContext,
    TextWishes,
)
from open_llm_vtuber.units import Milliseconds, Seconds

EVENING = datetime(2026, 1, 5, 18, 0, tzinfo=UTC)
A_WORD: Seconds = 0.4
SYLLABLES = "ba co di fu ga ho ji ku la mo ne pi qua ro su ti vo wa xe yo zu bri cla dro fle gru".split()  # noqa: SIM905


class FakeBody:
    """Takes every claim but those it is told to lack."""

    def __init__(self) -> None:
        self.shown: list[int | str] = []
        self.moved: list[tuple[str, int]] = []
        self.lacks: set[int | str] = set()

    def express(self, request: ExpressionRequest) -> ExpressionResult:
        if request.expression in self.lacks:
            raise ProtocolError("There is no such expression.", code="not-found")
        self.shown.append(request.expression)
        return ExpressionResult(
            status="success",
            claim_id="c",
            priority=request.priority,
            owner=request.owner,
            delivered=1,
            expression_id=0,
            name=str(request.expression),
            duration=request.duration,
            fade_ms=250,
        )

    def move(self, request: MotionRequest) -> MotionResult:
        if request.group in self.lacks:
            raise ProtocolError("There is no such motion.", code="not-found")
        self.moved.append((request.group, request.index))
        return MotionResult(
            status="success",
            claim_id="c",
            priority=request.priority,
            owner=request.owner,
            delivered=1,
            motion_group=request.group,
            motion_index=request.index,
            loop=False,
            duration_ms=Milliseconds(1000),
        )

    def release(
        self, kind: Literal["expression", "motion"], *, claim_id: str | None = None, owner: str | None = None
    ) -> Sequence[str]:
        raise NotImplementedError(kind, claim_id, owner)


class FakeFloor:
    """Performs what is said, one after the other; `lines` are what the model writes, else words made up."""

    def __init__(self, *lines: str | Exception, writes_for: Seconds = 0.5, seed: int = 1) -> None:
        self.mode = "orphiq"
        self.character = "Mika"
        self.motions: Mapping[str, int] = {"Idle": 2, "Wave": 1}
        self.faces: Mapping[str, int] = {"neutral": 0, "joy": 1, "sadness": 2, "anger": 3}
        self.own_body = FakeBody()
        self.body: BodyControl | None = self.own_body
        self.lines = list(lines)
        self.writes_for = writes_for
        self.prompts: list[str] = []
        self.said: list[tuple[Seconds, str]] = []
        self.quiet_from: list[tuple[Seconds, Seconds]] = []
        """Begin and end of each turn."""
        self.played: list[tuple[str, Mapping[str, str]]] = []
        self.changes = 0
        self.is_closed = False
        """Whether somebody waits for an answer, so that she may not begin."""
        self._draw = random.Random(seed)
        self._inbox: asyncio.Queue[Stimulus] = asyncio.Queue(maxsize=32)
        self._speaks = False

    @property
    def is_free(self) -> bool:
        return not (self.is_closed or self._speaks or self._inbox.qsize())

    async def generate_text(
        self, prompt: str, context: TextContext | None = None, options: TextWishes | None = None
    ) -> AsyncGenerator[str, None]:
        del context, options
        self.prompts.append(prompt)
        await asyncio.sleep(self.writes_for)
        line = self.lines.pop(0) if self.lines else self.made_up()
        if isinstance(line, Exception):
            raise EngineError(str(line), engine="fake", retryable=True)
        for word in line.split(" "):
            yield word + " "

    async def trigger_expression(
        self,
        expression_id: int | str,
        duration: Milliseconds = UNTIL_REPLACED,
        priority: Priority = UNASKED,
    ) -> ExpressionResult:
        return self.own_body.express(
            ExpressionRequest(expression=expression_id, owner="adapter", priority=priority, duration=duration)
        )

    async def trigger_motion(
        self, motion_group: str, motion_index: int, *, loop: bool = False, priority: Priority = UNASKED
    ) -> MotionResult:
        return self.own_body.move(
            MotionRequest(
                group=motion_group, index=motion_index, owner="adapter", priority=priority, loop=loop
            )
        )

    async def get_character_state(self) -> State:
        raise ProtocolError("The character is not on air.", code="wrong-state")

    def made_up(self) -> str:
        """Return a sentence that nobody has ever said."""
        words = ["".join(self._draw.choices(SYLLABLES, k=3)) for _ in range(8)]
        return " ".join(words).capitalize() + "."

    def say(self, stimulus: Stimulus) -> None:
        self._inbox.put_nowait(stimulus)

    def play(self, cue_sheet: str, facts: Mapping[str, str]) -> None:
        if cue_sheet == "missing":
            raise ProtocolError("There is no such cue sheet.", code="not-found")
        self.played.append((cue_sheet, facts))

    def changed(self) -> None:
        self.changes += 1

    async def run(self, scheduler: EventScheduler) -> None:
        while True:
            stimulus = await self._inbox.get()
            begin, self._speaks = now(), True
            scheduler.turn_began(stimulus)
            self.said.append((begin, stimulus.text))
            await asyncio.sleep(A_WORD * len(stimulus.text.split()))
            self._speaks = False
            self.quiet_from.append((begin, now()))
            scheduler.turn_ended(stimulus, stimulus.text)


def now() -> Seconds:
    """Return the loop's time."""
    return asyncio.get_running_loop().time()


def virtual_wall(start: datetime = EVENING) -> datetime:
    """Return a time of day that passes with the loop's."""
    return start + timedelta(seconds=now())


@asynccontextmanager
async def on_floor(
    settings: AutonomousSettings, floor: FakeFloor, *, start: datetime = EVENING, seed: int = 7
) -> AsyncIterator[EventScheduler]:
    """Run a scheduler on a floor for as long as the context lasts."""
    scheduler = EventScheduler(settings, wall=lambda: virtual_wall(start), seed=seed)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(floor.run(scheduler)), group.create_task(scheduler.run(floor))]
        await asyncio.sleep(0)
        yield scheduler
        for task in tasks:
            task.cancel()


def settings(*triggers: Mapping[str, object], **others: object) -> AutonomousSettings:
    """Return settings with these triggers, switched on."""
    return AutonomousSettings.model_validate({"enabled": True, "triggers": triggers, **others})


BROKEN = EngineError("The brain is out of order.", engine="fake", retryable=True)
