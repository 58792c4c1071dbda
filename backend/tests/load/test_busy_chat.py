"""A chat of 100 lines a second with bursts of 500: each line is decided once, answers stay fresh, nothing piles up.

One minute here, 7,000 recorded lines; `OLV_CHAT_MINUTES=10` is the long form, a minute and a half.
"""

import asyncio
import gc
import os
import sys
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import fakes
from fakes import FakeAdapter, FakeVoice, Reader
from open_llm_vtuber.rehearsals.rehearsal import recorded
from open_llm_vtuber.show.commands import ChatHappened, Hello
from open_llm_vtuber.show.show import Show
from open_llm_vtuber.stimulus import ChatMessage
from virtual_time import run_virtual

MINUTES = int(os.environ.get("OLV_CHAT_MINUTES", "1"))
STEADY, BURST = 100, 500
"""Lines a second."""
STEADY_S, BURST_S = 50, 4
"""Of each minute; the rest is silence."""
A_MINUTE = STEADY * STEADY_S + BURST * BURST_S
EXAMPLE = Path(__file__).parents[3] / "examples" / "chat.irc"
FINAL = ("answered", "skipped", "blocked")
FRESH = 20.0 + 5.0
"""Seconds within which a line is answered, if ever: what it may wait (`max_age_s`), and the answer."""
BLOCKS_A_LINE = 8
"""What a line may leave in memory: ids and viewers, which the store of a real show keeps on its disk."""


def lines() -> list[ChatMessage]:
    """Return recorded lines: a large channel's where there are any, else the example's."""
    folder = os.environ.get("OLV_TEST_DATA")
    file = Path(folder) / "chat_2022.irc" if folder else EXAMPLE
    return [each.event for each in recorded(file) if isinstance(each.event, ChatMessage)]


@dataclass
class Evening:
    show: Show
    came: dict[str, float] = field(default_factory=dict)
    decided: Counter[str] = field(default_factory=Counter)
    answered: list[float] = field(default_factory=list)
    """How old each line was when its answer went out, in seconds."""
    most_waiting: int = 0
    blocks: list[int] = field(default_factory=list)
    """Memory in use after each minute."""

    def see(self, message: dict[str, Any]) -> None:
        if message["type"] not in ("chat-message", "chat-decision"):
            return
        line, outcome = message["id"], message["decision"]["outcome"]
        if outcome in FINAL:
            self.decided[line] += 1
        if outcome == "answered":
            self.answered.append(asyncio.get_running_loop().time() - self.came[line])

    async def live_through(self, chat: list[ChatMessage]) -> None:
        for minute in range(MINUTES):
            for place in range(A_MINUTE):
                number = minute * A_MINUTE + place
                line = replace(chat[number % len(chat)], id=f"m{number}", channel="c")
                self.came[line.id] = asyncio.get_running_loop().time()
                await self.show.tell(ChatHappened(line))
                self.most_waiting = max(self.most_waiting, len(self.show._channel.chat.waiting))
                await asyncio.sleep(1 / (STEADY if place < STEADY * STEADY_S else BURST))
            gc.collect()
            self.blocks.append(sys.getallocatedblocks())


def test_every_line_of_a_busy_chat_is_decided_once_and_answers_stay_fresh() -> None:
    async def main() -> Evening:
        show = fakes.show(FakeAdapter("I quite agree with you."), FakeVoice(3.0), shared=True)
        evening = Evening(show)
        async with fakes.running(show):
            with show.attach("stage") as outbox:
                reader = Reader(outbox, evening.see)
                reader.messages = _Forgetful()
                reader.times = _Forgetful()
                task = asyncio.get_running_loop().create_task(reader.run())
                await show.ask(Hello("stage", ("chat",)))
                await evening.live_through(lines())
                await asyncio.sleep(120)  # what still waits is answered, or too old
                task.cancel()
        return evening

    evening = run_virtual(main())
    assert len(evening.came) == MINUTES * A_MINUTE
    assert evening.decided == dict.fromkeys(evening.came, 1)
    assert len(evening.answered) > 8 * MINUTES
    assert max(evening.answered) < FRESH
    assert evening.most_waiting <= 50
    for earlier, later in zip(evening.blocks[1:], evening.blocks[2:], strict=False):
        assert later - earlier < BLOCKS_A_LINE * A_MINUTE


class _Forgetful(list):  # type: ignore[type-arg]
    """Keeps nothing: what a client has seen is not what is measured."""

    def append(self, _: object) -> None: ...
