"""The subscriptions that there should be, and how far they are. Pure: somebody else does the asking."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from open_llm_vtuber.twitch.scopes import Wanted
from open_llm_vtuber.units import Seconds

State = Literal["pending", "enabled", "denied", "revoked"]

FIRST_PAUSE_S: Seconds = 0.5
LONGEST_PAUSE_S: Seconds = 60.0
DENIED_PAUSE_S: Seconds = 600.0
"""A timeout ends and a moderator is let in again: what Twitch denied is asked for again, slowly."""
WHY_REVOKED = {
    "authorization_revoked": "the login was revoked, or its password changed",
    "user_removed": "the account does not exist any more",
    "version_removed": "Twitch has ended this version of the event",
    "moderator_removed": "the account is no moderator of the channel any more",
    "chat_user_banned": "the reading account is banned or timed out in the channel",
}
FOR_GOOD = frozenset({"user_removed", "version_removed"})
LOGIN_LOST = "authorization_revoked"
"""Asked for again at once: the answer says whether the login is really lost."""


@dataclass(slots=True)
class Standing:
    """How far one subscription is. `reason` is one sentence where it is not enabled."""

    wanted: Wanted
    state: State = "pending"
    reason: str = ""
    subscription_id: str = ""
    due: Seconds | None = 0.0
    """When to ask for it (again); None is never."""
    attempts: int = 0
    is_asked: bool = False


class Subscriptions:
    """Desired and real state of all subscriptions of one session.

    The first one wanted is the chat: it is asked for alone, so that a session that cannot read chat is known at
    once, and so that Twitch's limit of ten seconds for a first subscription is kept.
    """

    def __init__(self, wanted: Sequence[Wanted], scopes: Collection[str], rng: Random) -> None:
        self._all = [Standing(each) for each in wanted]
        self._scopes = scopes
        self._rng = rng

    @property
    def standings(self) -> Sequence[Standing]:
        """All of them, the chat first."""
        return self._all

    @property
    def chat(self) -> Standing:
        """The subscription without which the rest is nothing."""
        return self._all[0]

    def begin_session(self, now: Seconds) -> None:
        """Nothing is subscribed to in a new session. One that only moved keeps what it has: do not call this."""
        for each in self._all:
            each.state, each.reason, each.subscription_id = "pending", "", ""
            each.due, each.attempts, each.is_asked = now, 0, False
            if not each.wanted.allowed_by(self._scopes):
                each.state, each.due = "denied", None
                each.reason = f"the token lacks the scope {each.wanted.scopes[0]}"

    def due(self, now: Seconds) -> Sequence[Wanted]:
        """Return what is to be asked for now; nothing of it is returned again before it was answered."""
        candidates = self._all if self.chat.state == "enabled" else [self.chat]
        found = [
            each for each in candidates if not each.is_asked and each.due is not None and each.due <= now
        ]
        for each in found:
            each.is_asked = True
        return [each.wanted for each in found]

    def next_due(self) -> Seconds | None:
        """Return when something is due next, as far as nothing else happens."""
        candidates = self._all if self.chat.state == "enabled" else [self.chat]
        return min(
            (each.due for each in candidates if not each.is_asked and each.due is not None), default=None
        )

    def enabled(self, wanted: Wanted, subscription_id: str) -> None:
        """Twitch has accepted it."""
        each = self._of(wanted)
        each.state, each.reason, each.subscription_id = "enabled", "", subscription_id
        each.due, each.attempts, each.is_asked = None, 0, False

    def failed(self, wanted: Wanted, reason: str, now: Seconds) -> None:
        """Nobody could say whether it may be: ask again, later each time."""
        each = self._of(wanted)
        each.state, each.reason, each.is_asked = "pending", reason, False
        pause = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(each.attempts, 20))
        each.due = now + pause * self._rng.uniform(0.5, 1.0)
        each.attempts += 1

    def denied(self, wanted: Wanted, reason: str, now: Seconds) -> None:
        """Twitch has refused it."""
        each = self._of(wanted)
        each.state, each.reason, each.is_asked = "denied", reason, False
        each.due = now + DENIED_PAUSE_S

    def revoked(self, subscription_id: str, kind: str, status: str, now: Seconds) -> Standing | None:
        """Twitch has ended it; return which one it was, None if it is none of ours."""
        for each in self._all:
            if each.subscription_id == subscription_id or (not subscription_id and each.wanted.kind == kind):
                each.state, each.subscription_id = "revoked", ""
                each.reason = WHY_REVOKED.get(status, status)
                pause = FIRST_PAUSE_S if status == LOGIN_LOST else DENIED_PAUSE_S
                each.due = None if status in FOR_GOOD else now + pause
                each.is_asked = False
                return each
        return None

    def _of(self, wanted: Wanted) -> Standing:
        return next(each for each in self._all if each.wanted is wanted)
