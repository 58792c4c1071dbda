"""A sentence's loudness: a thread that gets stuck costs one sentence, and name look-ups cost none."""

import asyncio
import threading

import pytest

from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.tts import finishing
from open_llm_vtuber.tts.finishing import Finishing
from open_llm_vtuber.units import Hertz

RATE = Hertz(16_000)
SOUND = b"\x00\x10" * 1_600
LOOK_UPS = 100
"""More than the loop has common threads."""


def test_a_stuck_thread_costs_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()

    async def main() -> None:
        hand = Finishing()
        with monkeypatch.context() as patched:
            patched.setattr(finishing, "LIMIT", 0.05)
            patched.setattr(finishing, "levelled", lambda *_: released.wait(30))
            with pytest.raises(EngineError, match="was not ready"):
                await hand.finished(SOUND, RATE, RATE)
        try:
            assert len(await hand.finished(SOUND, RATE, RATE)) == len(SOUND)
        finally:
            released.set()

    asyncio.run(main())


def test_she_speaks_while_every_common_thread_waits_for_a_name_server() -> None:
    answers = threading.Event()

    async def main() -> None:
        waiting = [asyncio.create_task(asyncio.to_thread(answers.wait, 30)) for _ in range(LOOK_UPS)]
        try:
            await asyncio.sleep(0)
            assert await Finishing().finished(SOUND, RATE, RATE)
            assert not any(each.done() for each in waiting)
        finally:
            answers.set()
            await asyncio.gather(*waiting)

    asyncio.run(main())
