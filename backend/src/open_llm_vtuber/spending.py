"""Pure: what remote language models cost. Money is reserved before a request and settled after it."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from open_llm_vtuber.stimulus import Payer, Spending

HOUR = timedelta(hours=1)
STREAM_PAUSE = timedelta(hours=4)
"""After so long without a request the next one begins a new stream, unless somebody said when it began."""
SMALL_FROM = 0.8
"""Above this share of a limit only models are asked that cost less than the first one."""

Limit = Literal["per_stream", "per_hour", "per_viewer_hour"]
Step = Literal["full", "small", "spent"]
"""Everybody may be asked; only smaller models; nobody that costs anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What may be spent; None is no limit."""

    per_stream: float | None = None
    per_hour: float | None = None
    per_viewer_hour: float | None = None
    currency: str = "USD"


@dataclass(frozen=True, slots=True, eq=False)
class Reservation:
    """Money put aside for one request."""

    payer: Payer
    amount: float


@dataclass(frozen=True, slots=True)
class Refusal:
    """There is not enough left."""

    limit: Limit
    sentence: str
    retry_after: float | None
    """Seconds until some of it is free again; None where that takes a new stream."""


@dataclass(slots=True)
class Total:
    """What has come together."""

    requests: int = 0
    prompt_tokens: int = 0
    answer_tokens: int = 0
    cost: float = 0.0
    unpriced: int = 0
    """Requests of which the price is not known: only their tokens are counted."""
    estimates: int = 0
    """Requests of which the provider did not count the tokens."""

    def add(self, spending: Spending) -> None:
        """Count one more request."""
        self.requests += 1
        self.prompt_tokens += spending.prompt_tokens
        self.answer_tokens += spending.answer_tokens
        self.cost += spending.cost or 0.0
        self.unpriced += spending.cost is None
        self.estimates += spending.is_estimate


@dataclass(slots=True)
class _Stream:
    began: datetime | None = None
    total: Total = field(default_factory=Total)
    by_model: dict[tuple[str, str], Total] = field(default_factory=dict)
    by_show: dict[str, Total] = field(default_factory=dict)

    def add(self, spending: Spending) -> None:
        self.total.add(spending)
        self.by_model.setdefault((spending.provider, spending.model), Total()).add(spending)
        self.by_show.setdefault(spending.payer.show, Total()).add(spending)


class Ledger:
    """All that was spent, and what is put aside. Whoever asks says what time it is."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.stream = _Stream()
        self.since_start: dict[tuple[str, str], Total] = {}
        """By provider and model; never smaller than before while the process runs."""
        self._hour: deque[Spending] = deque()
        """The last hour's, oldest first."""
        self._reserved: dict[int, Reservation] = {}
        self._last: datetime | None = None

    def recall(self, spendings: Iterable[Spending]) -> None:
        """Take in what was spent before this process began, oldest first."""
        for spending in spendings:
            self._count(spending)

    def begin_stream(self, at: datetime) -> None:
        """Begin a new stream, which may have begun a while ago. What was spent since then counts for it."""
        if self.stream.began is not None and self.stream.began >= at:
            return
        self.stream = _Stream(began=at)
        for spending in self._hour:
            if spending.at >= at:
                self.stream.add(spending)

    def reserve(self, now: datetime, payer: Payer, amount: float) -> Reservation | Refusal:
        """Put money aside for a request, or say why not."""
        self._pass(now)
        for limit, cap, used in self._used(payer):
            if amount > 0 and used + amount > cap:
                return self._refusal(limit, cap, now)
        reservation = Reservation(payer, amount)
        self._reserved[id(reservation)] = reservation
        return reservation

    def settle(self, reservation: Reservation, spending: Spending) -> None:
        """Put what a request really came to in the place of what was put aside for it."""
        self.release(reservation)
        self._count(spending)
        self.since_start.setdefault((spending.provider, spending.model), Total()).add(spending)

    def release(self, reservation: Reservation) -> None:
        """Take back what was put aside for a request that cost nothing."""
        self._reserved.pop(id(reservation), None)

    def step(self, now: datetime, payer: Payer) -> Step:
        """Return how careful one must be by now."""
        self._pass(now)
        shares = [used / cap if cap else 1.0 for _, cap, used in self._used(payer)]
        worst = max(shares, default=0.0)
        return "spent" if worst >= 1 else "small" if worst >= SMALL_FROM else "full"

    def hour(self, now: datetime, viewer: str | None = None) -> Total:
        """Return the total of the last hour: of all, or of one viewer."""
        self._pass(now)
        total = Total()
        for spending in self._hour:
            if viewer is None or spending.payer.viewer == viewer:
                total.add(spending)
        return total

    def _used(self, payer: Payer) -> Iterator[tuple[Limit, float, float]]:
        """Yield each limit there is, and how much of it is spent or put aside."""
        budget, aside = self.budget, self._reserved.values()
        reserved = sum(each.amount for each in aside)
        if budget.per_stream is not None:
            yield "per_stream", budget.per_stream, self.stream.total.cost + reserved
        if budget.per_hour is not None:
            yield "per_hour", budget.per_hour, sum(each.cost or 0.0 for each in self._hour) + reserved
        if budget.per_viewer_hour is not None and payer.viewer:
            theirs = sum(each.cost or 0.0 for each in self._hour if each.payer.viewer == payer.viewer)
            theirs += sum(each.amount for each in aside if each.payer.viewer == payer.viewer)
            yield "per_viewer_hour", budget.per_viewer_hour, theirs

    def _refusal(self, limit: Limit, cap: float, now: datetime) -> Refusal:
        sentence = f"The budget is used up: {limit} is {cap:g} {self.budget.currency}."
        if limit == "per_stream" or not self._hour:
            return Refusal(limit, sentence, None)
        return Refusal(limit, sentence, max((self._hour[0].at + HOUR - now).total_seconds(), 1.0))

    def _count(self, spending: Spending) -> None:
        if self._last is None or spending.at - self._last >= STREAM_PAUSE:
            self.stream = _Stream(began=spending.at)
        self._last = max(self._last or spending.at, spending.at)
        self.stream.add(spending)
        self._hour.append(spending)

    def _pass(self, now: datetime) -> None:
        """Forget what is older than an hour, and a stream that has long ended.

        What is dated in the future was written before the clock was set back: it counts from now on, and no longer
        than all the rest.
        """
        if self._last is not None and self._last > now:
            self._hour = deque(replace(each, at=min(each.at, now)) for each in self._hour)
            self._last = now
        while self._hour and now - self._hour[0].at >= HOUR:
            self._hour.popleft()
        if self._last is not None and now - self._last >= STREAM_PAUSE and not self._reserved:
            self.stream, self._last = _Stream(), None
