"""Whatever clients do and whenever they do it: chains begin and end in turn, and nothing is left behind."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Literal

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fakes import FakeEar
from virtual_time import run_virtual
from wire.set_of_shows import FakeLLM, MemorySocket, SetOfShows, set_of_shows
from wire.tab import kinds

Act = Literal[
    "text",
    "bad text",
    "interrupt",
    "played",
    "new history",
    "leave",
    "hello",
    "chat",
    "rubbish",
    "speech",
    "unasked",
]
FRAMES: dict[Act, str] = {
    "text": '{"type":"text-input","text":"hello"}',
    "bad text": '{"type":"text-input","text":""}',
    "interrupt": '{"type":"interrupt-signal","text":"Fine."}',
    "played": '{"type":"frontend-playback-complete"}',
    "new history": '{"type":"create-new-history"}',
    "hello": '{"type":"client-hello","capabilities":["chat","state","expression"]}',
    "rubbish": "{",
    "speech": '{"type":"mic-audio-data","audio":[0.5,-0.5]}',
    "unasked": '{"type":"ai-speak-signal","idle_time":5.0,"images":[]}',
}
START, END = "conversation-chain-start", "conversation-chain-end"
STEPS = st.tuples(
    st.sampled_from([*FRAMES, "leave", "chat"]),
    st.integers(0, 1),
    st.sampled_from([0.0, 0.01, 0.2, 0.6, 3.0]),
)
LONGEST_TURN = 60.0
REPLIES = {"hello": "[joy] Fine, thank you. And you?"}


async def play(shows: SetOfShows, steps: Sequence[tuple[Act, int, float]]) -> list[list[str]]:
    """Act out the steps with two clients on main; return what each got. A client that left comes back first."""
    seen: list[list[str]] = []
    async with AsyncExitStack() as stack:
        ends = [await stack.enter_async_context(shows.connected("main")) for _ in range(2)]
        for act, who, pause in steps:
            if act == "chat":
                await shows.chat("Hello Mika!")
            elif act == "leave":
                await ends[who].leave()
                seen.append(kinds(ends[who].waiting()))
                ends[who] = await stack.enter_async_context(shows.connected("main"))
            else:
                await ends[who].send(FRAMES[act])
                if act == "speech":
                    await ends[who].send('{"type":"mic-audio-end","images":[]}')
            await asyncio.sleep(pause)
        await _silence(ends[0])
        seen += [kinds(end.waiting()) for end in ends]
    return seen


async def _silence(end: MemorySocket) -> None:
    """Wait until nothing has come for longer than a turn can last."""
    before = -1
    while before != (before := end.received):  # noqa: ASYNC110  silence is no event
        await asyncio.sleep(LONGEST_TURN)


def chains(got: Sequence[str]) -> list[str]:
    return [kind for kind in got if kind in (START, END)]


async def check(steps: Sequence[tuple[Act, int, float]]) -> None:
    llm = FakeLLM(lambda said: REPLIES.get(said, "Hi."), word_takes=0.1)
    ear = FakeEar("Hello.", takes=0.3)
    async with set_of_shows(llm=llm, ear=ear) as shows:
        await asyncio.sleep(0.1)
        before = asyncio.all_tasks()
        *left, first, second = await play(shows, steps)
        for got in (*left, first, second):
            ended = chains(got)
            if ended[:1] == [END]:
                del ended[0]  # it came in the middle of a chain
            whole = len(ended) if got is first or got is second else len(ended) // 2 * 2
            assert ended[:whole] == [START, END] * (whole // 2), steps
        assert (llm.running, shows.voice.running, ear.running) == (0, 0, 0)
        assert asyncio.all_tasks() <= before, "tasks outlive their clients"


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEPS.filter(lambda step: step[0] != "bad text"), max_size=14))
@example([("text", 0, 0.0), ("interrupt", 0, 0.0), ("text", 0, 0.0), ("interrupt", 1, 0.0)])
@example([("text", 0, 0.01), ("leave", 0, 0.0), ("text", 1, 0.2), ("new history", 0, 0.0)])
def test_chains_begin_and_end_in_turn_for_every_client(steps: list[tuple[Act, int, float]]) -> None:
    run_virtual(check(steps))


def test_a_line_that_is_refused_while_she_speaks_does_not_end_her_chain() -> None:
    async def main() -> None:
        async with set_of_shows() as shows:
            first, *_ = await play(shows, [("text", 0, 0.6), ("bad text", 0, 0.0)])
            assert chains(first) == [START, END]

    run_virtual(main())


def test_a_line_that_is_refused_while_nobody_speaks_ends_the_chain_that_its_client_waits_for() -> None:
    async def main() -> None:
        async with set_of_shows() as shows:
            first, second = await play(shows, [("bad text", 0, 0.0)])
            assert (chains(first), chains(second)) == ([END], [])

    run_virtual(main())
