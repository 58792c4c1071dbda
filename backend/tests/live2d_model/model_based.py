"""Random requests against an arbiter and its slow reference, in step; and arbiters with a bug planted into them."""

import sys
from collections.abc import Callable
from math import inf
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any, Protocol

from live2d_model.reference import Event, SlowFaces, SlowGestures
from open_llm_vtuber.live2d_model import (
    Ended,
    ExpressionManager,
    FaceClaim,
    GestureClaim,
    MotionFile,
    MotionManager,
)
from open_llm_vtuber.units import Milliseconds

EPISODE = 100
"""Steps after which both begin anew: the reference grows slower with every claim."""
MOST = 5
PATIENCE = 20
OWNERS = "abcdefgh"
IDLE = MotionFile(group="Idle", index=0, length=7)


class Pair(Protocol):
    """An arbiter and its reference, which must agree after every step."""

    def next_change(self) -> float | None: ...
    def wait(self, now: int) -> tuple[list[Event], list[Event]]: ...
    def claim(self, id_: str, random: Random, now: int) -> tuple[object, object]: ...
    def release(self, now: int, **whose: str) -> tuple[list[Event], list[Event]]: ...
    def winners(self) -> tuple[str | None, str | None]: ...


class Faces:
    """The arbiter of the face beside its reference."""

    def __init__(self, arbiter: type[ExpressionManager] = ExpressionManager) -> None:
        self.real = arbiter(MOST)
        self.slow = SlowFaces(MOST)

    def next_change(self) -> float | None:
        return self.real.next_change()

    def wait(self, now: int) -> tuple[list[Event], list[Event]]:
        return events(self.real.advance(now)), self.slow.pass_time(now)

    def claim(self, id_: str, random: Random, now: int) -> tuple[object, object]:
        owner, priority = random.choice(OWNERS), random.randrange(4)
        ends = random.choice((inf, now + random.randint(1, 12)))
        claim = FaceClaim(
            id=id_, owner=owner, priority=priority, expression=0, ends_at=ends, fade=Milliseconds(0)
        )
        outcome = self.real.claim(claim, now)
        accepted, ended = self.slow.claim(id_, owner, priority, ends, now)
        return (outcome.is_accepted, events(outcome.ended)), (accepted, sorted(ended))

    def release(self, now: int, **whose: str) -> tuple[list[Event], list[Event]]:
        return events(self.real.release(now, **whose)), self.slow.release(now, **whose)

    def winners(self) -> tuple[str | None, str | None]:
        return self.real.shown.id if self.real.shown else None, self.slow.winner()


class Gestures:
    """The arbiter of the gestures beside its reference."""

    def __init__(self, arbiter: type[MotionManager] = MotionManager) -> None:
        self.real = arbiter((IDLE,), most=MOST, longest_wait=PATIENCE)
        self.slow = SlowGestures(MOST, PATIENCE)

    def next_change(self) -> float | None:
        return self.real.next_change()

    def wait(self, now: int) -> tuple[list[Event], list[Event]]:
        return events(self.real.advance(now)), self.slow.pass_time(now)

    def claim(self, id_: str, random: Random, now: int) -> tuple[object, object]:
        owner, priority, length = random.choice(OWNERS), random.randrange(4), random.randint(1, 9)
        loop = random.random() < 0.25
        motion = MotionFile(group="Wave", index=0, length=length)
        outcome = self.real.claim(
            GestureClaim(id=id_, owner=owner, priority=priority, motion=motion, loop=loop), now
        )
        accepted, ended = self.slow.claim(id_, owner, priority, length, loop, now)
        return (outcome.is_accepted, events(outcome.ended)), (accepted, sorted(ended))

    def release(self, now: int, **whose: str) -> tuple[list[Event], list[Event]]:
        return events(self.real.release(now, **whose)), self.slow.release(now, **whose)

    def winners(self) -> tuple[str | None, str | None]:
        playing = self.real.playing
        assert playing is not None, "with an idle motion something always plays"
        if playing.claim_id is None:
            assert playing.motion is IDLE
        return playing.claim_id, self.slow.winner()


def events(ended: tuple[Ended, ...]) -> list[Event]:
    return sorted((each.claim_id, each.reason) for each in ended)


def compare(pairs: Callable[[], Pair], steps: int, seed: int = 0) -> None:
    """Play so many random steps; raise AssertionError where the two differ, and say how to get there again."""
    for episode in range(steps // EPISODE):
        random, pair, now = Random(f"{seed}/{episode}"), pairs(), 0
        for step in range(EPISODE):
            where = f"seed {seed}, episode {episode}, step {step}, tick {now}"
            kind = random.random()
            if kind < 0.6 and random.random() < 0.3:  # a request that comes after nobody looked for a while
                now += random.randint(1, 15)
            if kind < 0.45:
                got, wanted = pair.claim(f"{step}", random, now)
            elif kind < 0.55:
                got, wanted = pair.release(now, claim_id=str(random.randrange(step + 1)))
            elif kind < 0.6:
                got, wanted = pair.release(now, owner=random.choice(OWNERS))
            elif kind < 0.8:
                now += random.randint(1, 15)
                got, wanted = pair.wait(now)
            else:
                now = sleep(pair, now, where)
                got, wanted = pair.wait(now)
            wanted = sorted(wanted) if isinstance(wanted, list) else wanted
            assert got == wanted, where
            real, slow = pair.winners()
            assert real == slow, where


def sleep(pair: Pair, now: int, where: str) -> int:
    """Sleep until the arbiter says that something changes: not a tick too long, and never for nothing."""
    due = pair.next_change()
    if due is None:  # then it can be for ever
        assert pair.wait(now + 100) == ([], []), where
        return now + 100
    assert due == int(due) > now, where
    if due > now + 1:
        assert pair.wait(int(due) - 1) == ([], []), where
    got, wanted = pair.wait(int(due))
    assert got == sorted(wanted) != [], where
    return int(due)


def with_bug(module: ModuleType, right: str, wrong: str) -> Any:
    """Return the module as it would be with one piece of its text replaced."""
    text = Path(str(module.__file__)).read_text(encoding="utf-8")
    assert text.count(right) == 1, right
    broken = ModuleType(f"{module.__name__}_with_a_bug")
    sys.modules[broken.__name__] = broken  # dataclasses look there
    try:
        exec(compile(text.replace(right, wrong), broken.__name__, "exec"), broken.__dict__)  # noqa: S102  our own text
    finally:
        del sys.modules[broken.__name__]
    return broken
