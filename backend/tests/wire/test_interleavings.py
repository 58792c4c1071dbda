"""Whatever one client does and in whatever order: one chain at a time, every chain ended, and nothing is forgotten."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Literal

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fakes import FakeEar, FakeRepertoire
from open_llm_vtuber.adapters.orphiq_adapter import OrphiqAdapter
from open_llm_vtuber.agent.agents.basic_memory_agent import BasicMemoryAgent
from open_llm_vtuber.show.role import Role
from open_llm_vtuber.stimulus import HistoryLine
from open_llm_vtuber.storage.memory_store import MemoryStore
from virtual_time import run_virtual
from wire.existing_client import Message
from wire.set_of_shows import BILLING, MODEL, FakeLLM, SetOfShows, set_of_shows
from wire.tab import kinds

Act = Literal["say", "speak", "interrupt", "new", "resume", "delete", "list", "become", "played", "leave"]
Step = tuple[int, Act, int, float]
ACTS: Sequence[Act] = (
    "say",
    "say",
    "speak",
    "interrupt",
    "new",
    "resume",
    "delete",
    "list",
    "become",
    "played",
    "leave",
)
STEPS = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.sampled_from(ACTS),
        st.integers(0, 3),
        st.sampled_from([0.0, 0.01, 0.15, 0.6, 3.0, 30.0]),
    ),
    max_size=14,
)
START, END = "conversation-chain-start", "conversation-chain-end"
HEARD = "What is that?"
ANSWER = "You said {}. Well, well."
FORGOTTEN = "2026-01-01_00-00-00_" + "0" * 32
LONGEST_TURN = 60.0
FILES = ("mika.yaml", "alice.yaml", "bob.yaml", "nobody.yaml")
PLAIN: dict[str, str] = {
    "interrupt": "interrupt-signal",
    "new": "create-new-history",
    "list": "fetch-history-list",
    "played": "frontend-playback-complete",
}


class Company(FakeRepertoire):
    """Every character is there for every show, with an agent of its own."""

    def __init__(self, shows: SetOfShows) -> None:
        super().__init__()
        self._shows = shows

    async def become(self, file: str) -> Role:
        if file == "nobody.yaml":
            return await super().become(file)
        await asyncio.sleep(0.1)
        agent = BasicMemoryAgent(self._shows.llm, f"You are {file}.", MODEL.emotions)
        billing = replace(BILLING, conf_name=file, conf_uid=file, character_name=file)
        return Role(
            billing=billing, adapters={"orphiq": OrphiqAdapter(agent)}, voice=self._shows.voice, providers={}
        )


class Recorder(MemoryStore):
    """Also remembers every line that was ever stored, in order, by identity."""

    def __init__(self) -> None:
        super().__init__()
        self.stored: dict[str, list[HistoryLine]] = {}
        self.conversations: dict[str, list[HistoryLine]] = {}

    async def append(self, owner: str, history: str, line: HistoryLine) -> None:
        await super().append(owner, history, line)
        self.stored.setdefault(owner.split("/")[1], []).append(line)
        self.conversations.setdefault(history, []).append(line)


@dataclass(frozen=True)
class Chain:
    """What came between the start and the end of a chain."""

    text: str
    was_cut: bool
    has_ended: bool


class Visit:
    """One connection of somebody with a private show; says nothing twice."""

    def __init__(self, name: str, shows: SetOfShows, store: Recorder) -> None:
        self.frames: list[Message] = []
        self.said: list[str] = []
        self._name = name
        self._shows = shows
        self._store = store
        self._stack = AsyncExitStack()

    async def begin(self) -> None:
        self.end = await self._stack.enter_async_context(self._shows.connected())
        while not self.frames or self.frames[-1]["type"] != "set-model-and-conf":
            self.frames.append(json.loads(await self.end.recv()))
        self._identity = self._shows._local._shows[self.frames[-1]["client_uid"]]._identity

    async def act(self, act: Act, which: int) -> None:
        self.read()
        match act:
            case "say":
                text = f"{self._name} {len(self.said)}"
                self.said.append(text)
                await self.send("text-input", text=text, images=[], request_id=text)
            case "speak":
                for _ in range(1 + which):
                    await self.send("mic-audio-data", audio=[0.5, -0.5] * 64)
                await self.send("mic-audio-end", images=[])
            case "become":
                await self.send("switch-config", file=FILES[which])
            case "resume":
                await self.send("fetch-and-set-history", history_uid=self._uid(which))
            case "delete":
                await self.send("delete-history", history_uid=self._uid(which))
            case _:
                await self.send(PLAIN[act])

    async def send(self, type_: str, **fields: object) -> None:
        await self.end.send(json.dumps({"type": type_, **fields}))

    async def leave(self) -> None:
        await self._stack.aclose()
        self.read()
        self.check(stayed=False)

    async def stay_until_silence(self) -> None:
        before = -1
        while before != (before := self.end.received):  # noqa: ASYNC110  silence is no event
            await asyncio.sleep(LONGEST_TURN)
        self.read()
        self.check(stayed=True)
        await self._stack.aclose()

    def read(self) -> None:
        self.frames += self.end.waiting()

    def check(self, *, stayed: bool) -> None:
        """Compare what came with what was asked for and with what is stored."""
        assert "internal" not in [frame.get("code") for frame in self.frames]
        chains = list(self.chains())
        assert [each.has_ended for each in chains[:-1]] == [True] * len(chains[:-1])
        lines = self._store.stored.get(self._identity, [])
        typed = [line.content for line in lines if line.role == "human" and line.content != HEARD]
        refused = {frame.get("request_id") for frame in self.frames if frame["type"] == "error"}
        accepted = [text for text in self.said if text not in refused]
        replies = [line for line in lines if line.role == "ai"]
        if stayed:
            assert all(each.has_ended for each in chains)
            assert typed == accepted, "what was said is stored, once and in order"
            spoken = [each for each in chains if each.text]
            assert len(replies) == len(spoken), "what was heard is stored"
            for reply, chain in zip(replies, spoken, strict=True):
                assert chain.text.startswith(reply.content)
                assert reply.interrupted == chain.was_cut
                assert chain.was_cut or reply.content == chain.text
        assert typed == accepted[: len(typed)]

    def chains(self) -> Iterator[Chain]:
        """Yield the chains; fails where one begins within another."""
        inside: list[Message] | None = None
        for frame, kind in zip(self.frames, kinds(self.frames), strict=True):
            if kind == START:
                assert inside is None, "one chain at a time"
                inside = []
            elif kind == END and inside is not None:  # without a start it answers a refused request
                yield _chain(inside, has_ended=True)
                inside = None
            elif inside is not None:
                inside.append(frame)
        if inside is not None:
            yield _chain(inside, has_ended=False)

    def _uid(self, which: int) -> str:
        made = [each["history_uid"] for each in self.frames if each["type"] == "new-history-created"]
        return made[which] if which < len(made) else FORGOTTEN


def _chain(frames: Sequence[Message], *, has_ended: bool) -> Chain:
    text = "".join(frame["display_text"]["text"] for frame in frames if frame["type"] == "audio")
    return Chain(text.strip(), "interrupt-signal" in kinds(list(frames)), has_ended)


def replies_stand_behind_their_questions(conversation: Sequence[HistoryLine]) -> bool:
    """Return whether each reply answers the line before it."""
    questions = ["", *(line.content if line.role == "human" else "" for line in conversation)]
    return all(
        line.role == "human" or (asked and ANSWER.format(asked).startswith(line.content))
        for asked, line in zip(questions, conversation, strict=False)
    )


@asynccontextmanager
async def theatre() -> AsyncIterator[tuple[SetOfShows, Recorder]]:
    """Open it, and see that nothing outlives its visitors."""
    llm, ear, store = FakeLLM(ANSWER.format, word_takes=0.1), FakeEar(HEARD, takes=0.3), Recorder()
    async with set_of_shows(llm=llm, ear=ear) as shows:
        shows.store, shows.repertoire = store, Company(shows)
        await asyncio.sleep(0.1)
        before = asyncio.all_tasks()
        yield shows, store
        assert (llm.running, shows.voice.running, ear.running) == (0, 0, 0)
        assert asyncio.all_tasks() <= before, "tasks outlive their clients"


async def play(steps: Sequence[Step], names: Sequence[str]) -> None:
    async with theatre() as (shows, store):
        visits = [Visit(name, shows, store) for name in names]
        for visit in visits:
            await visit.begin()
        for who, act, which, pause in steps:
            place = who % len(visits)
            if act == "leave":
                await visits[place].leave()
                visits[place] = Visit(names[place], shows, store)
                await visits[place].begin()
            else:
                await visits[place].act(act, which)
            await asyncio.sleep(pause)
        for visit in visits:
            await visit.stay_until_silence()
        assert all(map(replies_stand_behind_their_questions, store.conversations.values()))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
@example([(0, "speak", 1, 0.6), (0, "become", 1, 0.0), (0, "say", 0, 0.15), (0, "interrupt", 0, 0.0)])
@example([(0, "say", 0, 0.0), (0, "say", 0, 0.6), (0, "leave", 0, 0.0), (0, "speak", 0, 0.0)])
def test_whatever_a_client_does_its_chains_take_turns_and_nothing_is_left(steps: list[Step]) -> None:
    run_virtual(play(steps, ["Ann"]))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
@example(
    [
        (0, "say", 0, 0.0),
        (1, "speak", 2, 0.15),
        (0, "become", 2, 0.6),
        (1, "say", 0, 0.0),
        (0, "leave", 0, 0.0),
    ]
)
def test_two_clients_at_once_never_get_into_each_others_way(steps: list[Step]) -> None:
    run_virtual(play(steps, ["Ann", "Ben"]))
