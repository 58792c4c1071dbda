"""A loop that counts its turns."""

import asyncio
import sys

import pytest

from open_llm_vtuber.counted_loop import CountedLoop, counting_loop


def test_each_turn_is_counted_and_everything_that_was_ready_runs_in_one() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, CountedLoop)
        seen: list[int] = []
        for _ in range(3):
            loop.call_soon(lambda: seen.append(loop.turns))
        before = loop.turns
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert seen == [before + 1] * 3
        assert loop.turns == before + 2

    with asyncio.Runner(loop_factory=CountedLoop) as runner:
        runner.run(main())


@pytest.mark.skipif(sys.platform == "win32", reason="such a loop could start no program there")
def test_a_server_has_such_a_loop_and_can_still_start_programs() -> None:
    async def main() -> int | None:
        program = await asyncio.create_subprocess_exec(sys.executable, "-c", "")
        return await program.wait()

    with asyncio.Runner(loop_factory=counting_loop) as runner:
        assert isinstance(runner.get_loop(), CountedLoop)
        assert runner.run(main()) == 0
