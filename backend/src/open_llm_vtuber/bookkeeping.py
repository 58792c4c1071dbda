"""The books: one ledger for all that remote language models cost, and its way into the store."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

from open_llm_vtuber import course
from open_llm_vtuber.decided import Paid
from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.ports import SpendingStore
from open_llm_vtuber.protocol.parts import ModelSpend, Spend
from open_llm_vtuber.spending import Budget, Ledger, Refusal, Reservation, Step
from open_llm_vtuber.stimulus import Payer, Spending
from open_llm_vtuber.units import Seconds

log = logging.getLogger(__name__)

RECALLED = timedelta(hours=48)
"""How far back the books are read at the start: longer than any stream."""
WAITING = 1_000
"""Entries on their way to the store. When it is full the newest is not stored; the ledger has it all the same."""
CLOSING: Seconds = 1.0
DECIMALS = 6
"""Of an amount that is shown: a single token of a small model costs less than a millionth."""
STEPS: dict[Step, str] = {
    "full": "every model may be asked again",
    "small": "only smaller models are asked from now on",
    "spent": "nobody is asked any more that costs something",
}


class Bookkeeping:
    """Keeps a ledger and writes what is settled into the store, behind everybody's back.

    Entering reads what was spent before; a store that fails costs the record and not the show.
    """

    def __init__(
        self, budget: Budget, store: SpendingStore, clock: Callable[[], datetime] | None = None
    ) -> None:
        self.ledger = Ledger(budget)
        self._store = store
        self._clock = clock or _now
        self._queue: asyncio.Queue[Spending] = asyncio.Queue(maxsize=WAITING)
        self._writer: asyncio.Task[None] | None = None
        self._group = asyncio.TaskGroup()
        self._step: Step = "full"
        self._is_failing = self._is_refusing = False

    async def __aenter__(self) -> Self:
        try:
            self.ledger.recall(await self._store.spendings(self._clock() - RECALLED))
        except EngineError as error:
            log.warning("what was spent before is not known: %s", error)
        await self._group.__aenter__()
        self._writer = self._group.create_task(self._write(), name="bookkeeping")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSING):
                await self._queue.join()
        if self._writer:
            self._writer.cancel()
        await self._group.__aexit__(None, None, None)

    @property
    def now(self) -> datetime:
        """The time by which the books are kept."""
        return self._clock()

    def reserve(self, payer: Payer, amount: float) -> Reservation | Refusal:
        """Put money aside for a request, or say why not."""
        granted = self.ledger.reserve(self._clock(), payer, amount)
        if isinstance(granted, Refusal):
            self._tell_refusal(granted)
        elif amount > 0:
            self._is_refusing = False
        return granted

    def release(self, reservation: Reservation) -> None:
        """Take back what was put aside for a request that cost nothing."""
        self.ledger.release(reservation)

    def settle(self, reservation: Reservation, spending: Spending) -> None:
        """Put down what a request really came to."""
        self.ledger.settle(reservation, spending)
        course.note(
            Paid(
                provider=spending.provider,
                model=spending.model,
                prompt_tokens=spending.prompt_tokens,
                answer_tokens=spending.answer_tokens,
                cost=spending.cost,
            )
        )
        self.step(Payer(show=spending.payer.show))
        try:
            self._queue.put_nowait(spending)
        except asyncio.QueueFull:
            self._tell_failure("too much is waiting for the store")

    def step(self, payer: Payer) -> Step:
        """Return how careful one must be by now. A change for the whole show is logged."""
        step = self.ledger.step(self._clock(), payer)
        if not payer.viewer and step != self._step:
            log.warning("budget: %s (%s → %s)", STEPS[step], self._step, step)
            self._step = step
        return step

    def stream_begins(self, at: datetime) -> None:
        """Count a stream from then on."""
        self.ledger.begin_stream(at)

    def shown(self) -> Spend:
        """Return what an operator may see of it."""
        ledger, now = self.ledger, self._clock()
        budget, hour = ledger.budget, ledger.hour(now)
        return Spend(
            currency=budget.currency,
            stream=round(ledger.stream.total.cost, DECIMALS),
            hour=round(hour.cost, DECIMALS),
            per_stream=budget.per_stream,
            per_hour=budget.per_hour,
            per_viewer_hour=budget.per_viewer_hour,
            step=ledger.step(now, Payer(show="")),
            unpriced=ledger.stream.total.unpriced,
            models=tuple(
                ModelSpend(
                    provider=provider,
                    model=model,
                    requests=total.requests,
                    prompt_tokens=total.prompt_tokens,
                    answer_tokens=total.answer_tokens,
                    cost=None if total.unpriced == total.requests else round(total.cost, DECIMALS),
                )
                for (provider, model), total in sorted(ledger.stream.by_model.items())
            ),
        )

    async def _write(self) -> None:
        while True:
            spending = await self._queue.get()
            try:
                await self._store.note_spending(spending)
                self._is_failing = False
            except EngineError as error:
                self._tell_failure(str(error))
            finally:
                self._queue.task_done()

    def _tell_refusal(self, refusal: Refusal) -> None:
        """Say once that a limit of all is reached: with little left that comes before the step `spent`."""
        if refusal.limit != "per_viewer_hour" and not self._is_refusing:
            log.warning("budget: %s Less costly models are asked, or none.", refusal.sentence)
            self._is_refusing = True

    def _tell_failure(self, why: str) -> None:
        if not self._is_failing:  # once is enough until it works again
            log.warning("what was spent is not stored just now: %s", why)
        self._is_failing = True


def _now() -> datetime:
    return datetime.now(UTC)
