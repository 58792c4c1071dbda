"""How long the points of a turn took."""

import asyncio

from open_llm_vtuber.show.stopwatch import Stopwatch
from virtual_time import run_virtual


def test_of_each_point_the_first_time_counts_and_what_was_not_reached_is_not_told() -> None:
    async def main() -> None:
        watch = Stopwatch()
        await asyncio.sleep(0.25)
        watch.reached("first_token_ms")
        await asyncio.sleep(1)
        watch.reached("first_token_ms")
        watch.reached("end_ms")
        assert watch.timings.first_token_ms == 250
        assert watch.timings.first_audio_ms is None
        assert watch.in_words() == "first token 250 ms, end 1250 ms"

    run_virtual(main())
