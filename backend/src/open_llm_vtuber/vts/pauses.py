"""How long to wait before the next attempt to connect. Pure."""

from random import Random

from open_llm_vtuber.units import Seconds


class Pauses:
    """Each pause is twice the one before, up to the longest, and never the same for two servers."""

    def __init__(self, first: Seconds, longest: Seconds, rng: Random) -> None:
        self._first = first
        self._longest = longest
        self._rng = rng
        self._attempts = 0

    def next(self) -> Seconds:
        """Return the next pause: between half of the whole and the whole."""
        whole = min(self._longest, self._first * 2.0 ** min(self._attempts, 20))
        self._attempts += 1
        return whole * self._rng.uniform(0.5, 1.0)

    def reset(self) -> None:
        """Begin with the first one again: the last connection was a good one."""
        self._attempts = 0
