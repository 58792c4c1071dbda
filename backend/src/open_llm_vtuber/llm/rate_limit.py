"""Pure: how many requests and tokens a provider is sent in any sixty seconds. Whoever asks says what time it is."""

from collections import deque

from open_llm_vtuber.units import Seconds

WINDOW: Seconds = 60.0


class RateLimit:
    """A sliding window of one minute over requests and their tokens, and the pauses that the provider asked for."""

    def __init__(self, *, requests: int, tokens: int | None = None) -> None:
        """Take the most of each in a minute; None is no limit."""
        self._most_requests = requests
        self._most_tokens = tokens
        self._sent: deque[tuple[Seconds, int]] = deque()
        self._tokens = 0
        self._held_until: Seconds = 0.0

    def take(self, now: Seconds, tokens: int) -> Seconds:
        """Count a request of about so many tokens and return 0, or return how long to wait before asking again.

        A single request with more tokens than a minute has is let through when the minute is empty.
        """
        self._pass(now)
        wait = max(self._held_until - now, self._until_room(now, tokens))
        if wait > 0:
            return wait
        self._sent.append((now, tokens))
        self._tokens += tokens
        return 0.0

    def correct(self, estimated: int, real: int) -> None:
        """Put what a request has really come to in the place of what it was counted with."""
        for index in range(len(self._sent) - 1, -1, -1):
            at, tokens = self._sent[index]
            if tokens == estimated:
                self._sent[index] = (at, real)
                self._tokens += real - estimated
                return

    def hold(self, now: Seconds, wait: Seconds) -> None:
        """Send nothing for so long: the provider has asked for it."""
        self._held_until = max(self._held_until, now + wait)

    def _until_room(self, now: Seconds, tokens: int) -> Seconds:
        wait = 0.0
        if len(self._sent) >= self._most_requests:
            wait = self._sent[len(self._sent) - self._most_requests][0] + WINDOW - now
        if self._most_tokens is not None and self._sent:
            left = self._tokens + tokens - self._most_tokens
            for at, sent in self._sent:
                if left <= 0:
                    break
                left -= sent
                wait = max(wait, at + WINDOW - now)
        return wait

    def _pass(self, now: Seconds) -> None:
        while self._sent and now - self._sent[0][0] >= WINDOW:
            self._tokens -= self._sent.popleft()[1]
