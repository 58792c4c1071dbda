"""A few minutes of simulated viewers on a show that real pages watch: whoever has just set her up sees her answer."""

import asyncio

from open_llm_vtuber.rehearsals.simulated_viewers import happenings
from open_llm_vtuber.show.commands import ChatHappened
from open_llm_vtuber.shows import Shows
from open_llm_vtuber.units import Seconds

ON_AIR = "main"
PROFILE = "steady"
MINUTES = 5.0
SEED = 7
"""Its first viewers write within the first seconds."""
LAST_TURN: Seconds = 30.0
"""How long her last answer may take."""


async def play(shows: Shows, minutes: float = MINUTES) -> None:
    """Let everything happen at its second; returns when the rehearsal is over."""
    clock = asyncio.get_running_loop()
    began = clock.time()
    for each in happenings(PROFILE, SEED, minutes):
        await asyncio.sleep(began + each.at - clock.time())
        await shows.tell(ON_AIR, ChatHappened(each.event))
    await asyncio.sleep(began + minutes * 60 + LAST_TURN - clock.time())
