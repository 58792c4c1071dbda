"""One replay from beginning to end, and how what it decided differs from what the log has."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.replay.player import Player, Stage, fact_line
from open_llm_vtuber.replay.replay_loop import ReplayLoop
from open_llm_vtuber.replay.stage import stage
from open_llm_vtuber.show.reasons import Reasons
from open_llm_vtuber.show_log.reader import ShowLog
from open_llm_vtuber.show_log.records import Record, fact_of
from open_llm_vtuber.show_log.taped_show import TapedShow
from open_llm_vtuber.units import Seconds


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay came to."""

    decided: Sequence[bytes]
    """Decisions and cues, in order."""
    recorded: Sequence[bytes]
    """Those of the log, up to the same moment."""
    strays: Mapping[str, int]
    reasons: Reasons
    at: Seconds
    """How far into the show it went."""
    scene: Sequence[str]
    """What was going on then, a line each."""

    @property
    def is_same(self) -> bool:
        """Whether it decided the very same; of a log that was cut, as far as that goes."""
        return self.first_difference is None

    @property
    def first_difference(self) -> int | None:
        """The number of the first decision or cue that is another one."""
        pairs = zip(self.recorded, self.decided, strict=False)
        differs = next((n for n, (was, now) in enumerate(pairs) if was != now), None)
        if differs is None and len(self.decided) < len(self.recorded):
            return len(self.decided)
        return differs


Watch = Callable[[TapedShow, Seconds], None]
"""Looks at a show on the way, and changes nothing; the second of the show that it is."""


def replay(log: ShowLog, until: Seconds | None = None, watch: Watch = lambda *_: None) -> Replayed:
    """Replay a log, to its end or up to so many seconds of the show. Raises ConfigError for a faulty one."""
    with asyncio.Runner(loop_factory=ReplayLoop) as runner:
        loop = runner.get_loop()
        if not isinstance(loop, ReplayLoop):
            raise ConfigError("A replay needs a loop of its own.")
        return runner.run(_Replay(log, until, loop, watch).run())


class _Replay:
    def __init__(self, log: ShowLog, until: Seconds | None, loop: ReplayLoop, watch: Watch) -> None:
        self._log = log
        self._limit = None if until is None else log.plan.began + until
        self._loop = loop
        self._watch = watch
        self._player = Player(
            log.plan.began, datetime.fromisoformat(log.plan.wall), log.plan.seed, log.records
        )
        self._reasons = Reasons()
        self._player.on_fact = lambda fact: self._reasons.hear("", fact)
        self._over = asyncio.Event()
        self._fault: ConfigError | None = None

    async def run(self) -> Replayed:
        """Do it."""
        self._loop.clock = self._player.now
        show = stage(self._log.plan, self._player, self._reasons)
        async with asyncio.TaskGroup() as group:
            on_stage = Stage(show, group)
            self._loop.begins = lambda is_idle: self._next(on_stage, is_idle=is_idle)
            await self._over.wait()
            scene, decided = show.scene(), list(self._player.decided)
            self._player.close()
            on_stage.end()
        if self._fault:
            raise self._fault
        for record in self._log.records:
            if record.kind == "told" and (fact := fact_of(record)):
                self._reasons.hear(record.turn, fact)
        return Replayed(
            decided,
            [line for each in self._log.records if self._is_due(each) and (line := fact_line(each))],
            self._player.strays,
            self._reasons,
            self._player.now() - self._log.plan.began,
            scene,
        )

    def _is_due(self, record: Record) -> bool:
        return self._limit is None or record.at <= self._limit

    def _next(self, on: Stage, *, is_idle: bool) -> None:
        """Let happen what belongs to the next turn of the loop."""
        player = self._player
        if is_idle and (player.is_over or (self._limit is not None and player.next_at > self._limit)):
            self._over.set()
        if self._over.is_set():
            return
        if is_idle:
            self._watch(on.show, player.now() - self._log.plan.began)
        try:
            player.turn(on, is_idle=is_idle)
        except ConfigError as fault:
            self._fault = fault
            self._over.set()
