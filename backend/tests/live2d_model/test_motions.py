"""Whose gesture plays: by example, and against a slow reference."""

import pytest

from live2d_model.model_based import Gestures, compare, with_bug
from open_llm_vtuber.live2d_model import Ended, GestureClaim, MotionFile, MotionManager, motions
from open_llm_vtuber.units import Seconds

IDLES = tuple(MotionFile(group="Idle", index=index, length=4) for index in range(2))


def gesture(
    id_: str, priority: int = 10, *, length: Seconds = 2, loop: bool = False, owner: str = ""
) -> GestureClaim:
    motion = MotionFile(group="Wave", index=0, length=length)
    return GestureClaim(id=id_, owner=owner or id_, priority=priority, motion=motion, loop=loop)


def playing(arbiter: MotionManager) -> str | None:
    return arbiter.playing.claim_id if arbiter.playing else "nothing"


def test_a_model_without_idle_motions_stands_still() -> None:
    assert (MotionManager().playing, MotionManager().next_change()) == (None, None)


def test_one_idle_motion_loops_and_several_play_one_after_the_other() -> None:
    alone = MotionManager(IDLES[:1])
    assert alone.playing is not None
    assert alone.playing.loop
    assert alone.next_change() is None
    several = MotionManager(IDLES)
    seen = []
    for now in (0, 4, 8):
        several.advance(now)
        assert several.playing is not None
        seen.append(several.playing.motion.index)
    assert seen == [0, 1, 0]


def test_equals_queue_in_the_order_of_arrival_and_each_begins_when_the_last_has_ended() -> None:
    arbiter = MotionManager()
    for id_ in ("first", "second", "third"):
        arbiter.claim(gesture(id_), 0)
    assert arbiter.advance(5) == (Ended("first", "expired", 2), Ended("second", "expired", 4))
    assert (playing(arbiter), arbiter.next_change()) == ("third", 6)


def test_a_higher_one_cuts_a_lower_one_for_good() -> None:
    arbiter = MotionManager(IDLES[:1])
    arbiter.claim(gesture("low", 5), 0)
    assert arbiter.claim(gesture("high", 6), 1).ended == (Ended("low", "dropped", 1),)
    assert arbiter.advance(3) == (Ended("high", "expired", 3),)
    assert playing(arbiter) is None


def test_a_loop_goes_on_until_something_higher_comes_and_then_resumes() -> None:
    arbiter = MotionManager()
    arbiter.claim(gesture("loop", loop=True), 0)
    assert arbiter.next_change() is None
    assert arbiter.claim(gesture("equal"), 1).ended == ()
    assert arbiter.is_behind_a_loop
    assert playing(arbiter) == "loop"
    arbiter.claim(gesture("high", 11), 1)
    assert playing(arbiter) == "high"
    arbiter.advance(3)
    assert playing(arbiter) == "loop"
    assert arbiter.release(4, claim_id="loop") == (Ended("loop", "released", 4),)
    assert playing(arbiter) == "equal"


def test_a_gesture_that_waited_too_long_is_dropped_and_a_loop_is_not() -> None:
    arbiter = MotionManager(longest_wait=3)
    arbiter.claim(gesture("long", length=10), 0)
    arbiter.claim(gesture("once"), 1)
    arbiter.claim(gesture("for ever", loop=True), 1)
    assert arbiter.next_change() == 4
    assert arbiter.advance(5) == (Ended("once", "dropped", 4),)
    arbiter.advance(10)
    assert playing(arbiter) == "for ever"


def test_when_too_many_wait_the_last_in_the_queue_goes_and_one_behind_it_is_refused() -> None:
    arbiter = MotionManager(most=2)
    arbiter.claim(gesture("playing", 10), 0)
    arbiter.claim(gesture("waiting", 5), 0)
    assert not arbiter.claim(gesture("equal", 5), 0).is_accepted
    assert arbiter.claim(gesture("urgent", 6), 0).ended == (Ended("waiting", "dropped", 0),)


def test_all_of_an_owner_can_be_released_at_once() -> None:
    arbiter = MotionManager()
    for id_ in ("a", "b"):
        arbiter.claim(gesture(id_, owner="me"), 0)
    arbiter.claim(gesture("c"), 0)
    assert [each.claim_id for each in arbiter.release(1, owner="me")] == ["a", "b"]
    assert playing(arbiter) == "c"


def test_clearing_drops_every_claim() -> None:
    arbiter = MotionManager(IDLES)
    arbiter.claim(gesture("a"), 0)
    arbiter.claim(gesture("b"), 0)
    assert [(each.claim_id, each.reason) for each in arbiter.clear(1)] == [("a", "dropped"), ("b", "dropped")]
    assert playing(arbiter) is None


def test_it_decides_as_the_slow_reference_does_for_a_hundred_thousand_steps() -> None:
    compare(Gestures, 100_000)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("claim.priority <= running.claim.priority", "claim.priority < running.claim.priority"),
        ("if running and running.claim.loop:", "if running:"),
        ("(-self.claim.priority, self.arrival)", "(-self.claim.priority, -self.arrival)"),
        ("(-self.claim.priority, self.arrival)", "(self.claim.priority, self.arrival)"),
        (
            "self._begin_next(moment)\n        return",
            "self._begin_next(moment)\n            break\n        return",
        ),
        (
            "ended = list(self.advance(now))\n        self._arrivals",
            "ended: list[Ended] = []\n        self._arrivals",
        ),
        ("self._begin_next(moment)\n", "self._begin_next(now)\n"),
        ("gives_up_at = inf if claim.loop else", "gives_up_at ="),
        ("each.gives_up_at > moment]", "each.gives_up_at >= moment]"),
        ("if len(self._waiting) < self._most:", "if len(self._waiting) <= self._most:"),
        ("last = self._waiting.pop()", "last = self._waiting.pop(0)"),
        ("if last is asked:", "if last is not asked:"),
        ("inf if claim.loop else moment + claim.motion.length", "moment + claim.motion.length"),
        (
            "        if is_cut:\n            self._begin_next(now)",
            "        if is_cut:\n            self._rest(now)",
        ),
        ("            ended += self._give_up(moment)\n", ""),
    ],
)
def test_a_bug_in_it_is_found(right: str, wrong: str) -> None:
    broken = with_bug(motions, right, wrong)
    with pytest.raises((AssertionError, IndexError)):
        compare(lambda: Gestures(broken.MotionManager), 10_000)
