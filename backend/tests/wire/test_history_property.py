"""Whatever a client does with its conversations, each holds what was said and heard in it, and so does the prompt."""

import asyncio
import json
from collections.abc import Sequence
from typing import Literal

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from virtual_time import run_virtual
from wire.existing_client import Message
from wire.set_of_shows import MemorySocket, SetOfShows, set_of_shows
from wire.tab import kinds

Act = Literal["say", "interrupt", "new", "resume", "delete"]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["say", "say", "interrupt", "new", "resume", "delete"]),
        st.integers(0, 3),
        st.sampled_from([0.0, 0.01, 0.3, 1.0, 8.0]),
    ),
    max_size=15,
)
LONGEST_TURN = 60.0
START, END = "conversation-chain-start", "conversation-chain-end"
FORGOTTEN = "2026-01-01_00-00-00_" + "0" * 32


class Talk:
    """A client that acts on the conversations that it was told of."""

    def __init__(self, end: MemorySocket) -> None:
        self.end = end
        self.frames: list[Message] = []
        self.said = 0

    async def act(self, act: Act, which: int) -> None:
        self.read()
        uids = [each["history_uid"] for each in self.frames if each["type"] == "new-history-created"]
        uid = uids[which] if which < len(uids) else FORGOTTEN
        match act:
            case "say":
                self.said += 1
                await self.send("text-input", text=f"line {self.said}")
            case "interrupt":
                await self.send("interrupt-signal", text="")
            case "new":
                await self.send("create-new-history")
            case "resume":
                await self.send("fetch-and-set-history", history_uid=uid)
            case "delete":
                await self.send("delete-history", history_uid=uid)

    async def send(self, type_: str, **fields: str) -> None:
        await self.end.send(json.dumps({"type": type_, **fields}))

    async def silence(self) -> None:
        before = -1
        while before != (before := self.end.received):  # noqa: ASYNC110  silence is no event
            await asyncio.sleep(LONGEST_TURN)
        self.read()

    def read(self) -> None:
        self.frames += self.end.waiting()


async def check(steps: Sequence[tuple[Act, int, float]]) -> None:
    async with set_of_shows(lambda said: f"You said {said}. Well, well.") as shows, shows.connected() as end:
        talk = Talk(end)
        for act, which, pause in steps:
            await talk.act(act, which)
            await asyncio.sleep(pause)
        await talk.silence()
        await talk.act("say", 0)
        await talk.silence()
        chain = [each for each in kinds(talk.frames) if each in (START, END)]
        assert chain == [START, END] * (len(chain) // 2)
        await _everything_is_where_it_was_said(shows, f"line {talk.said}")


async def _everything_is_where_it_was_said(shows: SetOfShows, last: str) -> None:
    seen: set[str] = set()
    present: list[str] = []
    for owner, histories in shows.store._histories.items():
        for uid in histories:
            lines = await shows.store.lines(owner, uid)
            asked = ""
            for line in lines:
                if line.role == "human":
                    assert line.content not in seen, "said once, stored once"
                    seen.add(line.content)
                    asked = line.content
                else:
                    assert line.content.startswith(f"You said {asked}."), "a reply stands behind its question"
            if last in [line.content for line in lines]:
                present = [line.content for line in lines]
    told = [message.content for message in shows.llm.prompts[-1] if message.role != "system"]
    assert told == present[: present.index(last) + 1], "the prompt is the present conversation"


@given(STEPS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example([("say", 0, 0.3), ("new", 0, 0.0), ("say", 0, 0.3), ("resume", 0, 0.0)])
@example(
    [
        ("new", 0, 0.0),
        ("say", 0, 0.0),
        ("say", 0, 0.0),
        ("resume", 0, 0.0),
        ("say", 0, 0.3),
        ("delete", 0, 0.0),
    ]
)
def test_each_conversation_and_the_prompt_hold_what_was_said_and_heard(
    steps: Sequence[tuple[Act, int, float]],
) -> None:
    run_virtual(check(steps))
