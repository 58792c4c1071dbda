"""Whatever clients do and in whatever order: one chain at a time, every chain ended, and nothing is forgotten."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
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

Act = Literal[
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
    "invite",
    "part",
]
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
CUTS: frozenset[Act] = frozenset(("new", "resume", "delete", "become", "leave"))
"""Acts beside an interrupt that may cut a turn."""


def steps(acts: Sequence[Act], clients: int = 2) -> st.SearchStrategy[list[Step]]:
    """Return what clients may do: who, what, with which choice, and how long until the next."""
    step = st.tuples(
        st.integers(0, clients - 1),
        st.sampled_from(acts),
        st.integers(0, 3),
        st.sampled_from([0.0, 0.01, 0.15, 0.6, 3.0, 30.0]),
    )
    return st.lists(step, max_size=14)


STEPS = steps(ACTS)
TOGETHER = steps(("invite", "invite", "part", *ACTS), clients=3)
START, END = "conversation-chain-start", "conversation-chain-end"
HEARD = "What is that?"
ANSWER = "You said {}. Well, well."
FORGOTTEN = "2026-01-01_00-00-00_" + "0" * 32
LONGEST_TURN = 60.0
CHARACTERS = ("Mika: ", "mika.yaml: ", "alice.yaml: ", "bob.yaml: ")
FILES = ("mika.yaml", "alice.yaml", "bob.yaml", "nobody.yaml")
PLAIN: dict[str, str] = {
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

    number: int
    text: str
    was_cut: bool
    has_ended: bool


class Visit:
    """One connection of somebody with a private show; says nothing twice."""

    def __init__(self, name: str, shows: SetOfShows, store: Recorder) -> None:
        self.frames: list[Message] = []
        self.said: list[str] = []
        self.uid = ""
        self.cuts: dict[int, list[str]] = {}
        """Number of a chain → what the client said was heard of it, with each act that may have cut it."""
        self._name = name
        self._shows = shows
        self._store = store
        self._stack = AsyncExitStack()

    async def begin(self) -> None:
        self.end = await self._stack.enter_async_context(self._shows.connected())
        while not self.frames or self.frames[-1]["type"] != "set-model-and-conf":
            self.frames.append(json.loads(await self.end.recv()))
        self.uid = self.frames[-1]["client_uid"]
        self._identity = self._shows._local._shows[self.uid]._identity

    async def act(self, act: Act, which: int) -> None:
        self.read()
        if act in CUTS:
            self._may_cut("")
        match act:
            case "interrupt":
                heard = self._report(which)
                self._may_cut(heard)
                await self.send("interrupt-signal", **({} if which == 0 else {"text": heard}))
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

    async def has_news(self) -> bool:
        """Return, a long time later, whether anything came meanwhile."""
        before = self.end.received
        await asyncio.sleep(LONGEST_TURN)
        return before != self.end.received

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
                cuts = self.cuts.get(chain.number, [])
                if chain.was_cut and len(cuts) == 1 and cuts[0] and chain.text.startswith(cuts[0]):
                    assert reply.content == cuts[0], "what the client says was heard is what is stored"
        assert typed == accepted[: len(typed)]

    def chains(self) -> Iterator[Chain]:
        """Yield the chains; fails where one begins within another."""
        inside: list[Message] | None = None
        number = 0
        for frame, kind in zip(self.frames, kinds(self.frames), strict=True):
            if kind == START:
                assert inside is None, "one chain at a time"
                inside, number = [], number + 1
            elif kind == END and inside is not None:  # without a start it answers a refused request
                yield _chain(number, inside, has_ended=True)
                inside = None
            elif inside is not None:
                inside.append(frame)
        if inside is not None:
            yield _chain(number, inside, has_ended=False)

    def _may_cut(self, heard: str) -> None:
        self.cuts.setdefault(kinds(self.frames).count(START), []).append(heard)

    def _report(self, which: int) -> str:
        """Return what a client may say that it heard: nothing, one sentence, all that came, or what nobody said."""
        seen = kinds(self.frames)
        began = len(seen) - seen[::-1].index(START) if START in seen else 0
        texts = [frame["display_text"]["text"] for frame in self.frames[began:] if frame["type"] == "audio"]
        return ("", "".join(texts[:1]).strip(), "".join(texts).strip(), "I never said that.")[which]

    def _uid(self, which: int) -> str:
        made = [each["history_uid"] for each in self.frames if each["type"] == "new-history-created"]
        return made[which] if which < len(made) else FORGOTTEN


def _chain(number: int, frames: Sequence[Message], *, has_ended: bool) -> Chain:
    text = "".join(frame["display_text"]["text"] for frame in frames if frame["type"] == "audio")
    return Chain(number, text.strip(), "interrupt-signal" in kinds(list(frames)), has_ended)


def replies_stand_behind_their_questions(conversation: Sequence[HistoryLine]) -> bool:
    """Return whether each reply answers the line before it."""
    questions = ["", *(line.content if line.role == "human" else "" for line in conversation)]
    return all(
        line.role == "human" or (asked and ANSWER.format(asked).startswith(line.content))
        for asked, line in zip(questions, conversation, strict=False)
    )


@asynccontextmanager
async def theatre(answer: Callable[[str], str] = ANSWER.format) -> AsyncIterator[tuple[SetOfShows, Recorder]]:
    """Open it, and see that nothing outlives its visitors."""
    llm, ear, store = FakeLLM(answer, word_takes=0.1), FakeEar(HEARD, takes=0.3), Recorder()
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
@example([(0, "say", 0, 3.0), (0, "interrupt", 1, 0.0), (0, "say", 0, 0.6), (0, "interrupt", 3, 0.0)])
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


class Guest(Visit):
    """A visitor that may be in a group: it also gets, and keeps, what the others say."""

    def check(self, *, stayed: bool) -> None:
        """Compare what came with what was asked for and with what is stored."""
        assert "internal" not in [frame.get("code") for frame in self.frames]
        ended = [each.has_ended for each in self.chains()]
        assert ended[:-1] == [True] * len(ended[:-1])
        refused = {frame.get("request_id") for frame in self.frames if frame["type"] == "error"}
        lines = self._store.stored.get(self._identity, [])
        human = [
            line.content for line in lines if line.role == "human" and not line.content.startswith(CHARACTERS)
        ]
        stored = Counter(text for text in human if text != HEARD)  # the others' replies have a name in front
        assert set(stored.values()) <= {1}, "nothing is stored twice"
        if stayed:
            assert all(ended)
            accepted = {text for text in self.said if text not in refused}
            mine = {text for text in stored if text.startswith(self._name)}
            assert mine == accepted, "what was said is stored"
            shown = {frame["text"] for frame in self.frames if frame["type"] == "user-input-transcription"}
            assert shown - {HEARD} <= set(stored), "and so is what others said"
            assert "\n" not in "".join(stored), "line by line"


async def gather(steps: Sequence[Step], names: Sequence[str]) -> None:
    async with theatre(lambda said: f"I think {len(said)} things. Well, well.") as (shows, store):
        visits: list[Visit] = [Guest(name, shows, store) for name in names]
        for visit in visits:
            await visit.begin()
        visitors = len(names)
        for who, act, which, pause in steps:
            visit = visits[who]
            if act == "invite":
                await visit.send("add-client-to-group", invitee_uid=visits[(who + 1 + which) % visitors].uid)
            elif act == "part":
                await visit.send("remove-client-from-group", target_uid=visits[(who + which) % visitors].uid)
            elif act == "leave":
                await visit.leave()
                visits[who] = Guest(f"{names[who]}{len(visit.frames)}", shows, store)
                await visits[who].begin()
            else:
                await visit.act(act, which)
            await asyncio.sleep(pause)
        while any([await visit.has_news() for visit in visits]):
            pass
        for visit in visits:
            await visit.stay_until_silence()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TOGETHER)
@example([(0, "invite", 0, 0.6), (0, "invite", 1, 0.6), (2, "say", 0, 0.6), (1, "interrupt", 2, 0.0)])
@example([(0, "invite", 0, 0.6), (1, "speak", 0, 0.15), (1, "leave", 0, 0.0), (0, "say", 0, 0.0)])
@example([(0, "invite", 0, 0.6), (1, "say", 0, 0.0), (1, "say", 0, 0.15), (1, "part", 0, 0.0)])
@example([(0, "invite", 0, 0.6), (0, "say", 0, 3.0), (1, "say", 0, 0.6), (0, "interrupt", 1, 0.6)])
def test_whatever_members_of_a_group_do_chains_take_turns_and_every_line_is_kept_once(
    steps: list[Step],
) -> None:
    run_virtual(gather(steps, ["Ann", "Ben", "Cleo"]))
