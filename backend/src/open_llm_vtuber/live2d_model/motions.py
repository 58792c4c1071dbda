"""Pure: whose gesture plays, what waits, and when the next one begins. Time is passed in; nothing here waits."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from open_llm_vtuber.live2d_model.claims import Ended, Outcome
from open_llm_vtuber.live2d_model.model import MotionFile
from open_llm_vtuber.units import Seconds

MOST_CLAIMS = 16
"""Gestures that may play and wait together. One more takes the place of the last in the queue, or is refused."""
LONGEST_WAIT: Seconds = 60.0
"""A gesture that could not begin by then is dropped: later it would come out of the blue. Loops wait for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GestureClaim:
    """Somebody wants a motion to be seen once, or over and over until something ends it."""

    id: str
    owner: str
    priority: int
    motion: MotionFile
    loop: bool = False


@dataclass(frozen=True, slots=True)
class Playing:
    """What plays since when; without a claim it is the idle motion."""

    motion: MotionFile
    loop: bool
    priority: int
    since: Seconds
    claim_id: str | None = None


@dataclass(frozen=True, slots=True)
class _Waiting:
    claim: GestureClaim
    arrival: int
    gives_up_at: Seconds

    @property
    def place(self) -> tuple[int, int]:
        return (-self.claim.priority, self.arrival)


class MotionManager:
    """The arbiter of the gestures: a higher priority cuts a lower one, equals queue in the order of arrival.

    A gesture that is cut is over; a loop waits at its old place and resumes. When nobody asks for anything the idle
    motions play, one after the other. No method may be called with an earlier time than the last.
    """

    def __init__(
        self,
        idle: Sequence[MotionFile] = (),
        *,
        most: int = MOST_CLAIMS,
        longest_wait: Seconds = LONGEST_WAIT,
    ) -> None:
        self._idle = idle
        self._next_idle = 0
        self._most = most
        self._longest_wait = longest_wait
        self._arrivals = 0
        self._waiting: list[_Waiting] = []
        self._running: _Waiting | None = None
        self._playing: Playing | None = None
        self._ends_at: Seconds = inf
        self._rest(0.0)

    @property
    def playing(self) -> Playing | None:
        """What plays; None for a model without idle motions when nobody asks for any."""
        return self._playing

    @property
    def is_behind_a_loop(self) -> bool:
        """Whether what waits now may wait until the loop that plays is released."""
        return self._running is not None and self._running.claim.loop

    def next_change(self) -> Seconds | None:
        """Return when something ends by itself; None: never."""
        at = min([self._ends_at, *(each.gives_up_at for each in self._waiting)])
        return None if at == inf else at

    def advance(self, now: Seconds) -> tuple[Ended, ...]:
        """Let time pass: each gesture begins when the one before it has ended, however late this is called."""
        ended: list[Ended] = []
        while self._ends_at <= now:
            moment = self._ends_at
            ended += self._give_up(moment)
            if self._running is None:
                self._rest(now)
                break
            ended.append(Ended(self._running.claim.id, "expired", moment))
            self._begin_next(moment)
        return (*ended, *self._give_up(now))

    def claim(self, claim: GestureClaim, now: Seconds) -> Outcome:
        """Take a claim, or refuse it and change nothing but what time has changed."""
        ended = list(self.advance(now))
        self._arrivals += 1
        gives_up_at = inf if claim.loop else now + self._longest_wait
        asked, running = _Waiting(claim, self._arrivals, gives_up_at), self._running
        if running is not None and claim.priority <= running.claim.priority:
            self._wait(asked)
        else:
            if running and running.claim.loop:
                self._wait(running)
            elif running:
                ended.append(Ended(running.claim.id, "dropped", now))
            self._begin(asked, now)
        if len(self._waiting) < self._most:
            return Outcome(is_accepted=True, ended=tuple(ended))
        last = self._waiting.pop()
        if last is asked:
            return Outcome(is_accepted=False, ended=tuple(ended))
        return Outcome(is_accepted=True, ended=(*ended, Ended(last.claim.id, "dropped", now)))

    def release(
        self, now: Seconds, *, claim_id: str | None = None, owner: str | None = None
    ) -> tuple[Ended, ...]:
        """End one claim, or all of an owner's; those that time has ended are returned as well."""

        def is_meant(each: _Waiting) -> bool:
            return claim_id == each.claim.id or owner == each.claim.owner

        ended = list(self.advance(now))
        running = self._running
        if is_cut := running is not None and is_meant(running):
            ended.append(Ended(running.claim.id, "released", now))
        ended += [Ended(each.claim.id, "released", now) for each in self._waiting if is_meant(each)]
        self._waiting = [each for each in self._waiting if not is_meant(each)]
        if is_cut:
            self._begin_next(now)
        return tuple(ended)

    def clear(self, now: Seconds) -> tuple[Ended, ...]:
        """Drop every claim."""
        ended = self.advance(now)
        dropped = [*([self._running] if self._running else []), *self._waiting]
        self._waiting.clear()
        self._rest(now)
        return (*ended, *(Ended(each.claim.id, "dropped", now) for each in dropped))

    def _give_up(self, moment: Seconds) -> list[Ended]:
        late = [each for each in self._waiting if each.gives_up_at <= moment]
        self._waiting = [each for each in self._waiting if each.gives_up_at > moment]
        return [Ended(each.claim.id, "dropped", each.gives_up_at) for each in late]

    def _wait(self, asked: _Waiting) -> None:
        self._waiting.append(asked)
        self._waiting.sort(key=lambda each: each.place)

    def _begin_next(self, moment: Seconds) -> None:
        if self._waiting:
            self._begin(self._waiting.pop(0), moment)
        else:
            self._rest(moment)

    def _begin(self, asked: _Waiting, moment: Seconds) -> None:
        claim = asked.claim
        self._running = asked
        self._playing = Playing(claim.motion, claim.loop, claim.priority, moment, claim.id)
        self._ends_at = inf if claim.loop else moment + claim.motion.length

    def _rest(self, moment: Seconds) -> None:
        self._running, self._playing, self._ends_at = None, None, inf
        if not self._idle:
            return
        motion = self._idle[self._next_idle % len(self._idle)]
        self._next_idle += 1
        is_alone = len(self._idle) == 1
        self._playing = Playing(motion, is_alone, 0, moment)
        self._ends_at = inf if is_alone else moment + motion.length
