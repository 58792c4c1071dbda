"""The last hand at a sentence's sound, one rate and one loudness, in a thread of its own.

The loop's common threads also look names up: while a name server does not answer all of them may wait for it, and a
voice on this machine has nothing to do with that.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.tts.loudness import levelled, resampled
from open_llm_vtuber.units import Hertz, Seconds

LIMIT: Seconds = 10.0
"""For one sentence; usual are milliseconds."""


class Finishing:
    """Finishes one sound after the other. A thread that gets stuck is left behind, and the next sound has a new one."""

    def __init__(self) -> None:
        self._thread = _thread()

    async def finished(self, pcm: bytes, rate: Hertz, wanted: Hertz) -> bytes:
        """Return 16-bit mono sound at the wanted rate and the one loudness. Raises EngineError when it takes too long."""
        work = asyncio.get_running_loop().run_in_executor(self._thread, _finished, pcm, rate, wanted)
        await asyncio.wait((work,), timeout=LIMIT)
        if work.done():
            return work.result()
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._thread = _thread()
        msg = f"A sentence's sound was not ready after {LIMIT:.0f} seconds: is the machine busy?"
        raise EngineError(msg, engine="tts", retryable=True)


def _thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="loudness")


def _finished(pcm: bytes, rate: Hertz, wanted: Hertz) -> bytes:
    return levelled(resampled(pcm, rate, wanted), wanted)
