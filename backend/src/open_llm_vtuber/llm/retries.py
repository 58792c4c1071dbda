"""Asking a provider again: only before the first word, after a pause, and within the time that the first word has."""

import asyncio
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.llm.held import Held
from open_llm_vtuber.tool_use import ToolCall
from open_llm_vtuber.units import Seconds

FIRST_PAUSE: Seconds = 0.5
"""Each further pause is twice as long; chance takes up to half of it away, so that many do not ask at once."""
LONGEST_PAUSE: Seconds = 4.0
"""Nobody listens to a longer silence: a provider that wants one is left to the next line, or to the next provider."""

Ask = Callable[[], AsyncGenerator[str | ToolCall, None]]


def pause_before(
    retry: int, error: EngineError, *, most: int, left: Seconds, chance: float
) -> Seconds | None:
    """Return how long to wait before the `retry`-th repetition (from 0), or None to give up.

    `left` is the time that the first word still has, `chance` a number from 0 to 1.
    """
    if not error.retryable or retry >= most:
        return None
    pause = min(FIRST_PAUSE * 2**retry, LONGEST_PAUSE) * (1 - chance / 2)
    if error.retry_after is not None:
        pause = error.retry_after + FIRST_PAUSE * chance / 2
    return pause if pause <= LONGEST_PAUSE and pause < left else None


async def retried(ask: Ask, *, most: int, first_by: Seconds) -> AsyncGenerator[str | ToolCall, None]:
    """Yield what `ask` yields; while nothing has come of it, ask again at most `most` times. Raises EngineError.

    `first_by` (the loop's clock) is when the first word must have come.
    """
    clock = asyncio.get_running_loop()
    for retry in range(most + 1):
        begun = False
        try:
            async with aclosing(ask()) as pieces:
                async for piece in pieces:
                    begun = True
                    yield piece
        except Held:
            raise  # nobody was asked, and whoever holds it back has waited already
        except EngineError as error:
            left = first_by - clock.time()
            pause = pause_before(retry, error, most=most, left=left, chance=random.random())  # noqa: S311  no secret
            if begun or pause is None:
                raise
        else:
            return
        await asyncio.sleep(pause)
