"""Pure: who may show which face. Time is passed in; nothing here waits."""

from dataclasses import dataclass
from math import inf

from open_llm_vtuber.live2d_model.claims import Ended, Outcome
from open_llm_vtuber.units import Milliseconds, Seconds

MOST_CLAIMS = 32
"""Owners that may have a claim at once. One more takes the place of the least urgent, oldest claim, or is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceClaim:
    """Somebody wants a face to be seen until `ends_at`."""

    id: str
    owner: str
    priority: int
    expression: int
    ends_at: Seconds = inf
    fade: Milliseconds


class ExpressionManager:
    """The arbiter of the face: the highest priority shows, of equals the latest; what ends uncovers what it covered.

    Each owner has one claim: a new one replaces it. No method may be called with an earlier time than the last.
    """

    def __init__(self, most: int = MOST_CLAIMS) -> None:
        self._most = most
        self._claims: dict[str, FaceClaim] = {}
        """Owner → its claim, in the order of arrival."""

    @property
    def shown(self) -> FaceClaim | None:
        """The claim that shows; None leaves the face at rest."""
        return _winner(self._claims)

    def next_change(self) -> Seconds | None:
        """Return when the next claim expires; None: never."""
        ends_at = min((claim.ends_at for claim in self._claims.values()), default=inf)
        return None if ends_at == inf else ends_at

    def advance(self, now: Seconds) -> tuple[Ended, ...]:
        """End what is over by `now`."""
        over = [claim for claim in self._claims.values() if claim.ends_at <= now]
        for claim in over:
            del self._claims[claim.owner]
        return tuple(Ended(claim.id, "expired", claim.ends_at) for claim in over)

    def claim(self, claim: FaceClaim, now: Seconds) -> Outcome:
        """Take a claim, or refuse it and change nothing but what time has changed."""
        ended = list(self.advance(now))
        if former := self._claims.pop(claim.owner, None):
            ended.append(Ended(former.id, "replaced", now))
        elif len(self._claims) >= self._most:
            least = min(self._claims.values(), key=lambda each: each.priority)
            if least.priority > claim.priority:
                return Outcome(is_accepted=False, ended=tuple(ended))
            del self._claims[least.owner]
            ended.append(Ended(least.id, "dropped", now))
        self._claims[claim.owner] = claim
        return Outcome(is_accepted=True, ended=tuple(ended))

    def release(
        self, now: Seconds, *, claim_id: str | None = None, owner: str | None = None
    ) -> tuple[Ended, ...]:
        """End one claim, or that of an owner; those that time has ended are returned as well."""
        ended = self.advance(now)
        released = [claim for claim in self._claims.values() if claim_id == claim.id or owner == claim.owner]
        for claim in released:
            del self._claims[claim.owner]
        return (*ended, *(Ended(claim.id, "released", now) for claim in released))

    def clear(self, now: Seconds) -> tuple[Ended, ...]:
        """Drop every claim."""
        ended = self.advance(now)
        dropped = tuple(Ended(claim.id, "dropped", now) for claim in self._claims.values())
        self._claims.clear()
        return (*ended, *dropped)

    def would_show(self, at: Seconds, claim: FaceClaim | None = None) -> FaceClaim | None:
        """Return what will show at a later time if nobody asks for anything but, then, this claim."""
        then = {owner: each for owner, each in self._claims.items() if each.ends_at > at}
        if claim:
            then.pop(claim.owner, None)
            then[claim.owner] = claim
        return _winner(then)


def _winner(claims: dict[str, FaceClaim]) -> FaceClaim | None:
    # Of equals `max` takes the first it meets: here that is the latest.
    return max(reversed(claims.values()), key=lambda claim: claim.priority, default=None)
