"""Whose face shows: by example, and against a slow reference."""

from math import inf

import pytest

from live2d_model.model_based import Faces, compare, with_bug
from open_llm_vtuber.live2d_model import Ended, ExpressionManager, FaceClaim, expressions
from open_llm_vtuber.units import Milliseconds, Seconds


def face(id_: str, priority: int = 10, *, owner: str | None = None, ends_at: Seconds = inf) -> FaceClaim:
    return FaceClaim(
        id=id_, owner=owner or id_, priority=priority, expression=1, ends_at=ends_at, fade=Milliseconds(0)
    )


def shown(arbiter: ExpressionManager) -> str | None:
    return arbiter.shown.id if arbiter.shown else None


def test_nobody_shows_when_nobody_asks() -> None:
    assert (shown(ExpressionManager()), ExpressionManager().next_change()) == (None, None)


def test_what_expires_uncovers_what_it_covered() -> None:
    arbiter = ExpressionManager()
    arbiter.claim(face("reply", 5), 0)
    arbiter.claim(face("operator", 10, ends_at=2), 0)
    assert (shown(arbiter), arbiter.next_change()) == ("operator", 2)
    assert arbiter.advance(2) == (Ended("operator", "expired", 2),)
    assert (shown(arbiter), arbiter.next_change()) == ("reply", None)


def test_what_expired_while_it_was_covered_does_not_come_back() -> None:
    arbiter = ExpressionManager()
    arbiter.claim(face("below", 5, ends_at=1), 0)
    arbiter.claim(face("above", 10, ends_at=2), 0)
    arbiter.advance(2)
    assert shown(arbiter) is None


def test_of_equals_the_latest_shows_and_a_lower_one_does_not() -> None:
    arbiter = ExpressionManager()
    for id_, priority in (("first", 10), ("second", 10), ("lower", 9)):
        assert arbiter.claim(face(id_, priority), 0).is_accepted
    assert shown(arbiter) == "second"


def test_an_owner_has_one_claim_also_when_the_new_one_is_less_urgent() -> None:
    arbiter = ExpressionManager()
    arbiter.claim(face("old", 20, owner="me"), 0)
    arbiter.claim(face("other", 10), 0)
    assert arbiter.claim(face("new", 1, owner="me"), 3).ended == (Ended("old", "replaced", 3),)
    assert shown(arbiter) == "other"


def test_when_too_many_ask_the_least_urgent_and_oldest_goes_and_a_still_lesser_one_is_refused() -> None:
    arbiter = ExpressionManager(most=2)
    for id_ in ("oldest", "older"):
        arbiter.claim(face(id_, 5), 0)
    assert not arbiter.claim(face("lesser", 4), 0).is_accepted
    assert arbiter.claim(face("equal", 5), 0).ended == (Ended("oldest", "dropped", 0),)


def test_clearing_drops_every_claim() -> None:
    arbiter = ExpressionManager()
    arbiter.claim(face("a", ends_at=1), 0)
    arbiter.claim(face("b"), 0)
    assert arbiter.clear(1) == (Ended("a", "expired", 1), Ended("b", "dropped", 1))
    assert shown(arbiter) is None


def test_what_will_show_is_known_beforehand_and_asking_changes_nothing() -> None:
    arbiter = ExpressionManager()
    arbiter.claim(face("operator", 10, ends_at=2), 0)
    arbiter.claim(face("last sentence", 5, owner="turn"), 0)
    sentence = face("sentence", 5, owner="turn")
    assert (then := arbiter.would_show(1, sentence))
    assert then.id == "operator"
    assert arbiter.would_show(2, sentence) is sentence
    assert (then := arbiter.would_show(2))
    assert then.id == "last sentence"
    assert shown(arbiter) == "operator"


def test_it_decides_as_the_slow_reference_does_for_a_hundred_thousand_steps() -> None:
    compare(Faces, 100_000)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("max(reversed(claims.values())", "max(iter(claims.values())"),
        ("return max(", "return min("),
        ("claim.ends_at <= now]", "claim.ends_at < now]"),
        (
            "for claim in over:\n            del self._claims[claim.owner]",
            "for claim in over[:1]:\n            del self._claims[claim.owner]",
        ),
        ("self._claims.pop(claim.owner, None):", "self._claims.get(claim.owner):"),
        ('"replaced"', '"expired"'),
        ("len(self._claims) >= self._most", "len(self._claims) > self._most"),
        ("least.priority > claim.priority", "least.priority >= claim.priority"),
        ("claim_id == claim.id or owner == claim.owner]", "claim_id == claim.id]"),
        ("ends_at = min((", "ends_at = max(("),
        ("least = min(self", "least = max(self"),
        ("ended = list(self.advance(now))", "ended: list[Ended] = []"),
    ],
)
def test_a_bug_in_it_is_found(right: str, wrong: str) -> None:
    broken = with_bug(expressions, right, wrong)
    with pytest.raises((AssertionError, KeyError)):
        compare(lambda: Faces(broken.ExpressionManager), 10_000)
